"""A small seeded model and tokenizer, made once per run, and a slow constraint over a finite set of texts."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

CORPUS = [
    'Ann is 31 years old and lives in Oslo. {"name": "Ann", "age": 31, "city": "Oslo"}',
    'Bob ordered 2 apples and 10 pears, {"order": [{"item": "apple", "count": 2}, {"item": "pear", "count": 10}]}',
    "yes no maybe true false null north south east west 0123456789",
] * 5


class FiniteConstraint:
    """The contract of a constraint over a finite set of texts, by brute force: a state is a prefix."""

    def __init__(self, vocab, texts):
        self.vocab = vocab
        self.kind = "choice"
        self.texts = sorted({text.encode() for text in texts})
        self.tokens = [vocab.token_bytes(t) for t in range(vocab.size)]
        self.prefixes = {None: 0, "end": 1, b"": 2}
        self.names = [None, "end", b""]
        self.distances = {}
        self.start = 2

    def _id(self, prefix):
        if prefix not in self.prefixes:
            self.prefixes[prefix] = len(self.names)
            self.names.append(prefix)
        return self.prefixes[prefix]

    def is_accepting(self, state):
        return self.names[state] in self.texts

    def advance(self, state, token):
        prefix = self.names[state]
        if token in self.vocab.eos_ids and (state == 1 or self.is_accepting(state)):
            return 1
        if not isinstance(prefix, bytes) or not 0 <= token < self.vocab.size or not self.tokens[token]:
            return 0
        longer = prefix + self.tokens[token]
        return self._id(longer) if any(text.startswith(longer) for text in self.texts) else 0

    def fill_mask(self, state, row, budget=None):
        bits = np.zeros(32 * len(row), bool)
        for token in range(self.vocab.size):
            after = self.advance(state, token)
            bits[token] = after != 0 and (budget is None or after == 1 or self.min_tokens(after) < budget)
        row[:] = np.packbits(bits, bitorder="little").view(row.dtype)
        return int(bits.sum())

    def min_tokens(self, state):
        if state not in self.distances:
            rests = [text[len(self.names[state]) :] for text in self.texts if text.startswith(self.names[state])]
            self.distances[state] = min(self._fewest(rest) for rest in rests)
        return self.distances[state]

    def forced(self, state):
        prefix = self.names[state]
        rests = [text[len(prefix) :] for text in self.texts if text.startswith(prefix)]
        first, last = min(rests), max(rests)
        return first[: next((i for i, (a, b) in enumerate(zip(first, last)) if a != b), len(first))]

    def fits(self, state, tokens):
        return state == 1 or (state != 0 and self.min_tokens(state) <= tokens)

    def _fewest(self, data):
        known = set(self.tokens) - {b""}
        fewest = [0] + [10**9] * len(data)
        for end in range(1, len(data) + 1):
            fewest[end] = min(fewest[start] + 1 for start in range(end) if fewest[start] < 10**9 and data[start:end] in known)
        return fewest[-1]


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Small models are fastest on one thread, and the machine may be busy."""
    import torch

    torch.set_num_threads(1)


def make_tokenizer():
    """A byte-level BPE of some 340 tokens with begin, end and padding tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=340,
        special_tokens=["<pad>", "<s>", "</s>", "<|user|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(CORPUS, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="<pad>", bos_token="<s>", eos_token="</s>")
    fast.chat_template = "{% for m in messages %}<|user|>{{ m['content'] }}{% endfor %}"
    return fast


@pytest.fixture(scope="session")
def tokenizer():
    return make_tokenizer()


def make_model(tokenizer, seed=0, extra=14, window=256):
    """A Llama of two layers whose head is ``extra`` wider than the tokenizer, with peaked logits."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer) + extra,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=window,
        initializer_range=0.3,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return LlamaForCausalLM(config).eval()


@pytest.fixture(scope="session")
def model(tokenizer):
    return make_model(tokenizer)


@pytest.fixture(scope="session")
def vocab(tokenizer, model):
    from maskwright.integrations.transformers_model import TransformersModel

    return TransformersModel(model, tokenizer).vocabulary


def engine_constraint(vocab, texts):
    from maskwright.automata.constraint import Constraint
    from maskwright.automata.dfa import DFA
    from maskwright.automata.program import TerminalProgram

    constraint = Constraint(vocab, TerminalProgram(DFA.from_strings([text.encode() for text in texts]), "text"), kind="choice")
    constraint.texts = [text.encode() for text in texts]
    return constraint


@pytest.fixture(scope="session", params=[FiniteConstraint, engine_constraint], ids=["brute-force", "engine"])
def finite(vocab, request):
    """Make a constraint over a finite set of texts: slow and obvious, or the engine's."""
    return lambda texts: request.param(vocab, texts)
