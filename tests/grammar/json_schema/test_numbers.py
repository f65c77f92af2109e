"""Number languages against arithmetic on fractions: every short spelling, and spellings drawn around the ends."""

import itertools
import json
import random
import re
from decimal import Decimal
from fractions import Fraction as F

import pytest

from maskwright.automata.program import LazyTerminal
from maskwright.errors import LimitExceeded
from maskwright.grammar.json_schema import numbers
from maskwright.grammar.json_schema.lazy_literals import ListedNumbers
from maskwright.grammar.json_schema.lazy_multiples import MultiplesTerminal
from maskwright.grammar.json_schema.number_literals import literal_dfa
from maskwright.grammar.json_schema.number_spelling import End, Interval
from maskwright.grammar.json_schema.numbers import EVERYTHING, EXACT, FLOAT_LITERALS, NOTHING, NumberLanguage, of_values

from .support import accepted, recogniser

SPELLING = re.compile(r"-?(?:(0|[1-9][0-9]*)(?:\.([0-9]+))?|[1-9](?:\.[0-9]+)?[eE][+-]?[0-9]+)")

#: every text of up to 5 symbols over these that spells a number
SHORT = [
    text
    for n in range(1, 6)
    for text in map("".join, itertools.product("0127-.e", repeat=n))
    if SPELLING.fullmatch(text)
]


def value(text: str) -> F:
    return F(Decimal(text))


def accepts(dfa, text: str) -> bool:
    return dfa.accepts(list(text.encode()))


def variants(rng: random.Random, number: F) -> list[str]:
    """Return spellings of numbers at and around ``number``."""
    out = []
    for step in (0, 1, -1):
        for places in (0, 1, 3):
            near = Decimal((number + F(step, 10**places)).numerator) / Decimal((number + F(step, 10**places)).denominator)
            plain = f"{near:f}"
            out += [plain, plain + ".0" if "." not in plain else plain + "00"]
            scientific = re.sub(r"\.?0*$", "", f"{abs(near):.12e}".split("e")[0]), f"{abs(near):.12e}".split("e")[1]
            if near:
                sign = "-" if near < 0 else ""
                out.append(sign + scientific[0] + rng.choice("eE") + scientific[1])
                out.append(sign + scientific[0] + "e" + scientific[1].replace("+", rng.choice(["", "+0", "+00"])))
    return [text for text in out if SPELLING.fullmatch(text)]


def random_language(rng: random.Random) -> tuple[NumberLanguage, list]:
    """Return a language and the conditions that make it."""
    ends = [F(rng.randrange(-250, 250), rng.choice([1, 1, 10, 100])) for _ in range(2)]
    lo = rng.choice([None, min(ends)])
    hi = rng.choice([None, max(ends)])
    flags = rng.random() < 0.3, rng.random() < 0.3
    multiples = rng.sample([F(1), F(2), F(3), F(7), F(10), F(1, 10), F(1, 4), F(12, 10), F(50)], rng.choice([0, 0, 1, 2]))
    language = NumberLanguage.of(False, lo, hi, *flags, multiples)
    tests = [
        lambda v: lo is None or v > lo or (v == lo and not flags[0]),
        lambda v: hi is None or v < hi or (v == hi and not flags[1]),
        *(lambda v, m=m: (v / m).denominator == 1 for m in multiples),
    ]
    return language, tests


@pytest.mark.parametrize("seed", range(14))
def test_spellings_of_intervals_and_multiples(seed):
    """A text is accepted iff it is a spelling and its value satisfies the conditions; in the complement iff not."""
    rng = random.Random(seed)
    language, tests = random_language(rng)
    complement = ~language
    dfa, other = language.dfa(), complement.dfa()
    texts = rng.sample(SHORT, 700)
    for piece in language.pieces:
        for end in piece.interval:
            texts += variants(rng, end.value) if end else []
    for text in texts:
        want = all(test(value(text)) for test in tests)
        assert accepts(dfa, text) == want, (text, language)
        assert accepts(other, text) != want, (text, complement)
        assert language.contains(value(text)) == want
    for text in ("", "-", "01", "1.", ".5", "10e1", "0e1", "1e", "+1", "1e+", "--1", "0.5e1", "1,0"):
        assert not accepts(dfa, text)
        assert not accepts(other, text)


