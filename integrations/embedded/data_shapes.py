# ruff: noqa: SIM905
"""From fields to a sample: nesting, key spelling, optional and nullable fields, layouts, and the split by shape.

A family of samples (`data_families`) draws a text and a list of `Field`; `finish` makes the schema, the answer and the graded leaves of it.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

from .data_words import WORDS, Picker
from .prompt import format_prompt

LAYOUTS = ((", ", ": ", None), (",", ":", None), (",", ": ", 2))
LAYOUT_WEIGHTS = (60, 22, 18)
GROUPS = (
    "details info data contact address customer profile meta summary location schedule billing extra attributes properties general "
    "main specs record content header payload"
).split()
HELD_OUT_GROUPS = "dossier facts overview basics particulars".split()
INSTRUCTIONS = (
    "Extract the data: ",
    "Fill in the form. ",
    "Read this text and answer in JSON.\n",
    "Text: ",
    "Extract the fields from: ",
    "Please turn this into JSON: ",
    "Return the details.\n\n",
    "Who, what, when? ",
    "Parse the following message: ",
    "Note: ",
)


class Field(NamedTuple):
    """One key of the answer; an absent optional field has ``present=False``."""

    key: str
    schema: dict[str, Any]
    value: Any
    kind: str
    present: bool = True
    required: bool = True


class Leaf(NamedTuple):
    """A value to be graded: its path in the answer, its feature group, whether it is there, its value."""

    path: tuple[str | int, ...]
    kind: str
    present: bool
    value: Any


class Sample(NamedTuple):
    """A prompt with its answer. ``value`` is None for the free answers of choice and regex prompts."""

    prompt: str
    answer: str
    schema: Any
    value: Any
    leaves: tuple[Leaf, ...]
    family: str
    regex: str | None = None
    choices: tuple[str, ...] | None = None


class Rejected(Exception):
    """The draw belongs to the other side of the split."""


def combination_is_held_out(keys: list[str]) -> bool:
    """Return whether a set of keys is never asked for in training."""
    return zlib.crc32("\n".join(sorted(keys)).encode()) % 8 == 0


def skeleton_is_held_out(skeleton: str) -> bool:
    """Return whether a nesting shape (its brackets and leaf counts) never occurs in training."""
    return zlib.crc32(skeleton.encode()) % 6 == 0


def feature(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "enum"
    if schema["type"] == "string":
        return {"date": "date", "date-time": "date"}.get(schema.get("format", ""), "string")
    return schema["type"]


def nullable(rng: random.Random, schema: dict[str, Any]) -> dict[str, Any]:
    if "enum" in schema:
        return {"enum": [*schema["enum"], None]}
    if rng.random() < 0.5 and "format" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def key_style(rng: random.Random) -> Callable[[str], str]:
    """Return a function from snake_case to the spelling of keys in this sample."""
    style = rng.random()
    if style < 0.6:
        return str
    if style < 0.82:
        return lambda key: key.split("_")[0] + "".join(w.capitalize() for w in key.split("_")[1:])
    if style < 0.88:
        return lambda key: key.replace("_", "-")
    if style < 0.95:
        return lambda key: key.replace("_", " ").capitalize()
    return lambda key: key.upper()


def unique(names: list[str]) -> list[str]:
    return (
        list(dict.fromkeys(names))
        if len(set(names)) == len(names)
        else [n if names.index(n) == i else f"{n}{i + 1}" for i, n in enumerate(names)]
    )


def sentence(text: str, surface: str = "") -> str:
    """Return `text` with a capital, unless it begins with a value: its spelling is what the answer has to copy."""
    return text if surface and text.startswith(surface) else text[0].upper() + text[1:]


def distinct(rng: random.Random, fields: list[Field], shuffle: bool = True) -> list[Field]:
    fields = list({f.key: f for f in fields}.values())
    if shuffle:
        rng.shuffle(fields)
    return fields


def finish(p: Picker, text: str, fields: list[Field], family: str, nest: bool = True) -> Sample:
    rng = p.rng
    keys = [f.key for f in fields]
    share = 0.15 if p.doubtful else 0.05
    for i, f in enumerate(fields):
        if f.present and f.value is not None:
            draw = rng.random()
            if draw < share:
                fields[i] = f._replace(schema=nullable(rng, f.schema))
            elif draw < 2 * share:
                fields[i] = f._replace(required=False)
    tree: list[Any] = [(f.key, f) for f in fields]
    if nest and len(tree) >= 2 and rng.random() < 0.3:
        flat = tree
        for _ in range(50):
            tree = flat
            for _ in range(rng.choice((1, 1, 2, 3))):
                tree = _wrap(p, tree)
            if skeleton_is_held_out(_skeleton(tree)) == p.held_out:
                break
        else:
            raise Rejected
        family += " nested"
    if len(fields) > 1:
        if combination_is_held_out(keys) != p.held_out:
            raise Rejected
    elif p.held_out and rng.random() < 7 / 8:  # as rare as in training, where one draw in eight is rejected
        raise Rejected
    schema, value, leaves = _assemble(rng, tree, ())
    return pack(p, text, schema, value, tuple(leaves), family, None)


def _wrap(p: Picker, tree: list[Any]) -> list[Any]:
    """Put a run of at least one neighbouring entry under a new key."""
    rng = p.rng
    start = rng.randrange(len(tree))
    stop = rng.randint(start + 1, len(tree))
    used = {k for k, _ in tree}
    name = rng.choice([g for g in (HELD_OUT_GROUPS if p.held_out else GROUPS) if g not in used] or ["more"])
    return [*tree[:start], (name, tree[start:stop]), *tree[stop:]]


def _skeleton(tree: list[Any]) -> str:
    return "{" + "".join(_skeleton(node) if isinstance(node, list) else "." for _, node in tree) + "}"


def _assemble(rng: random.Random, tree: list[Any], path: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any], list[Leaf]]:
    """Return schema, value and graded leaves of a tree of fields (depth at most 4 by construction)."""
    properties: dict[str, Any] = {}
    value: dict[str, Any] = {}
    required, leaves = [], []
    for key, node in tree:
        here = (*path, key)
        if isinstance(node, list):
            properties[key], value[key], below = _assemble(rng, node, here)
            leaves += below
            required.append(key)
            continue
        properties[key] = node.schema
        if node.required:
            required.append(key)
        if node.present:
            value[key] = node.value
        if node.kind == "records":
            leaves += [Leaf((*here, i, k), "records", True, v) for i, row in enumerate(node.value) for k, v in row.items()]
        else:
            leaves.append(Leaf(here, node.kind, node.present, node.value))
    schema: dict[str, Any] = {"type": "object", "properties": properties, "required": required}
    if rng.random() < 0.5:
        schema["additionalProperties"] = False
    return schema, value, leaves


def _padded(p: Picker, text: str) -> str:
    """Put sentences that state nothing around `text`, so that long windows occur in training."""
    rng = p.rng
    idle = []
    for _ in range(rng.randint(3, 36)):
        idle.append(f"The {p.word(WORDS)} {p.word(WORDS)} {rng.choice(('was', 'is', 'seems', 'became'))} {p.word(WORDS)}.")
    cut = rng.randint(0, len(idle))
    return " ".join([*idle[:cut], text, *idle[cut:]])


def pack(p: Picker, text: str, schema: Any, value: Any, leaves: tuple[Leaf, ...], family: str, keys: list[str] | None) -> Sample:
    rng = p.rng
    if keys is not None and combination_is_held_out(keys) != p.held_out:
        raise Rejected
    if rng.random() < 0.03:
        text = _padded(p, text)
    if rng.random() < 0.15:
        text = rng.choice(INSTRUCTIONS) + text
    comma, colon, indent = rng.choices(LAYOUTS, LAYOUT_WEIGHTS)[0]
    answer = json.dumps(value, ensure_ascii=False, separators=(comma, colon), indent=indent)
    return Sample(format_prompt(text, schema), answer, schema, value, leaves, family)
