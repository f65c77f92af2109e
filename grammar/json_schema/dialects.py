"""The drafts of JSON Schema: which keywords each knows, and the few rules that changed between them.

A `Dialect` is picked per schema resource, by ``draft=``, by its ``$schema``, or else `MIXED`: 2020-12 that also understands the keywords
of the older drafts where they do not contradict it (most schemas in the wild name no draft and use ``definitions``, ``dependencies``
and arrays of ``items``). A keyword that a dialect does not know is an annotation there, and reported as one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DRAFT4 = _names(
    "type enum multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern additionalItems items "
    "maxItems minItems uniqueItems maxProperties minProperties required properties patternProperties additionalProperties "
    "dependencies allOf anyOf oneOf not $ref format definitions id $schema"
)
_DRAFT6 = (_DRAFT4 - {"id"}) | {"const", "contains", "propertyNames", "$id"}
_DRAFT7 = _DRAFT6 | {"if", "then", "else"}
_DRAFT2019 = _DRAFT7 | _names(
    "$anchor $recursiveRef $recursiveAnchor $vocabulary $defs dependentRequired dependentSchemas minContains maxContains "
    "unevaluatedItems unevaluatedProperties"
)
_DRAFT2020 = (_DRAFT2019 - {"additionalItems", "$recursiveRef", "$recursiveAnchor"}) | {"prefixItems", "$dynamicRef", "$dynamicAnchor"}

#: keywords that only describe, in every draft
ANNOTATIONS = _names(
    "title description default examples example $comment deprecated readOnly writeOnly contentEncoding contentMediaType contentSchema"
)
#: keywords that structure the document and constrain nothing themselves
STRUCTURE = _names("$schema $id id $anchor $dynamicAnchor $recursiveAnchor $vocabulary $defs definitions")

#: the vocabularies of 2019-09 and 2020-12, by the last part of their address
VOCABULARIES = {
    "core": _names(
        "$id $schema $ref $anchor $dynamicRef $dynamicAnchor $recursiveRef $recursiveAnchor $vocabulary $comment $defs definitions"
    ),
    "applicator": _names(
        "prefixItems items additionalItems contains additionalProperties properties patternProperties dependentSchemas "
        "propertyNames if then else allOf anyOf oneOf not"
    ),
    "unevaluated": frozenset({"unevaluatedItems", "unevaluatedProperties"}),
    "validation": _names(
        "type const enum multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems "
        "minItems uniqueItems maxContains minContains maxProperties minProperties required dependentRequired"
    ),
    "format-annotation": frozenset({"format"}),
    "format-assertion": frozenset({"format"}),
    "format": frozenset({"format"}),
    "meta-data": frozenset(),
    "content": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """One draft's rules.

    Attributes
    ----------
    name : str
    keywords : frozenset of str
    id_keyword : str
        ``"id"`` in draft 4, ``"$id"`` since.
    ref_alone : bool
        ``$ref`` hides its siblings (up to draft 7).
    strict_integers : bool
        ``1.0`` is no integer (draft 4).
    tuple_items : bool
        An array of ``items`` is a tuple (up to 2019-09).
    contains_evaluates : bool
        ``unevaluatedItems`` leaves out what ``contains`` matched (2020-12).
    address : str
        Address of the metaschema.
    """

    name: str
    keywords: frozenset[str]
    address: str
    id_keyword: str = "$id"
    ref_alone: bool = False
    strict_integers: bool = False
    tuple_items: bool = True
    contains_evaluates: bool = False

    def without(self, vocabularies: set[str]) -> Dialect:
        """Return this dialect restricted to the named vocabularies."""
        kept = frozenset(k for v in vocabularies for k in VOCABULARIES[v])
        return replace(self, keywords=self.keywords & kept)


DRAFT4 = Dialect("4", _DRAFT4, "http://json-schema.org/draft-04/schema", "id", ref_alone=True, strict_integers=True)
DRAFT6 = Dialect("6", _DRAFT6, "http://json-schema.org/draft-06/schema", ref_alone=True)
DRAFT7 = Dialect("7", _DRAFT7, "http://json-schema.org/draft-07/schema", ref_alone=True)
DRAFT2019 = Dialect("2019-09", _DRAFT2019, "https://json-schema.org/draft/2019-09/schema")
DRAFT2020 = Dialect("2020-12", _DRAFT2020, "https://json-schema.org/draft/2020-12/schema", tuple_items=False, contains_evaluates=True)
MIXED = replace(
    DRAFT2020, keywords=_DRAFT2020 | _DRAFT2019 | {"dependencies"}, tuple_items=True, address="https://json-schema.org/draft/2020-12/schema"
)

_BY_NAME = {d.name: d for d in (DRAFT4, DRAFT6, DRAFT7, DRAFT2019, DRAFT2020)}
_BY_ADDRESS = {d.address: d for d in _BY_NAME.values()}


def _bare(address: str) -> str:
    bare = address.strip().rstrip("#").removeprefix("https://").removeprefix("http://")
    return ("http://" if bare.startswith("json-schema.org/draft-0") else "https://") + bare


def draft_name(draft: str) -> str | None:
    """Return the canonical name of a draft given by name, number or metaschema address, or None."""
    name = draft.lower().removeprefix("draft").strip("-_ ").removeprefix("0").replace("_", "-")
    name = {"2019": "2019-09", "201909": "2019-09", "2020": "2020-12", "202012": "2020-12"}.get(name, name)
    if name in _BY_NAME:
        return name
    found = _BY_ADDRESS.get(_bare(draft))
    return found.name if found else None


def dialect_named(draft: str) -> Dialect | None:
    """Return the dialect of a draft given by name, number or metaschema address, or None."""
    name = draft_name(draft)
    return _BY_NAME[name] if name else None
