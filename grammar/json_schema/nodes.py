"""Schema objects, read once: the eager linear pass over the document.

A `Node` is one schema object with its keywords checked and converted, its subschemas replaced by *literals*: ``2 * node`` for the
subschema, ``2 * node + 1`` for its negation. Literal 0 is the schema ``true``, literal 1 ``false``. What can be wrong with a schema is
found here (`SchemaError`, `RegexSyntaxError`, `UnsupportedFeatureError`); nothing is expanded.

Only what the root reaches by applicators and references is read: an unused definition may hold anything. The same subschema read in two
dynamic scopes is two nodes, because ``$dynamicRef`` may lead elsewhere. Pointers are made when asked for, since the pointers of a deep
document take quadratic space.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any

from maskwright.automata.limits import Limits, tick
from maskwright.errors import SchemaError

from .dialects import dialect_named
from .formats import format_known
from .options import SchemaOptions
from .references import Documents, Resource, escape
from .values import Freezer, Value

TRUE_LITERAL = 0
FALSE_LITERAL = 1

NULL, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT = 1, 2, 4, 8, 16, 32
TYPES = (NULL, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT)
EVERY_TYPE = 63
TYPE_NAMES = {NULL: "null", BOOLEAN: "boolean", NUMBER: "number", STRING: "string", ARRAY: "array", OBJECT: "object"}

#: keywords that apply subschemas to the same value
IN_PLACE = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "refs", "dependentSchemas"})


class Node:
    """One schema object.

    Attributes
    ----------
    id : int
    raw : dict
        As written; for synthetic nodes (a constant, a disjunction made on the way) a description.
    parts : dict
        Checked keywords in textual order; subschemas as literals.
    mask : int
        Types that ``type`` admits.
    integer : bool
        Numbers must be integers by ``type``.
    scope : tuple of Resource
        Resources entered on the way here, outermost first, the main document left out.
    """

    __slots__ = ("_parent", "_tokens", "id", "integer", "looped", "mask", "parts", "raw", "resource", "scope", "synthetic", "trivial")

    def __init__(
        self, number: int, raw: Any, parent: Node | str, tokens: tuple[object, ...], resource: Resource, scope: tuple[Resource, ...]
    ):
        self.id = number
        self.raw = raw
        self._parent = parent
        self._tokens = tokens
        self.resource = resource
        self.scope = scope
        self.parts: dict[str, Any] = {}
        self.mask = EVERY_TYPE
        self.integer = False
        self.trivial = False
        self.synthetic = False
        self.looped = False

    @property
    def pointer(self) -> str:
        """JSON pointer of the schema object."""
        pieces: list[str] = []
        at: Node | str = self
        while isinstance(at, Node):
            pieces.extend("/" + escape(token) for token in reversed(at._tokens))
            at = at._parent
        pieces.append(at)
        return "".join(reversed(pieces))


class Schema:
    """A whole schema, read: nodes by number, the root's literal, what was noticed on the way.

    Parameters
    ----------
    root : dict or bool
    options : SchemaOptions
    """

    def __init__(self, root: Any, options: SchemaOptions):
        self.options = options
        self.limits: Limits = options.budget
        draft = dialect_named(str(options.draft)) if options.draft is not None else None
        self.documents = Documents(root, options.registry, draft)
        self.nodes: list[Node] = []
        self.freezer = Freezer()
        self._by_content: dict[Hashable, int] = {}
        self._queue: list[Node] = []
        self._synthetic: dict[Hashable, int] = {}
        main = self.documents.main
        trivial = self._add(True, "", (), main, ())
        trivial.trivial = True
        self.root = self.literal(root, main, "", (), ())
        self._read_all()
        check_loops(self)

    # reading ------------------------------------------------------------------------------------------------------------------------

    def _add(self, raw: Any, parent: Node | str, tokens: tuple[object, ...], resource: Resource, scope: tuple[Resource, ...]) -> Node:
        node = Node(len(self.nodes), raw, parent, tokens, resource, scope)
        self.nodes.append(node)
        self.limits.check("nodes", node.id)
        return node

    def literal(self, raw: Any, resource: Resource, parent: Node | str, tokens: tuple[object, ...], scope: tuple[Resource, ...]) -> int:
        """Return the literal of a subschema, queueing it to be read if it is new."""
        if raw is True or (isinstance(raw, dict) and not raw):
            return TRUE_LITERAL
        if raw is False:
            return FALSE_LITERAL
        if not isinstance(raw, dict):
            place = Node(-1, raw, parent, tokens, resource, scope).pointer
            raise SchemaError(
                f"{_shown(raw)} is not a schema",
                path=place,
                keyword=str(tokens[0]) if tokens else None,
                hint="a schema is an object, true or false",
            )
        if scope or resource.dialect.id_keyword in raw or "$schema" in raw:
            scope, resource = self._enter(raw, resource, parent, tokens, scope)
        key = (id(raw), resource.uri, tuple(map(id, scope)))
        found = self._by_content.get(key)
        if found is None:
            node = self._add(raw, parent, tokens, resource, scope)
            found = self._by_content[key] = node.id
            self._queue.append(node)
        return 2 * found

    def _enter(
        self, raw: dict, resource: Resource, parent: Node | str, tokens: tuple[object, ...], scope: tuple[Resource, ...]
    ) -> tuple[tuple[Resource, ...], Resource]:
        if resource.dialect.id_keyword in raw or "$schema" in raw:
            before = resource
            place = Node(-1, raw, parent, tokens, resource, scope).pointer
            resource = self.documents.enter(raw, resource, place)
            if resource is not before:
                scope = self.entered(scope, resource)
        return scope, resource

    def entered(self, scope: tuple[Resource, ...], resource: Resource) -> tuple[Resource, ...]:
        """Return the dynamic scope after entering ``resource``: only what dynamic references can tell apart is kept."""
        if resource is self.documents.main or resource in scope:
            return scope
        if resource.dynamic_anchors or resource.recursive or any(r.recursive for r in (self.documents.main, *scope)):
            return (*scope, resource)
        return scope

    def _read_all(self) -> None:
        from .keywords import read_node

        queue = self._queue
        at = 0
        while at < len(queue):
            tick()
            read_node(self, queue[at])
            at += 1
        queue.clear()

    def asserts_format(self, name: str, node: Node) -> bool:
        """Whether ``format: name`` is enforced at a node."""
        return self.options.formats == "assert" and format_known(name, node.resource.dialect.name)

    # synthetic nodes ------------------------------------------------------------------------------------------------------------------

    def _synthesize(self, key: Hashable, keyword: str, payload: Any, shown: Any, near: str) -> int:
        found = self._synthetic.get(key)
        if found is None:
            node = self._add(shown, near, (), self.documents.main, ())
            node.parts[keyword] = payload
            node.synthetic = True
            found = self._synthetic[key] = 2 * node.id
        return found

    def constant(self, value: Value, near: str = "") -> int:
        """Return the literal of the schema that only ``value`` satisfies."""
        return self._synthesize(("const", value), "enum", (value,), {"const": value}, near)

    def all_of(self, literals: Iterable[int], near: str = "") -> int:
        """Return the literal of the conjunction of literals."""
        parts = tuple(literals)
        return self._synthesize(("allOf", parts), "allOf", list(parts), {"allOf": parts}, near)

    def any_of(self, literals: Iterable[int], near: str = "") -> int:
        """Return the literal of the disjunction of literals."""
        choices = tuple(sorted(set(literals)))
        if len(choices) == 1:
            return choices[0]
        return self._synthesize(("anyOf", choices), "anyOf", list(choices), {"anyOf": choices}, near)

    def pointer(self, literal: int) -> str:
        """Return the JSON pointer of a literal's schema object."""
        return self.nodes[literal >> 1].pointer