@pytest.mark.parametrize("seed", range(8))
def test_algebra(seed):
    """Operations on languages are operations on sets of values, and the automata follow."""
    rng = random.Random(100 + seed)
    a, b = random_language(rng)[0], random_language(rng)[0]
    points = of_values(F(rng.randrange(-20, 20), rng.choice([1, 2])) for _ in range(5))
    c = a & ~points if seed % 2 else a | points
    assert isinstance(c, NumberLanguage)
    samples = [F(n, d) for n in range(-60, 60) for d in (1, 2, 3, 10)]
    joined, both = c | b, c & b
    for v in samples:
        assert c.contains(v) == (a.contains(v) and not points.contains(v) if seed % 2 else a.contains(v) or points.contains(v))
        assert joined.contains(v) == (c.contains(v) or b.contains(v))
        assert both.contains(v) == (c.contains(v) and b.contains(v))
        assert (~c).contains(v) != c.contains(v)
    dfa = joined.dfa()
    for text in rng.sample(SHORT, 300):
        assert accepts(dfa, text) == joined.contains(value(text)), (text, joined)
    assert (c & ~c).is_empty
    assert c.is_disjoint(~c)
    witness = both.witness()
    assert (witness is None) == both.is_empty
    assert witness is None or both.contains(witness)


def test_whole_numbers_in_scientific_notation():
    """With up to 17 places, and only if nothing is left behind the point."""
    dfa = NumberLanguage.of(integer=True).dfa()
    for text in ("1e0", "1.5e1", "1.50e1", "1.2345678901234567e+16", "1.2345678901234567e+24", "9e999", "1.0", "-0.000", "-0", "1.10E001"):
        assert accepts(dfa, text)
    for text in ("1.5e0", "1.55e1", "1e-1", "1.2345678901234567e+15", "0.1", "1.5"):
        assert not accepts(dfa, text)


def test_sevens():
    """Every multiple of 7 in every spelling up to 6 symbols, and nothing else."""
    dfa = NumberLanguage.of(multiple_of=F(7)).dfa()
    for number in range(0, 12000, 13):
        for text in (str(number), f"{number}.0", f"-{number}"):
            assert accepts(dfa, text) == (number % 7 == 0)
        digits = str(number).rstrip("0")
        if digits:
            text = digits[0] + ("." + digits[1:] if digits[1:] else "") + "e" + str(len(str(number)) - 1)
            assert accepts(dfa, text) == (number % 7 == 0), text


@pytest.mark.parametrize("mode", ["exact", "float64"])
def test_literals(mode):
    """A finite set accepts the spellings of its values and no others."""
    rng = random.Random(mode)
    for _ in range(12):
        values = [F(rng.randrange(-30, 130), rng.choice([1, 1, 1, 2, 4, 100])) for _ in range(rng.randrange(1, 12))]
        dfa = of_values(values).dfa(mode)
        for text in {*rng.sample(SHORT, 400), *(t for v in values for t in variants(rng, v))}:
            want = value(text) in values
            if mode == "float64" and want:
                want = ("." in text or "e" in text.lower()) != (value(text).denominator == 1)
            assert accepts(dfa, text) == want, (text, values)


