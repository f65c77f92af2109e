"""The loop with a model in it, in this process: the embedded model, steered by a mask that allows one text only."""

import pytest

from maskwright.bench.loop import Loop
from maskwright.bench.worker import describe

np = pytest.importorskip("numpy")
pytest.importorskip("transformers", reason="a model in the loop needs transformers (extra hf)")

from maskwright.bench.works import model_folder, subject  # noqa: E402


class OneText:
    """Allows the tokens of one text, then the end; ``closing`` is what `mask_within` allows."""

    def __init__(self, closing=""):
        self.closing = closing

    def compile(self, schema, fail=None):
        if fail:
            raise ValueError(fail)
        self.wanted = self.encode(schema["text"])

    def reset(self):
        self.place, self.taken = 0, []

    def mask(self):
        self.allow(self.wanted)

    def mask_within(self, left):
        self.allow(self.encode(self.closing))

    def allow(self, ids):
        self.row = np.zeros(48, np.uint32)
        token = ids[self.place] if self.place < len(ids) else self.end
        self.row[token >> 5] = 1 << (token & 31)

    def advance(self, token):
        self.taken.append(token)
        self.place += 1
        return True

    def accepting(self):
        return self.taken == self.wanted

    def forced(self):
        return self.decode(self.wanted[self.place :])[:4].encode()


@pytest.fixture(scope="module")
def loop():
    engine = OneText("{}")
    loop = Loop(engine, model_folder(None), describe)
    engine.encode = lambda text: loop.tokenizer(text, add_special_tokens=False)["input_ids"]
    engine.decode = loop.tokenizer.decode
    (engine.end,) = loop.ends
    return loop


def generate(loop, text='{"a": 1234}', max_tokens=30, **options):
    phases = []
    row = loop.generate(lambda **said: phases.append(said["phase"]), {"text": text}, "x", max_tokens, options)
    return row, phases


def test_the_mask_decides(loop):
    row, phases = generate(loop)
    assert (row["status"], row["finish"], row["text"]) == ("ok", "stop", '{"a": 1234}')
    count = row["tokens"]
    assert len(row["steps"]) == len(row["masks"]) == count - 1
    assert row["single"] == count + 1  # the end has a mask of one token too
    assert all(mask <= step for mask, step in zip(row["masks"], row["steps"]))
    assert row["first"] > row["prefill"] + row["compile"] > 0
    assert phases[:3] == ["compile", "prompt", "token 0"]
    assert "closed" not in row


def test_forwarded_tokens_lie_wholly_in_forced_text(loop):
    row, _ = generate(loop)
    ends, at = [], 0
    for token in loop.engine.wanted:
        at += len(loop.tokenizer.decode([token]))
        ends.append(at)
    covered = start = count = 0
    for end in ends:
        if start >= covered:
            covered = start + 4
        count += end <= covered
        start = end
    assert row["forwarded"] == count > 0


def test_an_output_that_does_not_end_is_cut_and_then_closed(loop):
    row, _ = generate(loop, max_tokens=3)
    assert (row["finish"], row["tokens"]) == ("length", 3)
    assert row["closed"] == {"text": "{}", "finish": "stop", "tokens": len(loop.engine.encode("{}"))}


def test_an_engine_that_refuses_is_a_row(loop):
    row, _ = generate(loop, fail="not this one")
    assert (row["status"], row["error"]) == ("refused", {"class": "ValueError", "message": "not this one"})


def test_prompts_longer_than_the_window_keep_their_end(loop):
    row = loop.generate(lambda **said: None, {"text": "{}"}, "word " * 4000, 10, {})
    assert row["prompt_tokens"] == loop.window - 10
    assert row["text"] == "{}"


def test_what_a_schema_says_about_itself():
    assert subject({"title": 3}) == subject(True) == "An example."
