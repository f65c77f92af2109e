"""Values of the synthetic corpus: each maker draws a JSON value together with the words that state it in a text.

A maker is a function ``(picker) -> (value, surface, schema)``. The value is what the answer holds, the surface is what the
text says ("March 5, 2024" for "2024-03-05", "three" for 3), and the schema is what the prompt asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .data_words import (
    ADJECTIVES,
    CITIES,
    COMPANY_TAILS,
    COUNTRIES,
    DAYS,
    FIRST,
    JOBS,
    LANGUAGES,
    LAST,
    MONTHS,
    NOUNS,
    NUMBER_WORDS,
    STREET_KINDS,
    STREETS,
    THINGS,
    WORDS,
    Picker,
)

Value = tuple[Any, str, dict[str, Any]]
Maker = Callable[[Picker], Value]
STRING = {"type": "string"}


def text_value(value: str, **extra: Any) -> Value:
    """Return a string stated verbatim."""
    return value, value, {**STRING, **extra}


def person(p: Picker) -> Value:
    first = p.either(FIRST)
    last = p.either(LAST)
    if p.rng.random() < 0.12:
        return text_value(f"{first} {p.either(FIRST)} {last}")
    return text_value(first if p.rng.random() < 0.15 else f"{first} {last}")


def first_name(p: Picker) -> Value:
    return text_value(p.either(FIRST))


def last_name(p: Picker) -> Value:
    return text_value(p.either(LAST))


def city(p: Picker) -> Value:
    return text_value(p.either(CITIES, 0.3))


def country(p: Picker) -> Value:
    return text_value(p.either(COUNTRIES, 0.2))


def language(p: Picker) -> Value:
    return text_value(p.either(LANGUAGES, 0.15))


def job(p: Picker) -> Value:
    return text_value(p.word(JOBS) if p.rng.random() < 0.8 else f"{p.fresh()} {p.word(JOBS)}")


def company(p: Picker) -> Value:
    name = p.either([w.capitalize() for w in NOUNS], 0.5)
    return text_value(f"{name} {p.word(COMPANY_TAILS)}" if p.rng.random() < 0.7 else name)


def product(p: Picker) -> Value:
    parts = [p.word(THINGS) if p.rng.random() < 0.8 else p.fresh()]
    for _ in range(p.rng.choice((0, 1, 1, 2))):
        parts.insert(0, p.word(ADJECTIVES))
    return text_value(" ".join(dict.fromkeys(parts)))


def word(p: Picker) -> Value:
    return text_value(p.word(NOUNS) if p.rng.random() < 0.6 else p.fresh())


def phrase(p: Picker) -> Value:
    words = [p.word(WORDS + NOUNS) if p.rng.random() < 0.75 else p.fresh() for _ in range(p.rng.randint(1, 4))]
    if len(words) > 1 and p.rng.random() < 0.4:
        words.insert(p.rng.randrange(1, len(words)), p.rng.choice(("the", "of the", "and", "a", "in")))
    return text_value(" ".join(words))


def title(p: Picker) -> Value:
    text = phrase(p)[0].title().replace(" Of The ", " of the ").replace(" And ", " and ")
    return text_value(("The " if p.rng.random() < 0.3 and not text.startswith(("The", "A ")) else "") + text)


def street(p: Picker) -> Value:
    return text_value(f"{p.rng.randint(1, 399)} {p.either(STREETS)} {p.rng.choice(STREET_KINDS)}")


def email(p: Picker) -> Value:
    user = p.either(FIRST).lower() + p.rng.choice(("", ".", "_")) + p.rng.choice((p.either(LAST).lower(), str(p.rng.randint(1, 99))))
    user = "".join(c for c in user if c.isascii() and (c.isalnum() or c in "._"))
    address = f"{user}@{p.rng.choice((p.fresh(), p.word(NOUNS), 'mail', 'example'))}.{p.rng.choice(('com', 'org', 'net', 'io', 'de'))}"
    return text_value(address, **({"format": "email"} if p.rng.random() < 0.4 else {}))


def url(p: Picker) -> Value:
    path = "".join("/" + p.word(NOUNS) for _ in range(p.rng.randint(0, 2)))
    address = f"https://{p.rng.choice(('', 'www.', 'docs.'))}{p.fresh(2)}.{p.rng.choice(('com', 'org', 'io'))}{path}"
    return text_value(address, **({"format": "uri"} if p.rng.random() < 0.4 else {}))


def phone(p: Picker) -> Value:
    digits = "".join(str(p.rng.randint(0, 9)) for _ in range(9))
    return text_value(p.rng.choice((f"+{digits[:2]} {digits[2:5]} {digits[5:]}", f"{digits[:3]}-{digits[3:6]}-{digits[6:]}", digits)))


def code(p: Picker) -> Value:
    letters = "".join(p.rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(p.rng.randint(1, 3)))
    count = p.rng.randint(2, 6)
    digits = "".join(str(p.rng.randint(0, 9)) for _ in range(count))
    dash = p.rng.choice(("-", "", "-", "/"))
    if p.rng.random() < 0.2:
        return text_value(letters + dash + digits, pattern=f"^[A-Z]{{{len(letters)}}}{dash}[0-9]{{{count}}}$")
    return text_value(letters + dash + digits)


def date(p: Picker) -> Value:
    year, month, day = p.rng.randint(1950, 2035), p.rng.randint(1, 12), p.rng.randint(1, 28)
    iso = f"{year}-{month:02d}-{day:02d}"
    style = p.rng.random()
    name = MONTHS[month - 1]
    surface = iso if style < 0.4 else f"{name} {day}, {year}" if style < 0.75 else f"{day} {name} {year}"
    if p.rng.random() < 0.8:
        return iso, surface, {"type": "string", "format": "date"}
    return surface, surface, dict(STRING)


def clock(p: Picker) -> Value:
    hour, minute = p.rng.randint(0, 23), p.rng.choice((0, 15, 30, 45, p.rng.randint(0, 59)))
    return text_value(p.rng.choice((f"{hour:02d}:{minute:02d}", f"{hour % 12 or 12}:{minute:02d} {'am' if hour < 12 else 'pm'}")))


def timestamp(p: Picker) -> Value:
    day = f"{p.rng.randint(1990, 2035)}-{p.rng.randint(1, 12):02d}-{p.rng.randint(1, 28):02d}"
    hour = f"{p.rng.randint(0, 23):02d}:{p.rng.randint(0, 59):02d}"
    stamp = f"{day}T{hour}:00Z"
    return stamp, stamp if p.rng.random() < 0.5 else f"{day} {hour} UTC", {"type": "string", "format": "date-time"}


def integer(low: int, high: int) -> Maker:
    """Return a maker of integers, small ones sometimes in words, large ones sometimes with thousands commas."""

    def make(p: Picker) -> Value:
        value = p.rng.randint(low, high)
        surface = str(value)
        if 0 <= value <= 12 and p.rng.random() < 0.3:
            surface = NUMBER_WORDS[value]
        elif value >= 1000 and p.rng.random() < 0.3:
            surface = f"{value:,}"
        schema: dict[str, Any] = {"type": "integer"}
        if p.rng.random() < 0.15:
            schema["minimum"] = min(low, 0) if p.rng.random() < 0.5 else low
        return value, surface, schema

    return make


def number(low: float, high: float, places: int = 2) -> Maker:
    """Return a maker of decimal numbers."""

    def make(p: Picker) -> Value:
        digits = p.rng.choice((0, 1, places))
        value = round(p.rng.uniform(low, high), digits)
        surface = f"{value:.{digits}f}"
        return int(value) if digits == 0 else float(surface), surface, {"type": "number"}

    return make


def year(p: Picker) -> Value:
    value = p.rng.randint(1900, 2035)
    return value, str(value), {"type": "integer"}


def weekday(p: Picker) -> Value:
    value = p.rng.choice(DAYS)
    schema = {"type": "string", "enum": list(DAYS)} if p.rng.random() < 0.3 else dict(STRING)
    return value, value, schema


def listing(maker: Maker, low: int = 1, high: int = 4) -> Maker:
    """Return a maker of arrays stated as an English enumeration."""

    def make(p: Picker) -> Value:
        made = [maker(p) for _ in range(p.rng.randint(low, high))]
        made = [m for m in made if " and " not in m[1].lower()] or [word(p)]  # an "and" inside would make the end of an element a guess
        made = list({m[1]: m for m in made}.values())
        return [m[0] for m in made], enumeration(p, [m[1] for m in made]), {"type": "array", "items": made[0][2]}

    return make


def enumeration(p: Picker, parts: list[str]) -> str:
    """Join `parts` as a text would."""
    if len(parts) < 2:
        return "".join(parts)
    style = p.rng.random()
    if style < 0.2:
        return ", ".join(parts)
    return ", ".join(parts[:-1]) + ("," if style < 0.35 else "") + " and " + parts[-1]


def literal_enum(p: Picker) -> Value:
    """Draw an enum of random words of which the text states one."""
    pool: list[str] = []
    while len(pool) < p.rng.randint(2, 5):
        item = str(word(p)[0]) if p.rng.random() < 0.7 else f"{p.word(ADJECTIVES)} {p.word(NOUNS)}"
        if item not in pool and not any(item in other or other in item for other in pool):
            pool.append(item)
    value = p.rng.choice(pool)
    style = p.rng.random()
    if style < 0.2:
        spelled = [w.upper().replace(" ", "_") for w in pool]
    elif style < 0.35:
        spelled = [w.replace(" ", "_") for w in pool]
    elif style < 0.5:
        spelled = [w.title() for w in pool]
    else:
        spelled = pool
    return spelled[pool.index(value)], value, {"type": "string", "enum": spelled}
