"""What a caller may choose about the JSON texts of a schema: key order, layout, spelling of numbers, formats, draft.

Everything here is checked when it is made, so that the rest of the front end never meets an unusable option.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from maskwright.automata.limits import DEFAULT_LIMITS, Limits
from maskwright.errors import OptionError

from .dialects import draft_name

WHITESPACE = " \t\n\r"


@dataclass(frozen=True, slots=True)
class Separators:
    """Exactly the layout of ``json.dumps(value, separators=(item, key), indent=indent)``.

    Parameters
    ----------
    item, key : str
        Text between items and between a key and its value: a comma (a colon) with JSON whitespace around it. As in `json.dumps`, ``item``
        is ``", "`` unless an indent is given, then ``","``.
    indent : int or str, optional
        As in `json.dumps`: each item on its own line, indented by so many blanks (or copies of the string) per level. None: one line.

    Examples
    --------
    >>> Separators(",", ":").key
    ':'
    """

    item: str | None = None
    key: str = ": "
    indent: int | str | None = None

    def __post_init__(self) -> None:
        if self.item is None:
            object.__setattr__(self, "item", ", " if self.indent is None else ",")
        for name, text, sign in (("item", self.item, ","), ("key", self.key, ":")):
            if not isinstance(text, str) or text.strip(WHITESPACE) != sign:
                raise OptionError(f"whitespace=Separators({name})", text, f"{sign!r} with JSON whitespace around it")
        if isinstance(self.indent, str) and self.indent.strip(WHITESPACE):
            raise OptionError("whitespace=Separators(indent)", self.indent, "JSON whitespace")
        if isinstance(self.indent, bool) or (isinstance(self.indent, int) and not 0 <= self.indent <= 64):
            raise OptionError(
                "whitespace=Separators(indent)", self.indent, "None, a number of blanks from 0 to 64, or a string of whitespace"
            )

    @property
    def unit(self) -> str | None:
        """The text of one level of indentation, or None for one line."""
        return " " * self.indent if isinstance(self.indent, int) else self.indent


def _check(option: str, value: Any, allowed: tuple[Any, ...]) -> None:
    if not isinstance(value, str) or value not in allowed:
        raise OptionError(option, value, " or ".join(repr(a) for a in allowed))


@dataclass(frozen=True, slots=True)
class SchemaOptions:
    """Options of `compile` for a JSON Schema.

    Attributes
    ----------
    key_order : {"schema", "any"}
        Members in the order of first mention in the schema, or in every order.
    whitespace : {"bounded", "compact", "any"} or Separators
        Where whitespace may stand; see `whitespace`.
    numbers : {"exact", "float64"}
        Numbers of any length, or only spellings that keep their value as a Python float.
    formats : {"assert", "annotate"}
        Whether ``format`` is enforced.
    escapes : {"any", "plain"}
        Every spelling of a string, or only those without needless escapes: characters that can stand raw do, ``"\\u0061"`` is no ``a``.
        Then keys and constants are forced.
    additional_properties : {"schema", "forbid"}
        ``"forbid"``: an object with declared members admits only keys that the schema mentions, unless it speaks of other keys itself.
    draft : str or int, optional
        ``"4"``, ``"6"``, ``"7"``, ``"2019-09"``, ``"2020-12"`` or the address of the metaschema; None reads ``$schema``.
    registry : referencing.Registry or mapping of addresses to documents, optional
        Documents that references may name. Nothing is ever fetched.
    openapi : {"3.0", "3.1"}, optional
        Read the schema as OpenAPI does: ``nullable`` and ``discriminator`` (3.0).
    limits : Limits, optional
    """

    key_order: str = "schema"
    whitespace: str | Separators = "bounded"
    numbers: str = "exact"
    formats: str = "assert"
    escapes: str = "any"
    additional_properties: str = "schema"
    draft: str | int | None = None
    registry: Any = None
    openapi: str | None = None
    limits: Limits | None = field(default=None)

    def __post_init__(self) -> None:
        _check("key_order", self.key_order, ("schema", "any"))
        if not isinstance(self.whitespace, Separators):
            _check("whitespace", self.whitespace, ("bounded", "compact", "any"))
        _check("numbers", self.numbers, ("exact", "float64"))
        _check("formats", self.formats, ("assert", "annotate"))
        _check("escapes", self.escapes, ("any", "plain"))
        _check("additional_properties", self.additional_properties, ("schema", "forbid"))
        if self.openapi is not None:
            _check("openapi", self.openapi, ("3.0", "3.1"))
        if self.draft is not None and draft_name(str(self.draft)) is None:
            raise OptionError("draft", self.draft, "'4', '6', '7', '2019-09' or '2020-12'")
        if self.registry is not None and not isinstance(self.registry, Mapping) and not hasattr(self.registry, "get_or_retrieve"):
            raise OptionError("registry", self.registry, "a mapping of addresses to schemas, or a referencing.Registry")
        if self.limits is not None and not isinstance(self.limits, Limits):
            raise OptionError("limits", self.limits, "a Limits object")

    @property
    def budget(self) -> Limits:
        """The limits in force."""
        return self.limits or DEFAULT_LIMITS
