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
    begin = time.perf_counter()
    dfa = choice_dfa(words)
    assert time.perf_counter() - begin < 5
    assert dfa.accepts(words[77].encode())
    assert not dfa.accepts(b"00000000x")
