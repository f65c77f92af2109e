"""How constraints and reports show themselves."""

import io

import pytest

import maskwright as mw

VOCAB = mw.Vocabulary.from_bytes([bytes([b]) for b in range(256)] + [b""], eos_ids=[256])
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer", "title": "A"}}, "propertes": {}, "required": ["a"]}


def test_a_report_in_one_line_in_text_and_as_a_table():
    constraint = mw.compile(VOCAB, schema=SCHEMA)
    report = constraint.report()
    assert repr(report).startswith("Report(schema, ")
    assert "automaton" in repr(report)
    assert "/propertes: annotation (unknown keyword: did you mean 'properties'?)" in str(report)
    rich = pytest.importorskip("rich.console", reason="rich is not installed")
    out = io.StringIO()
    rich.Console(file=out, width=120).print(report, constraint)
    assert "/properties/a/type" in out.getvalue()
    assert "Constraint(" in out.getvalue()


def test_states_and_tokens_that_are_no_integers_are_named():
    constraint = mw.compile(VOCAB, regex="ab")
    start = constraint.start
    for call in (lambda: constraint.advance("x", 97), lambda: constraint.advance(start, None), lambda: constraint.is_accepting("x")):
        with pytest.raises(mw.errors.OptionError, match="expected an integer"):
            call()


def test_masks_of_a_draft_tree_in_one_call():
    import numpy as np

    constraint = mw.compile(VOCAB, regex="a(b|cd)e")
    tokens, parents = [97, 98, 99, 101, 120, 100], [-1, 0, 0, 1, 0, 2]
    out = np.zeros((7, VOCAB.num_words), np.uint32)
    states = constraint.fill_draft_masks(constraint.start, tokens, out, parents)
    paths = [b"", b"a", b"ab", b"ac", b"abe", b"ax", b"acd"]
    for state, path, row in zip(states.tolist(), paths, out):
        walked = constraint.walk(constraint.start, path)
        assert state == (constraint.start if not path else int(walked[-1]))
        want = np.zeros_like(row)
        constraint.fill_mask(state, want)
        assert np.array_equal(row, want)
    assert states[5] == mw.DEAD
    chain = constraint.fill_draft_masks(constraint.start, [97, 98], out[:3])
    assert chain.tolist()[1:] == constraint.walk(constraint.start, [97, 98]).tolist()
    with pytest.raises(mw.errors.OptionError, match="parents=3"):
        constraint.walk_tree(constraint.start, [97], [3])
