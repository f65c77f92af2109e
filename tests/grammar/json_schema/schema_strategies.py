"""Random schemas that nest the boolean keywords, and instances that have something to do with them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

KEYS = ["a", "b", "ab", "c"]
STRINGS = ["", "a", "b", "ab", "ba", "aab", "é", '"', "10"]
NUMBERS: list[Any] = [0, 1, 2, 3, 5, -1, 10, 1.5, 0.5, 100]
PATTERNS = ["^a", "b$", "^ab?$", "a", "^.{2,}$", "^[^a]*$", r"(.)\1", r"^(a|b)\1$"]


def instances() -> st.SearchStrategy[Any]:
    """Draw small JSON values over the vocabulary of the schemas."""
    leaves = st.none() | st.booleans() | st.sampled_from(NUMBERS) | st.sampled_from(STRINGS)

    def extend(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*KEYS, "x", "bb"]), inner, max_size=4)

    return st.recursive(leaves, extend, max_leaves=8)


def _strings() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {}, optional={"minLength": st.integers(0, 3), "maxLength": st.integers(0, 3), "pattern": st.sampled_from(PATTERNS)}
    )


def _numbers() -> st.SearchStrategy[dict[str, Any]]:
    optional = {
        "minimum": st.sampled_from([0, 1, 1.5]),
        "maximum": st.sampled_from([2, 5, 1.5]),
        "exclusiveMinimum": st.sampled_from([0, 1]),
        "exclusiveMaximum": st.sampled_from([3, 10]),
        "multipleOf": st.sampled_from([1, 2, 0.5]),
    }
    return st.fixed_dictionaries({}, optional=optional)


def _arrays(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    optional = {
        "items": inner,
        "prefixItems": st.lists(inner, min_size=1, max_size=2),
        "minItems": st.integers(0, 2),
        "maxItems": st.integers(0, 3),
        "contains": inner,
        "minContains": st.integers(0, 2),
        "maxContains": st.integers(0, 2),
        "unevaluatedItems": inner,
        "uniqueItems": st.booleans(),
    }
    return st.fixed_dictionaries({}, optional=optional)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    keys = st.sampled_from(KEYS)
    optional = {
        "properties": st.dictionaries(keys, inner, max_size=3),
        "required": st.lists(keys, max_size=2, unique=True),
        "additionalProperties": inner,
        "patternProperties": st.dictionaries(st.sampled_from(PATTERNS), inner, min_size=1, max_size=2),
        "propertyNames": _strings(),
        "minProperties": st.integers(0, 2),
        "maxProperties": st.integers(0, 3),
        "dependentRequired": st.dictionaries(keys, st.lists(keys, max_size=2, unique=True), max_size=2),
        "dependentSchemas": st.dictionaries(keys, inner, max_size=1),
        "unevaluatedProperties": inner,
    }
    return st.fixed_dictionaries({}, optional=optional)


def _combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(inner, min_size=1, max_size=3)
    optional = {"allOf": several, "anyOf": several, "oneOf": several, "not": inner, "if": inner, "then": inner, "else": inner}
    return st.fixed_dictionaries({}, optional=optional)


@st.composite
def _sparse(draw: Any, strategy: st.SearchStrategy[dict[str, Any]], limit: int) -> dict[str, Any]:
    """Keep few keywords, so that schemas are not all unsatisfiable."""
    whole = draw(strategy)
    kept = draw(st.lists(st.sampled_from(sorted(whole)), max_size=limit, unique=True)) if whole else []
    return {keyword: whole[keyword] for keyword in kept}


def schemas() -> st.SearchStrategy[Any]:
    """Draw schemas of every keyword but references."""
    types = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
    leaves = (
        st.booleans()
        | st.just({})
        | st.builds(lambda t: {"type": t}, types | st.lists(types, min_size=1, max_size=3, unique=True))
        | st.builds(lambda v: {"enum": v}, st.lists(instances(), min_size=1, max_size=3))
        | st.builds(lambda v: {"const": v}, instances())
        | _strings()
        | _numbers()
    )

    def extend(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        parts = st.tuples(
            _sparse(_objects(inner), 4) | _sparse(_arrays(inner), 3) | _sparse(_combined(inner), 2),
            st.just({}) | _sparse(_combined(inner), 2) | st.builds(lambda t: {"type": t}, types),
        )
        return parts.map(lambda pair: {**pair[1], **pair[0]})

    return st.recursive(leaves, extend, max_leaves=22)
