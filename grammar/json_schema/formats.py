r"""String formats of the drafts, as languages over decoded characters.

Every known format holds in every draft. Where a format is not regular, or its automaton would be out of proportion, `format_language`
is a language *inside* the format, so that whatever it accepts is right, and `format_upper` is a regular language *around* the format,
the same object where the format is regular: a complement must be taken of that one. `narrowed` says what the former leaves out, and
`format_check` decides the format for a text that is there. Values of the formats of `format_is_checked` are read by the language around
them and decided where the string ends; keys, which automata sort, are held to the language inside.

    regex              ECMA-262 with flag u: groups nest to any depth; two levels are accepted, and no references
    hostname           A-labels (``xn--``) are Punycode of valid IDNA labels, from draft 7 on; they are left out
    idn-hostname       the same, in every draft
    time, date-time    leap seconds at offsets that are no whole quarters of an hour are left out

Formats of the suites of drafts 3 and 4 under older names (``ip-address``, ``host-name``) are known by both. A name that is not
known is an annotation. Length limits of whole names (253) are a window: `format_max_length`.

One language is too large by a little: ``idn-hostname`` accepts labels whose Punycode is longer than 63 octets, and labels that are
not in normal form NFC. No small automaton measures either; `format_check` does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from maskwright.automata.dfa import DFA

from . import formats_net as net
from . import formats_regex as regexes
from . import formats_time as times
from . import idna, stored

_FORMATS: dict[str, Callable[[], DFA]] = {
    "date-time": times.date_time,
    "date": times.date,
    "time": times.time,
    "duration": times.duration,
    "email": net.email,
    "idn-email": lambda: net.email(international=True),
    "hostname": lambda: net.hostname(a_labels=False),
    "ipv4": net.ipv4,
    "ipv6": net.ipv6,
    "uri": net.uri,
    "uri-reference": lambda: net.uri(reference=True),
    "iri": lambda: net.uri(international=True),
    "iri-reference": lambda: net.uri(reference=True, international=True),
    "uri-template": net.uri_template,
    "json-pointer": net.json_pointer,
    "relative-json-pointer": lambda: net.json_pointer(relative=True),
    "uuid": net.uuid,
    "regex": regexes.subset,
    "idn-hostname": idna.idn_hostname,
}
#: those that take more than 5 ms to make
_SLOW = frozenset(
    ("email", "idn-email", "hostname", "idn-hostname", "ipv6", "uri", "uri-reference", "iri", "iri-reference", "time", "date-time")
)
_ALIASES = {"ip-address": "ipv4", "host-name": "hostname"}

#: drafts whose host names are those of RFC 1123, A-labels being labels like others
_PLAIN_HOSTS = frozenset({"3", "4", "6"})

#: formats whose language here is smaller than the format, and what is around it
_UPPER: dict[str, Callable[[], DFA]] = {
    "hostname": net.hostname,
    "idn-hostname": idna.idn_hostname_upper,
    "regex": DFA.everything,
    "time": times.time_upper,
    "date-time": times.date_time_upper,
}

_NARROWED = {
    "hostname": "A-labels (xn--...) are left out",
    "idn-hostname": "A-labels (xn--...) are left out",
    "regex": "only patterns with groups up to two deep, without references and named groups",
    "time": "leap seconds only at offsets of whole quarters of an hour",
    "date-time": "leap seconds only at offsets of whole quarters of an hour",
}

_CHECKS: dict[str, Callable[[str], bool]] = {
    "hostname": lambda text: idna.is_host(text, international=False),
    "idn-hostname": lambda text: idna.is_host(text, international=True),
    "regex": regexes.is_regex,
}

#: every name of a format that is enforced
KNOWN_FORMATS = frozenset(_FORMATS) | frozenset(_ALIASES)


def _plain_host(name: str, draft: str) -> bool:
    return name == "hostname" and draft in _PLAIN_HOSTS


def format_known(name: str, draft: str) -> bool:
    """Return whether a format is enforced."""
    return name in KNOWN_FORMATS


@lru_cache(maxsize=256)
def format_language(name: str, draft: str) -> DFA | None:
    """Return the language of a format over characters, None if the format is unknown (an annotation).

    Parameters
    ----------
    name : str
    draft : str
        Name of the dialect, ``"4"`` to ``"2020-12"``.

    Examples
    --------
    >>> format_language("date", "2020-12").accepts("2023-02-29")
    False
    """
    name = _ALIASES.get(name, name)
    if _plain_host(name, draft):
        return net.hostname(a_labels=True)
    if name not in _FORMATS:
        return None
    return stored.language(name, _FORMATS[name]) if name in _SLOW else _FORMATS[name]()


def format_upper(name: str, draft: str) -> DFA | None:
    """Return a regular language around a format, that of `format_language` where the format is regular; None if it is unknown."""
    name = _ALIASES.get(name, name)
    if name in _UPPER:
        return stored.language(f"{name}-upper", _UPPER[name]) if name in _SLOW else _UPPER[name]()
    return format_language(name, draft)


def format_max_length(name: str) -> int | None:
    """Return the greatest number of characters of a format, None where the automaton says it all."""
    return net.MAX_HOST if "host" in name and name in KNOWN_FORMATS else None


def narrowed(name: str, draft: str) -> str | None:
    """Return what `format_language` leaves out of a format, None if nothing."""
    name = _ALIASES.get(name, name)
    return None if _plain_host(name, draft) else _NARROWED.get(name)


def format_is_checked(name: str, draft: str) -> bool:
    """Return whether a format is decided where the string ends: it is no regular language, or one out of proportion."""
    name = _ALIASES.get(name, name)
    return name in _CHECKS and not _plain_host(name, draft)


def format_check(name: str, draft: str) -> Callable[[str], bool] | None:
    """Return the predicate that decides a format (a time to the language around it), None if the format is unknown."""
    name = _ALIASES.get(name, name)
    if format_is_checked(name, draft):
        return _CHECKS[name]
    language, longest = format_upper(name, draft), format_max_length(name)
    if language is None:
        return None
    return lambda text: (longest is None or len(text) <= longest) and language.accepts(text)
