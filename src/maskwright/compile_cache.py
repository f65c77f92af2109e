"""What `compile` has compiled before on a vocabulary, so that the same constraint again costs a lookup.

The key holds everything that can make a difference: kind, content with the order of its keys (`marshal`, which unlike JSON tells ``1`` from
``1.0`` and ``True`` and refuses what it cannot write exactly), options with their types, limits. What has no such key (a registry, Python
objects but for classes) is compiled anew each time. A hit is a twin: another `Constraint` on the same tables, warm as they are, with a
``reset()`` of its own. Entries go with the tables they were compiled on: a vocabulary that renews these forgets the entries.
"""

from __future__ import annotations

import marshal
from collections import OrderedDict
from typing import Any

from maskwright.automata.constraint import Constraint
from maskwright.automata.vocabulary import Vocabulary

#: constraints kept per vocabulary
KEPT = 64
#: bytes of keys kept per vocabulary
KEPT_BYTES = 2**24


def key_of(kind: str, value: Any, options: dict[str, Any]) -> tuple | None:
    """Return what identifies a constraint on its vocabulary, or None if nothing does."""
    try:
        content = value if isinstance(value, type) else marshal.dumps(value, 2)
        key = (kind, content, tuple(sorted((name, type(option), option) for name, option in options.items())))
        hash(key)
    except (TypeError, ValueError):
        return None
    return key


def snapshot(value: Any, key: tuple | None) -> Any:
    """Return a copy of ``value``, known by ``key``: schemas are read as decoding comes to them, and later changes must not show."""
    if not isinstance(value, (dict, list)):
        return value
    if key is not None:
        return marshal.loads(key[1])
    # not marshalled: decimals, deep nesting; shared parts stay shared, cycles stay cycles
    copies: dict[int, Any] = {id(value): {} if isinstance(value, dict) else []}
    work = [value]
    while work:
        source = work.pop()
        copy = copies[id(source)]
        for name, part in source.items() if isinstance(source, dict) else enumerate(source):
            if isinstance(part, (dict, list)):
                if id(part) not in copies:
                    copies[id(part)] = {} if isinstance(part, dict) else []
                    work.append(part)
                part = copies[id(part)]
            if isinstance(source, dict):
                copy[name] = part
            else:
                copy.append(part)
    return copies[id(value)]


def find(vocabulary: Vocabulary, key: tuple | None) -> Constraint | None:
    """Return a twin of the constraint compiled under ``key``, or None."""
    entries = vocabulary._compiled
    if key is None or not entries:
        return None
    with vocabulary._lock:
        found = entries.get(key)
        if found is None or not found.is_current:
            return None
        entries.move_to_end(key)
        return found.twin()


def keep(vocabulary: Vocabulary, key: tuple | None, constraint: Constraint) -> None:
    """Remember ``constraint`` under ``key``."""
    if key is None:
        return
    with vocabulary._lock:
        entries: _Entries | None = vocabulary._compiled
        if entries is None or (entries and not next(reversed(entries.values())).is_current):
            entries = vocabulary._compiled = _Entries()
        before = entries.pop(key, None)
        entries.nbytes += 0 if before is not None else _size(key)
        entries[key] = constraint.twin()
        while len(entries) > KEPT or (entries.nbytes > KEPT_BYTES and entries):
            oldest, _ = entries.popitem(last=False)
            entries.nbytes -= _size(oldest)


class _Entries(OrderedDict[tuple, Constraint]):
    """Constraints by key, least recently used first, with the bytes of their keys."""

    nbytes = 0


def _size(key: tuple) -> int:
    return len(key[1]) if isinstance(key[1], bytes) else 0
