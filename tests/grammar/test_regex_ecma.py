"""Regular expressions of ECMA-262, worked by hand and confirmed with a JavaScript engine (but for the one name given twice, of ES2025)."""

import unicodedata

import pytest

from maskwright.errors import RegexSyntaxError, UnsupportedFeatureError
from maskwright.grammar.regex import compile_pattern, compile_regex
from maskwright.grammar.regex_tables import unicode_property
from maskwright.grammar.regex_unicode import property_class

MATCHES = [
    # pattern, flags, texts with a match, texts without
    (r"^\d$", "", ["5"], ["٣", "5\n", ""]),
    (r"^\w$", "", ["_", "Z"], ["é", "ſ"]),
    (r"^\W$", "", ["é", "😀"], ["a"]),
    (r"^\s$", "", ["\t", "\u00a0", "\ufeff", "\u2028", "\u3000", "\v"], ["\u180e", "\u200b", "\x1c", "\x85"]),
    (r"^\S$", "", ["\x85"], ["\ufeff"]),
    (r"^.$", "", ["a", "😀", "\x85"], ["\n", "\r", "\u2028", "\u2029", ""]),
    (r"^.$", "s", ["\n", "\u2028"], [""]),
    (r"a$", "", ["a", "ba"], ["a\n", "ab"]),
    (r"a$", "m", ["a\n", "a\u2028b", "a\r\n"], ["ab"]),
    (r"^a", "m", ["b\na", "\u2029a"], ["ba"]),
    (r"^\cJ\cj$", "", ["\n\n"], ["J"]),
    (r"^\u{1F600}\u0061\x62$", "", ["😀ab"], ["ab"]),
    (r"^\ud83d\ude00$", "", ["😀"], [""]),
    (r"^[\ud83d\ude00-\ud83d\ude02]$", "", ["😁"], ["😃"]),
    (r"^\p{L}+$", "", ["aéλ漢"], ["1", ""]),
    (r"^\P{L}$", "", ["1"], ["λ"]),
    (r"^\p{Lu}\p{Letter}\p{gc=Nd}\p{General_Category=Decimal_Number}$", "", ["Éa٣1"], ["éa11"]),
    (r"^\p{Script=Greek}\p{sc=Cyrl}\p{Script_Extensions=Devanagari}$", "", ["λж।"], ["lж।"]),
    (r"^[\p{Alphabetic}\p{White_Space}\p{Emoji_Presentation}]+$", "", ["a 😀"], ["."]),
    (r"^\p{Any}\p{ASCII}\p{Assigned}$", "", ["\uffffab"], ["aéb", "aa\uffff"]),
    (r"^[^]$", "", ["\n", "a"], [""]),
    (r"[]", "", [], ["", "a"]),
    (r"^(?<name>a)(?<$_é>b)$", "", ["ab"], ["a"]),
    (r"^(?<y>a)b|b(?<y>a)$", "", ["ab", "ba"], ["a"]),
    (r"^\0$", "", ["\0"], ["0"]),
    (r"^[\b]$", "", ["\x08"], ["b"]),
    (r"^[\-a\]]+$", "", ["-a]"], ["\\"]),
    (r"^[a^]+[^^]$", "", ["a^a"], ["a^"]),
    (r"^\/\^\$\\\.\*\+\?\(\)\[\]\{\}\|$", "", ["/^$\\.*+?()[]{}|"], [""]),
    (r"\bfoo\b", "", ["a foo b", "foo", "éfoo"], ["foobar", "_foo"]),
    (r"^\B$", "", [""], ["a"]),
    (r"(?<=\$)\d+(?:\.\d\d)?(?!\d)", "", ["$10.25", "a$1"], ["10", "$"]),
    (r"^(?!.*--)(?!-)[a-z-]+(?<!-)$", "", ["a-b"], ["a--b", "-a", "a-", ""]),
    (r"^[^\"]+$", "", ["a\n"], ['"', ""]),
    (r"k", "i", ["K", "k", "\u212a"], ["c"]),
    (r"^[^k]$", "i", ["a"], ["K", "\u212a"]),
    (r"^\u00df$", "i", ["\u1e9e", "ß"], ["ss"]),
    (r"^\w$", "i", ["\u017f"], ["é"]),
    (r"^(?:a|)$|^c", "", ["", "a", "cd"], ["b", "bc"]),
    # Annex B: these do not parse under flag u
    (r"^\-\a\_$", "", ["-a_"], ["\\-"]),
    (r"^{a}]$", "", ["{a}]"], ["a"]),
    (r"^a{,2}$", "", ["a{,2}"], ["aa"]),
    (r"^x{1$", "", ["x{1"], ["x"]),
    (r"^[\w-z]+[\d-]$", "", ["a-z-", "--"], ["+-"]),
    (r"^\c$", "", ["\\c"], ["c"]),
    (r"^[\c]$", "", ["\\", "c"], [""]),
    (r"^[\c1]\c1$", "", ["\x11\\c1"], ["1\\c1"]),
    (r"^\8\07\18\377\400$", "", ["8\x07\x018\xff\x200"], ["8"]),
    (r"^\u{2}\x6\p{L}$", "", ["uux6p{L}"], ["\x02"]),
    (r"^\k<a>$", "", ["k<a>"], ["a"]),
    (r"^(?=a)*(?!b)?a$", "", ["a"], ["b"]),
    (r"^\_k$", "i", ["_K"], ["_\u212a"]),
]


