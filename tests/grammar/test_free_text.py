"""Free text until a trigger, against a search for the first and longest one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from maskwright.automata.vocabulary import Vocabulary
from maskwright.grammar.free_text import free_text

#: letters, half an umlaut's neighbours, and two special tokens
SPECIAL = Vocabulary.from_bytes([b"", b"", b""], eos_ids=2, special_ids={"<x>": 0, "<y>": 1})
SYMBOLS = [b"a", b"b", "ä".encode(), SPECIAL.mark(0), SPECIAL.mark(1)]

words = st.lists(st.sampled_from(SYMBOLS), min_size=1, max_size=4).map(tuple)


def first(text: tuple[bytes, ...], triggers: list[tuple[bytes, ...]]) -> tuple[int, int] | None:
    """Return (trigger, end) of the first and longest trigger in ``text``."""
    for begin in range(len(text)):
        here = [i for i, trigger in enumerate(triggers) if text[begin : begin + len(trigger)] == trigger]
        if here:
            best = max(here, key=lambda i: len(triggers[i]))
            return best, begin + len(triggers[best])
    return None


@given(st.lists(words, min_size=1, max_size=4, unique=True), st.integers(0, 3), st.lists(st.sampled_from(SYMBOLS), max_size=8).map(tuple))
def test_labels_are_first_and_longest_triggers(triggers, num_excluded, text):
    cut = max(1, len(triggers) - num_excluded)
    spelled = [b"".join(trigger) for trigger in triggers]
    found = free_text(tuple(spelled[:cut]), tuple(spelled[cut:]))
    dfa = found.terminal.dfa
    labels = dfa.labels[dfa.run(b"".join(text))]
    match = first(text, triggers)
    marks = {symbol for trigger in triggers for symbol in trigger if len(symbol) == 4}
    if match is None:
        assert (labels == (found.plain,)) == (bool(text) and all(len(symbol) < 4 for symbol in text))
    elif match[1] == len(text) and match[0] < cut:
        if all(len(symbol) < 4 for symbol in text[: -len(triggers[match[0]])]):
            assert len(labels) == 1
            fire = found.fires[labels[0]]
            assert fire.trigger == match[0]
            for rest in fire.not_before:
                data = b"".join(text) + rest
                longer = first(tuple(_cut(data)), triggers)
                assert longer is not None
                assert (longer[0], longer[1]) != match
            for trigger in triggers:  # whatever would come before it is among them
                for n in range(1, len(trigger)):
                    longer = first(text + trigger[n:], triggers)
                    if longer is not None and longer != match:
                        assert any(b"".join(trigger[n:]).startswith(rest) for rest in fire.not_before)
        else:
            assert not labels
    else:
        assert not labels
    assert marks or dfa.run(b"\xff") == 0


def _cut(data: bytes):
    at = 0
    while at < len(data):
        length = 4 if data[at] == 0xFF else 2 if data[at] == 0xC3 else 1
        yield data[at : at + length]
        at += length


def test_text_is_utf8():
    dfa = free_text((b"<a>",)).terminal.dfa
    for good in ("é<a>", "€€<a>", "\U0001f600<a>", "\ud7ff\ue000<a>"):
        assert dfa.accepts(good.encode())
    for bad in (b"\x80<a>", b"\xc3<a>", b"\xc0\x80<a>", b"\xed\xa0\x80<a>", b"\xf4\x90\x80\x80<a>", b"\xff<a>"):
        assert not dfa.run(bad)


def test_equal_triggers_share_a_terminal():
    assert free_text((b"<a>",)) is free_text((b"<a>",))
