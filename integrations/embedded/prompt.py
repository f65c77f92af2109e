"""The prompt of the embedded model: text, a sketch of the schema, the answer mark.

``format_prompt`` is the one place that knows the template, used alike by the corpus, by the evaluation and by ``generate``:

    {text}<|schema|>{"name":string,"age":integer|null,"tags"?:[string]}<|answer|>

The *sketch* says in few tokens what a JSON Schema says in many: keys in the order of the answer, types, enum values, formats,
a ``?`` after an optional key. Bounds, titles and descriptions are left out, since the constraint enforces what can be enforced;
the refused design is the schema itself, which triples the length of the prompt and with it the cost of training and of
every answer. References are followed to a fixed depth, so that the size of a sketch is bounded whatever the schema.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

SCHEMA_MARK = "<|schema|>"
ANSWER_MARK = "<|answer|>"
END_MARK = "<|end|>"
PAD_MARK = "<|pad|>"
MAX_DEPTH = 8
MAX_SKETCH = 2400


def format_prompt(text: str, schema: Any = None, *, choices: Sequence[str] | None = None, regex: str | None = None) -> str:
    """Return the prompt that asks the embedded model to answer `text`.

    Parameters
    ----------
    text : str
        What to read, with or without an instruction.
    schema : dict or bool, optional
        JSON Schema of the answer.
    choices : sequence of str, optional
        The admissible answers of a choice prompt.
    regex : str, optional
        The pattern of the answer.

    Returns
    -------
    str
        Text to tokenize as it stands (the marks are special tokens of the embedded tokenizer).

    Examples
    --------
    >>> format_prompt("Ann is 5.", {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]})
    'Ann is 5.<|schema|>{"age":integer}<|answer|>'
    >>> format_prompt("The sky is blue. Color?", choices=["red", "blue"])
    'The sky is blue. Color?<|schema|>red | blue<|answer|>'
    """
    if schema is not None:
        asked = sketch(schema)
    elif choices is not None:
        asked = _cut(" | ".join(choices))
    elif regex is not None:
        asked = _cut(f"/{regex}/")
    else:
        asked = ""
    return f"{text}{SCHEMA_MARK}{asked}{ANSWER_MARK}"


def sketch(schema: Any) -> str:
    """Return the short form of a JSON Schema that the embedded model reads.

    Examples
    --------
    >>> sketch({"type": "array", "items": {"enum": ["a", "b"]}})
    '["a"|"b"]'
    """
    return _cut(_sketch(schema, schema, MAX_DEPTH))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SKETCH else text[:MAX_SKETCH]


def _sketch(schema: Any, root: Any, depth: int) -> str:
    """Sketch one subschema; the recursion is bounded by `depth`."""
    if not isinstance(schema, Mapping) or depth == 0:
        return "any" if schema is not False else "never"
    if isinstance(schema.get("$ref"), str):
        return _sketch(_resolve(schema["$ref"], root), root, depth - 1)
    if "const" in schema:
        return _plain(schema["const"])
    if isinstance(schema.get("enum"), Sequence):
        return "|".join(map(_plain, schema["enum"]))
    for keyword, sign in (("anyOf", "|"), ("oneOf", "|"), ("allOf", "&")):
        branches = schema.get(keyword)
        if isinstance(branches, Sequence) and branches and "properties" not in schema:
            parts = (_sketch(b, root, depth - 1) for b in branches[:16])
            return sign.join(dict.fromkeys(parts))
    kinds = schema.get("type")
    if isinstance(kinds, Sequence) and not isinstance(kinds, str):
        return "|".join(_kind({**schema, "type": k}, root, depth) for k in kinds)
    return _kind(schema, root, depth)


def _kind(schema: Mapping[str, Any], root: Any, depth: int) -> str:
    kind = schema.get("type")
    if kind == "object" or (kind is None and "properties" in schema):
        return _object(schema, root, depth)
    if kind == "array" or (kind is None and ("items" in schema or "prefixItems" in schema)):
        return _array(schema, root, depth)
    if kind == "string":
        if isinstance(schema.get("format"), str):
            return schema["format"]
        pattern = schema.get("pattern")
        return f"/{pattern}/" if isinstance(pattern, str) and len(pattern) <= 48 else "string"
    return kind if isinstance(kind, str) else "any"


def _object(schema: Mapping[str, Any], root: Any, depth: int) -> str:
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    required = schema.get("required")
    required = set(required) if isinstance(required, Sequence) else set()
    parts = [f"{_plain(k)}{'' if k in required else '?'}:{_sketch(v, root, depth - 1)}" for k, v in properties.items()]
    extra = schema.get("additionalProperties")
    if isinstance(extra, Mapping):
        parts.append(f"*:{_sketch(extra, root, depth - 1)}")
    return "{" + ",".join(parts) + "}"


def _array(schema: Mapping[str, Any], root: Any, depth: int) -> str:
    first = schema.get("prefixItems")
    parts = [_sketch(s, root, depth - 1) for s in first[:16]] if isinstance(first, Sequence) else []
    if "items" in schema and schema["items"] is not False:
        parts.append(_sketch(schema["items"], root, depth - 1) + ("*" if parts else ""))
    return "[" + ",".join(parts) + "]"


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _resolve(reference: str, root: Any) -> Any:
    """Follow a local JSON pointer; anything else is ``true``."""
    if not reference.startswith("#"):
        return True
    here = root
    for part in reference[1:].split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(here, Mapping) or part not in here:
            return True
        here = here[part]
    return here
