"""Formats: own cases, the suite where it is there, and what other validators say of mutated samples."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from maskwright.grammar.json_schema.formats import (
    KNOWN_FORMATS,
    format_check,
    format_known,
    format_language,
    format_max_length,
    format_upper,
    narrowed,
)

DRAFT = "2020-12"

#: format -> texts of it, texts that are not
CASES = {
    "date": ("0000-02-29 1600-02-29 2024-02-29 9999-12-31", "1900-02-29 2023-02-29 2023-04-31 2023-00-01 23-01-01"),
    "time": ("00:00:00Z 23:59:60Z 08:59:60.5+09:00 00:29:60-23:30", "24:00:00Z 12:00:60Z 09:59:60+09:00 12:00:00 12:00:00.Z"),
    "date-time": (
        "2024-02-29t00:00:00z 2016-12-31T23:59:60.1Z 2017-01-01T05:44:60+05:45",
        "2023-02-29T00:00:00Z 2016-12-31T05:45:60+05:45",
    ),
    "duration": ("P1Y P1Y2M3DT4H5M6S PT1M P3W P2M1D", "P PT P1Y1D P1W1D PT1H1S P1.5D 1D P1DT"),
    "email": ('a@b a.b+c@d.example "a@b"@c a@[1.2.3.4] a@[IPv6:::1]', "a a@ @b a..b@c .a@b a@b..c a@-b a@[1.2.3] a@b@c"),
    "idn-email": ("ä@b 실례@실례.테스트 a@ä", "ä @b a@.ä a@ä."),
    "hostname": ("a a.b a-b.c 1.2 a--b", "-a a- a..b .a a. a_b xn--a"),
    "idn-hostname": ("a ä l·l β.γ א a。b 例え", "a·l ä- -ä aא 0א ab--ä ·"),
    "ipv4": ("0.0.0.0 255.255.255.255 1.2.3.4", "256.1.1.1 01.1.1.1 1.1.1 1.1.1.1.1"),
    "ipv6": (
        ":: ::1 1:: 1:2:3:4:5:6:7:8 ::ffff:1.2.3.4 1:2:3:4:5:6:1.2.3.4 1::8",
        "1 : ::: 1::2::3 12345:: 1:2:3:4:5:6:7 ::1%a 1:2:3:4:5:6:7::8:9",
    ),
    "uri": ("a: http://a urn:a:b http://[::1]:80/x?y#z mailto:a@b a:/b//c", "/a a http://[::1 http://a:b http://a/%4 1:a"),
    "uri-reference": ("/a //a ?b #c ./a:b a/b:c", r"\a a%4 //[1] 1:b"),
    "iri": ("http://ä/ö?ü#ß", "ä /ä http://ä/\ue000"),
    "iri-reference": ("ä /ä #ö ?\ue000", "ä%4 #\ue000"),
    "uri-template": ("{a} x{?a,b*}y {+a.b:10} a'b", "{ {} {a:0} {a,} {-} a}b"),
    "json-pointer": ("/ /a/~0~1 //", "a /~ /~2 #"),
    "relative-json-pointer": ("0 1# 10/a 0/~1", "01 /a -1 1#/a"),
    "uuid": (
        "2eb8aa08-aa98-11ea-b4aa-73b441d16380 2EB8AA08-AA98-11EA-B4AA-73B441D16380",
        "2eb8aa08aa9811eab4aa73b441d16380 2eb8aa08-aa98-11ea-b4aa-73b441d1638",
    ),
    "regex": (r"a (a|b)*c{2,10}? ^[a-f0-5_.-]+$ (?=(a))b \d\u0041", r"( a) a** (?=a)* a{3,2} [b-a] \a"),
}

FILES = Path(os.environ.get("MASKWRIGHT_DATA", "/nowhere")) / "json-schema-test-suite/tests/draft2020-12/optional/format"

#: cases of the suite that the language (not the check) decides otherwise, beside the A-labels: by what `idna` says of them
TOO_LONG = ("a U-label whose A-label form is longer than 63 octets is invalid",)


def test_every_format_has_cases():
    assert set(CASES) == set(KNOWN_FORMATS) - {"ip-address", "host-name"}


@pytest.mark.parametrize("name", sorted(CASES))
def test_hand_written_cases(name):
    good, bad = (texts.split() for texts in CASES[name])
    language, around, check = format_language(name, DRAFT), format_upper(name, DRAFT), format_check(name, DRAFT)
    for text in good:
        assert (language.accepts(text), around.accepts(text), check(text)) == (True, True, True), text
    for text in bad:
        assert not language.accepts(text), text


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_language_is_inside_the_upper_one(name):
    language, around = format_language(name, DRAFT), format_upper(name, DRAFT)
    assert around.includes(language)
    assert (narrowed(name, DRAFT) is None) == bool(language.includes(around))


def test_unknown_formats_are_annotations():
    assert format_language("colour", DRAFT) is None
    assert format_check("colour", DRAFT) is None
    assert format_upper("colour", DRAFT) is None
    assert not format_known("colour", DRAFT)


def test_a_labels_by_draft():
    assert format_language("hostname", "4").accepts("xn--X")
    assert not format_language("hostname", "7").accepts("xn--ll-0ea")
    assert format_check("hostname", "7")("xn--ll-0ea")
    assert not format_check("hostname", "7")("xn--l-fda")
    assert format_max_length("hostname") == 253
    assert format_max_length("uri") is None


def test_labels_have_63_characters_at_most():
    language = format_language("hostname", DRAFT)
    assert language.accepts("a" * 63 + "." + "b" * 63)
    assert not language.accepts("a" * 64)


def test_local_parts_have_64_octets_at_most():
    assert format_language("email", DRAFT).accepts("a" * 64 + "@b")
    assert not format_language("email", DRAFT).accepts("a" * 65 + "@b")
    assert format_language("idn-email", DRAFT).accepts("ä" * 32 + "@b")
    assert not format_language("idn-email", DRAFT).accepts("ä" * 33 + "@b")


def _suite() -> list:
    return [
        pytest.param(group["schema"]["format"], test["data"], test["valid"], id=f"{path.stem}: {test['description']}")
        for path in sorted(FILES.glob("*.json"))
        for group in json.loads(path.read_text())
        for test in group["tests"]
        if isinstance(test["data"], str) and group["schema"]["format"] in KNOWN_FORMATS
    ]


@pytest.mark.skipif(not FILES.exists(), reason="MASKWRIGHT_DATA does not name the JSON Schema test suite")
def test_suite():
    wrong = []
    for case in _suite():
        name, text, valid = case.values
        longest = format_max_length(name)
        have = format_language(name, DRAFT).accepts(text) and (longest is None or len(text) <= longest)
        if format_check(name, DRAFT)(text) != valid and valid is not None and name not in ("time", "date-time"):
            wrong.append((case.id, "check"))
        left_out = "xn--" in text.lower() or name == "regex"
        if have != valid and not (valid and left_out) and not case.id.endswith(TOO_LONG):
            wrong.append((case.id, "language"))
    assert not wrong


@pytest.mark.parametrize("name", sorted(set(CASES) - {"regex", "idn-hostname", "idn-email"}))
def test_mutants_as_other_validators_judge_them(name):
    jsonschema_rs = pytest.importorskip("jsonschema_rs")
    jsonschema = pytest.importorskip("jsonschema")
    fast = jsonschema_rs.Draft202012Validator({"type": "string", "format": name}, validate_formats=True)
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    rng = random.Random(name)
    good, bad = (texts.split() for texts in CASES[name])
    letters = sorted(set("".join(good + bad))) + list("0123:-./%a")
    language = format_language(name, DRAFT)
    for _ in range(400):
        text = list(rng.choice(good + bad))
        for _ in range(rng.randint(1, 2)):
            at = rng.randrange(len(text) + 1)
            text[at : at + rng.randint(0, 1)] = rng.choice([[], [rng.choice(letters)]])
        shown = "".join(text)
        verdicts = {fast.is_valid(shown), checker.conforms(shown, name)}
        if len(verdicts) == 1:
            assert language.accepts(shown) in verdicts, shown
