"""Real grammars: those of lark, a calculator, JSON, Python's expressions, and the shared ones; texts, mutated texts and walks."""

import os
import random
from pathlib import Path

import lark
import numpy as np
import pytest

from maskwright import Vocabulary
from maskwright.errors import UnsatisfiableError, UnsupportedFeatureError

from .support import compile, constraint_of, pair_vocabulary, parser_of, parses, walk

BUNDLED = Path(lark.__file__).parent / "grammars"
SHARED = Path(os.environ.get("MASKWRIGHT_DATA", "")) / "sampler-tasks"
needs_shared = pytest.mark.skipif("MASKWRIGHT_DATA" not in os.environ or not SHARED.is_dir(), reason="no MASKWRIGHT_DATA/sampler-tasks")

JSON = r"""
?start: value
?value: object | array | string | SIGNED_NUMBER -> number | "true" -> true | "false" -> false | "null" -> null
array: "[" [value ("," value)*] "]"
object: "{" [pair ("," pair)*] "}"
pair: string ":" value
string: ESCAPED_STRING
%import common.ESCAPED_STRING
%import common.SIGNED_NUMBER
%import common.WS
%ignore WS
"""

CALC = r"""
?start: sum | NAME "=" sum -> assign_var
?sum: product | sum "+" product -> add | sum "-" product -> sub
?product: atom | product "*" atom -> mul | product "/" atom -> div
?atom: NUMBER -> number | "-" atom -> neg | NAME -> var | "(" sum ")"
%import common.CNAME -> NAME
%import common.NUMBER
%import common.WS_INLINE
%ignore WS_INLINE
"""

WORDS = r"""
start: verb object ("and" object)* ["with" tool{NOUN}] "."?
verb: "take" | "give"i
!object: ARTICLE? ADJ~0..2 NOUN
tool{noun}: ARTICLE noun
ARTICLE.2: "the" | "a"
ADJ: /[a-z]+ly/
NOUN: /[a-z]+/
%ignore / +/
"""


def mutated(text, rng):
    letters = sorted(set(text)) + list(' a1"(')
    at = rng.randrange(len(text) + 1)
    kind = rng.randrange(3)
    if kind == 0:
        return text[:at] + rng.choice(letters) + text[at:]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    return text[:at] + rng.choice(letters) + text[at + 1 :]


def agree(grammar, texts, mutants=6, lexing="lark", **options):
    """Check every text and changed copies of it; return how many were accepted and how many were not."""
    rng = random.Random(3)
    constraint = constraint_of(grammar, lexing, **options)
    parser, _ = parser_of(grammar, lexing, **options)
    counts = [0, 0]
    for text in texts:
        for candidate in [text, *(mutated(text, rng) for _ in range(mutants))]:
            want = parses(parser, candidate)
            assert constraint.accepts(candidate) == want, f"lark's parser says {want} to {candidate!r}"
            counts[want] += 1
    return counts[1], counts[0]


def test_lark_in_lark():
    """lark's grammar of grammars on lark's own grammars, whole and line by line."""
    text = (BUNDLED / "lark.lark").read_text()
    lines = [line + "\n" for line in text.splitlines() if line.strip()]
    accepted, refused = agree(text, [*lines[:30], *lines[-8:]], mutants=3)
    assert accepted > 50
    assert refused > 20
    constraint = constraint_of(text)
    parser, _ = parser_of(text)
    for name in ("common", "unicode", "lark", "python"):
        whole = (BUNDLED / f"{name}.lark").read_text()
        assert constraint.accepts(whole) == parses(parser, whole)


def test_json():
    texts = ['{"a": [1, 2.5e3, true, null], "b\\"": {}}', "[]", '"x\\\\"', ' [ -1 , "" ] ', '{"a":1,"b":2}']
    for lexing in ("lark", "all"):
        accepted, refused = agree(JSON, texts, 12, lexing)
        assert accepted > 15
        assert refused > 15


def test_calculator():
    accepted, refused = agree(CALC, ["x = 1 + 2*(y - 3.5)", "-(-a)", "a b", "1.e", "10 / 2 / 5", "a=b"], 15)
    assert accepted > 20
    assert refused > 20


def test_words_templates_and_priorities():
    texts = ["take the really big key", "Give a lamp and the quickly ball with a stick.", "take the", "takethe key", "take a"]
    accepted, refused = agree(WORDS, texts, 15)
    assert accepted > 15
    assert refused > 5


@pytest.mark.slow
def test_python_expressions():
    texts = [
        "f(a, b=3)[1:2]", "lambda x: x+1", "'a' 'b'", '"""x\ny"""', "[i for i in x if i not in y]", "{1:2, **d}", "a if b else c", "''''",
        "not x and y or z is not None", "1.e5j + 0x_ff", "1if x else y", "a @ b", 'rb"\\"" + u\'\'',
    ]  # fmt: skip
    accepted, refused = agree((BUNDLED / "python.lark").read_text(), texts, 5, start="test")
    assert accepted > 20
    assert refused > 10


