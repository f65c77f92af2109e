"""Other constraints inside Lark grammars: against lark's own lexers and parsers, text by text."""

import itertools
import random
import re
from collections import Counter
from functools import cache

import numpy as np
import pytest
from lark.exceptions import LarkError

import maskwright as mw
from maskwright.errors import (
    ConstraintError,
    GrammarSyntaxError,
    OpenTerminalError,
    OptionError,
    SchemaError,
    UnsatisfiableError,
    UnsupportedFeatureError,
)
from tests import reference

from .hole_parser import HoleParser
from .support import byte_vocabulary, pair_vocabulary, parser_of, parses, random_grammar, walk

TEXTS = ["".join(t) for n in range(5) for t in itertools.product("abc ", repeat=n)]
BALANCED = mw.grammar('root ::= "a" root? "b" | "c"', "gbnf")
PARTS = {
    "word": mw.regex("[ab]+"),
    "short": mw.regex("ab|c"),
    "spaced": mw.regex(" ?a"),
    "empty": mw.regex("b?"),
    "balanced": BALANCED,
    "sum": mw.choice(["a", "ca", " b"]) + BALANCED.optional(),
}
PATTERNS = {"word": "[ab]+", "short": "ab|c", "spaced": " ?a"}


def compiled(grammar, vocabulary=None, **options):
    return mw.compile(vocabulary or byte_vocabulary(), grammar=grammar, syntax="lark", **options)


@cache
def fits(part):
    constraint = mw.compile(byte_vocabulary(), grammar=PARTS[part])
    return cache(constraint.accepts)


def with_hole(seed):
    """Return a random grammar without the definition of one terminal, and its name."""
    grammar = random_grammar(seed)
    defined = sorted(set(re.findall(r"^([A-D])(?:\.\d)?:", grammar, re.M)))
    used = [name for name in defined if re.search(rf"^(?:start|x|y): .*\b{name}\b", grammar, re.M)]
    if not used:
        return None, None
    name = random.Random(seed).choice(used)
    return re.sub(rf"^{name}(?:\.\d)?:.*\n", "", grammar, flags=re.M), name


def compare(seed, part, texts):
    """Check one random grammar; return which parser it was, or why there was nothing to compare."""
    grammar, name = with_hole(seed)
    if name is None:
        return "unused"
    try:
        parser = HoleParser(re.sub(rf"\b{name}\b", "HOLE", grammar), {"HOLE": fits(part)})
    except LarkError:
        return "refused"
    try:
        constraint = compiled(grammar, use={name: PARTS[part]})
    except UnsatisfiableError:
        constraint = None
    except UnsupportedFeatureError as error:
        return "undecided" if "right after" in error.feature else "unsupported"
    except OptionError:
        return "dropped"
    for text in texts:
        want, have = parser.parses(text), constraint is not None and constraint.accepts(text)
        assert have == want, f"{parser.kind} with holes says {want}, we say {have} to {text!r}; {name} is {part}\n{grammar}"
    return parser.kind


@pytest.mark.parametrize("part", PARTS)
def test_random_grammars(part):
    rng = random.Random(part)
    kinds = Counter(compare(seed, part, rng.sample(TEXTS, 40)) for seed in range(10))
    assert kinds["lalr"] >= 3, kinds


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_more_random_grammars(part):
    kinds = Counter(compare(seed, part, TEXTS[::2]) for seed in range(14, 70))
    assert kinds["lalr"] > 30
    assert kinds["basic"] > 5


def test_all_lexing_takes_a_hole_for_a_terminal():
    """Where every split counts, a hole of a regular language is what the terminal of its pattern is."""
    compared = 0
    rng = random.Random(7)
    for seed in range(30):
        grammar, name = with_hole(seed)
        part = rng.choice(sorted(PATTERNS))
        if name is None:
            continue
        try:
            parser, _ = parser_of(f"{grammar}\n{name}: /{PATTERNS[part]}/\n", "all")
            constraint = compiled(grammar, use={name: PARTS[part]}, lexing="all")
        except UnsatisfiableError:
            constraint = None
        except (LarkError, ConstraintError):
            continue
        for text in rng.sample(TEXTS, 60):
            have = constraint is not None and constraint.accepts(text)
            assert have == parses(parser, text), (text, name, part, grammar)
        compared += 1
    assert compared > 12


def test_walks_along_masks_are_texts():
    rng = random.Random(3)
    finished = 0
    for seed in range(10):
        grammar, name = with_hole(seed)
        if name is None:
            continue
        for part in ("balanced", "spaced"):
            try:
                parser = HoleParser(re.sub(rf"\b{name}\b", "HOLE", grammar), {"HOLE": fits(part)})
                constraint = compiled(grammar, pair_vocabulary(), use={name: PARTS[part]})
            except (LarkError, ConstraintError):
                continue
            for _ in range(4):
                data = walk(constraint, rng, 10)
                if data is not None:
                    assert parser.parses(data.decode()), (grammar, data, part)
                    finished += 1
    assert finished > 20


