"""GBNF and EBNF: the notation, its errors, and random grammars against charts and the reference engine."""

import itertools
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import maskwright as mw
from maskwright.automata.constraint import Constraint
from maskwright.errors import GrammarSyntaxError, LimitExceeded, OptionError, UnsatisfiableError, UnsupportedFeatureError
from maskwright.grammar.analysis import productive_rules, reachable_rules
from maskwright.grammar.syntaxes import read_grammar
from tests.grammar import charts
from tests.strategies import vocabularies

VOCABULARY = mw.Vocabulary.from_bytes(
    [*(bytes([byte]) for byte in range(256)), b"ab", b"<think>", b"", b"</think>", b""],
    eos_ids=[260],
    special_ids={"<|a|>": 258, "<|end|>": 260},
)


def compiled(text, syntax="gbnf", **options):
    return mw.compile(VOCABULARY, grammar=text, syntax=syntax, **options)


def accepted(text, candidates, syntax="gbnf"):
    constraint = compiled(text, syntax)
    return [candidate for candidate in candidates if constraint.accepts(candidate)]


# what the notation says ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("syntax", ["gbnf", "ebnf"])
@pytest.mark.parametrize(
    ("grammar", "sentences", "others"),
    [
        ('root ::= "a" "b"', ["ab"], ["a", "abb", ""]),
        ('root ::= "a" | "b" | ""', ["a", "b", ""], ["ab"]),
        ('root ::= "a" |', ["a", ""], ["b"]),
        ('root ::= ("a" | "b")+ "c"?', ["a", "abc", "bb"], ["c", ""]),
        ('root ::= "ab"*', ["", "ab", "abab"], ["a", "abb"]),
        ('root ::= [a-c]{2}', ["ab", "cc"], ["a", "abc"]),
        ('root ::= [a-c]{2,}', ["ab", "abcabc"], ["a"]),
        ('root ::= [ab]{0,2}', ["", "ab"], ["aba"]),
        ('root ::= ("a" "b"){1,2} # ends', ["ab", "abab"], ["", "ababab"]),
        ('root ::= "a"{0}', [""], ["a"]),
        ('root ::= [^a-z\\n]+', ["A9\u00e9\U0001f600"], ["a", "\n", ""]),
        ('root ::= [a-]', ["a", "-"], ["b"]),
        ('root ::= "\\x41\\u00e9\\U0001F600"', ["A\u00e9\U0001f600"], ["A"]),
        ('root ::= "\\n\\t\\r\\\\\\""', ['\n\t\r\\"'], ["n"]),
        ('root ::= [\\]\\\\"]', ["]", "\\", '"'], ["["]),
        ('root ::= "\u00e9" [\u00e0-\u00e9]', ["\u00e9\u00e7"], ["\u00e9e"]),
        ("# one\nroot ::= # two\n  item # three\n\nitem ::=\n  \"a\" | # four\n  \"b\"", ["a", "b"], ["#"]),
        ('root ::= (\n "a"\n "b"\n | "c"\n)', ["ab", "c"], ["a"]),
        ('root ::= "a" root "b" | ""', ["", "aabb"], ["aab", "abab"]),
        ('root ::= root "+" root | [0-9]', ["1", "1+2+3"], ["1+", "+1"]),
        ('root ::= root "a" | "b"', ["b", "baa"], ["a", "ab"]),
        ('root ::= "a" root | "b"', ["b", "aab"], ["a", "ba"]),
        ('root ::= "a" root "c"? | "b"', ["b", "abc", "aabc", "aabcc"], ["bc", "abcc"]),
        ('root ::= x\nx ::= y "a" | "x"\ny ::= x "b" | "y"', ["x", "ya", "xba", "yaba"], ["y", "xb"]),
        ('root ::= a a a\na ::= "x"?', ["", "x", "xxx"], ["xxxx"]),
        ('root ::= a* "!"\na ::= "x"?', ["!", "xx!"], ["x"]),
        ('root ::= %json {"type": "integer", "minimum": 5, "maximum": 12} "!"', ["5!", "12!"], ["4!", "5"]),
        ('\ufeffroot ::= "a"\r\nx ::= "b"', ["a"], ["b"]),
    ],
)
def test_notation(syntax, grammar, sentences, others):
    constraint = compiled(grammar, syntax)
    assert [text for text in sentences if not constraint.accepts(text)] == []
    assert [text for text in others if constraint.accepts(text)] == []


