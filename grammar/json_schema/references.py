"""Schema resources, anchors and references.

A *resource* is a schema with an address of its own: the document, a subschema with ``$id``, a document of the caller's registry, a
metaschema. References are resolved against the address of the resource they stand in (RFC 3986), then inside the target by JSON pointer or
anchor. Nothing is fetched: documents come from the ``registry`` option (a `referencing.Registry`, or a mapping of addresses to
documents), and the metaschemas from the package jsonschema-specifications where it is installed.

Resources are indexed only when a reference needs it: a document whose references are all ``#/...`` is never crawled. The index looks at the
places where the dialect has subschemas, so an ``$id`` inside ``enum`` or an unknown keyword is none.

Refused: crawling with `referencing` itself, which raises bare AttributeErrors on malformed documents (an array of ``items`` under
2020-12 among them) and would cost more than the rest of compiling a small schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import unquote, urldefrag, urljoin

from maskwright.errors import SchemaError, UnsupportedFeatureError

from .dialects import MIXED, VOCABULARIES, Dialect, dialect_named
from .values import Where

_IN_VALUE = (
    "additionalProperties",
    "additionalItems",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_IN_LIST = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
_IN_MAP = ("$defs", "definitions", "dependentSchemas", "dependencies", "patternProperties", "properties")
_ALWAYS = frozenset({"$defs", "definitions", "contentSchema"})


def escape(token: object) -> str:
    """Return a JSON pointer's reference token."""
    return str(token).replace("~", "~0").replace("/", "~1")


class Resource:
    """A schema with an address.

    Attributes
    ----------
    uri : str
    root : dict or bool
    dialect : Dialect
    prefix : str
        JSON pointer of the root as shown to the user; starts with the address where it lies in another document.
    outer : Resource or None
        The resource it is embedded in.
    """

    __slots__ = ("_anchors", "_dynamic", "dialect", "embedded", "outer", "prefix", "root", "uri")

    def __init__(self, uri: str, root: Any, dialect: Dialect, prefix: str, outer: Resource | None = None):
        self.uri = uri
        self.outer = outer
        self.root = root
        self.dialect = dialect
        self.prefix = prefix
        self._anchors: dict[str, tuple[Any, str]] | None = None
        self._dynamic: dict[str, tuple[Any, str]] = {}
        #: resources found inside, once indexed
        self.embedded: list[tuple[Any, str]] = []

    def index(self, id_keyword: str) -> None:
        """Find anchors and embedded resources (not what lies inside the latter)."""
        self._anchors = {}
        stack: list[tuple[Any, str]] = [(self.root, self.prefix)]
        while stack:
            raw, pointer = stack.pop()
            if not isinstance(raw, dict):
                continue
            if raw is not self.root and embedded_id(raw, id_keyword, self.dialect) is not None:
                self.embedded.append((raw, pointer))
                continue
            self._note(raw, pointer, id_keyword)
            stack.extend(_subschemas(raw, pointer, self.dialect))

    def _note(self, raw: dict, pointer: str, id_keyword: str) -> None:
        assert self._anchors is not None
        keywords = self.dialect.keywords
        own_id = raw.get(id_keyword)
        if isinstance(own_id, str) and own_id.startswith("#"):
            self._anchors.setdefault(own_id[1:], (raw, pointer))
        if isinstance(raw.get("$anchor"), str) and "$anchor" in keywords:
            self._anchors.setdefault(raw["$anchor"], (raw, pointer))
        if isinstance(raw.get("$dynamicAnchor"), str) and "$dynamicAnchor" in keywords:
            self._anchors.setdefault(raw["$dynamicAnchor"], (raw, pointer))
            self._dynamic.setdefault(raw["$dynamicAnchor"], (raw, pointer))

    @property
    def anchors(self) -> dict[str, tuple[Any, str]]:
        """Plain and dynamic anchors: name to (schema, pointer)."""
        if self._anchors is None:
            self.index(self.dialect.id_keyword)
        assert self._anchors is not None
        return self._anchors

    @property
    def dynamic_anchors(self) -> dict[str, tuple[Any, str]]:
        """Dynamic anchors: name to (schema, pointer)."""
        return self._dynamic if self.anchors is not None else {}

    @property
    def recursive(self) -> bool:
        """Whether the root says ``"$recursiveAnchor": true``."""
        return isinstance(self.root, dict) and self.root.get("$recursiveAnchor") is True


