"""What a constraint says of itself: which keyword is enforced how, and where a text leaves the language."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class ReportItem(NamedTuple):
    """One keyword of the source.

    Attributes
    ----------
    pointer : str
        JSON pointer of the keyword, or line and column.
    keyword : str
    status : str
        ``"automaton"`` (enforced at every token), ``"completion"`` (checked when the value is complete), or ``"annotation"``
        (constrains nothing).
    reason : str
        Why, where the status needs one.
    """

    pointer: str
    keyword: str
    status: str
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """Coverage and size of a compiled constraint.

    Attributes
    ----------
    kind : str
        ``"schema"``, ``"regex"``, ``"choice"`` ...
    items : tuple of ReportItem
    stats : dict
        Seconds of compilation; states, parser sets, lexer states, masks and bytes so far.
    """

    kind: str
    items: tuple[ReportItem, ...] = ()
    stats: dict[str, Any] = field(default_factory=dict)

    def with_status(self, status: str) -> tuple[ReportItem, ...]:
        """Return the items of one status."""
        return tuple(item for item in self.items if item.status == status)

    def __repr__(self) -> str:
        counts = Counter(item.status for item in self.items)
        return f"Report({self.kind}" + "".join(f", {count} {status}" for status, count in counts.items()) + ")"

    def __rich__(self) -> Any:
        """Draw a table, where rich prints it."""
        from rich.table import Table

        table = Table("place", "keyword", "status", "reason", title=f"{self.kind} constraint", caption=self._caption())
        for item in self.items:
            table.add_row(item.pointer or "(root)", item.keyword, item.status, item.reason)
        return table

    def _caption(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.stats.items())

    def __str__(self) -> str:
        lines = [f"{self.kind} constraint"]
        lines += [f"  {item.pointer or '(root)'}: {item.status}" + (f" ({item.reason})" if item.reason else "") for item in self.items]
        lines += [f"  {name}: {value}" for name, value in self.stats.items()]
        return "\n".join(lines)


class Explanation(NamedTuple):
    """Where a text leaves the language.

    Attributes
    ----------
    accepted : bool
        The whole text is a sentence.
    position : int
        Offset of the first byte that cannot stand there; the length of the text if it is merely incomplete (or accepted).
    expected : tuple of str
        Lexemes, or rest of one, that could stand there.
    pointer : str
        Place of the source in force there: a JSON pointer or a rule.
    rule : str
        The same, for grammars.
    """

    accepted: bool
    position: int
    expected: tuple[str, ...]
    pointer: str
    rule: str = ""
