"""States of declared keys grown in blocks, against the same terminal expanded state by state."""

import gc
import json
import random

import numpy as np
import pytest

import maskwright as mw
from maskwright.automata import keytries
from maskwright.automata.lexicon import Lexicon
from maskwright.automata.program import FALLEN, Fall
from maskwright.grammar.json_schema import compile_schema, keys
from maskwright.grammar.json_schema.keys import KeyTrieTerminal
from maskwright.grammar.json_schema.listed_strings import ListedStrings
from maskwright.grammar.json_schema.scalars import MANY_STRINGS
from maskwright.grammar.json_schema.strings import string_terminal
from tests.grammar.json_schema.spellings import spellings

ASTRAL = ["\U0001f600", "\U0001f601x", "\U00010000", "\U0001f600y"]
KEYS = ["", "a", "ab", "abc", "b", "é", "éa", "è", "日本", "日", *ASTRAL, 'q"', "\\", "\\n", "\n", "\x01z", "/", "\uffff", "\ud7ff"]
KEYS += ["a\ud800", "name", "names", "nam", "type", "Type", "id"]


@pytest.fixture(params=["compiled", "small blocks", "interpreted"])
def lexicon(request, monkeypatch):
    """A fresh lexicon, its blocks grown by compiled or interpreted kernels; small blocks leave most states for later."""
    from maskwright.automata._kernels_keys import grow_keys, key_trie

    mw.warmup()
    if request.param == "interpreted":
        monkeypatch.setattr(keytries.KERNELS, "grow_keys", grow_keys)
        monkeypatch.setattr(keytries.KERNELS, "key_trie", key_trie)
    if request.param != "compiled":
        monkeypatch.setattr(keytries, "BLOCK", 3)
    return Lexicon()


def agree(lexicon: Lexicon, terminal: KeyTrieTerminal, own, state: int, data: bytes) -> None:
    """Follow ``data`` both ways and compare acceptance, live bytes and costs at every step."""
    fallen = terminal.fallen_terminal
    for byte in data:
        after = lexicon.step(state, 0, 0, byte)
        there = fallen.dfa.step(own.state, byte) if isinstance(own, Fall) else terminal.expand(own).edges.get(byte)
        if isinstance(own, Fall):
            there = Fall(fallen, there) if there else None
        assert (after is None) == (there is None), (data, byte)
        if after is None:
            return
        state, own = after[0], there
        lexicon.expand(state)
        if isinstance(own, Fall):
            assert state == lexicon.block_of(fallen) + own.state
            continue
        expansion = terminal.expand(own)
        labels = tuple(sorted(lexicon.label(terminal, label) for label in expansion.labels))
        assert lexicon.accept_labels[lexicon.accept[state]] == labels
        assert set(lexicon.row(state)) == set(expansion.edges)
        want = {lexicon.scan_label(terminal, label): cost for label, cost in expansion.costs.items()}
        assert lexicon.costs(state, 0, 0) == want
        assert bool(lexicon.shadow[state]) == (expansion.base is not None)


@pytest.mark.parametrize("additional", [None, string_terminal()])
def test_blocks_are_what_states_would_be_one_by_one(lexicon, additional):
    """Over random sets of keys, expected or not, every spelling and near miss leads to the same."""
    rng = random.Random(f"{additional is None}")
    for _ in range(6):
        some = rng.sample(KEYS, rng.randrange(1, 12))
        terminal = KeyTrieTerminal(some, additional)
        for _ in range(2):
            labels = frozenset(rng.sample(range(len(some)), rng.randrange(len(some) + 1))) | ({FALLEN} if rng.random() < 0.6 else set())
            state, own = lexicon.start(lexicon.reading(terminal), labels).state, terminal.start(labels)
            if own is None:
                continue
            assert lexicon.costs(state, 0, 0) == {
                lexicon.scan_label(terminal, label): cost for label, cost in terminal.expand(own).costs.items()
            }
            for text in [*some, "x", "abd", "namex"]:
                if any("\ud800" <= c <= "\udfff" for c in text):
                    continue
                for data in [json.dumps(text).encode(), json.dumps(text, ensure_ascii=False).encode(), *spellings(rng, text, 2)]:
                    cut = rng.randrange(1, len(data) + 1)
                    agree(lexicon, terminal, own, state, data)
                    agree(lexicon, terminal, own, state, data[:cut] + bytes([rng.choice(b'\\"un0dD8aA5 \xc3')]) + data[cut:])


@pytest.mark.parametrize("prepared", [False, True])
def test_a_list_of_strings_has_one_label(lexicon, prepared):
    """Strings that share a label are all accepted with it, whether their trie was made before or when first asked for."""
    rng = random.Random(7)
    texts = [text for text in KEYS if "\ud800" not in text]
    terminal = ListedStrings(texts)
    if prepared:
        terminal.prepare()
        assert terminal.declared.trie is not None
    labels = frozenset({0})
    state, own = lexicon.start(lexicon.reading(terminal), labels).state, terminal.start(labels)
    for text in [*texts, "x", "abd"]:
        for data in [json.dumps(text).encode(), *spellings(rng, text, 2)]:
            agree(lexicon, terminal, own, state, data)
        here = state
        for byte in json.dumps(text).encode():
            moved = lexicon.step(here, 0, 0, byte) if here else None
            here = moved[0] if moved else 0
        assert bool(here and lexicon.accept[here]) == (text in texts)