def test_zeros_between_literals():
    """A literal that begins another one keeps its own spellings."""
    values = [F("12"), F("12.05"), F("12.0007"), F("1"), F("1.5"), F("105"), F("0"), F("0.002"), F("-0.1")]
    dfa = of_values(values).dfa()
    plain = ("12", "12.0", "12.000", "12.0000", "12.05", "12.050", "12.0007", "-0")
    for text in (*plain, "1.2e1", "1.20e+01", "1e0", "1.0e0", "1.05e2", "1.5e0", "2e-3", "-1e-1"):
        assert accepts(dfa, text), text
    for text in ("12.00", "12.1", "12.06", "12.0070", "1.0e1", "1.05e1", "1.5e1", "1e-1", "2e3"):
        assert accepts(dfa, text) == (value(text) in values), text


def test_many_literals():
    """Thousands of values are one automaton."""
    dfa = of_values(F(i * 37, 4) for i in range(10_000)).dfa("float64")
    assert accepts(dfa, "925")
    assert accepts(dfa, "9.25")
    assert not accepts(dfa, "9.5")


def test_draft_4_integers_are_a_matter_of_spelling():
    """1.0 and 1e2 are no integers in draft 4, and numbers that are no integers there."""
    strict = NumberLanguage.of(strict_integer=True, minimum=F(0))
    for text, want in (("1", True), ("-0", True), ("1.0", False), ("1e2", False), ("-1", False)):
        assert accepts(strict.dfa(), text) == want
    other = ~strict
    for text, want in (("1", False), ("1.0", True), ("1e2", True), ("-1", True), ("1.5", True), ("0", False)):
        assert accepts(other.dfa(), text) == want, text
    assert (strict & other).is_empty
    listed = of_values([F(1), F(5, 2)])
    for language, good, bad in ((strict, ["1"], ["1.0", "2.5"]), (other, ["1.0", "2.5"], ["1"])):
        dfa = (listed & language).dfa()
        assert all(accepts(dfa, text) for text in good)
        assert not any(accepts(dfa, text) for text in bad)


def test_huge_bounds_and_moduli():
    """Bounds of hundreds of digits and moduli of a million are automata, or a typed error."""
    dfa = NumberLanguage.of(maximum=F(10) ** 308, minimum=-(F(10) ** 400)).dfa()
    assert accepts(dfa, "1e308")
    assert not accepts(dfa, "1.01e308")
    assert accepts(dfa, "1" + "0" * 308)
    assert not accepts(dfa, "2" + "0" * 308)
    dfa = NumberLanguage.of(multiple_of=F(100003)).dfa()
    assert accepts(dfa, str(100003 * 123456789))
    assert not accepts(dfa, str(100003 * 123456789 + 1))
    dfa = NumberLanguage.of(multiple_of=F(10007), minimum=F(0)).dfa()
    assert accepts(dfa, "10007.00")
    assert not accepts(dfa, "-10007")
    assert accepts(dfa, "-0")
    dfa = NumberLanguage.of(multiple_of=F(1000003), minimum=F(1), maximum=F(10**9)).dfa()
    assert accepts(dfa, "2.000006e6")
    assert not accepts(dfa, "0")
    with pytest.raises(LimitExceeded):
        NumberLanguage.of(multiple_of=F(1000003), minimum=F(1), maximum=F(10**15)).dfa()


def test_small_numbers():
    """Bounds far below one, in both spellings."""
    dfa = NumberLanguage.of(minimum=F("1e-7"), maximum=F("2.5e-7")).dfa()
    for text in ("1e-7", "0.0000001", "0.00000025"):
        assert accepts(dfa, text), text
    for text in ("2.51e-7", "0.000000251", "9e-8"):
        assert not accepts(dfa, text), text


