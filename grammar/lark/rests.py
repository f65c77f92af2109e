"""Languages of texts that may follow a lexeme, by number."""

from __future__ import annotations

from maskwright.automata.dfa import DFA

from ..restricted import universal_states

#: the rest that is any text, and the one that is none
ANY_REST, NO_REST = 0, -1


class Rests:
    """Languages of rests by number."""

    def __init__(self) -> None:
        self.automata: list[DFA] = []
        self.universal: list[list[bool]] = []
        self._numbers: dict[bytes, int] = {}
        self._both: dict[tuple[int, int], int] = {}
        self._after: dict[tuple[int, int], int] = {}

    def number(self, dfa: DFA) -> int:
        """Return the number of a language given by a minimal automaton over characters."""
        if dfa.is_empty:
            return NO_REST
        universal = universal_states(dfa)
        if universal[dfa.start]:
            return ANY_REST
        found = self._numbers.setdefault(dfa.key, len(self.automata) + 1)
        if found > len(self.automata):
            self.automata.append(dfa)
            self.universal.append(universal)
        return found

    def language(self, rest: int) -> DFA:
        """Return the automaton of a rest that is neither any text nor none."""
        return self.automata[rest - 1]

    def both(self, a: int, b: int) -> int:
        """Return the rests that are in two languages."""
        if a in (b, NO_REST) or b == ANY_REST:
            return a
        if a == ANY_REST or b == NO_REST:
            return b
        key = (min(a, b), max(a, b))
        found = self._both.get(key)
        if found is None:
            found = self._both[key] = self.number(self.language(a).plain().intersection(self.language(b).plain()))
        return found

    def after(self, rest: int, state: int) -> int:
        """Return what is left of ``rest`` in a state of its automaton."""
        dfa = self.language(rest)
        if state == dfa.start:
            return rest
        if self.universal[rest - 1][state]:
            return ANY_REST
        found = self._after.get((rest, state))
        if found is None:
            found = self._after[rest, state] = self.number(DFA.from_rows(dfa.alphabet, dfa.rows, state, dfa.labels))
        return found

    def may_end(self, rest: int) -> bool:
        """Whether the text may end here."""
        return rest == ANY_REST or self.language(rest).nullable