def test_of_equal_lists_the_first_decides_how_both_are_grown(monkeypatch):
    """A list too long for a trie of nodes keeps its states and labels when an equal one comes that has a trie."""
    mw.warmup()
    monkeypatch.setattr(keys, "_TRIE_BYTES", 0)
    lexicon, texts, labels = Lexicon(), ["up", "down", "upper"], frozenset({0})
    first, second = ListedStrings(texts), ListedStrings(texts)
    second.prepare()
    assert first.declared is None
    assert second.declared is not None
    state = lexicon.start(lexicon.reading(first), labels)
    assert lexicon.start(lexicon.reading(second), labels) == state
    assert lexicon.first_label(second) is None
    assert lexicon.label(first, 0) == lexicon.label(second, 0)
    assert not lexicon.owner[state.state]


def test_a_long_list_is_read_in_every_spelling():
    """More strings than are left to the first mask: each is accepted, nothing near it is, and the shortest decides the least bytes."""
    rng = random.Random(3)
    texts = [text + f"{i}\t" for i in range(80) for text in KEYS if "\ud800" not in text]
    assert len(texts) > MANY_STRINGS
    vocabulary = mw.Vocabulary.from_bytes([bytes([b]) for b in range(256)] + [b""], eos_ids=(256,))
    constraint = mw.compile(vocabulary, schema={"enum": [*texts, 1, None]})
    assert constraint.min_tokens(constraint.start) == 1
    only = mw.compile(vocabulary, schema={"enum": texts})
    assert only.least_bytes(only.start) == min(len(_shortest(text)) for text in texts)
    for text in rng.sample(texts, 40):
        for data in [json.dumps(text).encode(), *spellings(rng, text, 2)]:
            assert only.accepts(data)
            assert constraint.accepts(data)
        assert not only.accepts(json.dumps(text + "x").encode())
        assert not only.accepts(json.dumps(text[:-1]).encode())


@pytest.mark.parametrize("required", [True, False])
def test_a_long_list_is_ready_when_a_schema_is_compiled(required, monkeypatch):
    """Its trie is made while compiling, whether its cost decides anything or not."""
    mw.warmup()
    made = []
    prepare = ListedStrings.prepare
    monkeypatch.setattr(ListedStrings, "prepare", lambda self: made.append(len(self._labels)) or prepare(self))
    listed = {"enum": [f"value {i}" for i in range(MANY_STRINGS + 1)]}
    compile_schema({"type": "object", "properties": {"a": listed, "b": {"enum": ["x"]}}, **({"required": ["a"]} if required else {})})
    assert made == [MANY_STRINGS + 1]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_goes_through_a_very_long_list_while_compiling(enabled, monkeypatch):
    collected = []
    monkeypatch.setattr(gc, "collect", lambda generation=2: collected.append(generation))
    monkeypatch.setattr(gc, "isenabled", lambda: enabled)
    for count in (MANY_STRINGS + 1, 20_000):
        compile_schema({"enum": [f"a value of the list {i}" for i in range(count)]})
        assert collected == ([1] if enabled and count > MANY_STRINGS + 1 else [])


def test_a_list_of_strings_is_named_by_its_first():
    assert ListedStrings(["c", "a", "b"]).describe(0) == 'one of "a", "b", "c"'
    assert ListedStrings(["c", "a", "d", "b"]).describe(0) == 'one of "a", "b", "c", ...'


def _shortest(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()


def test_sets_of_expected_keys_share_what_agrees(lexicon):
    """Subtrees of which all keys are expected have the same states whatever is expected elsewhere."""
    terminal = KeyTrieTerminal([f"a{i}" for i in range(5)] + ["b", "c"], None)

    def after(labels: frozenset[int]) -> int:
        state = lexicon.start(lexicon.reading(terminal), labels).state
        for byte in b'"a':
            state = lexicon.step(state, 0, 0, byte)[0]
        return state

    assert after(frozenset(range(5))) == after(frozenset(range(6)))
    assert after(frozenset(range(4))) != after(frozenset(range(5)))


def test_a_thousand_keys_grow_in_blocks():
    """A wide object is not grown whole at once, and yet completely."""
    mw.warmup()
    lexicon = Lexicon()
    keys = [f"property_{i * 7919 % 10007:05d}" for i in range(1000)]
    terminal = KeyTrieTerminal(keys, string_terminal())
    state = lexicon.start(lexicon.reading(terminal), frozenset(range(0, 1000, 2)) | {FALLEN}).state
    lexicon.expand(lexicon.step(state, 0, 0, 0x22)[0])
    assert lexicon.num_states < 2 * keytries.BLOCK
    for i in (0, 998, 999):
        here = state
        for byte in json.dumps(keys[i]).encode():
            moved = lexicon.step(here, 0, 0, byte)
            if moved is None:
                assert i % 2 == 1
                break
            here = moved[0]
        else:
            assert i % 2 == 0
            assert lexicon.accept_labels[lexicon.accept[here]] == (lexicon.label(terminal, i),)
    assert np.all(lexicon.base[1 : lexicon.num_states] >= -1)


def test_positions_beside_patterns_share_their_automata():
    """Where a pattern looks at keys too, an object is at another set of expected keys after every member, and few states are new there."""
    vocabulary = mw.Vocabulary.from_bytes([bytes([b]) for b in range(256)] + [b""], eos_ids=(256,))
    keys = [f"Property{i * 7919 % 10007:05d}Of{i}" for i in range(100)]
    properties = {key: {"type": "integer"} for key in keys}
    schema = {"type": "object", "properties": properties, "patternProperties": {"^x-": {"type": "boolean"}}, "additionalProperties": False}
    constraint = mw.compile(vocabulary, schema=schema, key_order="any")
    sizes = []
    for count in (10, 90):
        text = json.dumps(dict.fromkeys(keys[:count], 1) | {"x-a": True})
        assert constraint.accepts(text.encode())
        assert not constraint.accepts(text.replace(":true", ":1").replace(": true", ": 1").encode())
        sizes.append(constraint.report().stats["lexer_states"])
    assert sizes[1] - sizes[0] < 40_000, sizes