class Target(NamedTuple):
    """Where a reference leads."""

    raw: Any
    resource: Resource
    pointer: str


def embedded_id(raw: dict, id_keyword: str, dialect: Dialect) -> str | None:
    """Return the address that a subschema gives itself, or None."""
    own = raw.get(id_keyword)
    if not isinstance(own, str) or own.startswith("#") or (dialect.ref_alone and "$ref" in raw):
        return None
    return own


def _subschemas(raw: dict, pointer: str, dialect: Dialect) -> Iterator[tuple[Any, str]]:
    known = dialect.keywords | _ALWAYS
    for keyword in _IN_VALUE:
        if keyword in known and isinstance(raw.get(keyword), dict):
            yield raw[keyword], f"{pointer}/{keyword}"
    for keyword in _IN_LIST:
        if keyword in known and isinstance(raw.get(keyword), (list, tuple)):
            yield from ((child, f"{pointer}/{keyword}/{i}") for i, child in enumerate(raw[keyword]))
    for keyword in _IN_MAP:
        if keyword in known and isinstance(raw.get(keyword), dict):
            yield from ((child, f"{pointer}/{keyword}/{escape(name)}") for name, child in raw[keyword].items())


class Documents:
    """All resources a compilation can see.

    Parameters
    ----------
    root : dict or bool
        The schema to compile.
    registry : referencing.Registry, mapping, or None
    draft : Dialect, optional
        Overrides ``$schema`` of the root; a metaschema of that same draft may still choose among its vocabularies.
    """

    def __init__(self, root: Any, registry: Any = None, draft: Dialect | None = None):
        self._registry = registry
        self._root = root
        self._resources: dict[str, Resource] = {}
        self._indexed: set[int] = set()
        #: what ``$schema`` says where it names no draft and no metaschema that is there; the inherited dialect is taken then, and reported
        self.unknown: set[str] = set()
        self.default = draft or MIXED
        dialect = self._with_vocabularies(root, draft) if draft else self.dialect_of(root, MIXED)
        own = embedded_id(root, dialect.id_keyword, dialect) if isinstance(root, dict) else None
        self.main = Resource(urldefrag(own or "")[0], root, dialect, "")
        self._resources[self.main.uri] = self.main

    def dialect_of(self, raw: Any, inherited: Dialect, pointer: str = "") -> Dialect:
        """Return the dialect that a resource's ``$schema`` names, or the inherited one."""
        if not isinstance(raw, dict) or "$schema" not in raw:
            return inherited
        address = raw["$schema"]
        if not isinstance(address, str):
            if raw is not self._root:               # a pointer may pass through a map of members, one of them named $schema
                return inherited
            hint = "name a draft, such as 'https://json-schema.org/draft/2020-12/schema', or leave it out"
            shown = f"{address!r:.80} is not the address of a metaschema"
            raise SchemaError(shown, path=f"{pointer}/$schema", keyword="$schema", hint=hint)
        found = dialect_named(address)
        if found is not None:
            return found
        if "draft-03" in address or "draft-02" in address or "draft-01" in address:
            raise UnsupportedFeatureError(
                "$schema", pointer="", reason=f"{address} is older than draft 4", hint="rewrite it for a later draft"
            )
        found = self._custom_dialect(address)
        if found is None:
            self.unknown.add(address)
        return found or inherited

    def _with_vocabularies(self, root: Any, draft: Dialect) -> Dialect:
        address = root.get("$schema") if isinstance(root, dict) else None
        if not isinstance(address, str) or dialect_named(address) is not None:
            return draft
        custom = self._custom_dialect(address)
        return custom if custom is not None and custom.name == draft.name else draft

    def _custom_dialect(self, address: str) -> Dialect | None:
        """Read the vocabularies of a metaschema from the registry."""
        meta = self._from_registry(urldefrag(address)[0])
        if not isinstance(meta, dict):
            return None
        base = dialect_named(str(meta.get("$schema", ""))) or MIXED
        wanted = meta.get("$vocabulary")
        if not isinstance(wanted, dict):
            return base
        names = set()
        for vocabulary, required in wanted.items():
            name = vocabulary.rsplit("/", 1)[-1]
            if vocabulary.startswith("https://json-schema.org/draft/") and name in VOCABULARIES:
                names.add(name)
            elif required:
                raise UnsupportedFeatureError("$vocabulary", pointer="/$schema", reason=f"the vocabulary {vocabulary} is unknown")
        return base.without(names)

    # finding resources ----------------------------------------------------------------------------------------------------------------

    def enter(self, raw: dict, parent: Resource, pointer: str) -> Resource:
        """Return the resource that subschema ``raw`` of ``parent`` belongs to: its own if it has an address."""
        dialect = parent.dialect
        if "$schema" in raw and raw is not parent.root:
            dialect = self.dialect_of(raw, dialect, pointer)
        own = embedded_id(raw, dialect.id_keyword, dialect)
        if own is None or raw is parent.root:
            return parent
        uri = urldefrag(urljoin(parent.uri, own))[0]
        found = self._resources.get(uri)
        if found is None or found.root is not raw:
            made = Resource(uri, raw, dialect, pointer, parent)
            found = self._resources.setdefault(uri, made)
            if found.root is not raw:
                return made
        return found

    def _index_all(self, id_keyword: str | None = None) -> None:
        """Enter every embedded resource of every resource known."""
        queue = list(self._resources.values())
        while queue:
            resource = queue.pop()
            if id_keyword is None and id(resource) in self._indexed:
                continue
            self._indexed.add(id(resource))
            if id_keyword is None:
                _ = resource.anchors
            else:
                resource.embedded = []
                resource.index(id_keyword)
            for raw, pointer in resource.embedded:
                before = len(self._resources)
                if id_keyword is None:
                    inner = self.enter(raw, resource, pointer)
                else:
                    inner = Resource(urldefrag(urljoin(resource.uri, raw[id_keyword]))[0], raw, resource.dialect, pointer)
                    self._resources.setdefault(inner.uri, inner)
                if len(self._resources) > before:
                    queue.append(inner)

    def _from_registry(self, uri: str) -> Any:
        """Return a document of the caller's registry, or a bundled metaschema, or None."""
        registry = self._registry
        if registry is not None and hasattr(registry, "get_or_retrieve"):
            from referencing.exceptions import NoSuchResource, Unretrievable

            try:
                return registry.get_or_retrieve(uri).value.contents
            except (NoSuchResource, Unretrievable, KeyError):
                pass
        elif isinstance(registry, Mapping):
            for address in (uri, uri + "#"):
                if address in registry:
                    found = registry[address]
                    return getattr(found, "contents", found)
        return metaschema(uri)

    def lookup(self, uri: str) -> Resource | None:
        """Return the resource with an absolute address, or None."""
        found = self._resources.get(uri)
        if found is None:
            self._index_all()
            found = self._resources.get(uri)
        if found is None:
            contents = self._from_registry(uri)
            if contents is not None:
                found = Resource(uri, contents, self.dialect_of(contents, self.default), uri + "#")
                self._resources[uri] = found
                own = embedded_id(contents, found.dialect.id_keyword, found.dialect) if isinstance(contents, dict) else None
                if own:
                    found.uri = urldefrag(urljoin(uri, own))[0]
                    self._resources.setdefault(found.uri, found)
        if found is None and self.main.dialect is MIXED:
            self._index_all("id")
            found = self._resources.get(uri)
        return found

    # references ---------------------------------------------------------------------------------------------------------------------

    def resolve(self, reference: str, resource: Resource, where: Where, keyword: str = "$ref") -> Target:
        """Return what a reference names.

        Raises
        ------
        SchemaError
            If there is nothing.
        """
        if reference.startswith("#"):
            fragment = reference[1:]
        else:
            uri, fragment = urldefrag(urljoin(resource.uri, reference))
            found = resource if uri == resource.uri else self.lookup(uri)
            if found is None:
                raise SchemaError(
                    f"{keyword} {reference!r}: no document {uri!r} is known",
                    path=where(),
                    keyword=keyword,
                    hint="pass it with registry={address: document}; nothing is fetched from the network",
                )
            resource = found
        if not fragment:
            return Target(resource.root, resource, resource.prefix)
        if "%" in fragment:
            fragment = unquote(fragment)
        if fragment.startswith("/"):
            return self._pointed(fragment, reference, resource, where, keyword)
        self._index_all()
        if fragment not in resource.anchors:
            raise SchemaError(
                f"{keyword} {reference!r}: there is no anchor {fragment!r} in {resource.uri or 'the document'!r}",
                path=where(),
                keyword=keyword,
                hint="known anchors: " + (", ".join(sorted(resource.anchors)[:10]) or "none"),
            )
        raw, pointer = resource.anchors[fragment]
        return Target(raw, resource, pointer)

    def _pointed(self, fragment: str, reference: str, resource: Resource, where: Where, keyword: str) -> Target:
        """Follow a JSON pointer; where it leads nowhere, from the resource around (documents bundled carelessly rely on that)."""
        tried = [resource]
        while tried[-1].outer is not None:
            tried.append(tried[-1].outer)
        for at in tried[:-1]:
            with suppress(SchemaError):
                return self._walk(fragment, reference, at, where, keyword)
        return self._walk(fragment, reference, tried[-1], where, keyword)

    def _walk(self, fragment: str, reference: str, resource: Resource, where: Where, keyword: str) -> Target:
        at: Any = resource.root
        pointer = resource.prefix
        for token in fragment.split("/")[1:]:
            name = token.replace("~1", "/").replace("~0", "~")
            if isinstance(at, dict) and name in at:
                at = at[name]
            elif isinstance(at, (list, tuple)) and name.isascii() and name.isdigit() and int(name) < len(at):
                at = at[int(name)]
            else:
                raise SchemaError(
                    f"{keyword} {reference!r}: there is no {name!r} at {pointer or 'the root'}",
                    path=where(),
                    keyword=keyword,
                    hint=_nearby(name, at),
                )
            pointer = f"{pointer}/{token}"
            if isinstance(at, dict):
                resource = self.enter(at, resource, pointer)
        return Target(at, resource, pointer)


def _nearby(name: str, at: Any) -> str:
    from difflib import get_close_matches

    if not isinstance(at, dict):
        return f"a {type(at).__name__} stands there"
    close = get_close_matches(name, [k for k in at if isinstance(k, str)], 3)
    if close:
        return "did you mean " + " or ".join(repr(c) for c in close) + "?"
    return "known names: " + (", ".join(repr(k) for k in list(at)[:10]) or "none")


def metaschema(uri: str) -> Any:
    """Return the contents of a draft's metaschema, or None; needs the package jsonschema-specifications."""
    if not uri.startswith(("http://json-schema.org/", "https://json-schema.org/")):
        return None
    try:
        from jsonschema_specifications import REGISTRY
    except ImportError:
        return None
    for address in (uri, uri + "#"):
        if address in REGISTRY:
            return REGISTRY[address].contents
    return None
