"""What arrays and objects remember of the text: the residual checks of ``uniqueItems`` and on undeclared keys.

While such an array is read, its rule states stand for the items so far and the place in the text where the next one begins. Each item is
*guessed* to be new or to be a repetition, since the rest of the schema may depend on it (``not: {uniqueItems: true}``); the state after
the item checks the guess against the text; one that must repeat is read as one of the values so far, so that masks lead to it. Items are
equal as JSON values: ``1`` and ``1.0``, ``"a"`` and ``"\\u0061"``.

While an object is read whose least number of members undeclared keys may have to make up, its rule states stand for those keys, and a key
that comes again is refused: the object would have one member less than was counted. Where some undeclared member must satisfy a schema,
the key of the first that does is remembered to the end of the object, and refused if it comes again: the last value of a key is the one
that counts.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple

from maskwright.automata.program import Judgement
from maskwright.errors import SchemaError

from .checks import last_string
from .values import Array, Freezer, Object, Value

if TYPE_CHECKING:
    from .arrays import ArrayPlan, Position
    from .cases import Conjunction
    from .program import SchemaProgram

#: texts of items whose values are kept: a mask asks for the same few again and again
KEPT_VALUES = 1_000


class Memory(NamedTuple):
    """Items read so far, and the offset in the remembered text where the next one begins."""

    seen: frozenset[Value | Spelled]
    begin: int


class Spelled(NamedTuple):
    """A value that Python cannot hold, by its spelling: exponents and nesting beyond bounds, integers of too many digits."""

    text: bytes


def is_orderless(value: Value) -> bool:
    """Whether a value read is a constant of the schema in whatever order it is spelled: no object is in it."""
    work = [value]
    while work:
        part = work.pop()
        if isinstance(part, Object):
            return False
        if isinstance(part, Array):
            work += part.items
    return True


class Items:
    """Reads items of one program, so that equal ones become one object."""

    def __init__(self) -> None:
        self._freezer = Freezer()
        self._known: dict[bytes, Value | Spelled] = {}

    def value(self, text: bytes) -> Value | Spelled:
        """Return the value that ``text`` spells."""
        found = self._known.get(text)
        if found is None:
            try:
                found = self._freezer.freeze(json.loads(text, parse_float=Decimal))
            except (SchemaError, RecursionError, ValueError, InvalidOperation):  # the last: exponents beyond those of decimals
                found = Spelled(text.strip())
            if len(self._known) >= KEPT_VALUES:
                self._known.clear()
            self._known[text] = found
        return found


class ItemCheck:
    """The check after an item: is it a repetition or not, as was guessed?"""

    __slots__ = ("_again", "_items", "_memory")

    def __init__(self, items: Items, memory: Memory, again: bool):
        self._items = items
        self._memory = memory
        self._again = again

    def __call__(self, text: bytes) -> bool:
        seen, begin = self._memory
        return (self._items.value(text[begin:]) in seen) == self._again


class Remember(Judgement):
    """Where an array goes when it opens (``memory`` None) or after the comma behind an item: what was read becomes part of the state.

    Attributes
    ----------
    plain : int
        The same rule state without memory, for whoever looks at a program without a text.
    """

    __slots__ = ("_depth", "_items", "_memory", "_plan", "_position", "_program", "cost", "plain")

    def __init__(self, program: SchemaProgram, items: Items, plan: ArrayPlan, position: Position, depth: int, memory: Memory | None):
        self._program = program
        self._items = items
        self._plan = plan
        self._position = position
        self._depth = depth
        self._memory = memory
        self.plain = program.state("opened" if memory is None else "next", plan, position, depth)
        self.cost = program.expand(self.plain).cost

    def __call__(self, text: bytes) -> int:
        place = (self._plan, self._position, self._depth)
        if self._memory is None:
            return self._program.state("opened", *place, Memory(frozenset(), len(text)))
        seen, begin = self._memory
        item = text[begin:].rstrip(b" \t\n\r").removesuffix(b",")
        return self._program.state("next", *place, Memory(seen | {self._items.value(item)}, len(text)))


class NewKey(Judgement):
    """Where an undeclared key leads that may be none of those remembered: to its value, or nowhere.

    Parameters
    ----------
    after : tuple
        Place after the member, without memory.
    keys : frozenset of str
        The keys remembered.
    on : bool
        They are remembered after the member too.
    adds : bool
        So is this one.

    Attributes
    ----------
    plain : int
        The rule state without memory.
    """

    __slots__ = ("_adds", "_after", "_depth", "_keys", "_on", "_program", "_value", "cost", "plain")

    def __init__(self, program: SchemaProgram, value: Conjunction, after: tuple, depth: int, keys: frozenset[str], on: bool, adds: bool):
        self._program = program
        self._value = value
        self._after = after
        self._depth = depth
        self._keys = keys
        self._on = on
        self._adds = adds
        self.plain = program.state("colon", value, program.state("after", *after), depth)
        self.cost = program.expand(self.plain).cost

    def __call__(self, text: bytes) -> int:
        key = last_string(text)
        if key in self._keys:
            return self._program.state("nowhere")
        memory = (self._keys | {key} if self._adds else self._keys,) if self._on else ()
        after = self._program.state("after", *self._after, *memory)
        return self._program.state("colon", self._value, after, self._depth)