def test_what_only_gbnf_has():
    assert accepted('root ::= . "!"', ["a!", "\n!", "\U0001f600!", "!"]) == ["a!", "\n!", "\U0001f600!"]
    assert accepted("root ::= 9a_b\n9a_b ::= [\\-\\^]", ["-", "^", "a"]) == ["-", "^"]
    assert accepted('root ::= "a"\n  | "b"', ["a", "b"]) == ["a", "b"]
    assert accepted('root ::= "a"?+', ["", "a", "aa"]) == ["", "a", "aa"]


def test_what_only_ebnf_has():
    assert accepted("root ::= 'a\"' x.y\nx.y\n  ::= \"b\"\n  \"c\"", ['a"bc', 'a"b'], "ebnf") == ['a"bc']
    assert accepted(r'root ::= "\x1F600\e\0" [\$\-\.]', ["\U0001f600\x1b\0$", "\U0001f600\x1b\0-", "a"], "ebnf") == [
        "\U0001f600\x1b\0$",
        "\U0001f600\x1b\0-",
    ]
    assert accepted("root ::= [^] ( )", ["a", "\n", ""], "ebnf") == ["a", "\n"]
    assert accepted('root ::= Regex("[0-9]{2}\\\\.", flags="i") Regex("")', ["12.", "12a"], "ebnf") == ["12."]
    assert accepted('root ::= Regex("a.")', ["a\n", "ab"], "ebnf") == ["a\n", "ab"]
    assert accepted('root ::= Regex("a.", flags="i")', ["a\n", "Ab"], "ebnf") == ["Ab"]
    assert accepted('root ::= Regex("a.", json_string=true)', ['a"', "ab"], "ebnf") == ["ab"]
    texts = ["", "abc", "de", "abcde", "defg", "abcdefg", "ab", "cde", "abcfg"]
    assert accepted('root ::= Substring("abc", "de", "fg")', texts, "ebnf") == texts[:6]
    assert accepted("root ::= Substring()", ["", "a"], "ebnf") == [""]


def test_special_tokens_stand_where_they_are_named():
    constraint = compiled('root ::= <[258]> "a" <|a|>')
    state = constraint.start
    for token in (258, ord("a"), 258):
        assert constraint.allowed(state).tolist() == [token]
        state = constraint.advance(state, token)
    assert constraint.allowed(state).tolist() == [260]
    assert constraint.min_tokens(constraint.start) == 3
    assert 258 not in compiled("root ::= .*").allowed(compiled("root ::= .*").start).tolist()


def test_tokens_that_are_text_and_tokens_but_one():
    assert accepted("root ::= <think> <[97]>", ["<think>a", "a"]) == ["<think>a"]
    constraint = compiled("root ::= !<|a|>* <|a|>")
    assert 258 in constraint.allowed(constraint.start).tolist()
    assert constraint.walk(constraint.start, [97, 98, 258, 260]).tolist()[-1] == mw.END
    ebnf = compiled("root ::= Token(258) [a-z]", "ebnf")
    assert ebnf.walk(ebnf.start, [258, 97, 260]).tolist()[-1] == mw.END


