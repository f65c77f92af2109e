"""Sets of characters against Python sets, and their UTF-8 spellings against the codec."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from maskwright.automata.alphabet import BYTES, CHARS, NONE, Alphabet, from_sets, refine
from maskwright.automata.charset import CharSet, utf8_ranges

EDGES = [0, 1, 0x7F, 0x80, 0x7FF, 0x800, 0xFFF, 0x1000, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x3FFFF, 0x40000, 0x10FFFF]
points = st.one_of(st.sampled_from(EDGES), st.integers(0, 0x10FFFF))
charsets = st.lists(st.tuples(points, st.sampled_from([0, 1, 63, 64, 5000])), max_size=5).map(
    lambda pairs: CharSet((lo, min(lo + more, 0x10FFFF)) for lo, more in pairs)
)
small = st.sets(st.integers(0, 12))


@given(small, small)
def test_operations_are_those_of_sets(a, b):
    x, y = CharSet.of(a), CharSet.of(b)
    assert (x | y, x & y, x - y, x ^ y) == tuple(map(CharSet.of, (a | b, a & b, a - b, a ^ b)))
    assert (x <= y) == (a <= b)
    assert len(x) == len(a)
    assert bool(x) == bool(a)


@given(charsets)
def test_complement_covers_the_rest(charset):
    assert ~~charset == charset
    assert charset | ~charset == CharSet.ALL
    assert not charset & ~charset
    assert len(charset) + len(~charset) == 0x110000 - 0x800


@given(charsets, points)
def test_membership(charset, point):
    inside = any(lo <= point <= hi for lo, hi in charset)
    assert (point in charset) == inside
    assert (point in ~charset) == (not inside and not 0xD800 <= point <= 0xDFFF)


def test_surrogates_are_no_characters():
    assert CharSet.range(0xD000, 0xE000).ranges == ((0xD000, 0xD7FF), (0xE000, 0xE000))
    assert not CharSet.range(0xD800, 0xDFFF)
    assert 0xD800 not in CharSet.ALL


@given(charsets)
def test_utf8_sequences_are_products_in_order(charset):
    """Each sequence spells as many characters as its ranges multiply to, all in the set; together they are the set."""
    total = 0
    last = -1
    for sequence in utf8_ranges(charset):
        lo = ord(bytes(lo for lo, _ in sequence).decode())
        hi = ord(bytes(hi for _, hi in sequence).decode())
        count = 1
        for first, end in sequence:
            count *= end - first + 1
        assert last < lo <= hi
        assert count == sum(min(hi, b) - max(lo, a) + 1 for a, b in charset if b >= lo and a <= hi) == hi - lo + 1
        total += count
        last = hi
    assert total == len(charset)


@given(st.lists(charsets, max_size=4), points)
def test_classes_tell_apart_what_sets_tell_apart(sets, point):
    alphabet, owners = from_sets(CHARS, sets)
    c = alphabet.class_of(point)
    if 0xD800 <= point <= 0xDFFF:
        assert c == NONE
    else:
        assert owners[c] == sum(1 << i for i, s in enumerate(sets) if point in s)
    assert len(set(owners)) == len(owners) == alphabet.num_classes


@given(charsets, charsets, points)
def test_refinement_knows_the_old_classes(a, b, point):
    first, second = from_sets(CHARS, [a])[0], from_sets(CHARS, [b])[0]
    fine, (of_first, of_second) = refine(first, second)
    c = fine.class_of(point)
    assert (first.class_of(point), second.class_of(point)) == ((NONE, NONE) if c == NONE else (of_first[c], of_second[c]))


def test_classes_are_numbered_by_first_occurrence():
    assert Alphabet(BYTES, [0, 10, 20, 30], [7, 3, 7, 7]) == Alphabet(BYTES, [0, 10, 20], [0, 1, 0])


@given(charsets)
def test_representatives_are_members(charset):
    alphabet, _ = from_sets(CHARS, [charset])
    assert [alphabet.class_of(s) for s in alphabet.representatives()] == list(range(alphabet.num_classes))
    spans = list(itertools.chain.from_iterable(alphabet.members()))
    assert sum(hi - lo + 1 for lo, hi in spans) == 0x110000 - 0x800