def _shown(raw: Any) -> str:
    text = repr(raw) if isinstance(raw, (str, int, float, type(None))) else f"a {type(raw).__name__}"
    return text if len(text) <= 80 else text[:77] + "..."


def in_place(node: Node) -> Iterator[tuple[str, int]]:
    """Yield the literals that a node applies to the same value, with the keyword that does."""
    for keyword, payload in node.parts.items():
        if keyword not in IN_PLACE:
            continue
        literals = [payload] if isinstance(payload, int) else payload.values() if isinstance(payload, dict) else payload
        yield from ((keyword, literal) for literal in literals)


def check_loops(schema: Schema) -> None:
    """Find schemas that refer to themselves about the same value.

    Through references and ``allOf`` alone, no value ever satisfies such a schema (there is no finite proof): it becomes ``false``.
    Through other keywords no draft gives it a meaning, and `SchemaError` is raised.
    """
    done = bytearray(len(schema.nodes))
    for first in range(len(schema.nodes)):
        if done[first] or IN_PLACE.isdisjoint(schema.nodes[first].parts):
            continue
        stack = [(first, "", in_place(schema.nodes[first]))]
        done[first] = 1
        while stack:
            number, _, rest = stack[-1]
            for keyword, literal in rest:
                child = literal >> 1
                if done[child] == 1:
                    at = next(i for i, (other, _, _) in enumerate(stack) if other == child)
                    _cut_loop(schema.nodes[child], {keyword, *(via for _, via, _ in stack[at + 1 :])})
                elif not done[child]:
                    done[child] = 1
                    stack.append((child, keyword, in_place(schema.nodes[child])))
                    break
            else:
                stack.pop()
                done[number] = 2


def _cut_loop(node: Node, keywords: set[str]) -> None:
    if not keywords <= {"refs", "allOf"}:
        raise SchemaError(
            "the schema refers back to itself for the same value, so it has no meaning",
            path=node.pointer,
            keyword="$ref",
            hint="a recursive reference must pass through properties, items or another keyword that moves into the value",
        )
    node.mask = 0
    node.looped = True