# errors ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grammar", "line", "column", "message", "note"),
    [
        ('root ::= itm\nitem ::= "a"', 1, 10, "rule 'itm' is not defined", "did you mean 'item' (line 2)?"),
        ('root ::= "a"\nroot ::= "b"', 2, 1, "rule 'root' is defined twice, first in line 1", "joined with '|'"),
        ('root ::= ("a" "b"', 1, 10, "'(' is never closed in rule 'root'", None),
        ('root ::= "a")', 1, 13, "')' without '('", None),
        ('root ::= "a', 1, 10, "without its closing quote", "line break"),
        ('root ::= [a-z', 1, 10, "without its closing bracket", None),
        ('root ::= []', 1, 10, "an empty class", None),
        ('root ::= [z-a]', 1, 11, "the range z-a ends before it begins", None),
        ('root ::= "\\q"', 1, 11, "unknown escape \\q", None),
        ('root ::= [\\d]', 1, 11, "unknown escape \\d", "[0-9]"),
        ('root ::= "\\u12"', 1, 11, "\\u takes 4 hexadecimal digits", None),
        ('root ::= "\\uD800"', 1, 11, "half of a surrogate pair", None),
        ('root ::= "\\U00110000"', 1, 11, "beyond the last character", None),
        ("root ::= *", 1, 10, "nothing to repeat before '*' in rule 'root': expected a literal, a character class", None),
        ('root ::= "a"{3,2}', 1, 13, "ends before it begins", None),
        ('root ::= "a"{,2}', 1, 13, "expected a repeat like {3}", None),
        ('root ::= "a" ;', 1, 14, "unexpected ';'", "rules end with their line"),
        ('root ::= "a"\n$', 2, 1, "unexpected '$'", None),
        ('first ::= "a"', 1, 1, "no rule 'root'", "start='first'"),
        ("", 1, 1, "no rules", None),
        ("root ::= ::= x", 1, 10, "expected a literal, a character class, a rule name or '('", None),
        ('"a" ::= root', 1, 1, "expected a rule, name ::= ..., not '\"a\"'", None),
        ('root ::= "a" x ::= "b"', 1, 14, "begins in the middle of a line", None),
        ('root ::= %json {"type": }', 1, 25, "expected a JSON Schema after %json", None),
        ("root ::= %json 3", 1, 16, "a JSON Schema is an object, true or false", None),
        ("root ::= %json\n", 1, 15, "expected a JSON Schema after %json", None),
        ('root ::= %json\n\na ::= "b"', 1, 15, "expected a JSON Schema after %json", None),
        ('root ::= %json {"a":\n', 1, 21, "expected a JSON Schema after %json", None),
        ("root ::= %lark x", 1, 10, "unknown directive %lark", None),
    ],
)
def test_errors_have_a_place_and_advice(grammar, line, column, message, note):
    with pytest.raises(GrammarSyntaxError) as error:
        compiled(grammar)
    assert (error.value.line, error.value.column) == (line, column)
    assert message in str(error.value)
    assert note is None or any(note in found for found in error.value.__notes__)
    shown = str(error.value).splitlines()
    if grammar:
        assert shown[1:3] == ["  " + grammar.splitlines()[line - 1], "  " + " " * (column - 1) + "^"]


def test_errors_of_one_notation():
    with pytest.raises(GrammarSyntaxError, match="expected a rule") as error:
        compiled('root ::= "a"\n  "b"')
    assert (error.value.line, error.value.column) == (2, 3)
    with pytest.raises(GrammarSyntaxError, match="a repeat of a repeat"):
        compiled('root ::= "a"?+', "ebnf")
    with pytest.raises(GrammarSyntaxError, match="unexpected '<'"):
        compiled("root ::= <a>", "ebnf")


@pytest.mark.parametrize(
    ("grammar", "syntax", "hint"),
    [
        ('start: "a" | b\nb: /x/', "gbnf", "this looks like a Lark grammar: pass syntax='lark'"),
        ('{"type": "object", "properties": {}}', "ebnf", "this looks like a JSON Schema: pass it as schema="),
        (r"[a-z]+\.(\d+)", "gbnf", "this looks like a regular expression: pass it as regex="),
    ],
)
def test_the_wrong_language_is_named(grammar, syntax, hint):
    with pytest.raises(GrammarSyntaxError) as error:
        compiled(grammar, syntax)
    assert hint in error.value.__notes__


@pytest.mark.parametrize(
    ("grammar", "syntax", "feature"),
    [
        ('root ::= TagDispatch(("<a>", x))\nx ::= "b"', "ebnf", "TagDispatch"),
        ('root ::= "a" (= "b")', "ebnf", "lookahead (= ...)"),
        ('root[lazy] ::= "a"', "ebnf", "rule options root[lazy]"),
        ("root ::= !<[97]>", "gbnf", "one token other than <[97]>"),
        ("root ::= !<|a|>", "gbnf", "one token other than <|a|>"),
    ],
)
def test_refused_by_name(grammar, syntax, feature):
    with pytest.raises(UnsupportedFeatureError) as error:
        compiled(grammar, syntax)
    assert error.value.feature == feature
    assert error.value.pointer == "line 1"


