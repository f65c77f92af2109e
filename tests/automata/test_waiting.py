"""What branches of a walk wait for is computed once, however many nodes wait for it."""

import itertools

import numpy as np

import maskwright as mw
from maskwright.automata import masks
from maskwright.automata.masks import _waiting
from tests import reference


def test_each_once():
    draw = np.random.default_rng(1)
    for size in (1, 5, 63, 64, 500):
        tasks = draw.integers(0, 6, (size, 6), dtype=np.int32)
        tasks[:, 0] %= 2
        tasks[:, 2:4] *= 2**28  # ids may be large
        found = _waiting(tasks)
        assert len(found) == len(set(found))
        assert set(found) == {(int(kind), int(parser_set), int(state)) for kind, _, parser_set, state, _, _ in tasks.tolist()}


def test_thousands_of_words_before_one_scan():
    """Words of one terminal, after which something else begins: few nodes go on, and masks say so."""
    letters = [bytes([a, b, c]) for a in b"abcdefgh" for b in b"abcdefgh" for c in b"abcdefgh"]
    tokens = [*(bytes([b]) for b in range(256)), *letters, *(b" " + word for word in letters), b"abc+", b" abc+a", b"ab (", b"abc)", b""]
    vocabulary = mw.Vocabulary.from_bytes(tokens, eos_ids=[len(tokens) - 1])
    constraint = mw.compile(vocabulary, grammar='start: NAME ("+" NAME)*\nNAME: /[a-g]+/\n%ignore " "', syntax="lark")
    state = constraint.walk(constraint.start, [ord("a"), ord("b")])[-1]
    allowed = {bytes(tokens[token]) for token in constraint.allowed(state).tolist()}
    want = {word for word in letters if b"h" not in word} | {b"abc+", b" ", b"+", b""} | {bytes([b]) for b in b"abcdefg"}
    assert allowed == want
    after = constraint.walk(constraint.start, [ord("a"), ord("+")])[-1]
    allowed = {bytes(tokens[token]) for token in constraint.allowed(after).tolist()}
    names = {word for word in letters if b"h" not in word} | {bytes([b]) for b in b"abcdefg"}
    assert allowed == names | {b" " + name for name in names if len(name) == 3} | {b" ", b"abc+", b" abc+a"}


def test_lexemes_that_lead_to_one_set_share_its_mask(monkeypatch):
    """A lexeme that has ended and cannot go on is followed by what its set begins with, whichever lexeme it was."""
    monkeypatch.setattr(masks, "DIRECT_NODES", 0)
    tokens = [*(bytes([b]) for b in range(256)), *(bytes(pair) for pair in itertools.product(b"abx.", repeat=2)), b"ab.a", b""]
    vocabulary = mw.Vocabulary.from_bytes(tokens, eos_ids=[len(tokens) - 1])
    constraint = mw.compile(vocabulary, grammar='start: c+ "."\nc: "a" | "b" | "x" c', syntax="lark")
    language = reference.Language(constraint._program)
    row = np.zeros(vocabulary.num_words, np.uint32)
    for text in (b"", b"a", b"b", b"ab", b"x", b"xa", b"xxb", b"ab."):
        constraint.fill_mask(constraint.walk(constraint.start, list(text))[-1] if text else constraint.start, row)
        assert reference.row_ids(row) == reference.mask(language, language.feed(language.start(), text), vocabulary), text
    builder = constraint._builder
    assert 0 < len(builder._begun) < len(builder._pairs)
