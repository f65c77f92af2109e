"""What is wrong with a grammar, where, and what to do about it."""

import sys
import threading
import time

import pytest

from maskwright.automata.limits import Limits, charge, tick, time_left, timed
from maskwright.errors import (
    ConstraintError,
    GrammarSyntaxError,
    LimitExceeded,
    OptionError,
    RegexSyntaxError,
    UnsatisfiableError,
    UnsupportedFeatureError,
)
from maskwright.grammar.lark import deep

from .support import byte_vocabulary, compile


def failing(grammar, kind=GrammarSyntaxError, **options):
    with pytest.raises(kind) as caught:
        compile(byte_vocabulary(), grammar=grammar, syntax="lark", **options)
    return caught.value


@pytest.mark.parametrize(
    ("grammar", "line", "column", "says"),
    [
        ('start: "a" (b\nb: "c"\n', 1, 14, "expected ')'"),
        ('start x "c"\n', 1, 7, "missing colon"),
        ('start: x\n  x "c"\n', 2, 5, "expected ':'"),
        ('start: "a"??\n', 1, 12, "misplaced operator"),
        ('start: "a\n', 1, 8, "unexpected"),
        ("start: sum\nsums: /a/\n", 1, 8, "rule 'sum' is not defined; rule 'start' uses it"),
        ("start: NUMBR\nNUMBER: /1/\n", 1, 8, "terminal 'NUMBR' is not defined"),
        ('start: A\nA: BB "x"\nB: "y"\n', 2, 4, "terminal 'BB' is not defined"),
        ('start: a\na: "x"\nb: "y"\na: "z"\n', 4, 1, "rule 'a' is defined more than once"),
        ("start: _sep{A}\nA: /a/\n", 1, 8, "template '_sep' is not defined"),
        ("start: X\n%import .foo.X\n", 2, 1, "'foo.lark' that %import asks for is not found"),
        ('start: A\nA: "x" A\n', 2, 1, "Recursion in terminal"),
        ("start: /(a/\n", 1, 8, "no regular expression"),
        ('start: "b"\n  | "a" ~ 3..1\n', 2, 9, "3..1 isn't allowed"),
        ('start: NAME\nNAME: ""\n', 2, 7, "Empty terminals are not allowed"),
    ],
)
def test_places(grammar, line, column, says):
    error = failing(grammar)
    assert (error.line, error.column) == (line, column)
    assert says in str(error)
    assert str(error).endswith(" " * (column + 1) + "^")


def test_nearest_names():
    assert failing("start: sum\nsums: /a/\n").hint == "did you mean 'sums'?"
    assert failing("begin: /a/\n").hint == "pass start='begin', or name a rule 'start'"
    assert failing("start: /a/\n", start="starts").hint == "did you mean 'start'?"
    assert "does not define it" in failing("start: X\n%import common.X\n").hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [('root ::= "a" | b\nb ::= "c"', "syntax='gbnf'"), ("doc ::= 'a' | 'b'", "syntax='ebnf'"), ('{"type": "object"}', "schema=")],
)
def test_wrong_language(text, hint):
    assert hint in failing(text).hint


def test_empty_languages():
    error = failing('start: "a" x | y\nx: "b" x\ny: "c" start\n', UnsatisfiableError)
    assert "start, y, x" in error.hint
    constraint = compile(byte_vocabulary(), grammar='start: "a" | x\nx: "b" x\n', syntax="lark")
    assert [(item.pointer, item.reason) for item in constraint.report().items[1:]] == [("x", "derives no text, so it is never entered")]


@pytest.mark.parametrize(
    ("grammar", "feature"),
    [
        ('start: _INDENT "a" _DEDENT\n%declare _INDENT _DEDENT\n', "%declare _DEDENT _INDENT"),
        (r"start: /(a)\1/" + "\n", "backreference"),
        ('start: "a" /(?<!b)c/\n', "lookbehind at the start of a terminal"),
        ("start: /^c/\n", "^"),
    ],
)
def test_refused_features(grammar, feature):
    assert failing(grammar, UnsupportedFeatureError).feature == feature


def test_a_lookahead_at_the_end_needs_lark_lexing():
    grammar = "start: A /[ab]/\nA: /a+(?!b)/\n"
    assert failing(grammar, UnsupportedFeatureError, lexing="all").feature == "lookahead at the end of a terminal"
    assert compile(byte_vocabulary(), grammar='start: A "b"\nA: /a+(?!c)/\n', syntax="lark").accepts("aab")


def test_zero_width_terminals():
    error = failing("start: /a*/\n", ConstraintError)
    assert "matches the empty text" in str(error)


def test_options():
    assert failing('start: "a"', OptionError, lexing="some").option == "lexing"
    assert failing('start: "a"', OptionError, loader=3).option == "loader"
    assert failing('start: "a"', OptionError, begin="x").option == "begin"


def test_imported_grammars_with_errors():
    error = failing("start: X\n%import my.X\n", ConstraintError, loader={"my.lark": "X: /a"})
    assert "my.lark" in str(error)


def test_errors_of_patterns_keep_their_type():
    with pytest.raises((RegexSyntaxError, ConstraintError)):
        compile(byte_vocabulary(), grammar="start: /a(?P<x>b)(?P<x>c)/\n", syntax="lark")


