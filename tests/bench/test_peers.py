"""The adapters of the other engines against the real packages (``make test-peers``)."""

import json
from pathlib import Path

import pytest

from maskwright.bench.child import Child, NotInstalled
from maskwright.bench.engines import NAMES, adapter_path, engine_python

pytest.importorskip("psutil", reason="the benchmark harness needs psutil (extra bench)")
tokenizers = pytest.importorskip("tokenizers", reason="a tokenizer to test with needs tokenizers (extra dev)")

pytestmark = pytest.mark.peers

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "n": {"type": "integer"}},
    "required": ["name", "n"],
    "additionalProperties": False,
}
TESTS = [
    {"data": {"name": "é\n", "n": 12}, "valid": True},
    {"data": {"name": "a", "n": "12"}, "valid": False},
    {"data": {"name": "a"}, "valid": False},
]
#: Engines that know no token that is a part of a character.
NO_PARTS = ("lm-format-enforcer",)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    """A byte-level BPE tokenizer with a few merges and an end token."""
    folder: Path = tmp_path_factory.mktemp("tokenizer")
    fast = tokenizers.Tokenizer(tokenizers.models.BPE())
    fast.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    fast.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=300, special_tokens=["</s>"], initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    fast.train_from_iterator([json.dumps(test["data"], ensure_ascii=False) for test in TESTS] * 3, trainer)
    fast.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "</s>"}))
    return str(folder)


@pytest.mark.parametrize("engine", [name for name in NAMES if name != "none"])
@pytest.mark.parametrize("tokens", ["tokenizer", "bytes"])
def test_a_small_schema_is_judged_right(engine, tokens, tokenizer):
    tests = [{"data": {"name": "e", "n": 12}, "valid": True}, *TESTS[1:]] if engine in NO_PARTS else TESTS
    request = {"schema": SCHEMA, "tests": tests, "options": {}, "facts": {"draft": "7"}, "warm": True}
    with Child(engine_python(engine, {}), adapter_path(engine), tokenizer if tokens == "tokenizer" else None) as child:
        try:
            about = child.open()
        except NotInstalled as missing:
            if engine == "maskwright":
                raise
            pytest.skip(f"{engine} is not installed: {missing} (make peers)")
        row = child.run(request)
    assert about["name"] == engine
    assert (row["status"], row["verdicts"], row["law"]) == ("ok", ["right"] * 3, 0)
    assert len(row["warm"]) == len(row["cold"]) + 1
