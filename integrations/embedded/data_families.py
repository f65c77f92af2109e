"""The families of samples: one thing, arbitrary keys, records, maps, questions.

Each family is a function ``(picker, max_fields) -> Sample``. It decides what the text says and what is asked; shapes and spelling are the
business of `data_shapes`.
"""

from __future__ import annotations

import string
from typing import Any

from . import data_values as make
from .data_domains import DOMAINS, Attribute, Domain
from .data_shapes import Field, Leaf, Sample, distinct, feature, finish, key_style, nullable, pack, sentence, unique
from .data_values import enumeration
from .data_words import FIRST, KEY_MODIFIERS, KEY_NOUNS, WORDS, Picker
from .prompt import format_prompt

FILLERS = (
    "Thank you.",
    "Have a nice day!",
    "More will follow soon.",
    "That is all for now.",
    "Hello,",
    "This was checked twice.",
    "Nobody knows why.",
    "As you may know, this matters to us.",
    "Kind regards.",
    "Some things never change.",
    "Please read carefully.",
)


#: of two attributes drawn independently, the first would often deny the second
CONTRADICTED_BY = {"free": "price"}


def thing(p: Picker, max_fields: int) -> Sample:
    rng = p.rng
    domain = DOMAINS[rng.choice(list(DOMAINS))]
    lead = rng.choice(domain.leads) if rng.random() < 0.8 else ""
    led = _placeholders(lead)
    others = [n for n in domain.attributes if n not in led]
    rng.shuffle(others)
    stated = led + others[: max(0 if led else 1, rng.randint(-1, max_fields - 1))]
    stated = [n for n in stated if CONTRADICTED_BY.get(n) not in stated]
    facts = {name: _fact(p, domain.attributes[name]) for name in stated}
    asked = rng.sample(stated, min(len(stated), max(1, rng.randint(len(stated) - 2, len(stated))), max_fields))
    style = key_style(rng)
    fields = [Field(style(rng.choice(domain.attributes[n].keys)), facts[n][2], facts[n][0], facts[n][3]) for n in asked]
    if rng.random() < (0.6 if p.doubtful else 0.3):
        missing = [n for n in domain.attributes if n not in facts]
        if p.doubtful:
            rng.shuffle(missing)
        missing = missing[: rng.randint(1, 3 if p.doubtful else 2)]
        fields += [_gap(p, style(rng.choice(domain.attributes[n].keys)), _fact(p, domain.attributes[n])) for n in missing]
    fields = distinct(rng, fields)
    text = _describe(p, domain, lead, facts, led)
    return finish(p, text, fields, "thing")


def _spelled(value: Any, surface: str) -> str:
    """Return the surface of a value whose letters the answer copies, else nothing."""
    return surface if isinstance(value, str | list) else ""


def _placeholders(template: str) -> list[str]:
    return list(dict.fromkeys(name for _, name, _, _ in string.Formatter().parse(template) if name))


def _fact(p: Picker, attribute: Attribute) -> tuple[Any, str, dict[str, Any], str, tuple[str, ...]]:
    """Return value, surface, schema, feature group and sentences of one attribute."""
    rng = p.rng
    if attribute.maker is not None:
        value, surface, schema = attribute.maker(p)
        return value, surface, schema, feature(schema), attribute.phrases
    assert attribute.meanings is not None
    if True in attribute.meanings:
        value = rng.random() < 0.5
        return value, "", {"type": "boolean"}, "boolean", attribute.meanings[value]
    names = [n for n in attribute.meanings if isinstance(n, str)]
    rng.shuffle(names)
    names = names[: rng.randint(2, len(names))]
    spelled = {n: rng.choice((n, n, n, n.upper(), n.title())) for n in names[:1]}
    change = str.upper if spelled[names[0]].isupper() else str.title if spelled[names[0]].istitle() else str
    chosen = rng.choice(names)
    return change(chosen), chosen, {"type": "string", "enum": [change(n) for n in names]}, "enum", attribute.meanings[chosen]


def _gap(p: Picker, key: str, fact: tuple[Any, str, dict[str, Any], str, tuple[str, ...]]) -> Field:
    """Return a field that the text does not state: nullable or optional."""
    schema = fact[2]
    if p.rng.random() < 0.5:
        return Field(key, schema, None, "absent", present=False, required=False)
    return Field(key, nullable(p.rng, schema), None, "null")


