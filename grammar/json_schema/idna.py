r"""Internationalised host names: the U-labels of IDNA 2008 (RFC 5890 to 5893) as an automaton, and A-labels as a predicate.

Which code points a label may have is computed as RFC 5892 derives it, from general categories and normalisation. The contextual
rules (middle dot, keraia, geresh, katakana middle dot, joiners) and the rule on directions (RFC 5893) look at neighbours and ends,
so they are regular. Mixed kinds of Arabic digits need no rule of their own: the rule on directions forbids them.

Three rules are beyond an automaton of sensible size: a label is in normal form NFC, its Punycode has at most 59 octets, and an
A-label is the Punycode of a valid U-label. `is_host` decides all of them; the automaton leaves A-labels out and lets the other two
pass. Joining types come from ArabicShaping.txt (Unicode 16), which the standard library does not have; transparent are the
nonspacing marks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterator
from functools import lru_cache

from maskwright.automata.alphabet import CHARS, from_sets, refine
from maskwright.automata.charset import CharSet
from maskwright.automata.dfa import DFA
from maskwright.grammar.regex import compile_regex
from maskwright.grammar.regex_unicode import property_class

from .formats_net import hostname

DOTS = ".\u3002\uff0e\uff61"

_DUAL_JOINING = (
    "620 626 628 62a-62e 633-63f 641-647 649-64a 66e-66f 678-687 69a-6bf 6c1-6c2 6cc 6ce 6d0-6d1 6fa-6fc 6ff 712-714 71a-71d "
    "71f-727 729 72b 72d-72e 74e-758 75c-76a 76d-770 772 775-777 77a-77f 7ca-7ea 841-845 848 84a-853 855 860 862-865 868 886 "
    "889-88d 88f 8a0-8a9 8af-8b0 8b3-8b8 8ba-8c8 1807 1820-1878 1887-18a8 18aa a840-a872 10ac0-10ac4 10acd 10ad3-10ade 10aeb-10aee "
    "10b80 10b82 10b86-10b88 10b8a-10b8b 10b8d 10b90 10bad-10bae 10d00-10d21 10d23 10ec3-10ec4 10ec6-10ec7 10f30-10f32 10f34-10f44 "
    "10f51-10f53 10f70-10f73 10f76-10f81 10fb0 10fb2-10fb3 10fb8 10fbb-10fbc 10fbe-10fbf 10fc1 10fc4 10fca-10fcb 1e900-1e943"
)
_RIGHT_JOINING = (
    "622-625 627 629 62f-632 648 671-673 675-677 688-699 6c0 6c3-6cb 6cd 6cf 6d2-6d3 6d5 6ee-6ef 710 715-719 71e 728 72a 72c "
    "72f 74d 759-75b 76b-76c 771 773-774 778-779 840 846-847 849 854 856-858 867 869-86a 870-882 88e 8aa-8ac 8ae 8b1-8b2 8b9 "
    "10ac5 10ac7 10ac9-10aca 10ace-10ad2 10add 10ae1 10ae4 10aef 10b81 10b83-10b85 10b89 10b8c 10b8e-10b8f 10b91 10ba9-10bac "
    "10d22 10ec2 10f33 10f54 10f74-10f75 10fb4-10fb6 10fb9-10fba 10fbd 10fc2-10fc3 10fc9"
)
#: joining to the left only, written among the dual joining above
_LEFT_JOINING = "a872 10acd 10ad7 10d00 10fcb"

#: RFC 5892, section 2.6, and blocks and properties of sections 2.3, 2.4, 2.9
_VALID_ANYWAY = "df 3c2 6fd-6fe f0b 3007"
_INVALID_ANYWAY = (
    "640 7fa 302e-302f 3031-3035 303b 34f 115f-1160 17b4-17b5 180b-180f 3164 fe00-fe0f ffa0 e0000-e0fff "
    "20d0-20ff 1d100-1d1ff 1d200-1d24f 1100-11ff a960-a97f d7b0-d7ff"
)

_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_NEUTRAL = frozenset({"ES", "CS", "ET", "ON", "BN"})

#: runs of letters at least this long are ideographs and syllables, stable all
_LONG_RUN = 2_000


def _set(text: str) -> CharSet:
    pairs = (item.partition("-")[::2] for item in text.split())
    return CharSet((int(lo, 16), int(hi or lo, 16)) for lo, hi in pairs)


def _property(name: str) -> CharSet:
    found = property_class(name)
    assert found is not None
    return found


def _unstable(point: int) -> bool:
    char = chr(point)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char).casefold())
    return unicodedata.normalize("NFKC", folded) != char


@lru_cache(maxsize=1)
def valid_characters() -> CharSet:
    """Return the code points that labels may have whatever stands beside them (PVALID of RFC 5892)."""
    letters = CharSet.union(_property(kind) for kind in ("Ll", "Lu", "Lo", "Lm", "Nd", "Mn", "Mc"))
    unstable = CharSet.of(p for lo, hi in letters.ranges if hi - lo < _LONG_RUN for p in range(lo, hi + 1) if _unstable(p))
    return (letters - unstable - _set(_INVALID_ANYWAY)) | _set(_VALID_ANYWAY) | CharSet.of("-")


def _directions() -> Iterator[tuple[str, CharSet]]:
    """Yield the valid characters by direction; letters and digits in long runs are left to right."""
    groups: dict[str, list[int]] = {}
    for lo, hi in valid_characters().ranges:
        for point in range(lo, hi + 1) if hi - lo < _LONG_RUN else ():
            groups.setdefault(unicodedata.bidirectional(chr(point)), []).append(point)
    right = CharSet.of(p for kind in _RIGHT_TO_LEFT for p in groups.get(kind, ()))
    arabic, european, marks = (CharSet.of(groups.get(kind, ())) for kind in ("AN", "EN", "NSM"))
    neutral = CharSet.of(p for kind in _NEUTRAL for p in groups.get(kind, ()))
    yield from (("R", right), ("AN", arabic), ("EN", european), ("NSM", marks), ("ON", neutral))
    yield "L", valid_characters() - right - arabic - european - marks - neutral


class _Symbols:
    """The classes of characters that the rules tell apart: for each class the names of the sets it is in."""

    def __init__(self) -> None:
        kana = CharSet.union(_property(f"Script={name}") for name in ("Hiragana", "Katakana", "Han"))
        marks = _property("M")
        viramas = CharSet.of(p for lo, hi in marks.ranges for p in range(lo, hi + 1) if unicodedata.combining(chr(p)) == 9)
        sets = {
            "mark": marks,
            "virama": viramas,
            "transparent": _property("Mn"),
            "joins left": _set(_DUAL_JOINING),
            "joins right": (_set(_DUAL_JOINING) - _set(_LEFT_JOINING)) | _set(_RIGHT_JOINING),
            "greek": _property("Script=Greek"),
            "hebrew": _property("Script=Hebrew"),
            "kana": kana - CharSet.of("\u30fb"),
            **{char: CharSet.of(char) for char in "-l\u00b7\u0375\u30fb\u200c\u200d"},
            "geresh": CharSet.of("\u05f3\u05f4"),
            **dict(_directions()),
        }
        allowed = valid_characters() | CharSet.of("\u00b7\u0375\u30fb\u200c\u200d\u05f3\u05f4")
        extra = {"\u00b7": "ON", "\u0375": "ON", "\u30fb": "ON", "\u200c": "BN", "\u200d": "BN", "\u05f3": "R", "\u05f4": "R"}
        names = list(sets)
        self.alphabet, owners = from_sets(CHARS, [allowed, *(sets[name] & allowed for name in names)])
        self.classes: list[frozenset[str]] = []
        points = self.alphabet.representatives()
        for c, owner in enumerate(owners):
            inside = {name for i, name in enumerate(names) if owner >> (i + 1) & 1}
            char = chr(points[c])
            if char in extra:
                inside.add("ON" if extra[char] in ("ON", "BN") else "R")
            self.classes.append(frozenset(inside | {"allowed"}) if owner & 1 else frozenset())

    def automaton(self, start: Hashable, step: Callable[..., Hashable], final: Callable[..., bool]) -> DFA:
        """Return the automaton of a transition function; None is dead."""
        numbers: dict[Hashable, int] = {None: 0, start: 1}
        order, rows = [start], [[0] * len(self.classes)]
        for state in order:
            row = []
            for inside in self.classes:
                target = step(state, inside) if inside else None
                if target not in numbers:
                    numbers[target] = len(numbers)
                    order.append(target)
                row.append(numbers[target])
            rows.append(row)
        return DFA.from_rows(self.alphabet, rows, 1, [(), *((0,) if final(state) else () for state in order)])


def _neighbours(state: tuple[str, str, str], inside: frozenset[str]) -> tuple[str, str, str] | None:
    """Contextual rules: ``state`` is (what the last character was, what the next must be, joining)."""
    last, due, joining = state
    if (due == "l" and "l" not in inside) or (due == "greek" and "greek" not in inside):
        return None
    if last == "start" and inside & {"mark", "-"}:
        return None
    if "\u00b7" in inside:
        return ("", "l", "") if last == "l" else None
    if "\u0375" in inside:
        return "", "greek", ""
    if ("geresh" in inside and last != "hebrew") or ("\u200d" in inside and last != "virama"):
        return None
    if "\u200c" in inside:
        if last == "virama":
            return "", "", ""
        return ("", "", "due") if joining == "open" else None
    if "transparent" in inside:
        now = joining
    else:
        if joining == "due" and "joins right" not in inside:
            return None
        now = "open" if "joins left" in inside else ""
    kinds = [name for name in ("l", "virama", "-") if name in inside]
    return (kinds[0] if kinds else "hebrew" if "hebrew" in inside else ""), "", now


def _neighbours_final(state: tuple[str, str, str]) -> bool:
    last, due, joining = state
    return last not in ("start", "-") and not due and joining != "due"


def _one_way(state: str, inside: frozenset[str]) -> str | None:
    """Labels without right-to-left characters, in names that have none."""
    return None if inside & {"R", "AN"} else "any"


def _left_to_right(state: str, inside: frozenset[str]) -> str | None:
    if inside & {"R", "AN"} or (state == "start" and "L" not in inside):
        return None
    return "end" if inside & {"L", "EN"} or (state == "end" and "NSM" in inside) else "open"


def _right_to_left(state: tuple[str, str], inside: frozenset[str]) -> tuple[str, str] | None:
    where, digits = state
    if "L" in inside or (where == "start" and "R" not in inside):
        return None
    kind = "EN" if "EN" in inside else "AN" if "AN" in inside else ""
    if kind and digits and kind != digits:
        return None
    ends = inside & {"R", "EN", "AN"} or (where == "end" and "NSM" in inside)
    return "end" if ends else "open", kind or digits


def _middle_dots(state: str, inside: frozenset[str]) -> str:
    return "have" if state == "have" or "kana" in inside else "need" if "\u30fb" in inside else state


def _no_reserved(state: int, inside: frozenset[str]) -> int | None:
    """No hyphens in third and fourth place: 0 to 2 are places, 3 is after a hyphen in third place, 4 later."""
    if state < 2:
        return state + 1
    if state == 2:
        return 3 if "-" in inside else 4
    return None if state == 3 and "-" in inside else 4


@lru_cache(maxsize=1)
def _labels() -> tuple[DFA, DFA]:
    """Return the U-labels of names without right-to-left characters, and those of names with some."""
    symbols = _Symbols()
    rules = symbols.automaton(("start", "", ""), _neighbours, _neighbours_final)
    rules &= symbols.automaton("none", _middle_dots, lambda state: state != "need")
    rules &= symbols.automaton(0, _no_reserved, lambda state: True)
    plain = symbols.automaton("start", _one_way, lambda state: True)
    left = symbols.automaton("start", _left_to_right, lambda state: state == "end")
    right = symbols.automaton(("start", ""), _right_to_left, lambda state: state[0] == "end")
    ascii_only = compile_regex("(?:(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)")
    wide = compile_regex(r"[\x00-\x7f]*[^\x00-\x7f].*", flags="s")
    wide_rules = rules & wide
    return (wide_rules & plain) | ascii_only, (wide_rules & (left | right)) | (ascii_only & compile_regex("[A-Za-z].*"))


def _dotted(label: DFA) -> DFA:
    """Return one or more labels with dots between; no label contains a dot, so its ends lead back to the start."""
    alphabet, (mine, dots) = refine(label.alphabet, from_sets(CHARS, [CharSet.of(DOTS)])[0])
    dot = dots[alphabet.class_of(ord("."))]
    rows = [
        [label.start if labels and dots[c] == dot else row[mine[c]] for c in range(alphabet.num_classes)]
        for row, labels in zip(label.rows, label.labels)
    ]
    return DFA.from_rows(alphabet, rows, label.start, label.labels)


@lru_cache(maxsize=1)
def idn_hostname() -> DFA:
    """Return the names of U-labels and of labels in ASCII, A-labels left out."""
    one_way, both_ways = _labels()
    return _dotted(one_way) | _dotted(both_ways)


@lru_cache(maxsize=1)
def idn_hostname_upper() -> DFA:
    """Return the names of `idn_hostname` and every text with an A-label in it."""
    return idn_hostname() | compile_regex("[xX][nN]--", search=True)


def _a_label(label: str) -> str | None:
    """Return the U-label that an A-label stands for, None if it is none."""
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
        again = decoded.encode("punycode").decode("ascii")
    except (UnicodeError, ValueError, OverflowError):
        return None
    if decoded.isascii() or again.lower() != label[4:].lower() or unicodedata.normalize("NFC", decoded) != decoded:
        return None
    return decoded


def is_host(text: str, international: bool) -> bool:
    """Return whether a name is a host name, every rule applied.

    Parameters
    ----------
    text : str
    international : bool
        Whether labels may be U-labels and dots may be those of other scripts.

    Examples
    --------
    >>> is_host("xn--ll-0ea", False), is_host("xn--l-fda", False)
    (True, False)
    """
    if not international and not text.isascii():
        return False
    labels = re.split(f"[{DOTS}]", text)
    octets = []
    for i, label in enumerate(labels):
        if label[:4].lower() == "xn--":
            octets.append(label)
            decoded = _a_label(label)
            if decoded is None:
                return False
            labels[i] = decoded
        elif label.isascii():
            octets.append(label)
        else:
            octets.append("xn--" + label.encode("punycode").decode("ascii"))
            if unicodedata.normalize("NFC", label) != label:
                return False
    if any(len(label) > 63 for label in octets) or sum(map(len, octets)) + len(octets) - 1 > 253:
        return False
    if not international and all(a.isascii() for a in labels):
        return hostname().accepts(text)
    return idn_hostname().accepts(".".join(labels))