@pytest.mark.parametrize("seed", range(6))
def test_float64_keeps_order_and_ends(seed):
    """Parsed as floats, numbers keep every bound; they have at most 15 significant digits unless whole, and no endless runs."""
    rng = random.Random(seed)
    draws = [lambda: rng.uniform(-5, 5), lambda: rng.randrange(-9, 9), lambda: rng.random() * 10 ** rng.randrange(-20, 20)]
    ends = sorted(F(repr(rng.choice(draws)())) for _ in range(2))
    language = NumberLanguage.of(False, ends[0], ends[1] + 1, True, True)
    dfa = language.dfa("float64")
    for _ in range(60):
        text, state = "", dfa.start
        while len(text) < 400:
            row = dfa.rows[state]
            moves = [(byte, t) for byte in b"0123456789+-.eE" if (t := row[dfa.alphabet.class_of(byte)])]
            if not moves or (dfa.labels[state] and rng.random() < 0.2):
                break
            byte, state = rng.choice(moves)
            text += chr(byte)
        assert len(text) < 400
        assert dfa.labels[state]
        assert language.contains(value(text))
        assert float(ends[0]) < float(text) < float(ends[1] + 1)
        if "." in text or "e" in text.lower():
            assert len(re.sub(r"[eE].*|[.-]", "", text).lstrip("0")) <= 15
        json.loads(text)


def test_float64_exclusive_ends_with_many_digits():
    """A number that a float rounds onto an exclusive end is left out."""
    dfa = NumberLanguage.of(maximum=F("0.30000000000000004"), exclusive_max=True).dfa("float64")
    assert accepts(dfa, "0.3")
    dfa = NumberLanguage.of(maximum=F("0.10000000000000000555"), exclusive_max=True).dfa("float64")
    assert not accepts(dfa, "0.1")
    assert accepts(dfa, "0.0999999999999999")
    dfa = NumberLanguage.of(integer=True, maximum=F(2**53 + 3), exclusive_max=True).dfa("float64")
    assert accepts(dfa, str(2**53))
    assert not accepts(dfa, str(2**53 + 3))
    for n in range(2**53 - 2, 2**53 + 3):
        assert accepts(dfa, str(n)) == (float(n) < float(2**53 + 3))


def test_float64_writes_integers_as_integers():
    """No point, no exponent, no endless run; as many digits as bounds and divisibility need."""
    dfa = NumberLanguage.of(integer=True).dfa("float64")
    assert accepts(dfa, str(2**63))
    assert not accepts(dfa, "1.0")
    assert not accepts(dfa, "1e2")
    assert not accepts(dfa, "9" * 400)
    assert accepts(NumberLanguage.of(integer=True, minimum=F(10**30)).dfa("float64"), str(10**30 + 7))
    assert not NumberLanguage.of(multiple_of=F(10**40), minimum=F(1)).dfa("float64").is_empty
    narrow = NumberLanguage.of(minimum=F("1.00000000000000001"), maximum=F("1.00000000000000002"))
    assert not narrow.dfa("float64").is_empty


def test_emptiness():
    """Is decided on values: steps between bounds, and exclusions that leave nothing."""
    assert NumberLanguage.of(integer=True, minimum=F(1, 3), maximum=F(2, 3)).is_empty
    assert NumberLanguage.of(minimum=F(1), maximum=F(1), exclusive_max=True).is_empty
    assert NumberLanguage.of(multiple_of=[F(3), F(5)], minimum=F(1), maximum=F(14)).is_empty
    assert not NumberLanguage.of(multiple_of=[F(3), F(5)], minimum=F(1), maximum=F(15)).is_empty
    tens = NumberLanguage.of(multiple_of=F(10))
    assert (tens & ~NumberLanguage.of(multiple_of=F(5))).is_empty
    left = NumberLanguage.of(integer=True, minimum=F(2), maximum=F(4)) & ~NumberLanguage.of(multiple_of=F(2))
    assert (left & ~NumberLanguage.of(multiple_of=F(3))).is_empty
    assert (NumberLanguage.of(integer=True, minimum=F(1), maximum=F(2)) & ~of_values([F(1), F(2)])).is_empty
    assert NOTHING.is_empty
    assert not EVERYTHING.is_empty


def test_values():
    """Finite sets enumerate in order; large and infinite ones do not."""
    language = NumberLanguage.of(multiple_of=F(1, 2), minimum=F(0), maximum=F(2)) & ~NumberLanguage.of(integer=True) | of_values([F(7)])
    assert language.values(10) == [F(1, 2), F(3, 2), F(7)]
    assert language.values(2) is None
    assert EVERYTHING.values(10) is None
    assert NumberLanguage.of(minimum=F(3), maximum=F(3)).values(5) == [F(3)]