def _describe(p: Picker, domain: Domain, lead: str, facts: dict[str, Any], led: list[str]) -> str:
    rng = p.rng
    if rng.random() < 0.14 and all(f[1] for f in facts.values()):
        lines = [
            f"{rng.choice(domain.attributes[n].keys).replace('_', ' ')}{rng.choice((': ', ' - ', ' = ', ': '))}{f[1]}"
            for n, f in facts.items()
        ]
        rng.shuffle(lines)
        return rng.choice(("\n", "; ", "\n", ". ")).join(line[0].upper() + line[1:] for line in lines)
    subject = rng.choice(domain.subjects)
    sentences = []
    for name, fact in facts.items():
        if name in led and fact[1]:
            continue
        who = subject
        if "{" in who:
            named = who.strip("{}")
            who = facts[named][1] if named in led else domain.subjects[0]
        if rng.random() < 0.25 and "{name}" in domain.subjects and domain.subjects[0] == "the person":
            who = rng.choice(("he", "she", "they"))
            who = "she" if who == "they" else who
        said = rng.choice(fact[4]).replace("{v}", fact[1]).replace("{s}", who)
        sentences.append(sentence(said, _spelled(fact[0], fact[1])))
    rng.shuffle(sentences)
    if lead:
        opening = lead.format(**{n: facts[n][1] for n in led})
        first = facts[led[0]] if led else (0, "")
        sentences.insert(0 if rng.random() < 0.8 else len(sentences), sentence(opening, _spelled(first[0], first[1])))
    return _join(p, sentences)


def _join(p: Picker, sentences: list[str]) -> str:
    rng = p.rng
    if rng.random() < 0.2:
        sentences.insert(rng.randint(0, len(sentences)), rng.choice(FILLERS))
    return ("\n" if rng.random() < 0.1 else " ").join(sentences)


def generic(p: Picker, max_fields: int) -> Sample:
    rng = p.rng
    style = key_style(rng)
    count = rng.randint(1, max_fields)
    fields: list[Any] = []
    sentences: list[str] = []
    makers = (
        make.word,
        make.phrase,
        make.person,
        make.product,
        make.code,
        make.integer(0, 10000),
        make.integer(0, 60),
        make.number(0, 1000),
        make.date,
        make.city,
        make.title,
        make.listing(make.word),
        make.listing(make.integer(0, 99)),
        make.literal_enum,
        make.literal_enum,
        None,
    )
    taken: set[str] = set()
    for _ in range(count):
        key = rng.choice(KEY_NOUNS) if rng.random() < 0.65 else p.fresh(2)
        if rng.random() < 0.45:
            key = f"{rng.choice(KEY_MODIFIERS)}_{key}"
        if key in taken:
            continue
        taken.add(key)
        words = key.replace("_", " ")
        maker = rng.choice(makers)
        if maker is None:
            value = rng.random() < 0.5
            on = rng.choice(
                (("enabled", "disabled"), ("on", "off"), ("active", "not active"), ("allowed", "not allowed"), ("true", "false"))
            )
            sentences.append(f"The {words} is {on[0] if value else on[1]}.")
            field = Field(style(key), {"type": "boolean"}, value, "boolean")
        else:
            value, surface, schema = maker(p)
            template = rng.choice(
                (
                    "The {k} is {v}.",
                    "The {k} is {v}.",
                    "{k}: {v}.",
                    "{k} = {v};",
                    "We chose {v} as the {k}.",
                    "{v} is the {k}.",
                    "Set the {k} to {v}.",
                    "With {v} for the {k}, we are fine.",
                )
            )
            sentences.append(sentence(template.replace("{k}", words).replace("{v}", surface), _spelled(value, surface)))
            field = Field(style(key), schema, value, feature(schema))
        if rng.random() < 0.9 or not fields:
            fields.append(field)
    if rng.random() < (0.4 if p.doubtful else 0.15):
        key = rng.choice(KEY_NOUNS)
        if not any(key in other.split("_") for other in taken):
            value, _, schema = rng.choice(makers[:-1])(p)
            fields.append(_gap(p, style(key), (value, "", schema, "", ())))
    order = list(sentences)
    rng.shuffle(order)
    return finish(p, _join(p, order), distinct(rng, fields), "generic")


def records(p: Picker, max_fields: int) -> Sample:
    rng = p.rng
    domain = DOMAINS[rng.choice(list(DOMAINS))]
    names = [n for n, a in domain.attributes.items() if a.maker is not None and a.maker.__qualname__.split(".")[0] != "listing"]
    names = rng.sample(names, rng.randint(1, min(3, max_fields)))
    style = key_style(rng)
    keys = unique([style(rng.choice(domain.attributes[n].keys)) for n in names])
    rows: list[dict[str, Any]] = []
    lines: list[str] = []
    template = rng.choice(("plain", "named", "bracket"))
    schemas: list[dict[str, Any]] = []
    for _ in range(rng.randint(1, 4)):
        facts = [_fact(p, domain.attributes[n]) for n in names]
        formats = [f[2].get("format") for f in facts]
        shown = [{k: v for k, v in f[2].items() if k not in ("pattern", "minimum")} for f in facts]
        schemas = schemas or shown
        if [f if "date" in str(f) else None for f in formats] != [s.get("format") if "date" in str(s) else None for s in schemas]:
            continue
        rows.append({key: fact[0] for key, fact in zip(keys, facts)})
        said = [f[1].replace(",", "") if f[2]["type"] == "integer" else f[1] for f in facts]
        lines.append(_line(p, template, keys, said))
    for schema in schemas:
        if schema.get("format") in ("email", "uri"):
            del schema["format"]
    item = {"type": "object", "properties": dict(zip(keys, schemas)), "required": keys}
    listing: dict[str, Any] = {"type": "array", "items": item}
    text = rng.choice(("; ", "\n", "\n- ", ". ")).join(lines)
    header = rng.choice(("Here is the list: ", "We have these:\n", "", f"{len(rows)} entries: ", "The table says:\n"))
    leaves = [Field(k, s, None, feature(s)) for k, s in zip(keys, schemas)]
    if rng.random() < 0.4:
        graded = tuple(Leaf((i, f.key), "records", True, row[f.key]) for i, row in enumerate(rows) for f in leaves)
        return pack(p, header + text, listing, rows, graded, "records", keys)
    key = style(rng.choice(("items", "entries", "rows", "results", "people", "records", "list", "lines", "all_items")))
    fields = [Field(key, listing, rows, "records")]
    if rng.random() < 0.6:
        extra = [n for n in domain.attributes if n not in names and domain.attributes[n].maker is not None]
        name = rng.choice(extra)
        fact = _fact(p, domain.attributes[name])
        phrase = rng.choice(fact[4]).replace("{v}", fact[1]).replace("{s}", domain.subjects[0])
        if rng.random() < 0.5:
            text = f"{text}.\n{sentence(phrase, _spelled(fact[0], fact[1]))}"
            fields.insert(rng.randint(0, 1), Field(style(rng.choice(domain.attributes[name].keys)), fact[2], fact[0], fact[3]))
    return finish(p, header + text, distinct(rng, fields, shuffle=False), "records", nest=False)