@pytest.mark.parametrize(
    ("grammar", "message"),
    [
        ('root ::= "a" root', "'root' derives no text at all"),
        ('root ::= "a" | x\nx ::= y "b"\ny ::= x "c"', "'x' derives no text at all (nor do 'y')"),
        (r'root ::= "a" | x\nx ::= [^\x00-\U0010FFFF]'.replace(r"\nx", "\nx"), "'x' derives no text at all"),
    ],
)
def test_rules_that_derive_nothing(grammar, message):
    with pytest.raises(UnsatisfiableError) as error:
        compiled(grammar)
    assert message in str(error.value)
    assert "line" in error.value.pointers[0]


@pytest.mark.parametrize("reference", ["<[259]>", "<[999]>", "<nothing>", "<|end|>", "<|aa|>"])
def test_tokens_that_cannot_be_named(reference):
    with pytest.raises(GrammarSyntaxError) as error:
        compiled(f"root ::= {reference}") if reference != "<[259]>" else compiled("root ::= <[256]x>")
    assert error.value.column == 10


def test_rules_that_are_not_reached_are_reported():
    report = compiled('root ::= "a"\nspare ::= spare').report()
    assert [(item.pointer, item.keyword, item.status) for item in report.items] == [("spare (line 2)", "spare", "annotation")]


def test_start_and_unknown_options():
    assert compiled('a ::= "x"\nb ::= "y"', start="b").accepts("y")
    with pytest.raises(OptionError, match="start='c'"):
        compiled('a ::= "x"', start="c")
    with pytest.raises(OptionError, match="lexing="):
        compiled('root ::= "x"', lexing="all")


def test_explanations_name_rules():
    explanation = compiled('root ::= "let " name\nname ::= [a-z]+').explain("let 5")
    assert explanation.position == 4
    assert explanation.expected == ('"let " [a-z]+',)
    explanation = compiled('root ::= "(" root name ")" | "x"\nname ::= [a-z]+').explain("(x5")
    assert explanation.position == 2
    assert '[a-z]+ ")"' in explanation.expected
    assert explanation.rule == "root (line 1)"
    explanation = compiled('root ::= name root name | "="\nname ::= [a-z]+ [0-9]').explain("a1-")
    assert {"name", '"="'} <= set(explanation.expected)


# large and deep --------------------------------------------------------------------------------------------------------------------


def rule_chain(n):
    return "\n".join(["root ::= r0", *(f'r{i} ::= "(" r{i + 1} ")" | "x"' for i in range(n)), f'r{n} ::= "y"'])


def left_chain(n):
    return "\n".join(["root ::= r0", *(f'r{i} ::= r{i + 1} "a" | "b"' for i in range(n)), f'r{n} ::= r0 "c" | "d"'])