POINT = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"], "additionalProperties": False}
STATEMENTS = r"""
start: (statement ";")+
statement: "return" value | NAME "=" value
value: NAME | %json {"type": "object",
   "properties": {"x": {"type": "integer"}},
   "required": ["x"], "additionalProperties": false} | DATA
%import common.CNAME -> NAME
%import common.WS
%ignore WS
"""


@pytest.mark.parametrize("lexing", ["lark", "all"])
def test_statements(lexing):
    constraint = compiled(STATEMENTS, use={"DATA": mw.json({"enum": [True, 15, -3]})}, lexing=lexing)
    for text in ['return {"x": 1};', 'return{"x":1} ;\n', "a=15 ;b = -3;", "return abc;", "a=true;", 'a =\n{"x": 2} ;']:
        assert constraint.accepts(text), text
    for text in ["return 14;", 'return {"y": 1};', "a==15;", "return;", "a=15"]:
        assert not constraint.accepts(text), text


def test_the_greed_of_lexemes_does_not_stop_at_holes():
    constraint = compiled("start: NAME DATA\nNAME: /[a-z]+/", use={"DATA": mw.json({"enum": [True, 7, "x"]})})
    assert [t for t in ("ab7", 'ab"x"', "abtrue", "a7", "7") if constraint.accepts(t)] == ["ab7", 'ab"x"', "a7"]
    numbers = compiled('start: INT DATA\nINT: /[0-9]+/', use={"DATA": mw.json({"type": "integer", "multipleOf": 12345})})
    assert numbers.accepts("1-12345")
    assert not numbers.accepts("112345")
    strings = compiled("start: NAME DATA\nNAME: /[a-z]+/", use={"DATA": mw.json({"type": "string", "format": "hostname"})})
    assert strings.accepts('a"b.c"')
    assert not strings.accepts('a"b..c"')


def test_lexemes_that_stay_open_across_a_hole_are_refused():
    grammar = "start: NAME DATA?\nNAME: /[a-z]+(?!!a)/"
    with pytest.raises(UnsupportedFeatureError, match="DATA right after a lexeme that depends on what follows"):
        compiled(grammar, use={"DATA": mw.literal("!")})
    assert compiled(grammar, use={"DATA": mw.literal("!b")}).accepts("x!b")
    assert not compiled(grammar, use={"DATA": mw.choice(["!a", "?"])}).accepts("x!a")


def test_names_of_rules_and_grammars_in_grammars():
    names = mw.grammar('start: NAME ("." NAME)*\nNAME: /[a-z]+/', "lark")
    value = mw.grammar('start: "<" V ">"', "lark", use={"V": mw.json(True)})
    constraint = compiled('start: path "=" "b" B\n', use={"path": names, "B": value})
    assert constraint.accepts("a.b=b<[1]>")
    assert not constraint.accepts("a.b=b<[1>")
    one = mw.grammar("start: B", "lark", use={"B": mw.json({"const": 1})})
    assert mw.compile(byte_vocabulary(), grammar="(" + one + ")").accepts("(1)")


def test_open_terminals():
    def columns(text):
        return {"users": ["id", "name"], "orders": ["id", "total"]}[re.search(r"from (\w+)", text)[1]]

    grammar = """
    start: "from" table "select" column ("," column)*
    table: "users" | "orders"
    %ignore " "
    """
    constraint = compiled(grammar, pair_vocabulary(), open_terminals={"column": columns})
    for text, want in [("from users select name , id", True), ("from orders select name", False), ("from orders select id,total", True)]:
        assert constraint.accepts(text) == want, text
    state = constraint.walk(constraint.start, list(b"from orders select t"))[-1]
    assert constraint.forced(state).startswith(b"otal")
    after = compiled("start: NAME WORD\nNAME: /[a-z]+/", open_terminals={"WORD": lambda text: ["x", "-x"] if len(text) < 3 else ["x"]})
    assert after.accepts("ab-x")
    assert not after.accepts("abx")
    assert not after.accepts("abc-x")
    late = compiled("start: NAME WORD\nNAME: /[a-z]+(?!!a)/", open_terminals={"WORD": lambda text: ["!"]})
    with pytest.raises(OpenTerminalError, match="right after a lexeme"):
        late.accepts("a!")


