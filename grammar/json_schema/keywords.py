"""The keywords of JSON Schema: a table from keyword to the function that checks its value and stores it in the node.

Each reader is called as ``reader(schema, node, keyword, value)``, raises `SchemaError` with the keyword's pointer if the value is
malformed, and writes what later stages need into ``node.parts``. Subschemas are turned into literals, which queues them to be read. A
keyword that is not in the table, or that the node's dialect does not know, is an annotation (`report` lists it).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

from maskwright.errors import ConstraintError, SchemaError, UnsupportedFeatureError
from maskwright.grammar.string_grammars import string_grammar

from .dialects import MIXED
from .nodes import ARRAY, BOOLEAN, EVERY_TYPE, NULL, NUMBER, OBJECT, STRING, TRUE_LITERAL, Node, Schema
from .patterns import check_pattern
from .references import Target, escape
from .values import Where, number

_TYPES = {"null": NULL, "boolean": BOOLEAN, "number": NUMBER, "integer": NUMBER, "string": STRING, "array": ARRAY, "object": OBJECT}

Reader = Callable[[Schema, Node, str, Any], None]


def _where(node: Node, *tokens: str) -> Where:
    return lambda: "/".join((node.pointer, *map(escape, tokens)))


def _fail(node: Node, keyword: str, value: Any, expected: str, hint: str | None = None) -> SchemaError:
    shown = repr(value) if isinstance(value, (str, int, float, bool, type(None))) else f"a {type(value).__name__}"
    return SchemaError(f"{keyword}: {shown[:120]} is not {expected}", path=_where(node, keyword)(), keyword=keyword, hint=hint)


# values ---------------------------------------------------------------------------------------------------------------------------------


def _read_type(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    names = value if isinstance(value, (list, tuple)) else [value]
    mask = 0
    integer = False
    for name in names:
        bit = _TYPES.get(name) if isinstance(name, str) else None
        if bit is None:
            raise _unknown_type(node, name)
        mask |= bit
        integer |= name == "integer"
    if not names:
        raise _fail(node, keyword, value, "a type name or a non-empty list of them")
    node.mask &= mask
    node.integer = integer and "number" not in names
    if node.integer:
        node.parts["integer"] = True


def _unknown_type(node: Node, name: Any) -> SchemaError:
    aliases = {
        "str": "string",
        "int": "integer",
        "float": "number",
        "bool": "boolean",
        "list": "array",
        "dict": "object",
        "none": "null",
        "None": "null",
    }
    if not isinstance(name, str):
        return _fail(node, "type", name, "a type name", "one of " + ", ".join(_TYPES))
    if name == "any":
        return _fail(node, "type", name, "a type of draft 4 or later", "leave `type` out to admit every type")
    close = get_close_matches(name.lower(), _TYPES, 1)
    guess = aliases.get(name) or (close[0] if close else None)
    hint = f"did you mean {guess!r}?" if guess else "one of " + ", ".join(_TYPES)
    return _fail(node, "type", name, "a type name", hint)


def _read_enum(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    if not isinstance(value, (list, tuple)):
        raise _fail(node, keyword, value, "a list of values")
    if set(map(type, value)) == {str}:
        node.parts["enum"] = tuple(dict.fromkeys(value))
        return
    freeze = schema.freezer.freeze
    node.parts["enum"] = tuple(dict.fromkeys(v if isinstance(v, str) else freeze(v, _where(node, keyword)) for v in value))


def _read_const(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    node.parts["const"] = (schema.freezer.freeze(value, _where(node, keyword)),)


def _number(node: Node, keyword: str, value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise _fail(node, keyword, value, "a number")
    return number(value, _where(node, keyword), keyword)


def _read_bound(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    node.parts[keyword] = _number(node, keyword, value)


def _read_exclusive(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    dialect = node.resource.dialect
    old = dialect.name == "4" or dialect is MIXED or schema.options.openapi == "3.0"
    if isinstance(value, bool) and old:
        if value:
            node.parts[keyword] = True
        return
    if dialect.name == "4":
        raise _fail(node, keyword, value, "true or false", "a number is meant from draft 6 on: name the draft with $schema or draft=")
    if isinstance(value, bool):
        raise _fail(node, keyword, value, "a number", "true and false are meant in draft 4: name it with $schema or draft=")
    node.parts[keyword] = _number(node, keyword, value)


def _read_multiple(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    step = _number(node, keyword, value)
    if step <= 0:
        raise _fail(node, keyword, value, "greater than 0")
    node.parts[keyword] = step


def _read_count(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    exact = (
        None if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) else number(value, _where(node, keyword), keyword)
    )
    if exact is None or exact.denominator != 1:
        raise _fail(node, keyword, value, "a whole number")
    if exact < 0:
        raise _fail(node, keyword, value, "0 or more", "negative counts admit nothing; leave the keyword out")
    node.parts[keyword] = exact.numerator


def _read_flag(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise _fail(node, keyword, value, "true or false")
    if value:
        node.parts[keyword] = True


def _read_pattern(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    if not isinstance(value, str):
        raise _fail(node, keyword, value, "a regular expression")
    check_pattern(value, _where(node, keyword))
    node.parts[keyword] = value


def _read_grammar(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    if not (isinstance(value, dict) and value.keys() == {"syntax", "grammar"} and all(isinstance(v, str) for v in value.values())):
        raise _fail(node, keyword, value, 'an object {"syntax": ..., "grammar": ...}')
    try:
        string_grammar(value["syntax"], value["grammar"])
    except ConstraintError as error:
        error.add_note(f"in {keyword}, at {_where(node, keyword)()}")
        raise
    node.parts[keyword] = (value["syntax"], value["grammar"])


def _read_format(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    if not isinstance(value, str):
        raise _fail(node, keyword, value, "the name of a format")
    if schema.asserts_format(value, node):
        node.parts[keyword] = value


# subschemas -----------------------------------------------------------------------------------------------------------------------------


def _child(schema: Schema, node: Node, raw: Any, *tokens: object) -> int:
    return schema.literal(raw, node.resource, node, tokens, node.scope)


def _read_schema(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    node.parts[keyword] = _child(schema, node, value, keyword)


def _read_schemas(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    if not isinstance(value, (list, tuple)):
        raise _fail(node, keyword, value, "a list of schemas")
    if not value and keyword != "prefixItems":
        raise _fail(node, keyword, value, "a non-empty list of schemas")
    node.parts[keyword] = [_child(schema, node, raw, keyword, i) for i, raw in enumerate(value)]


def _mapping(node: Node, keyword: str, value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _fail(node, keyword, value, f"an object of {what}")
    for key in value:
        if not isinstance(key, str):
            raise _fail(node, keyword, key, "a string, as keys must be")
    return value


def _read_properties(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    resource, scope = node.resource, node.scope
    node.parts[keyword] = {
        name: schema.literal(raw, resource, node, (keyword, name), scope) for name, raw in _mapping(node, keyword, value, "schemas").items()
    }


def _read_patterns(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    for pattern in _mapping(node, keyword, value, "schemas"):
        check_pattern(pattern, _where(node, keyword, pattern))
    node.parts[keyword] = {pattern: _child(schema, node, raw, keyword, pattern) for pattern, raw in value.items()}


def _read_items(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    if not isinstance(value, (list, tuple)):
        _read_schema(schema, node, keyword, value)
    elif node.resource.dialect.tuple_items:
        node.parts["tuple"] = [_child(schema, node, raw, keyword, i) for i, raw in enumerate(value)]
    else:
        raise _fail(node, keyword, value, "a schema", "from draft 2020-12 on a tuple is written with prefixItems")


def _strings(node: Node, keyword: str, value: Any) -> list[str]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
        hint = None
        if keyword == "required" and isinstance(value, bool):
            hint = "since draft 4 the object lists its required members: {'required': ['name']}"
        raise _fail(node, keyword, value, "a list of strings", hint)
    return list(dict.fromkeys(value))


def _read_required(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    node.parts[keyword] = _strings(node, keyword, value)


def _read_dependent_required(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    names = _mapping(node, keyword, value, "lists of strings")
    node.parts.setdefault(keyword, {}).update({name: _strings(node, keyword, v) for name, v in names.items()})


def _read_dependent_schemas(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    names = _mapping(node, keyword, value, "schemas")
    node.parts.setdefault(keyword, {}).update({name: _child(schema, node, raw, keyword, name) for name, raw in names.items()})


def _read_dependencies(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    for name, dependency in _mapping(node, keyword, value, "schemas or lists of strings").items():
        if isinstance(dependency, (list, tuple)):
            node.parts.setdefault("dependentRequired", {})[name] = _strings(node, keyword, dependency)
        elif isinstance(dependency, str) and node.resource.dialect is MIXED:
            node.parts.setdefault("dependentRequired", {})[name] = [dependency]
        else:
            node.parts.setdefault("dependentSchemas", {})[name] = _child(schema, node, dependency, keyword, name)


# references -----------------------------------------------------------------------------------------------------------------------------


def _follow(schema: Schema, node: Node, target: Target) -> None:
    scope = node.scope
    if target.resource is not node.resource:
        scope = schema.entered(scope, target.resource)
    node.parts.setdefault("refs", []).append(schema.literal(target.raw, target.resource, target.pointer, (), scope))


def _reference(node: Node, keyword: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _fail(node, keyword, value, "a reference", "a reference is a string such as '#/$defs/name'")
    return value


def _read_ref(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    _follow(schema, node, schema.documents.resolve(_reference(node, keyword, value), node.resource, _where(node, keyword)))


def _read_dynamic_ref(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    target = schema.documents.resolve(_reference(node, keyword, value), node.resource, _where(node, keyword), keyword)
    name = value.rpartition("#")[2]
    if name in target.resource.dynamic_anchors and target.resource.dynamic_anchors[name][0] is target.raw:
        for resource in (schema.documents.main, *node.scope):
            if name in resource.dynamic_anchors:
                raw, pointer = resource.dynamic_anchors[name]
                target = Target(raw, resource, pointer)
                break
    _follow(schema, node, target)


def _read_recursive_ref(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    if _reference(node, keyword, value) != "#":
        raise _fail(node, keyword, value, "'#'", "$recursiveRef knows only '#'")
    resource = node.resource
    if resource.recursive:
        for outer in reversed((schema.documents.main, *node.scope)):
            if not outer.recursive:
                break
            resource = outer
    _follow(schema, node, Target(resource.root, resource, resource.prefix))


def _ignore(schema: Schema, node: Node, keyword: str, value: Any) -> None:
    """Accept a keyword that only structures the document."""


READERS: dict[str, Reader] = {
    "type": _read_type,
    "enum": _read_enum,
    "const": _read_const,
    "multipleOf": _read_multiple,
    "minimum": _read_bound,
    "maximum": _read_bound,
    "exclusiveMinimum": _read_exclusive,
    "exclusiveMaximum": _read_exclusive,
    "minLength": _read_count,
    "maxLength": _read_count,
    "pattern": _read_pattern,
    "format": _read_format,
    "x-grammar": _read_grammar,
    "items": _read_items,
    "prefixItems": _read_schemas,
    "additionalItems": _read_schema,
    "contains": _read_schema,
    "minContains": _read_count,
    "maxContains": _read_count,
    "minItems": _read_count,
    "maxItems": _read_count,
    "uniqueItems": _read_flag,
    "unevaluatedItems": _read_schema,
    "properties": _read_properties,
    "patternProperties": _read_patterns,
    "additionalProperties": _read_schema,
    "unevaluatedProperties": _read_schema,
    "propertyNames": _read_schema,
    "required": _read_required,
    "minProperties": _read_count,
    "maxProperties": _read_count,
    "dependentRequired": _read_dependent_required,
    "dependentSchemas": _read_dependent_schemas,
    "dependencies": _read_dependencies,
    "allOf": _read_schemas,
    "anyOf": _read_schemas,
    "oneOf": _read_schemas,
    "not": _read_schema,
    "if": _read_schema,
    "then": _read_schema,
    "else": _read_schema,
    "$ref": _read_ref,
    "$dynamicRef": _read_dynamic_ref,
    "$recursiveRef": _read_recursive_ref,
}


def read_node(schema: Schema, node: Node) -> None:
    """Check every keyword of a node and fill ``node.parts``."""
    raw = node.raw
    known = node.resource.dialect.keywords
    if node.resource.dialect.ref_alone and "$ref" in raw:
        _read_ref(schema, node, "$ref", raw["$ref"])
        return
    for keyword, value in raw.items():
        if not isinstance(keyword, str):
            raise SchemaError(f"{keyword!r} is not a string, as keys must be", path=node.pointer)
        reader = READERS.get(keyword)
        if reader is not None and (keyword in known or keyword == "x-grammar"):  # ours, whatever the dialect
            reader(schema, node, keyword, value)
    if schema.options.openapi == "3.0" and raw.get("nullable") is True and "type" in raw:
        node.mask |= NULL
    if schema.options.openapi == "3.0" and "discriminator" in raw:
        _read_discriminator(schema, node, raw["discriminator"])
    _settle(node)
    node.trivial = not node.parts and node.mask == EVERY_TYPE


def _read_discriminator(schema: Schema, node: Node, value: Any) -> None:
    """Tie each referenced branch of ``oneOf`` and ``anyOf`` to its names: those that ``mapping`` gives it, else its own."""
    name = value.get("propertyName") if isinstance(value, dict) else None
    mapping = value.get("mapping", {}) if isinstance(value, dict) else None
    if not isinstance(name, str) or not isinstance(mapping, dict):
        raise _fail(node, "discriminator", value, 'an object with "propertyName", and a "mapping" of names to schemas at most')
    for keyword in ("oneOf", "anyOf"):
        literals = node.parts.get(keyword, ())
        for i, (literal, branch) in enumerate(zip(literals, node.raw.get(keyword, ()))):
            reference = branch.get("$ref") if isinstance(branch, dict) else None
            if isinstance(reference, str):
                own = reference.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")
                names = [text for text, target in mapping.items() if target in (reference, own)] or [own]
                tag = {"required": [name], "properties": {name: {"enum": names}}}
                tied = schema.literal(tag, node.resource, node, ("discriminator",), node.scope)
                literals[i] = schema.all_of((literal, tied), node.pointer)


_SETTLED = frozenset(
    (
        *("tuple", "additionalItems", "exclusiveMinimum", "exclusiveMaximum", "then", "else", "minContains", "maxContains"),
        "propertyNames",
    )
)


def _settle(node: Node) -> None:
    """Resolve keywords that depend on their neighbours."""
    parts = node.parts
    if _SETTLED.isdisjoint(parts):
        return
    if "tuple" in parts:
        parts["prefixItems"] = parts.pop("tuple")
        if "additionalItems" in parts:
            parts["items"] = parts.pop("additionalItems")
    parts.pop("additionalItems", None)
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if parts.get(exclusive) is True:
            del parts[exclusive]
            if bound in parts:
                parts[exclusive] = parts.pop(bound)
    if "if" not in parts:
        parts.pop("then", None)
        parts.pop("else", None)
    if "contains" not in parts:
        parts.pop("minContains", None)
        parts.pop("maxContains", None)
    if parts.get("propertyNames") == TRUE_LITERAL:
        del parts["propertyNames"]


def refuse(node: Node, keyword: str, reason: str, hint: str | None = None) -> UnsupportedFeatureError:
    """Return the error for a keyword that cannot be compiled at this place."""
    return UnsupportedFeatureError(keyword, pointer=f"{node.pointer}/{keyword}", reason=reason, hint=hint)