def test_deep_and_large_grammars_do_not_crash():
    depth = sys.getrecursionlimit()
    nested = "start: " + "(" * 1000 + '"a"' + ")" * 1000 + "\n"
    chain = "start: r0\n" + "".join(f"r{i}: r{i + 1}\n" for i in range(500)) + 'r500: "a"\n'
    for grammar in (nested, chain):
        constraint = compile(byte_vocabulary(), grammar=grammar, syntax="lark", limits=Limits(seconds=300))
        assert constraint.accepts("a")
    assert sys.getrecursionlimit() == depth


@pytest.mark.slow
def test_thousands_of_rules_take_time_in_proportion():
    count = 4000
    chain = "start: r0\n" + "".join(f'r{i}: "a" r{i + 1} | "b"\n' for i in range(count)) + f'r{count}: "c"\n'
    flat = "start: " + " | ".join(f"r{i}" for i in range(count)) + "\n" + "".join(f'r{i}: "x{i};"\n' for i in range(count))
    for grammar, text in ((chain, "aab"), (flat, "x7;")):  # a minute each where anything is quadratic
        assert compile(byte_vocabulary(), grammar=grammar, syntax="lark", limits=Limits(seconds=20)).accepts(text)


# the exception that ends lark's thread may reach it inside a hook of the garbage collector, which reports and drops it
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_time_limit():
    many = "start: " + " | ".join(f"r{i}" for i in range(3000)) + "\n" + "".join(f'r{i}: "x{i}"\n' for i in range(3000))
    with pytest.raises(LimitExceeded) as caught:
        compile(byte_vocabulary(), grammar=many, syntax="lark", limits=Limits(seconds=0.05))
    assert caught.value.limit == "seconds"
    assert not [thread for thread in threading.enumerate() if thread.name == "maskwright-lark"]


def test_lark_at_work_is_logged_and_its_time_is_the_callers(monkeypatch, caplog):
    def work():
        while True:
            time.sleep(0.01)

    monkeypatch.setattr(deep, "_PATIENCE", 0.1)
    monkeypatch.setattr(deep, "_spent", lambda thread, started: time.perf_counter() - started)
    with pytest.raises(LimitExceeded) as caught, timed(0.8):
        deep.run_deep(work, Limits(seconds=50), "lark is busy")
    assert caught.value.limit == "seconds"
    assert "lark is busy" in str(caught.value)
    assert caplog.messages
    assert all(message.startswith("lark is busy (") for message in caplog.messages)
    with timed(50):
        deep.run_deep(lambda: time.sleep(0.5), Limits())
        assert time_left(60) < 49.9
        charge(50)
        with pytest.raises(LimitExceeded):
            tick()


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        ('start: r\n%import f.r\nx: "b"', "imported grammar <loader>/f.lark", "line 2, column 6 there"),
        ("start: s\n%import g.s", "rule 'zz' is not defined", "line 3, column 8 of the imported grammar 'g.lark'"),
        ('start: A\nA: "ab".."c"', "single characters", "line 2, column 4"),
        ('start: "z".."a"', "'z' comes after 'a'", "line 1, column 8"),
        ('start: A\nA: "a" -> x', "Aliasing not allowed", "line 2, column 1"),
        ('start: A\n%ignore ZZ\nA: "a"', "'ZZ'", "line 2, column 1"),
    ],
)
def test_mistakes_are_told_with_their_place(text, said, place):
    """In the grammar itself or in the one it imports."""
    error = failing(text, ConstraintError, loader={"f.lark": 'r: "a"\nq: ((', "g.lark": '\n\ns: "a" zz'})
    assert said in str(error)
    assert place in str(error)


@pytest.mark.parametrize(
    ("grammar", "says"),
    [
        ('start: A a{A}\n\na{x}: a{b{x}} x | x\nb{x}: x "c"\nA: "b"\n', "template 'a' (line 3, column 1)"),
        ('start: w{w,A}\nw{f,x}: f{f,w{f,x}} | x\nA: "b"\n', "template 'w' (line 2, column 1)"),
        ('start: a{A}\na{x}: a{b{x}} a{c{x,x}} | x\nb{x}: x "c"\nc{x,y}: x y\nA: "b"\n', "template 'c' (line 4, column 1)"),
    ],
)
def test_templates_that_ask_for_ever_longer_arguments(grammar, says):
    error = failing(grammar, LimitExceeded, limits=Limits(seconds=5))
    assert error.limit in ("depth", "nodes")
    assert says in str(error)
    assert "ever longer ones" in error.__notes__[0]


def test_templates_written_within_each_other_are_no_growth():
    grammar = f"start: {'a{' * 70}A{'}' * 70}\n" + 'a{x}: x "c"?\nA: "b"\n'
    constraint = compile(byte_vocabulary(), grammar=grammar, syntax="lark")
    assert constraint.accepts("b" + "c" * 70)
    assert not constraint.accepts("b" + "c" * 71)


def test_templates_that_use_themselves_with_the_same_arguments():
    own = compile(byte_vocabulary(), grammar='start: a{A}\na{x}: x | x a{x}\nA: "b"\n', syntax="lark")
    assert own.accepts("bbb")
    given = compile(byte_vocabulary(), grammar='start: t{s,A}\nt{f,x}: f{x} | f{f{x}}\ns{x}: x "c"\nA: "b"\n', syntax="lark")
    assert given.accepts("bcc")
    assert not given.accepts("bccc")
    error = failing('start: a{A}\na{x}: a{x}\nA: "b"\n', UnsatisfiableError)
    assert "a{A}" in error.__notes__[0]
