"""The terminal of an object's keys against a reader of JSON strings and a breadth-first search over its own states."""

import json
import random
import time

import pytest

from maskwright.automata.dfa import DFA
from maskwright.automata.program import FALLEN, DFATerminal, Fall
from maskwright.grammar.json_schema.keys import KeyTrieTerminal
from maskwright.grammar.json_schema.spelling import spell
from maskwright.grammar.json_schema.strings import string_terminal
from tests.grammar.json_schema.spellings import decoded, spellings

ASTRAL = ["\U0001f600", "\U0001f601x", "\U00010000"]
KEYS = ["", "a", "ab", "abc", "b", "é", "éa", *ASTRAL, 'q"', "\\", "\n", "\x01z", "/", "\uffff", "\ud7ff", "a\ud800"]


def classify(terminal: KeyTrieTerminal, labels: frozenset[int], text: bytes) -> int | None:
    """Run the terminal and return the label of what was read."""
    state = terminal.start(labels)
    for at, byte in enumerate(text):
        state = terminal.expand(state).edges.get(byte)
        if state is None:
            return None
        if isinstance(state, Fall):
            dfa = state.terminal.dfa
            inner = state.state
            for rest in text[at + 1 :]:
                inner = dfa.step(inner, rest)
            return FALLEN if dfa.labels[inner] else None
    return next(iter(terminal.expand(state).labels), None)


def expected(terminal: KeyTrieTerminal, labels: frozenset[int], text: bytes) -> int | None:
    key = decoded(text)
    if key is None:
        return None
    if key in terminal.keys:
        label = terminal.keys.index(key)
        return label if label in labels else None
    fallen = terminal.fallen_terminal
    return FALLEN if FALLEN in labels and fallen is not None and fallen.dfa.accepts(text) else None


def explored(terminal: KeyTrieTerminal, labels: frozenset[int]) -> dict:
    """Return every own state reachable from the start with its expansion."""
    found, queue = {}, [terminal.start(labels)]
    for state in queue:
        if state not in found:
            found[state] = terminal.expand(state)
            queue += [t for t in found[state].edges.values() if not isinstance(t, Fall)]
    return found


def brute_costs(states: dict) -> dict:
    """Return the least costs of all states, by relaxation until nothing changes."""
    costs = {state: dict.fromkeys(expansion.labels, 0) for state, expansion in states.items()}
    distances = {}
    changed = True
    while changed:
        changed = False
        for state, expansion in states.items():
            for target in expansion.edges.values():
                if isinstance(target, Fall):
                    if target.terminal not in distances:
                        distances[target.terminal] = target.terminal.dfa.distance().tolist()
                    below = {FALLEN: distances[target.terminal][target.state]}
                else:
                    below = costs[target]
                for label, cost in below.items():
                    if cost + 1 < costs[state].get(label, 1 << 30):
                        costs[state][label] = cost + 1
                        changed = True
    return costs


ADDITIONAL = {
    "none": None,
    "any": string_terminal(),
    "letters": DFATerminal(spell(DFA.from_strings(["x", "a", "abc", "abd", "é"]))),
    "declared only": DFATerminal(spell(DFA.from_strings(["a", "ab", "abc"]))),
}


@pytest.mark.parametrize("name", ADDITIONAL)
def test_every_spelling_of_a_key_has_its_label(name):
    """Every spelling of a declared key has its label if it is wanted and none otherwise; other keys fall."""
    rng = random.Random(name)
    for _ in range(25):
        keys = rng.sample(KEYS, rng.randrange(1, 8))
        terminal = KeyTrieTerminal(keys, ADDITIONAL[name])
        labels = frozenset(rng.sample(range(len(keys)), rng.randrange(len(keys) + 1))) | ({FALLEN} if rng.random() < 0.6 else set())
        for text in {*KEYS, "x", "abd", "aé", "é", "\U0001f601"}:
            if any("\ud800" <= c <= "\udfff" for c in text):
                continue
            for spelling in [json.dumps(text).encode(), json.dumps(text, ensure_ascii=False).encode(), *spellings(rng, text, 4)]:
                assert classify(terminal, labels, spelling) == expected(terminal, labels, spelling), (keys, labels, spelling)


@pytest.mark.parametrize("name", ADDITIONAL)
def test_states_are_live_and_costs_are_least(name):
    """Every reachable state leads to a wanted label or falls; costs are those of a search over all states."""
    rng = random.Random(name)
    for _ in range(12):
        keys = rng.sample(KEYS[:-1], rng.randrange(1, 5))
        terminal = KeyTrieTerminal(keys, ADDITIONAL[name])
        labels = frozenset(rng.sample(range(len(keys)), rng.randrange(len(keys) + 1))) | ({FALLEN} if rng.random() < 0.6 else set())
        states = explored(terminal, labels)
        want = brute_costs(states)
        begin = terminal.start(labels)
        for state, expansion in states.items():
            assert expansion.costs == want[state], (keys, labels, state)
            assert want[state] or state == begin, (keys, labels, state)


def test_base_is_alive_wherever_the_state_is():
    """Along every byte a state with a base goes where the base goes, or closes a declared key."""
    terminal = KeyTrieTerminal(["a", "ab", "é"], string_terminal())
    dfa = string_terminal().dfa
    for expansion in explored(terminal, frozenset({1, FALLEN})).values():
        if expansion.base is None:
            assert expansion.labels
            continue
        for byte in range(256):
            there, here = dfa.step(expansion.base.state, byte), expansion.edges.get(byte)
            assert bool(there) == (here is not None) or dfa.labels[there]


def test_states_below_agreeing_subtrees_are_shared():
    """Sets of expected keys that agree on a subtree share its states."""
    terminal = KeyTrieTerminal([f"a{i}" for i in range(5)] + ["b"], None)
    first = terminal.expand(terminal.expand(terminal.start(frozenset(range(5)))).edges[0x22])
    second = terminal.expand(terminal.expand(terminal.start(frozenset(range(6)))).edges[0x22])
    assert first.edges[ord("a")] == second.edges[ord("a")]
    assert ord("b") not in first.edges


def test_five_thousand_keys():
    """Construction and the first states of a large object are cheap."""
    keys = [f"property_{i:05d}_{i * 7919 % 1000}" for i in range(5000)]
    begin = time.thread_time()
    terminal = KeyTrieTerminal(keys, string_terminal())
    state = terminal.start(frozenset(range(5000)) | {FALLEN})
    for byte in b'"property_02':
        state = terminal.expand(state).edges[byte]
    assert time.thread_time() - begin < 2
    assert classify(terminal, frozenset({4999}), json.dumps(keys[4999]).encode()) == 4999
    assert terminal.describe(4999) == f'the key "{keys[4999]}"'