@pytest.mark.parametrize(("pattern", "flags", "matching", "other"), MATCHES, ids=[m[0] for m in MATCHES])
def test_search(pattern, flags, matching, other):
    dfa = compile_regex(pattern, "ecma", flags, search=True)
    assert [t for t in matching if not dfa.accepts(t)] == []
    assert [t for t in other if dfa.accepts(t)] == []


@pytest.mark.parametrize(
    ("pattern", "dialect"), [("^a$", "ecma-u"), (r"\p{L}", "ecma-u"), (r"\-", "ecma"), ("a{", "ecma"), (r"[\w-z]", "ecma"), ("]", "ecma")]
)
def test_the_reading_is_recorded(pattern, dialect):
    assert compile_pattern(pattern, "ecma").dialect == dialect


@pytest.mark.parametrize(
    "pattern", [r"\-", "{", "}", "]", r"[\w-z]", r"\u{110000}", r"\p{Nonsense}", r"\07", r"\c", "(?=a)*", r"\1", r"\k<a>", "a{2,1}"]
)
def test_flag_u_is_strict(pattern):
    with pytest.raises(RegexSyntaxError):
        compile_regex(pattern, "ecma", "u")


@pytest.mark.parametrize(
    ("pattern", "dialect", "says", "advice"),
    [
        (r"a\u{110000}", "ecma", r"\\u\{110000\} is beyond Unicode at position 1", r"\u{10FFFF}"),
        (r"a\u{0000110000}", "ecma", "is beyond Unicode at position 1", r"\u{10FFFF}"),
        (r"a\u{xyz}", "ecma", r"bad \\u\{...\} at position 1", r"\u{1F600}"),
        (r"a\u{1F600}", "python", r"incomplete escape \\u at position 1", r"\UXXXXXXXX"),
    ],
)
def test_escapes_of_no_character_have_a_place_and_an_advice(pattern, dialect, says, advice):
    with pytest.raises(RegexSyntaxError, match=says) as caught:
        compile_regex(pattern, dialect, "u")
    assert advice in caught.value.__notes__[0]


@pytest.mark.parametrize(
    "pattern",
    [*["(", "a)", "[a", "*", "a**", "a{2,1}", "[b-a]", "\\", "^*"], *["(?<a>x)(?<a>y)", "(?<1>x)", "(?P<a>x)", "(?>a)", "(?<=a)*"]],
)
def test_what_no_reading_parses_is_a_syntax_error(pattern):
    with pytest.raises(RegexSyntaxError):
        compile_regex(pattern, "ecma")


@pytest.mark.parametrize("pattern", [r"(a)\1", r"(?<n>a)\k<n>", r"\1(a)"])
def test_backreferences_are_refused(pattern):
    with pytest.raises(UnsupportedFeatureError) as caught:
        compile_regex(pattern, "ecma")
    assert caught.value.feature == "backreference"


def test_categories_agree_with_unicodedata():
    """On characters that this Python's Unicode knows; later versions only add."""
    moved = 0
    for category in ("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Sm", "Sc", "Zs", "Cc", "Co"):
        charset = unicode_property("gc", category)
        want = {c for c in range(0x30000) if unicodedata.category(chr(c)) == category}
        have = {c for lo, hi in charset for c in range(lo, min(hi, 0x2FFFF) + 1) if unicodedata.category(chr(c)) != "Cn"}
        moved += len(want ^ have)
    assert moved < 40


def test_property_names():
    assert property_class("Script=Grek") == property_class("sc=Greek") == property_class("Script=Greek")
    assert property_class("space") == property_class("White_Space")
    assert property_class("L") == property_class("gc=Letter")
    for name in ("Greek", "script=Greek", "Letter=L", "lu", "", "="):
        assert property_class(name) is None
