r"""Languages of the formats of times: ``date``, ``time``, ``date-time`` (RFC 3339, section 5.6) and ``duration`` (its appendix A).

Days are real days of the Gregorian calendar, year 0000 to 9999. A second 60 stands only where it is 23:59:60 in UTC. Which offset
makes it so depends on hour and minute alone, hence that language is regular, but the automaton must carry the minute of the day
across the fraction. All 1,440 of them make 6,500 states; only offsets of whole quarters of an hour are accepted there, which every
zone has had since leap seconds exist (1972). Elsewhere any offset up to 23:59 goes. Years do not matter to leap seconds: that of a
future day is announced half a year before.
"""

from __future__ import annotations

from functools import lru_cache

from maskwright.automata.dfa import DFA
from maskwright.grammar.regex import compile_regex

_YEAR = "[0-9]{4}"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DATE = (
    f"{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    f"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29"
)
_HOUR_MINUTE = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_FRACTION = r"(?:\.[0-9]+)?"
_TIME = f"{_HOUR_MINUTE}:[0-5][0-9]{_FRACTION}(?:[Zz]|[+-]{_HOUR_MINUTE})"

#: minutes between the offsets at which a leap second is accepted
_QUARTER = 15
_DAY = 24 * 60

_DURATION = (
    "P(?:[0-9]+W|{date}(?:T{time})?|T{time})".format(
        date="(?:[0-9]+D|[0-9]+M(?:[0-9]+D)?|[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?)",
        time="(?:[0-9]+S|[0-9]+M(?:[0-9]+S)?|[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?)",
    )
)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _leap_second() -> DFA:
    branches = []
    for local in range(_QUARTER - 1, _DAY, _QUARTER):
        ahead = (local + 1) % _DAY
        offsets = f"[+]{_clock(ahead)}|-{_clock(-ahead % _DAY)}" + ("" if ahead else "|[Zz]")
        branches.append(f"{_clock(local)}:60{_FRACTION}(?:{offsets})")
    return compile_regex("|".join(branches))


@lru_cache(maxsize=1)
def date() -> DFA:
    """Return the days ``YYYY-MM-DD`` there are."""
    return compile_regex(_DATE)


@lru_cache(maxsize=1)
def time() -> DFA:
    """Return the times of day, offset required."""
    return compile_regex(_TIME) | _leap_second()


@lru_cache(maxsize=1)
def date_time() -> DFA:
    """Return the days with time; ``T`` and ``Z`` in either case."""
    return date() + compile_regex("[Tt]") + time()


@lru_cache(maxsize=1)
def time_upper() -> DFA:
    """Return `time` with every second 60 let in."""
    return compile_regex(_TIME.replace(":[0-5][0-9](?:\\.", ":(?:[0-5][0-9]|60)(?:\\.", 1))


@lru_cache(maxsize=1)
def date_time_upper() -> DFA:
    """Return `date_time` with every second 60 let in."""
    return date() + compile_regex("[Tt]") + time_upper()


@lru_cache(maxsize=1)
def duration() -> DFA:
    """Return the durations: a unit may be left out only at the ends, weeks stand alone, no fractions."""
    return compile_regex(_DURATION)
