"""Structural tags: against a recogniser that searches the text for triggers, and against the reference of programs."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import maskwright as mw
from maskwright.automata.constraint import Constraint
from maskwright.automata.vocabulary import Vocabulary
from maskwright.errors import ConstraintError, LimitExceeded, UnsatisfiableError, UnsupportedFeatureError
from maskwright.grammar.tags import TagReader, read_structural_tag
from tests import reference

BYTES = mw.Vocabulary.from_bytes([*[bytes([b]) for b in range(256)], b"<call>", b"</call>", b""], eos_ids=258, special_ids=[256, 257])


def compiled(tag, vocabulary=BYTES, **options):
    return mw.compile(vocabulary, structural_tag=tag, **options)


# random triggers ---------------------------------------------------------------------------------------------------------------------


def first_trigger(text: str, triggers: list[str]) -> tuple[int, str] | None:
    """Return where the first trigger begins, and the longest that begins there."""
    for begin in range(len(text)):
        here = [trigger for trigger in triggers if text.startswith(trigger, begin)]
        if here:
            return begin, max(here, key=len)
    return None


def is_tagged(text: str, form: dict) -> bool:
    """Whether ``text`` is free text with tags of finite contents in it, from the definition."""
    if form.get("at_least_one"):
        rests = {text[len(whole) :] for tag in form["tags"] for whole in wholes(tag) if text.startswith(whole)}
        later = {**form, "at_least_one": False}
        return any(not rest if form.get("stop_after_first") else is_tagged(rest, later) for rest in rests)
    found = first_trigger(text, form["triggers"])
    if found is None:
        return True
    begin, trigger = found
    for tag in form["tags"]:
        if max((one for one in form["triggers"] if tag["begin"].startswith(one)), key=len) != trigger:
            continue
        for whole in wholes(tag):
            if text.startswith(whole, begin):
                rest = text[begin + len(whole) :]
                if not rest if form.get("stop_after_first") else is_tagged(rest, form):
                    return True
    return False


def wholes(tag: dict) -> list[str]:
    return [tag["begin"] + content + tag["end"] for content in tag["choice"]]


words = st.text("abc", min_size=1, max_size=3)


@st.composite
def tagged_forms(draw) -> dict:
    triggers = draw(st.lists(words, min_size=1, max_size=3, unique=True))
    tags = [
        {
            "begin": draw(st.sampled_from(triggers)) + draw(st.text("abc", max_size=2)),
            "choice": draw(st.lists(words, min_size=1, max_size=2)),
            "end": draw(st.text("ac", max_size=2)),
        }
        for _ in range(draw(st.integers(1, 3)))
    ]
    flags = {name: draw(st.booleans()) for name in ("at_least_one", "stop_after_first")}
    return {"type": "triggered_tags", "triggers": triggers, "tags": tags, **flags}


@st.composite
def small_vocabularies(draw) -> mw.Vocabulary:
    tokens = [b"a", b"b", b"c", *draw(st.lists(st.text("abc", min_size=2, max_size=4).map(str.encode), max_size=10))]
    return mw.Vocabulary.from_bytes([*tokens, b""], eos_ids=len(tokens))


TEXTS = ["".join(letters) for length in range(6) for letters in itertools.product("abc", repeat=length)]


@settings(max_examples=60, deadline=None)
@given(tagged_forms(), small_vocabularies(), st.integers(0, 2**31))
def test_random_triggers(form, vocabulary, seed):
    try:
        program, _ = read_structural_tag(form, vocabulary)
    except UnsatisfiableError:
        assert not any(is_tagged(text, form) for text in TEXTS)
        return
    except UnsupportedFeatureError:
        assert any(one != two and one in two for one in form["triggers"] for two in form["triggers"])
        return
    constraint = Constraint(vocabulary, program)
    for text in TEXTS:
        assert constraint.accepts(text) == is_tagged(text, form), (form, text)
    check_walk(constraint, program, vocabulary, seed, 12)


def check_walk(constraint: Constraint, program, vocabulary: mw.Vocabulary, seed: int, steps: int) -> None:
    """Compare masks and steps with the reference along a random walk, which then ends within its budget."""
    language = reference.Language(program)
    generator = np.random.default_rng(seed)
    row = np.zeros(vocabulary.num_words, np.uint32)
    state, configurations = constraint.start, language.start()
    for _ in range(steps):
        constraint.fill_mask(state, row)
        want = reference.mask(language, configurations, vocabulary)
        assert reference.row_ids(row) == want
        assert {token for token in range(vocabulary.size) if constraint.advance(state, token)} == want
        least = constraint.min_tokens(state)
        assert (least == 0) == constraint.is_accepting(state)
        going = sorted(want - set(vocabulary.eos_ids))
        if not going:
            break
        token = int(generator.choice(going))
        state = constraint.advance(state, token)
        named = token in vocabulary.special_ids
        configurations = language.feed(configurations, vocabulary.mark(token) if named else vocabulary.token_bytes(token))
    left = constraint.min_tokens(state) + 2
    while not constraint.is_accepting(state):
        assert constraint.fill_mask(state, row, budget=left)
        state, left = constraint.advance(state, int(generator.choice(sorted(reference.row_ids(row))))), left - 1
    assert left >= 0


# examples ----------------------------------------------------------------------------------------------------------------------------

CALL = {"begin": "<f=add>", "schema": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}, "end": "</f>"}
ASK = {"begin": "<f=ask>", "regex": "[a-z ]+[?]", "end": ["</f>", "\n"]}


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        (
            {"triggers": ["<f="], "tags": [CALL, ASK]},
            ["", "plain", "a < b", "<f", 'sure: <f=add>{"n": 1}</f> and <f=ask>why?</f>.', "<f=ask>why?\n"],
            ["<f=", "<f=sub>", '<f=add>{"n": "1"}</f>', "<f=ask>why?</f"],
        ),
        ({"triggers": ["<f="], "tags": [ASK], "at_least_one": True}, ["<f=ask>a?</f> so"], ["", "so <f=ask>a?</f>"]),
        ({"triggers": ["<f="], "tags": [ASK], "stop_after_first": True}, ["", "so", "so <f=ask>a?</f>"], ["<f=ask>a?</f>."]),
        ({"triggers": ["<f=", "<g"], "tags": [ASK]}, ["<h", "<f=ask>a?</f>"], ["<g", "a <g>"]),
        ({"triggers": ["<f="], "tags": [ASK], "excludes": ["bad"], "type": "triggered_tags"}, ["ba"], ["is bad", "<f=ask>a?</f> bad"]),
        ({"type": "tag", "begin": "(", "content": {"type": "any_text"}, "end": ")"}, ["()", "(a(b)"], ["(a)b", "(a)b)", "(", ""]),
        ({"type": "any_text", "excludes": ["no"]}, ["", "nö", "on"], ["no", "a no b"]),
        (
            {"type": "tag", "begin": "<r>", "end": "</r>", "content": {"triggers": ["<f="], "tags": [ASK]}},
            ["<r></r>", "<r>x<f=ask>a?</f>y</r>"],
            ["<r>", "<r>x</r>y", "<r><f=</r>"],
        ),
        (
            {"type": "dispatch", "rules": [
                ["@", {"type": "choice", "values": ["ann", "bob"]}], ["#", {"type": "regex", "pattern": "[0-9]+"}]]},
            ["hi @ann and @bob, see #12.", "#1#2"],
            ["hi @", "@carl", "# 1"],
        ),
        ({"type": "dispatch", "rules": [["@", {"type": "const_string", "value": "a"}]], "loop": False}, ["x", "x@a"], ["x@a!", "x@b"]),
        (
            {"type": "tags_with_separator", "separator": ", ", "tags": [
                {"type": "tag", "begin": "<", "content": {"type": "regex", "pattern": "[a-z]"}, "end": ">"}]},
            ["", "<a>", "<a>, <b>"],
            ["<a><b>", "<a>, ", "x"],
        ),
        (
            {"type": "tags_with_separator", "tags": [{"begin": "<", "choice": ["a"], "end": ""}], "separator": ",", "at_least_one": True,
             "stop_after_first": True},
            ["<a"],
            ["", "<a,<a"],
        ),
        (
            {"type": "sequence", "elements": [
                {"type": "optional", "content": {"type": "const_string", "value": "ok "}},
                {"type": "or", "elements": [{"type": "json_schema", "json_schema": {"const": 1}}, {"type": "regex", "pattern": "x+"}]},
                {"type": "repeat", "min": 1, "max": 2, "content": {"type": "const_string", "value": "."}},
                {"type": "star", "content": {"type": "const_string", "value": "!"}},
                {"type": "plus", "content": {"type": "const_string", "value": "?"}},
            ]},
            ["ok 1.?", "xx..!!??", "1.?"],
            ["ok 1?", "1...?", "1.", "ok .?"],
        ),
        (
            {"type": "tag", "begin": "<", "end": ">", "content": {"type": "sequence", "elements": [
                {"type": "const_string", "value": "t:"}, {"type": "any_text"}]}},
            ["<t:>", "<t:a b>"],
            ["<t>", "<t:>a>"],
        ),
        (
            {"type": "tag", "begin": "<", "end": ">", "content": {"type": "or", "elements": [
                {"type": "optional", "content": {"type": "any_text", "excludes": ["no", ">"]}}, {"type": "const_string", "value": ">>"}]}},
            ["<>", "<a>", "<>>>"],
            ["<no>", "<>>"],
        ),
    ],
)  # fmt: skip
def test_formats(form, good, bad):
    for wrapped in (form, {"type": "structural_tag", "format": form}):
        constraint = compiled(wrapped)
        assert [text for text in good if not constraint.accepts(text)] == []
        assert [text for text in bad if constraint.accepts(text)] == []


def test_json_text_and_the_older_form():
    tag = {"begin": "<f>", "schema": {"const": 1}, "end": "</f>"}
    old = '{"type": "structural_tag", "triggers": ["<f"], "structures": [{"begin": "<f>", "schema": {"const": 1}, "end": "</f>"}]}'
    for form in (old, {"triggers": ["<f"], "tags": [tag]}):
        constraint = compiled(form)
        assert constraint.accepts("a <f>1</f> b")
        assert not constraint.accepts("a <f>2</f> b")


def test_a_compiled_constraint_and_a_type_as_content():
    inner = mw.compile(BYTES, regex="[0-9]{2}")
    assert compiled({"triggers": ["#"], "tags": [{"begin": "#", "content": inner, "end": ""}]}).accepts("no #12 there")
    pytest.importorskip("pydantic", reason="types need pydantic")
    assert compiled({"triggers": ["#"], "tags": [{"begin": "#", "schema": int, "end": ";"}]}).accepts("no #12; there")


def test_schema_options_reach_the_schemas():
    form = {"triggers": ["#"], "tags": [{"begin": "#", "schema": {"type": "array", "items": {"type": "integer"}}, "end": ";"}]}
    assert compiled(form).accepts("#[1, 2];")
    assert not compiled(form, whitespace="compact").accepts("#[1, 2];")


# special tokens ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [
        {"triggers": ["<call>"], "tags": [{"begin": "<call>", "choice": ["a", "ab"], "end": "</call>"}]},
        {
            "type": "token_triggered_tags",
            "trigger_tokens": ["<call>"],
            "tags": [
                {"begin": {"type": "token", "token": "<call>"}, "choice": ["a", "ab"], "end": {"type": "token", "token": "</call>"}}
            ],
            "exclude_tokens": ["</call>"],
        },
        {
            "type": "token_dispatch",
            "rules": [
                [256, {"type": "sequence", "elements": [{"type": "choice", "values": ["a", "ab"]}, {"type": "token", "token": 257}]}]
            ],
        },
    ],
)
def test_special_tokens_stand_only_where_they_are_named(form):
    program, _ = read_structural_tag(form, BYTES)
    constraint = Constraint(BYTES, program)
    begin, end = 256, 257
    for text in ([], [97], [begin, 97, end], [97, begin, 97, 98, end, 97]):
        assert constraint.is_accepting(constraint.walk(constraint.start, [*text, 98])[-1])
    for text in ([end], [begin, begin], [begin, 98], [begin, end], [begin, 97, 97]):
        assert constraint.walk(constraint.start, text)[-1] == 0
    assert constraint.accepts("<call>x</call>")  # as text they are text
    assert constraint.forced(constraint.walk(constraint.start, [begin, 97, 98])[-1]) == b""
    assert constraint.min_tokens(constraint.advance(constraint.start, begin)) == 2
    for seed in range(3):
        check_walk(constraint, program, BYTES, seed, 6)


def test_marks_inside_longer_literals():
    form = {"triggers": ["<call>f:"], "tags": [{"begin": "<call>f:x", "choice": ["1"], "end": "</call>."}]}
    constraint = compiled(form)
    assert constraint.is_accepting(constraint.walk(constraint.start, [97, 256, *b"f:x1", 257, *b".b"])[-1])
    assert constraint.walk(constraint.start, [256, 97])[-1] == 0
    assert constraint.vocab is BYTES
    assert compiled({"type": "const_string", "value": "<call>f"}).explain("x").expected == ("'<call>f'",)
    assert BYTES.decode([97, 256, 98]) == b"ab"


def test_the_longest_trigger_counts():
    ask = {"begin": "<a", "regex": "[bc]+", "end": ">"}
    constraint = compiled({"triggers": ["<a", "<ab"], "tags": [ask, {"begin": "<ab", "choice": ["x"], "end": ">"}]})
    for text, want in [("<ac>", True), ("<acb>", True), ("<abx>", True), ("<abb>", False), ("1 <ac><abx> <", True), ("<a", False)]:
        assert constraint.accepts(text) == want, text
    state = constraint.walk(constraint.start, list(b"<ab"))[-1]
    assert constraint.forced(state) == b"x>"
    json = {"begin": "<", "schema": {"type": ["object", "integer"]}, "end": ">"}
    either = compiled({"triggers": ["<", "<{"], "tags": [json, {"begin": "<{", "choice": ["}"], "end": ""}]})
    assert [t for t in ("<5>", "<{}", '<{"a": 1}>') if either.accepts(t)] == ["<5>", "<{}"]
    short, long = {"begin": "<a", "choice": ["", "c"], "end": ""}, {"begin": "<ab", "choice": ["x"], "end": ""}
    with pytest.raises(UnsupportedFeatureError, match="may be over before it is clear") as error:
        compiled({"triggers": ["<a", "<ab"], "tags": [short, long]})
    assert error.value.pointer == "/tags/0"
    earlier = compiled({"triggers": ["bc", "abcd"], "tags": [{"begin": "bc", "regex": ".", "end": ""}], "stop_after_first": True})
    assert [t for t in ("bcd", "abcx", "abcd", "aabcd") if earlier.accepts(t)] == ["bcd", "abcx"]


def test_special_tokens_that_cannot_stand_there():
    vocabulary = mw.Vocabulary.from_bytes([b"a", b"<end>", b"<x>"], eos_ids=1, special_ids=[2])
    with pytest.raises(ConstraintError, match="ends the text") as error:
        compiled({"triggers": ["a"], "tags": [{"begin": "a", "choice": ["a"], "end": "<end>"}]}, vocabulary)
    assert error.value.path == "/tags/0/end"
    with pytest.raises(ConstraintError, match="no special token"):
        compiled({"type": "token", "token": 0}, vocabulary)


# refused -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "error", "pointer"),
    [
        ({"type": "exclude_token", "exclude_tokens": []}, UnsupportedFeatureError, ""),
        ({"type": "sequence", "elements": [{"type": "any_text", "max_tokens": 3}]}, UnsupportedFeatureError, "/elements/0/max_tokens"),
        ({"type": "json_schema", "json_schema": {}, "style": "cohere_xml"}, UnsupportedFeatureError, "/style"),
        ({"type": "any_text", "max_chars": -1}, ConstraintError, "/max_chars"),
        ({"type": "any_text", "max_chars": True}, ConstraintError, "/max_chars"),
        ({"type": "tag", "begin": "", "content": {"type": "any_text", "max_chars": 1}, "end": "a<call>"}, UnsupportedFeatureError,
         "/content/max_chars"),
        ({"type": "tag", "begin": "", "content": {"type": "any_text", "max_chars": 1}, "end": ["<a", "<ab"]}, UnsupportedFeatureError,
         "/content"),
        ({"type": "novel"}, UnsupportedFeatureError, "/type"),
        ({"type": "regex", "pattern": "a", "strict": True}, UnsupportedFeatureError, "/strict"),
        ({"type": "regex"}, ConstraintError, ""),
        ({"type": "regex", "pattern": "("}, ConstraintError, "/pattern"),
        ({"type": "sequence", "elements": []}, ConstraintError, "/elements"),
        ({"type": "repeat", "min": 2, "max": 1, "content": {"type": "any_text"}}, ConstraintError, ""),
        ({"triggers": ["<"], "tags": [{"begin": "x", "choice": ["a"], "end": ""}]}, ConstraintError, "/tags/0/begin"),
        ({"triggers": [""], "tags": [{"begin": "x", "choice": ["a"], "end": ""}]}, ConstraintError, "/triggers"),
        ({"triggers": ["<"], "tags": [{"begin": "<", "end": ""}]}, ConstraintError, "/tags/0"),
        ({"triggers": ["<"], "tags": [{"begin": "<", "schema": {"type": "nope"}, "end": ""}]}, ConstraintError, "/tags/0/schema/type"),
        ({"triggers": ["<"], "tags": [{"begin": "<", "schema": False, "end": ""}]}, UnsatisfiableError, "/tags/0/schema"),
        ({"triggers": ["<"], "tags": [{"begin": "<", "choice": ["a"], "end": ""}], "at_least_one": 1}, ConstraintError, "/at_least_one"),
        ("{", ConstraintError, ""),
        (3, ConstraintError, ""),
    ],
)
def test_what_is_wrong_is_named_with_its_place(form, error, pointer):
    with pytest.raises(error) as raised:
        compiled(form)
    assert raised.value.path.split(" ")[0] == pointer


def test_report_of_the_schemas_inside():
    schema = {"type": "string", "format": "unheard-of"}
    report = compiled({"triggers": ["<"], "tags": [{"begin": "<", "schema": schema, "end": ""}]}).report()
    assert [item.pointer for item in report.with_status("annotation")] == ["/tags/0/schema/format"]


def test_nesting_is_limited():
    form: dict = {"type": "const_string", "value": "a"}
    for _ in range(5000):
        form = {"type": "optional", "content": form}
    with pytest.raises(LimitExceeded) as error:
        compiled(form)
    assert error.value.limit == "nesting"


def test_four_hundred_tags_are_one_choice():
    tags = [{"begin": f"<f=tool{i}>", "choice": [f"x{i}"], "end": "</f>"} for i in range(400)]
    reader = TagReader(BYTES)
    program = reader.program(reader.body({"triggers": ["<f="], "tags": tags}))
    constraint = Constraint(BYTES, program)
    assert constraint.accepts("a <f=tool7>x7</f> <f=tool399>x399</f>")
    assert not constraint.accepts("a <f=tool7>x8</f>")
    assert len(program.expand(program.start).scans) == 2  # a trigger, or none


def test_reports_of_contents():
    unique = mw.json({"uniqueItems": True})
    whole = mw.compile(BYTES, schema={"uniqueItems": True})
    inner = {"type": "grammar", "grammar": 'root ::= %json {"uniqueItems": true}'}
    tags = [{"begin": f"<a{i}>", "content": content, "end": "</a>"} for i, content in enumerate((unique, whole, inner))]
    report = compiled({"triggers": ["<a"], "tags": tags}).report()
    assert [item.pointer for item in report.with_status("completion")] == [
        "/tags/0/content/uniqueItems", "/tags/1/content/uniqueItems", "/tags/2/content/grammar: %json (line 1)/uniqueItems",
    ]  # fmt: skip


@pytest.mark.parametrize("ends", [("</a>",), ("aba", "ba"), ("aa",), ("b", "<call>"), ("<call>",), None])
@pytest.mark.parametrize("most", [0, 1, 3])
def test_counted_text_against_its_definition(most, ends):
    form = {"type": "any_text", "max_chars": most, "excludes": ["c"]}
    tag = form if ends is None else {"type": "tag", "begin": "", "content": form, "end": list(ends)}
    constraint = compiled(tag)
    accepted = 0
    for size in range(6):
        for letters in itertools.product("abcé", repeat=size):
            for end in ends or ("",):
                text = "".join(letters) + (end if end in ("</a>", "<call>") else "")
                want = "c" not in text.replace("<call>", "") and is_counted(text, most, ends)
                assert accepts_marked(constraint, text) == want, (text, most, ends)
                accepted += want
    assert accepted


def is_counted(text, most, ends):
    """Whether a text is at most so many characters and the first of ``ends``, from the definition."""
    if ends is None:
        return len(text) <= most
    first = first_trigger(text, list(ends))
    return first is not None and first[0] <= most and first[0] + len(first[1]) == len(text)


def accepts_marked(constraint, text):
    """Whether tokens that spell ``text``, special ones by their names, lead to acceptance."""
    state = constraint.start
    for piece in re.split("(<call>)", text):
        for token in [256] if piece == "<call>" else list(piece.encode()):
            state = constraint.advance(state, token)
    return constraint.is_accepting(state)


def test_counted_text_is_a_counter():
    constraint = compiled({"type": "tag", "begin": "<t>", "content": {"type": "any_text", "max_chars": 100_000}, "end": "</t>"})
    states = constraint.walk(constraint.start, list(b"<t>" + "é".encode() * 100_000))
    assert constraint.allowed(states[-1]).tolist() == [ord("<")]
    assert constraint.min_tokens(states[-1]) == 4
    assert constraint.accepts("<t>" + "é" * 100_000 + "</t>")
    assert not constraint.accepts("<t>" + "é" * 100_001 + "</t>")


def old_form(**structure):
    return {"type": "structural_tag", "triggers": ["<a"], "structures": [{"begin": "<a>", "end": "</a>", **structure}]}


def short_form(**content):
    return {"triggers": ["<a"], "tags": [{"begin": "<a>", "end": "</a>", **content}]}


@pytest.mark.parametrize(
    ("tag", "pointer"),
    [
        (short_form(schema={"type": "strng"}), "/tags/0/schema/type"),
        (short_form(schema=5), "/tags/0/schema"),
        (short_form(regex="a("), "/tags/0/regex"),
        (short_form(regex=5), "/tags/0/regex"),
        (short_form(choice=5), "/tags/0/choice"),
        (short_form(choice=["b", 5]), "/tags/0/choice/1"),
        (short_form(content={"type": "json_schema", "json_schema": {"type": "strng"}}), "/tags/0/content/json_schema/type"),
        (old_form(schema={"type": "strng"}), "/structures/0/schema/type"),
        (old_form(), "/structures/0"),
        (old_form(begin="<b>", schema={}), "/structures/0/begin"),
        ({**old_form(), "structures": 5}, "/structures"),
        ({**old_form(), "structures": [5]}, "/structures/0"),
    ],
)
def test_errors_point_to_what_was_written(tag, pointer):
    vocabulary = Vocabulary.from_bytes([*(bytes([b]) for b in range(256)), b""], eos_ids=[256])
    with pytest.raises(ConstraintError) as told:
        read_structural_tag(tag, vocabulary)
    assert told.value.path == pointer
