r"""Languages of the formats of addresses: hosts, mail boxes, URIs and IRIs, templates, pointers.

    hostname             RFC 1123: labels of letters, digits and inner hyphens, at most 63 of them
    ipv4, ipv6           RFC 2673 (dotted quad without leading zeros), RFC 4291 without zone
    email, idn-email     RFC 5321 and 6531: local part up to 64 octets; host name or address in brackets
    uri, iri, *-ref...   RFC 3986 and 3987, as their grammars stand
    uri-template         RFC 6570; the apostrophe is a literal (erratum 6937)

Hosts have two readings: with *A-labels* (``xn--...``) as any other label, which is RFC 1123, and without. See `formats`. The limit
of 253 characters for a name is a window beside the automaton: worked in, it would make 30,000 states.
"""

from __future__ import annotations

from functools import lru_cache

from maskwright.automata.alphabet import CHARS, from_sets
from maskwright.automata.charset import CharSet
from maskwright.automata.dfa import DFA
from maskwright.grammar.regex import compile_regex

MAX_HOST = 253
_MAX_LABEL = 63
_MAX_LOCAL = 64

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_GROUP = "[0-9A-Fa-f]{1,4}"
_LAST = f"(?:{_GROUP}:{_GROUP}|{_IPV4})"
_IPV6 = (
    f"(?:{_GROUP}:){{6}}{_LAST}"
    f"|::(?:{_GROUP}:){{5}}{_LAST}"
    f"|(?:{_GROUP})?::(?:{_GROUP}:){{4}}{_LAST}"
    f"|(?:(?:{_GROUP}:){{0,1}}{_GROUP})?::(?:{_GROUP}:){{3}}{_LAST}"
    f"|(?:(?:{_GROUP}:){{0,2}}{_GROUP})?::(?:{_GROUP}:){{2}}{_LAST}"
    f"|(?:(?:{_GROUP}:){{0,3}}{_GROUP})?::{_GROUP}:{_LAST}"
    f"|(?:(?:{_GROUP}:){{0,4}}{_GROUP})?::{_LAST}"
    f"|(?:(?:{_GROUP}:){{0,5}}{_GROUP})?::{_GROUP}"
    f"|(?:(?:{_GROUP}:){{0,6}}{_GROUP})?::"
)

_LABEL = f"[A-Za-z0-9](?:[A-Za-z0-9-]{{0,{_MAX_LABEL - 2}}}[A-Za-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*"
_ANY_A_LABEL = r"(?:.*\.)?[Xx][Nn]--.*"

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_QUOTED = r"""(?:[ !#-\[\]-~]|\\[ -~])"""
#: what UTF-8 adds to local parts (RFC 6532, UTF8-non-ascii)
_WIDE = r"\x80-\U0010ffff"

#: RFC 3987, ucschar and iprivate
_UCS = r"\xa0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef" + "".join(rf"\U{p:04x}0000-\U{p:04x}fffd" for p in range(1, 14)) + r"\U000e1000-\U000efffd"
_PRIVATE = r"\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"

_SCHEME = "[A-Za-z][A-Za-z0-9+.-]*"
_PERCENT = "%[0-9A-Fa-f]{2}"
_SUB_DELIMS = "!$&'()*+,;="


def _class(*parts: str) -> str:
    return f"(?:[{''.join(parts)}]|{_PERCENT})"


def _uri_patterns(wide: str, private: str) -> tuple[str, str]:
    """Return the patterns of an absolute and of a relative reference."""
    unreserved = rf"A-Za-z0-9._~{wide}\-"
    char = _class(unreserved, _SUB_DELIMS, ":@")
    user = _class(unreserved, _SUB_DELIMS, ":")
    name = _class(unreserved, _SUB_DELIMS)
    future = rf"[Vv][0-9A-Fa-f]+\.[A-Za-z0-9._~\-{_SUB_DELIMS}:]+"
    authority = rf"(?:{user}*@)?(?:\[(?:{_IPV6}|{future})\]|{name}*)(?::[0-9]*)?"
    tail = rf"(?:\?{_class(unreserved, _SUB_DELIMS, ':@/?', private)}*)?(?:#{_class(unreserved, _SUB_DELIMS, ':@/?')}*)?"
    full = f"//{authority}(?:/{char}*)*|/(?:{char}+(?:/{char}*)*)?"
    absolute = f"{_SCHEME}:(?:{full}|{char}+(?:/{char}*)*)?{tail}"
    relative = f"(?:{full}|{_class(unreserved, _SUB_DELIMS, '@')}+(?:/{char}*)*)?{tail}"
    return absolute, relative