def _line(p: Picker, template: str, keys: list[str], said: list[str]) -> str:
    """Write one record."""
    if template == "named":
        said = [f"{k.replace('_', ' ')} {v}" for k, v in zip(keys, said)]
    elif template == "bracket" and len(said) > 1:
        return f"{said[0]} ({', '.join(said[1:])})"
    return p.rng.choice((", ", ", ", " - ")).join(said)


def mapping(p: Picker, max_fields: int) -> Sample:
    rng = p.rng
    maker = rng.choice((make.integer(0, 500), make.number(0, 50), make.word, make.city))
    names = list(dict.fromkeys(p.either(FIRST) if rng.random() < 0.6 else p.word(WORDS) for _ in range(rng.randint(1, 5))))
    facts = [maker(p) for _ in names]
    sign = rng.choice((" ", ": ", " = ", " has ", " - "))
    text = enumeration(p, [f"{n}{sign}{f[1]}" for n, f in zip(names, facts)])
    schema = {"type": "object", "additionalProperties": {"type": facts[0][2]["type"]}}
    value = {n: f[0] for n, f in zip(names, facts)}
    leaves = tuple(Leaf((n,), "map", True, v) for n, v in value.items())
    return pack(p, rng.choice(("Scores: ", "", "The list: ", "We note ")) + text + ".", schema, value, leaves, "map", names)


def question(p: Picker, max_fields: int) -> Sample:
    rng = p.rng
    domain = DOMAINS[rng.choice(list(DOMAINS))]
    names = rng.sample(list(domain.attributes), min(3, max_fields))
    facts = {n: _fact(p, domain.attributes[n]) for n in names}
    name = names[0]
    value, _, schema, _, _ = facts[name]
    asked = rng.choice(domain.attributes[name].keys).removeprefix("is_").replace("_", " ")
    question = rng.choice((f"What is the {asked}?", f"{asked.capitalize()}?", f"Tell me the {asked}.", f"The {asked} is", ""))
    text = _describe(p, domain, "", facts, [])
    plain = isinstance(value, str)
    if not question or rng.random() < 0.3 or not (plain or type(value) in (int, bool)):
        return pack(
            p,
            f"{text} {question}".strip() if question else f"{text} {asked}?",
            schema,
            value,
            (Leaf((), feature(schema), True, value),),
            "root",
            [asked, *names],
        )
    choices: tuple[str, ...] | None = None
    regex = None
    answer = value if plain else {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    if isinstance(value, bool):
        choices = ("yes", "no")
    elif "enum" in schema:
        choices = tuple(schema["enum"])
    elif schema.get("format") == "date":
        regex = rng.choice((r"\d{4}-\d{2}-\d{2}", "[0-9]{4}-[0-9]{2}-[0-9]{2}"))
    elif schema["type"] == "integer":
        regex = rng.choice((r"\d+", "[0-9]+", "-?[0-9]+"))
        regex = "-?[0-9]+" if value < 0 else regex
    elif rng.random() < 0.5:
        choices = _unique_choices(p, answer, domain.attributes[name])
    show = rng.random() < 0.75
    prompt = format_prompt(f"{text} {question}".strip(), choices=choices if show else None, regex=regex if show else None)
    return Sample(prompt, answer, None, None, (Leaf((), "choice" if choices else "regex", True, answer),), "question", regex, choices)


def _unique_choices(p: Picker, answer: str, attribute: Attribute) -> tuple[str, ...]:
    assert attribute.maker is not None
    pool = unique([answer, *(str(attribute.maker(p)[0]) for _ in range(p.rng.randint(1, 4)))])
    p.rng.shuffle(pool)
    return tuple(pool)