def test_union_and_name():
    """A union is one language; languages of whole numbers are called integers."""
    (joined,) = numbers.union([NumberLanguage.of(integer=True), of_values([F(1, 2)]), NOTHING])
    assert joined.contains(F(1, 2))
    assert joined.name == "a number"
    assert NumberLanguage.of(multiple_of=F(2)).terminal().describe(0) == "an integer"
    assert numbers.union([NOTHING]) == ()
    assert EVERYTHING.complement() == ()


CASES = [
    (F(3), None, None),
    (F(7), F(-20), F(200)),
    (F(1, 2), F(1), None),
    (F("1.5"), None, F(30)),
    (F("0.03"), F(0), None),
]


def run(terminal: LazyTerminal, text: str) -> bool:
    """Return whether a lazy terminal accepts a text."""
    state = terminal.start(frozenset({0}))
    for byte in text.encode():
        state = terminal.expand(state).edges.get(byte)
        if state is None:
            return False
    return bool(terminal.expand(state).labels)


def check_costs(terminal: LazyTerminal) -> None:
    """Every state's cost is one more than the least of its successors', and 0 iff it accepts."""
    found, queue = {}, [terminal.start(frozenset({0}))]
    for state in queue[:400]:
        found[state] = terminal.expand(state)
        queue += [t for t in found[state].edges.values() if t not in found and t not in queue]
    for expansion in found.values():
        below = [terminal.expand(t).costs[0] for t in expansion.edges.values()]
        assert expansion.costs == {0: 0 if expansion.labels else 1 + min(below)}


class TestLazyMultiples:
    """`MultiplesTerminal` where a table could be made, against the definition."""

    @pytest.mark.parametrize("case", CASES)
    def test_plain_spellings(self, case):
        """A plain decimal is accepted iff its value belongs to the language."""
        m, lo, hi = case
        language = NumberLanguage.of(False, lo, hi, multiple_of=m)
        (piece,) = language.pieces
        terminal = MultiplesTerminal(m, piece.interval)
        for text in random.Random(0).sample(SHORT, 1500):
            assert run(terminal, text) == ("e" not in text and language.contains(value(text))), text

    @pytest.mark.parametrize("case", CASES)
    def test_states_are_live_and_costs_are_least(self, case):
        """See `check_costs`."""
        m, lo, hi = case
        (piece,) = NumberLanguage.of(False, lo, hi, multiple_of=m).pieces
        check_costs(MultiplesTerminal(m, piece.interval))

    def test_where_no_table_fits(self):
        """The modulus of the official suite, and one of a hundred digits."""
        terminal = NumberLanguage.of(integer=True, multiple_of=F("0.123456789")).terminal()
        assert isinstance(terminal, MultiplesTerminal)
        assert run(terminal, str(123456789 * 10**9))
        assert run(terminal, "-123456789.00")
        assert not run(terminal, "1" + "0" * 308)
        huge = NumberLanguage.of(multiple_of=F(10**100 + 1), minimum=F(1)).terminal("float64")
        assert run(huge, str(3 * (10**100 + 1)))
        assert not run(huge, "0")


@pytest.mark.parametrize("style", [EXACT, FLOAT_LITERALS], ids=["exact", "float64"])
def test_lazy_lists_are_lists(style):
    """`ListedNumbers` accepts what the table of the same values accepts, and its costs are least."""
    rng = random.Random(7)
    for _ in range(12):
        values = {F(rng.randrange(-30, 130), rng.choice([1, 1, 1, 2, 4, 100])) for _ in range(rng.randrange(1, 14))}
        values |= {F("12.05"), F("12"), F("0.1"), F("1"), F(0), F("1000"), F("0.123456789012345"), F("1e-40")}
        values = set(rng.sample(sorted(values), rng.randrange(1, len(values))))
        terminal, dfa = ListedNumbers(values, style), literal_dfa(values, style)
        texts = {*rng.sample(SHORT, 300), *(t for v in values for t in variants(rng, v))}
        texts |= {t + "0" for t in texts} | {t[:4] + "0" + t[4:] for t in texts} | {"0.1234567890123450", "1e-040", "1.0e-40", "1e-0040"}
        for text in texts:
            assert run(terminal, text) == accepts(dfa, text), (text, values)
        check_costs(terminal)


