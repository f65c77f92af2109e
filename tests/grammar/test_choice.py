"""Lists of choices as automata."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwright.errors import ConstraintError, UnsatisfiableError
from maskwright.grammar.choice import choice_dfa, choice_terminal


@given(st.lists(st.text(alphabet="abé😀", max_size=5), min_size=1), st.text(alphabet="abé😀", max_size=5))
def test_accepts_the_choices_and_nothing_else(choices, other):
    dfa = choice_dfa(choices)
    assert all(dfa.accepts(c.encode()) for c in choices)
    assert dfa.accepts(other.encode()) == (other in choices)


@given(st.lists(st.text(alphabet="abé", min_size=1, max_size=4), min_size=1))
def test_labels_say_which(choices):
    terminal = choice_terminal(choices, labelled=True)
    for choice in choices:
        labels = terminal.dfa.labels[terminal.dfa.run(choice.encode())]
        assert [choices[i] for i in labels] == [choice] * choices.count(choice)
        assert terminal.describe(labels[0]) == repr(choice)


def test_bytes_and_text_mix():
    assert choice_dfa([b"\xc3\xa9", "x"]).accepts("é".encode())


@pytest.mark.parametrize(("choices", "error"), [([], UnsatisfiableError), (["a", 1], ConstraintError), (["\ud800"], ConstraintError)])
def test_bad_lists(choices, error):
    with pytest.raises(error):
        choice_dfa(choices)


def test_an_empty_choice_is_no_lexeme():
    assert choice_dfa(["", "a"]).accepts(b"")
    with pytest.raises(ConstraintError, match="empty"):
        choice_terminal(["", "a"])


def test_many_choices():
    words = [f"{i * 7919 % 100_003:08d}" for i in range(20_000)]
    begin = time.thread_time()
    dfa = choice_dfa(words)
    assert time.thread_time() - begin < 20
    assert dfa.accepts(words[77].encode())
    assert not dfa.accepts(b"00000000x")


@pytest.mark.slow
def test_a_hundred_thousand_choices():
    import time

    import maskwright as mw

    texts = [f"item {i * 7919 % 1_000_003}-{i}" for i in range(100_000)]
    vocabulary = mw.Vocabulary.from_bytes([*(bytes([byte]) for byte in range(256)), b"item ", b""], eos_ids=[257])
    started = time.thread_time()
    constraint = mw.compile(vocabulary, choice=texts)
    assert constraint.allowed(constraint.start).tolist() == [ord("i"), 256]
    assert time.thread_time() - started < 20
    assert all(constraint.accepts(text) for text in texts[::5000])
    assert not constraint.accepts(texts[3] + "0")


def test_json_object_is_any_object():
    import maskwright as mw

    vocabulary = mw.Vocabulary.from_bytes([*(bytes([byte]) for byte in range(256)), b""], eos_ids=[256])
    constraint = mw.compile(vocabulary, json_object=True)
    assert constraint.accepts('{"a": [1, -2.5e3, {"b": null}, "\\u00e9\\n"], "": {}}')
    assert not constraint.accepts("[1]")
    assert not constraint.accepts('{"a": 01}')
    assert constraint.min_tokens(constraint.start) == 2