@pytest.mark.parametrize(
    ("grammar", "options", "error", "says"),
    [
        ('start: "a" %json {"type": }', {}, GrammarSyntaxError, "expected a JSON Schema after %json"),
        ('start: "a" %json [1]', {}, GrammarSyntaxError, "an object, true or false"),
        ('start: "a" %json {"type": "strng"}', {}, SchemaError, "strng"),
        ('start: "a" %json {"type":\n "null"} | none', {}, GrammarSyntaxError, "line 2, column 12"),
        ('start: "a" B', {"C": mw.json()}, OptionError, "names that the grammar refers to"),
        ('start: "B" // B', {"B": mw.json()}, OptionError, "names that the grammar refers to"),
        ('start: "a" B\nB: "x"', {"B": mw.json()}, GrammarSyntaxError, "line 2, column 1"),
        ('start: A\nA: "x" B', {"B": mw.json()}, UnsupportedFeatureError, "B inside a terminal"),
        ('start: A\nA: "x" %json {}', {}, UnsupportedFeatureError, "%json inside a terminal"),
        ('start: "a"\n%ignore B', {"B": mw.json()}, UnsupportedFeatureError, "%ignore B"),
        ("start: B", {"B": mw.json().named("x")}, OptionError, "without named parts"),
        ("start: Bb", {"Bb": mw.json()}, OptionError, "as Lark writes them"),
        ("start: B", {"B": 5}, OptionError, "use['B']=5: expected a constraint expression"),
        *((f'start: "a" %json{rest}', {}, GrammarSyntaxError, "%json (line 1, column 17)") for rest in ("", "\n", " \n\n", '\na: "b"')),
    ],
)
def test_errors(grammar, options, error, says):
    with pytest.raises(error) as caught:
        compiled(grammar, use=options)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "feature", "line"),
    [
        ("a: /a/\n  | D\n", "D", "line 2, column 5 of 'lib/x.lark'"),
        ('a: /a/ A\nA: "b" D', "D", "line 2, column 8"),
        ("a: /a/ D\n%declare D", "D", "line 1, column 8"),
        ('a: /a/ %json {"type": "null"}', "%json", "line 1, column 8"),
    ],
)
def test_holes_of_imported_grammars(text, feature, line):
    for start in ("start: a", "start: a D"):
        with pytest.raises(UnsupportedFeatureError, match=f"{feature} inside an imported grammar") as caught:
            compiled(f"{start}\n%import lib.x.a", loader={"lib/x.lark": text}, use={"D": mw.json()})
        assert line in caught.value.pointer
    with pytest.raises(OptionError, match="names that the grammar refers to"):
        compiled("start: a\n%import lib.x.a", loader={"lib/x.lark": "a: /a/\nb: D"}, use={"E": mw.json()})


def test_a_hole_as_argument_of_an_imported_template():
    files = {"lib/x.lark": 'list{t}: "<" t ">"'}
    constraint = compiled("start: list{D}\n%import lib.x.list", loader=files, use={"D": mw.json({"const": 1})})
    assert constraint.accepts("<1>")
    assert not constraint.accepts("<2>")


def test_reports_of_holes():
    grammar = 'start: "a" D %json {"type": "array", "uniqueItems": true} ["b" OPEN]'
    constraint = compiled(grammar, use={"D": mw.json({"items": {"format": "hostname"}})}, open_terminals={"OPEN": lambda text: ["x"]})
    late = constraint.report().with_status("completion")
    assert [(item.pointer, item.keyword) for item in late] == [
        ("%json (line 1, column 14)/uniqueItems", "uniqueItems"), ("D/items/format", "format"),
    ]  # fmt: skip


def test_what_looks_like_a_hole():
    constraint = compiled('start: "%json" %json {"const": "%json"} /%json/ // %json here\n')
    assert constraint.accepts('%json"%json"%json')
    assert compiled('start: "b" B\n%declare B', use={"B": mw.literal("c")}).accepts("bc")


@pytest.mark.parametrize("lexing", ["lark", "all"])
def test_masks_around_holes_are_those_of_the_reference(lexing):
    more = [b"ab", b'{"', b'x":', b'": ', b"return", b"re", b"5;", b"15", b" {", b"true", b'"a', b"..", b'";']
    vocabulary = mw.Vocabulary.from_bytes([*(bytes([b]) for b in range(256)), *more, b""], eos_ids=[256 + len(more)])
    kinds = [{"type": "string", "format": "hostname"}, {"type": "integer", "multipleOf": 15}, {"enum": [True, "ab", None]}]
    grammar = STATEMENTS.replace("%import common.CNAME -> NAME", "NAME: /[a-z]+/")
    constraint = compiled(grammar, vocabulary, use={"DATA": mw.json({"anyOf": kinds})}, lexing=lexing)
    language = reference.Language(constraint._program)
    row = np.zeros(vocabulary.num_words, np.uint32)
    for seed in range(6):
        rng = random.Random(seed)
        state, configurations = constraint.start, language.start()
        for _ in range(18):
            constraint.fill_mask(state, row)
            want = reference.mask(language, configurations, vocabulary)
            assert reference.row_ids(row) == want
            assert {token for token in range(vocabulary.size) if constraint.advance(state, token)} == want
            going = sorted(want - set(vocabulary.eos_ids))
            if not going:
                break
            least = constraint.min_tokens(state)
            assert least == 0 or min(constraint.min_tokens(constraint.advance(state, token)) for token in going) < least
            longest = max(going, key=lambda token: len(vocabulary.token_bytes(token)))
            token = rng.choice(going) if rng.random() < 0.6 else longest
            state = constraint.advance(state, token)
            configurations = language.feed(configurations, vocabulary.token_bytes(token))