def test_a_hundred_thousand_values():
    """A long list is made in time, and accepts its values."""
    terminal = of_values(F(i * i * 37, 4) for i in range(100_000)).terminal()
    assert isinstance(terminal, ListedNumbers)
    for text, want in (("333", True), ("9.25", True), ("9.250", True), ("3.33e2", True), ("9.5", False), ("3.33e1", False)):
        assert run(terminal, text) == want


def test_many_large_moduli_together():
    """Multiples that are to be multiples of nothing else, with and without bounds and single values left out, against the definition."""
    cases = [
        (F(429), [F(858), F(3003)], Interval(None, None), []),
        (F(4004), [F(8008), F(12012)], Interval(None, End(F(-100100), True)), []),
        (F(21, 10), [F(63, 10), F(105, 10)], Interval(End(F(-21), True), End(F(63), True)), [F(42, 10)]),
        (F(7), [F(14)], Interval(End(F(21), True), None), [F(35), F(49)]),
    ]
    for multiple, nots, interval, holes in cases:
        terminal = MultiplesTerminal(multiple, interval, True, "a number", nots, holes)
        check_costs(terminal)
        for step in range(-40, 41):
            for value in (step * multiple, step * multiple + F(1, 10), F(step)):
                on_grid = (value / multiple).denominator == 1 and all((value / n).denominator != 1 for n in nots)
                good = on_grid and interval.contains(value) and value not in holes
                text = str(value.numerator) if value.denominator == 1 else f"{float(value):.1f}"
                assert run(terminal, text) == good, (value, multiple)


def test_a_schema_of_many_large_moduli():
    schema = {
        "oneOf": [{"multipleOf": 33}, {"multipleOf": 12}, {"multipleOf": 77}],
        "not": {"anyOf": [{"multipleOf": 8}, {"multipleOf": 13}, {"multipleOf": 17}]},
        "type": "number",
    }
    values = [33, 66, 12, 24, 77, 132, 231, 33 * 8, 12 * 13, 33 * 17, 0, 5, 33.5]
    good = [(sum(v % m == 0 for m in (33, 12, 77)) == 1) and all(v % m for m in (8, 13, 17)) for v in values]
    assert accepted(schema, values) == good


def test_whole_multiples_of_a_large_number_in_draft_4():
    schema = {"type": "integer", "multipleOf": 0.123456789}
    assert accepted(schema, [0, 123456789, 1], draft=4) == [True, True, False]
    machine = recogniser(schema, draft=4)
    assert not machine.accepts("123456789.0")
    assert not machine.accepts("1" + "0" * 308)


def test_multiples_of_none_of_many_numbers():
    nots = [2, 6.5, 5, 7, 11, 37]
    schema = {"type": "number", "not": {"anyOf": [{"multipleOf": n} for n in nots]}, "minimum": -100000, "exclusiveMaximum": 77}
    values = [1, 2, 6.5, 13, 35, 37, 0, 3, 0.25, 6.25, -3, -6.5, 76.5, 77, -100000, -99999, 9.75, 13.0, 13.5]
    want = [-100000 <= v < 77 and all((F(str(v)) / F(str(n))).denominator != 1 for n in nots) for v in values]
    assert accepted(schema, values) == want
    assert accepted({**schema, "minimum": 0.5}, values) == [w and v >= 0.5 for v, w in zip(values, want)]