@lru_cache(maxsize=1)
def ipv4() -> DFA:
    """Return the dotted quads."""
    return compile_regex(_IPV4)


@lru_cache(maxsize=1)
def ipv6() -> DFA:
    """Return the IPv6 addresses, embedded IPv4 included."""
    return compile_regex(_IPV6)


@lru_cache(maxsize=2)
def hostname(a_labels: bool = True) -> DFA:
    """Return the host names; ``a_labels`` says whether labels may begin with ``xn--``."""
    names = compile_regex(_HOST)
    return names if a_labels else names - compile_regex(_ANY_A_LABEL)


def _address_literal() -> str:
    return rf"\[(?:{_IPV4}|[Ii][Pp][Vv]6:(?:{_IPV6}))\]"


def _octets(limit: int) -> DFA:
    """Return the texts of at most ``limit`` octets of UTF-8."""
    bounds = ((0, 0x7F), (0x80, 0x7FF), (0x800, 0xFFFF), (0x10000, 0x10FFFF))
    alphabet, owners = from_sets(CHARS, [CharSet.range(lo, hi) for lo, hi in bounds])
    widths = [owner.bit_length() for owner in owners]
    rows = [[0] * len(widths), *([i + w if i + w <= limit + 1 else 0 for w in widths] for i in range(1, limit + 2))]
    return DFA.from_rows(alphabet, rows, 1, [(), *[(0,)] * (limit + 1)])


@lru_cache(maxsize=2)
def email(international: bool = False) -> DFA:
    """Return the mail boxes; ``international`` lets in what RFC 6531 does."""
    wide = _WIDE if international else ""
    atom, quoted = f"[{wide}{_ATOM[1:]}", _QUOTED.replace("[ ", f"[{wide} ", 1)
    local = compile_regex(rf'(?:{atom}+(?:\.{atom}+)*|"{quoted}*")') & _octets(_MAX_LOCAL)
    host = compile_regex(_HOST)
    if international:
        letter, inner = r"[\p{L}\p{N}]", r"[\p{L}\p{M}\p{N}\-]"
        label = rf"{letter}(?:{inner}{{0,{_MAX_LABEL - 2}}}[\p{{L}}\p{{M}}\p{{N}}])?"
        host = compile_regex(rf"{label}(?:\.{label})*", "ecma")
    return local + compile_regex("@") + (host | compile_regex(_address_literal()))


@lru_cache(maxsize=4)
def uri(reference: bool = False, international: bool = False) -> DFA:
    """Return the URIs (``international``: the IRIs), relative ones too if ``reference``."""
    absolute, relative = _uri_patterns(*((_UCS, _PRIVATE) if international else ("", "")))
    language = compile_regex(absolute)
    return language | compile_regex(relative) if reference else language


@lru_cache(maxsize=1)
def uri_template() -> DFA:
    """Return the URI templates of all four levels."""
    literal = rf"(?:[!#$&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~{_UCS}{_PRIVATE}]|{_PERCENT})"
    char = f"(?:[A-Za-z0-9_]|{_PERCENT})"
    variable = rf"{char}(?:\.?{char})*(?::[1-9][0-9]{{0,3}}|\*)?"
    return compile_regex(rf"(?:{literal}|\{{[+#./;?&=,!@|]?{variable}(?:,{variable})*\}})*")


@lru_cache(maxsize=2)
def json_pointer(relative: bool = False) -> DFA:
    """Return the JSON Pointers (RFC 6901); ``relative``: those that begin with a number of levels to go up."""
    pointer = r"(?:/(?:[^~/]|~[01])*)*"
    return compile_regex(f"(?:0|[1-9][0-9]*)(?:#|{pointer})" if relative else pointer, flags="s")


@lru_cache(maxsize=1)
def uuid() -> DFA:
    """Return the UUIDs (RFC 4122) of any version, in either case."""
    return compile_regex("[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