def large(n):
    """Return (grammar, sentence) by name, with n of whatever there are many of."""
    return {
        "parentheses": ("root ::= " + "(" * n + '"a"' + ")" * n, "a"),
        "nested repeats": ("root ::= " + "(" * n + '"a"' + ")?" * n, "a"),
        "unit rules": ("\n".join(["root ::= r0", *(f"r{i} ::= r{i + 1}" for i in range(n)), f'r{n} ::= "a"']), "a"),
        "nested rules": (rule_chain(n), "(((x)))"),
        "alternatives": ("root ::= " + " | ".join(f'"w{i}"' for i in range(n)), f"w{n - 1}"),
        "a long sequence": ("root ::= " + " ".join(f'"{i % 7}"' for i in range(n)), "".join(str(i % 7) for i in range(n))),
        "left recursion through rules": (left_chain(n // 10), "ba"),
    }


@pytest.mark.parametrize("n", [1000, pytest.param(20000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", list(large(1)))
def test_large_grammars(name, n):
    grammar, sentence = large(n)[name]
    started = time.thread_time()
    assert compiled(grammar).accepts(sentence)
    assert time.thread_time() - started < n / 100  # far from what it takes (a second per thousand); quadratic cost is farther


def test_ambiguous_operators_keep_few_sets():
    constraint = compiled('root ::= root "+" root | root "*" root | "(" root ")" | [0-9]')
    state = constraint.walk(constraint.start, b"1+2*3")[-1]
    sets, continuations = len(constraint._parser.sets), len(constraint._parser.contents)
    state = constraint.walk(int(state), b"+4*5" * 500)[-1]
    assert constraint.is_accepting(int(state))
    assert (len(constraint._parser.sets), len(constraint._parser.contents)) == (sets, continuations)
    assert not constraint.accepts("1+2)")
    assert constraint.accepts("(1+(2*3)+4)*5")


def test_repeats_beyond_the_limit():
    with pytest.raises(LimitExceeded):
        compiled('root ::= ((x{1000}){1000}){1000}\nx ::= "a" x "b" | "c"', limits=mw.Limits(nodes=100_000))


def test_long_texts_keep_few_sets():
    for grammar in ('root ::= "a" "," root | "a"', 'root ::= root "," "a" | "a"', 'root ::= x\nx ::= "a" y | "a"\ny ::= "," x'):
        constraint = compiled(grammar)
        state, sets = constraint.start, 0
        for i, byte in enumerate(b"a," * 5000 + b"a"):
            state = constraint.advance(state, byte)
            if i == 100:
                sets = len(constraint._parser.sets)
        assert constraint.is_accepting(state)
        assert len(constraint._parser.sets) == sets <= 10


# random grammars -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("syntax", ["gbnf", "ebnf"])
@settings(max_examples=40, deadline=None)
@given(grammar=charts.grammars())
def test_random_grammars_against_charts(syntax, grammar):
    assume(reachable_rules(grammar) <= productive_rules(grammar))
    constraint = Constraint(VOCABULARY, read_grammar(charts.text_of(grammar), syntax).program)
    for length in range(4):
        for letters in itertools.product(charts.ALPHABET, repeat=length):
            text = "".join(letters)
            assert constraint.accepts(text) == charts.derives(grammar, text), text


@settings(max_examples=40, deadline=None)
@given(grammar=charts.grammars(), vocabulary=vocabularies("abé".encode()), data=st.data())
def test_random_walks_against_charts(grammar, vocabulary, data):
    assume(reachable_rules(grammar) <= productive_rules(grammar))
    constraint = Constraint(vocabulary, read_grammar(charts.text_of(grammar), "gbnf").program)
    state, text = constraint.start, b""
    for _ in range(6):
        want = {t for t in range(vocabulary.size) if vocabulary.token_bytes(t) and charts.viable(grammar, text + vocabulary.token_bytes(t))}
        ordinary = want - vocabulary.special_ids
        ends = set(vocabulary.eos_ids) if not text.endswith(b"\xc3") and charts.derives(grammar, text.decode()) else set()
        assert set(constraint.allowed(state).tolist()) == ordinary | ends
        assert (constraint.min_tokens(state) == 0) == bool(ends)
        if not ordinary:
            break
        token = data.draw(st.sampled_from(sorted(ordinary)))
        state = constraint.advance(state, token)
        text += vocabulary.token_bytes(token)


def test_reports_of_other_constraints_inside():
    grammar = 'root ::= DATA | %json {"uniqueItems": true}\nunused ::= "a"'
    constraint = compiled(grammar, use={"DATA": mw.json({"format": "hostname"}) + mw.compile(VOCABULARY, schema={"uniqueItems": True})})
    assert [(item.pointer, item.status) for item in constraint.report().items if item.status != "automaton"] == [
        ("%json (line 1)/uniqueItems", "completion"),
        ("DATA/format", "completion"),
        ("DATA/uniqueItems", "completion"),
        ("unused (line 2)", "annotation"),
    ]
    with pytest.raises(OptionError, match=r"^use\['DATA'\]=5: expected a constraint expression"):
        compiled(grammar, use={"DATA": 5})


def test_characters_of_the_xml_specification_are_no_comments():
    """`#x41` behind something on its line would silently change the language; a comment of its own line may begin so."""
    for grammar in ("root ::= #x41", 'root ::= "a" #x20 "b"', 'root ::= ("a"\n| #x9)'):
        with pytest.raises(GrammarSyntaxError, match="XML specification"):
            compiled(grammar, "ebnf")
    for grammar in ('#x41\nroot ::= "a"', 'root ::= "a" #xylophone', 'root ::= "a" # x41', 'root ::= "a"\n  #x41\n'):
        assert compiled(grammar, "ebnf").accepts("a")