def test_python_files_need_a_postlex():
    with pytest.raises(UnsupportedFeatureError, match="_DEDENT _INDENT"):
        constraint_of((BUNDLED / "python.lark").read_text(), start="file_input")


def test_walks_along_masks_parse():
    rng = random.Random(4)
    for grammar in (JSON, CALC, WORDS):
        constraint = constraint_of(grammar, vocabulary=pair_vocabulary())
        parser, _ = parser_of(grammar)
        for _ in range(8):
            data = walk(constraint, rng, 20)
            assert data is not None
            assert parses(parser, data.decode(errors="surrogateescape")), data


def test_imports_of_a_loader():
    files = {"lib/names.lark": 'NAME: LETTER+\n%import .letters.LETTER\nrule: NAME "!"\n', "lib/letters.lark": "LETTER: /[a-z]/\n"}
    grammar = 'start: rule NAME\n%import lib.names.rule\n%import lib.names.NAME\n%extend rule: "?"\n%override NAME: /[A-Z]+/\n'
    constraint = constraint_of(grammar, loader=files)
    asked = []

    def loader(path):
        asked.append(path)
        return files.get(path)

    assert constraint_of(grammar, loader=loader).accepts("?ABC")
    assert asked == ["lib/names.lark", "lib/letters.lark"]
    assert constraint.accepts("?ABC")
    assert not constraint.accepts("?abc")


def test_report_names_the_parser():
    assert "lalr" in constraint_of('start: "a"').report().items[0].reason
    ambiguous = constraint_of('start: a | b\na: "x"\nb: "x"')
    assert [item.keyword for item in ambiguous.report().items] == ["parser", "lalr"]
    assert "basic" in ambiguous.report().items[0].reason


@needs_shared
@pytest.mark.parametrize("name", ["smiles/acrylates", "smiles/chain_extenders", "fuzzing/xml"])
def test_shared_grammars(name):
    grammar = (SHARED / f"{name}.lark").read_text()
    constraint = constraint_of(grammar)
    parser, _ = parser_of(grammar)
    rng = random.Random(5)
    finished = [data for _ in range(4) if (data := walk(constraint, rng, 60)) is not None]
    assert finished
    for data in finished:
        assert parses(parser, data.decode())


@needs_shared
def test_shared_molecules():
    """The molecules given as examples with a task are in its language exactly if lark's parser parses them."""
    grammar = (SHARED / "smiles/acrylates.lark").read_text()
    parser, _ = parser_of(grammar)
    constraint = constraint_of(grammar)
    lines = [line.strip() for line in (SHARED / "smiles/acrylates.txt").read_text().splitlines()]
    texts = [line for line in lines if line and " " not in line]
    assert texts
    for text in texts:
        assert constraint.accepts(text) == parses(parser, text), text


@needs_shared
def test_a_grammar_whose_literal_never_wins():
    """lark's lexer always reads ``"preEvolution":`` as a STRING and a colon, so only the splitting parser ever comes to an end."""
    grammar = (SHARED / "fuzzing/json.lark").read_text()
    with pytest.raises(UnsatisfiableError):
        compile(pair_vocabulary(), grammar=grammar, syntax="lark")
    text = '{"name":"a","b":1,"preEvolution":null}'
    assert constraint_of(grammar, "all").accepts(text)
    assert parses(parser_of(grammar, "all")[0], text)


@needs_shared
@pytest.mark.slow
def test_shared_sql():
    grammar = (SHARED / "spider/grammar.lark").read_text()
    texts = [
        "SELECT name FROM t",
        "select count(*) from a where x = 'y' group by z",
        "SELECT a.b AS c FROM d JOIN e ON f = g ORDER BY h LIMIT 3",
        "SELECT a, b FROM t WHERE c IN (SELECT d FROM u)",
        "SELECT a FROM t UNION SELECT b FROM u",
    ]
    accepted, refused = agree(grammar, texts, 8)
    assert accepted > 5
    assert refused > 3


def test_long_lists_stay_small():
    """10,000 items of a right-recursive list: a handful of sets."""
    constraint = constraint_of('start: list\nlist: item "," list | item\nitem: "x" | "y"\n')
    assert constraint.accepts("x," * 10_000 + "y")
    assert constraint.report().stats["parser_sets"] < 12


def test_special_tokens_are_not_text():
    vocabulary = Vocabulary.from_bytes([b"a", b"b", b"<s>", b""], eos_ids=[3], special_ids=[2])
    constraint = compile(vocabulary, grammar='start: "a" "<s>"? "b"', syntax="lark")
    row = np.zeros(1, np.uint32)
    constraint.fill_mask(constraint.walk(constraint.start, [0])[-1], row)
    assert row[0] == 0b10
