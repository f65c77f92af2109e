"""The vocabulary: exact bytes of every token id.

Layout: ``data : uint8[total]`` holds the bytes of all tokens one after the other, token ``t`` is ``data[offsets[t] : offsets[t + 1]]``
with ``offsets : int32[V + 1]``. An id is *ordinary text* iff its bytes are not empty; special tokens, end-of-sequence ids and unused
ids have none, so nothing can match them as text. The text of a run of ids is the concatenation of their bytes, nothing stripped.

Equal vocabularies (same bytes, same ends, same special tokens) have equal fingerprints, compare equal, and share what the engine
derives from them: reading one tokenizer twice in a process gives the same object. The trie is made when first asked for.

Refused: matching a token by the string its tokenizer shows. That string is an encoding of the bytes (``Ġ``, ``▁``, ``<0x0A>``), differs
between tokenizer families, and cannot hold half a character.
"""

from __future__ import annotations

import hashlib
import operator
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from maskwright.errors import OptionError, TokenizerError

from . import bitset, cache
from .trie import Trie, build_trie

FINGERPRINT_VERSION = b"maskwright vocabulary 1"

#: Kinds of cache entries: a vocabulary by fingerprint, and the fingerprint by the hash of the files it was read from.
VOCABULARY_KIND, SOURCE_KIND = "vocabulary", "tokenizer-source"

#: The first of the bytes that spell a special token; see `Vocabulary.mark`.
MARK = b"\xff"

#: Part of every cached vocabulary; raise it when the trie's layout changes.
CACHE_VERSION = 1


class Vocabulary:
    """Token ids and their bytes; immutable. Made by `from_tokenizer`, `from_file` or `from_bytes`.

    Attributes
    ----------
    size : int
        Number of ids V. A model's head may be wider; ids from V on are never allowed.
    num_words : int
        ``ceil(V / 32)``, the length of a mask row.
    data : uint8[total]
    offsets : int32[V + 1]
        See the module docstring.
    eos_ids : tuple of int
        Ids that end the text, ascending; at least one.
    special_ids : frozenset of int
        Ids that are never text, the ends among them.
    special_names : dict of str to int
        Special ids by the tokenizer's name for them.
    fingerprint : str
        Hash of all the above.
    """

    def __init__(
        self,
        data: np.ndarray,
        offsets: np.ndarray,
        eos_ids: Iterable[int],
        special_names: Mapping[str, int],
        *,
        trie: Trie | None = None,
        fingerprint: str | None = None,
    ):
        self.data = np.require(data, np.uint8, ["C", "W"])
        self.offsets = np.require(offsets, np.int32, ["C", "W"])
        self.size = len(self.offsets) - 1
        self.num_words = bitset.num_words(self.size)
        self.eos_ids = tuple(sorted({int(token) for token in eos_ids}))
        self.special_names = {str(name): int(token) for name, token in special_names.items()}
        self.special_ids = frozenset(self.special_names.values()) | frozenset(self.eos_ids)
        self._tokenizer: Callable[[], Any] = _nothing
        self.fingerprint = fingerprint or self._hash()
        self._lexicon: Any = None                               # tables the engine shares between constraints
        self._compiled: Any = None                              # constraints that `maskwright.compile` keeps
        self._lock = threading.RLock()                          # one writer of those tables at a time
        if trie is not None:
            self.__dict__["trie"] = trie

    @classmethod
    def from_bytes(
        cls,
        tokens: Sequence[bytes],
        eos_ids: Iterable[int] | int,
        special_ids: Iterable[int] | Mapping[str, int] = (),
    ) -> Vocabulary:
        """Build a vocabulary from the bytes of each id.

        Parameters
        ----------
        tokens : sequence of bytes
            One per id. Duplicates are fine; ids with ``b""`` are never allowed.
        eos_ids : int or iterable of int
            Ids that end the text; at least one.
        special_ids : iterable of int, or mapping of str to int
            Further ids that are no text. Without names, the bytes given are the name.

        Raises
        ------
        TokenizerError
            If there is no end id, or an id is out of range, or a token is not bytes.
        OptionError
            If ids are no integers.

        >>> vocab = Vocabulary.from_bytes([b"a", b"ab", b"</s>"], eos_ids=2)
        >>> vocab.size, vocab.token_bytes(1), vocab.token_bytes(2)
        (3, b'ab', b'')
        """
        if isinstance(tokens, (str, bytes)) or not hasattr(tokens, "__len__"):
            raise OptionError("tokens", tokens, "a sequence of bytes, one per id")
        ends = _ids("eos_ids", eos_ids)
        named = dict(zip(special_ids, _ids("special_ids", special_ids.values()))) if isinstance(special_ids, Mapping) else {}
        unnamed = [] if isinstance(special_ids, Mapping) else _ids("special_ids", special_ids)
        if not ends:
            raise TokenizerError("a vocabulary needs at least one end-of-sequence id: pass eos_ids=[...]")
        for token in (*ends, *unnamed, *named.values()):
            if not 0 <= token < len(tokens):
                raise TokenizerError(f"id {token} is not below the vocabulary's size {len(tokens)}")
        for token, piece in enumerate(tokens):
            if not isinstance(piece, (bytes, bytearray)):
                raise TokenizerError(f"token {token} is {piece!r}: expected bytes")
        for token in sorted({*ends, *unnamed} - set(named.values())):
            name = bytes(tokens[token]).decode("utf-8", "replace")
            named[name if name and name not in named else f"<|{token}|>"] = token
        no_text = {*ends, *named.values()}
        return cls._pack([b"" if t in no_text else bytes(piece) for t, piece in enumerate(tokens)], ends, named)

    @classmethod
    def _pack(cls, tokens: list[bytes], eos_ids: Iterable[int], special_names: Mapping[str, int]) -> Vocabulary:
        """Build from a list whose ids without text are ``b""`` already."""
        offsets = np.zeros(len(tokens) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, tokens), np.int64, len(tokens)), out=offsets[1:])
        if offsets[-1] >= 2**31:
            raise TokenizerError(f"a vocabulary of {int(offsets[-1])} bytes is too large")
        return cls(np.frombuffer(bytearray(b"".join(tokens)), np.uint8), offsets, eos_ids, special_names)

    @classmethod
    def from_tokenizer(
        cls,
        tokenizer: Any,
        eos_token_ids: Iterable[int] | int | None = None,
        *,
        generation_config: Any = None,
        check: bool = True,
    ) -> Vocabulary:
        """Read a tokenizer.

        Parameters
        ----------
        tokenizer : object or path
            A transformers tokenizer (fast, or slow where it can be converted), `tokenizers.Tokenizer`, `tiktoken.Encoding`,
            `sentencepiece.SentencePieceProcessor`, a mistral-common tokenizer, or a path as for `from_file`. A `Vocabulary` is returned
            as it is.
        eos_token_ids : int or iterable of int, optional
            Ids that end the text. Without it: the tokenizer's own, those of ``generation_config``, and special tokens whose name says so
            (``<|eot_id|>``, ``<|im_end|>``, ...).
        generation_config : object, optional
            The model's; anything with ``eos_token_id``.
        check : bool
            Compare what the tokenizer decodes with the bytes read, for every token.

        Raises
        ------
        TokenizerError
            If the kind is not known, its texts are not concatenations of tokens, the check fails, or no end id is known.
        """
        if isinstance(tokenizer, Vocabulary):
            return tokenizer
        if isinstance(tokenizer, (str, os.PathLike)):
            return cls.from_file(tokenizer, eos_token_ids, generation_config=generation_config, check=check)
        from .tokenizers import as_ids, check_table, read_tokenizer

        ends = None if eos_token_ids is None else sorted(set(as_ids(eos_token_ids)))
        further = sorted(set(as_ids(generation_config)))
        signature = (ends, further, check, *_mutable_part(tokenizer))
        known = _recall(tokenizer)
        if known is not None and known[0] == signature:
            return known[1]
        table = read_tokenizer(tokenizer, ends, further)
        if check:
            check_table(table)
        vocabulary = cls._pack(table.tokens, table.eos_ids, table.special_names)._shared()
        if vocabulary.tokenizer is None:
            vocabulary._tokenizer = _reference(tokenizer)
        _remember(tokenizer, (signature, vocabulary))
        return vocabulary

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike[str],
        eos_token_ids: Iterable[int] | int | None = None,
        *,
        generation_config: Any = None,
        check: bool = True,
    ) -> Vocabulary:
        """Read a tokenizer's file without its library.

        Parameters
        ----------
        path : path
            A ``tokenizer.json`` (the configuration files beside it are read too), ``tekken.json`` or SentencePiece model, or a folder
            that holds one.
        eos_token_ids, generation_config, check
            See `from_tokenizer`; the check is made where the tokenizer's library is installed.

        Raises
        ------
        TokenizerError
            See `from_tokenizer`; also if there is no such file.

        Notes
        -----
        The result is kept in the cache folder under a hash of the files' contents: the next process only hashes and loads.
        """
        from .tokenizers import as_ids, check_table, open_files, read_files

        ends = None if eos_token_ids is None else sorted(set(as_ids(eos_token_ids)))
        further = None if generation_config is None else sorted(set(as_ids(generation_config)))
        files = open_files(path)
        key = files.key(ends, further)
        known = cache.load(SOURCE_KIND, key)
        if known is not None and (known.meta["checked"] or not check):
            fingerprint = known.meta["fingerprint"]
            found = _alive.get(fingerprint) or cls.load_cached(fingerprint)
            if found is not None:
                return _alive.setdefault(fingerprint, found)
        table = read_files(files, ends, further, check)
        if check:
            check_table(table)
        vocabulary = cls._pack(table.tokens, table.eos_ids, table.special_names)._shared()
        cache.store(SOURCE_KIND, key, {}, {"fingerprint": vocabulary.fingerprint, "checked": check})
        return vocabulary

    @classmethod
    def load_cached(cls, fingerprint: str) -> Vocabulary | None:
        """Return the vocabulary with this fingerprint from the cache folder, or None if it is not there."""
        entry = cache.load(VOCABULARY_KIND, fingerprint)
        if entry is None or entry.meta.get("version") != CACHE_VERSION:
            return None
        arrays, meta = entry
        trie = Trie(**{name: arrays[name] for name in Trie._fields})
        return cls(arrays["data"], arrays["offsets"], meta["eos_ids"], meta["special_names"], trie=trie, fingerprint=fingerprint)

    def _shared(self) -> Vocabulary:
        """Return the equal vocabulary that is alive in this process, or this one, with its trie from the cache folder or put there."""
        alive = _alive.setdefault(self.fingerprint, self)
        if alive is not self:
            return alive
        found = type(self).load_cached(self.fingerprint)
        if found is not None:
            self.__dict__["trie"] = found.trie
            return self
        meta = {"version": CACHE_VERSION, "eos_ids": self.eos_ids, "special_names": self.special_names}
        cache.store(VOCABULARY_KIND, self.fingerprint, {"data": self.data, "offsets": self.offsets, **self.trie._asdict()}, meta)
        return self

    @property
    def tokenizer(self) -> Any:
        """The live tokenizer the vocabulary was read from, or None if there is none (any more)."""
        return self._tokenizer()

    @cached_property
    def trie(self) -> Trie:
        """The byte trie of all ordinary tokens."""
        return build_trie(self.data, self.offsets)

    @cached_property
    def _blob(self) -> bytes:
        return self.data.tobytes()

    def token_bytes(self, token: int) -> bytes:
        """Return the bytes of ``token``; ``b""`` for ids that are no text, an IndexError for ids out of range."""
        if not 0 <= token < self.size:
            raise IndexError(f"token {token} is not below the vocabulary's size {self.size}")
        return self._blob[self.offsets[token] : self.offsets[token + 1]]

    def decode(self, tokens: Iterable[int]) -> bytes:
        """Return the concatenated bytes of ``tokens``; special tokens add nothing."""
        return b"".join(map(self.token_bytes, tokens))

    @cached_property
    def _lengths(self) -> np.ndarray:
        return np.diff(self.offsets)

    @cached_property
    def byte_tokens(self) -> np.ndarray:
        """``int32[256]``: the token that is a given single byte, or -1; of several the last (see `encode`)."""
        found = np.full(256, -1, np.int32)
        single = np.flatnonzero(self._lengths == 1)
        found[self.data[self.offsets[single]]] = single
        return found

    @cached_property
    def missing_bytes(self) -> frozenset[int]:
        """Bytes that are no token by themselves; where a language needs one, a mask may lead into a dead end."""
        return frozenset(np.flatnonzero(self.byte_tokens < 0).tolist())

    @cached_property
    def max_token_length(self) -> int:
        """Length of the longest token in bytes."""
        return int(self._lengths.max(initial=0))

    @cached_property
    def max_token_chars(self) -> int:
        """The most characters a token can begin or finish: its bytes that start one, and one more if it starts inside one."""
        begins = np.zeros(len(self.data) + 1, np.int64)
        np.cumsum((self.data & 0xC0) != 0x80, out=begins[1:])
        text = np.flatnonzero(self._lengths > 0)
        inside = (self.data[self.offsets[text]] & 0xC0) == 0x80
        return int((np.diff(begins[self.offsets])[text] + inside).max(initial=0))

    def mark(self, token: int | str) -> bytes:
        """Return the private bytes that spell a special token in constraints that name it.

        They begin with 0xFF, which UTF-8 never holds: no text is spelled so, and `marked` has no other token with that byte.

        Parameters
        ----------
        token : int or str
            The id, or the tokenizer's name for it.

        Raises
        ------
        TokenizerError
            If it is no special token, or one that ends the text.

        >>> vocab = Vocabulary.from_bytes([b"a", b"<call>", b"</s>"], eos_ids=2, special_ids=[1])
        >>> vocab.mark("<call>") == vocab.mark(1) == vocab.marked.token_bytes(1)
        True
        """
        found = self.special_names.get(token) if isinstance(token, str) else int(token)
        if found in self.eos_ids:
            raise TokenizerError(f"the token {token!r} ends the text, so it cannot stand inside it")
        if found is None or found not in self.special_ids:
            raise TokenizerError(f"{token!r} is no special token of this vocabulary; text is written as text")
        return MARK + found.to_bytes(3, "big")

    @cached_property
    def marked(self) -> Vocabulary:
        """The vocabulary on which constraints that name special tokens run: these have the bytes of `mark`, tokens with 0xFF none."""
        tokens = [piece if MARK not in piece else b"" for piece in map(self.token_bytes, range(self.size))]
        for token in self.special_ids - set(self.eos_ids):
            tokens[token] = self.mark(token)
        ends = {name: token for name, token in self.special_names.items() if token in self.eos_ids}
        marked = self._pack(tokens, self.eos_ids, ends)
        marked._lock = self._lock                               # constraints on either hold the lock of the vocabulary they were given
        marked.__dict__["missing_bytes"] = self.missing_bytes - {MARK[0]}
        return marked

    @cached_property
    def _ids_by_bytes(self) -> dict[bytes, int]:
        return {self.token_bytes(token): token for token in np.flatnonzero(self._lengths).tolist()}

    def token_of(self, data: bytes) -> int:
        """Return the token with just these bytes, -1 if there is none (of several the highest id, see `encode`)."""
        return self._ids_by_bytes.get(data, -1)

    def encode(self, data: bytes) -> list[int]:
        """Spell ``data`` in tokens, the longest that fits first.

        Among equal tokens the highest id is taken: where a model has both the byte-fallback token ``<0x41>`` and the piece ``A``, the
        latter is what it was trained on, and it comes later.
        Where that runs into bytes no token starts with, the spelling with the fewest tokens is taken instead.

        Raises
        ------
        TokenizerError
            If no sequence of tokens spells ``data``.
        """
        ids, position = [], 0
        known = self._ids_by_bytes
        while position < len(data):
            for length in range(min(self.max_token_length, len(data) - position), 0, -1):
                token = known.get(data[position : position + length])
                if token is not None:
                    break
            else:
                return self._fewest_tokens(data)
            ids.append(token)
            position += length
        return ids

    def _fewest_tokens(self, data: bytes) -> list[int]:
        """Return a shortest spelling of ``data``, by dynamic programming over its positions from the end."""
        known, unreachable = self._ids_by_bytes, len(data) + 1
        best = [(unreachable, -1, 0)] * len(data) + [(0, -1, 0)]    # (tokens to the end, first token, its length)
        for start in range(len(data) - 1, -1, -1):
            for length in range(1, min(self.max_token_length, len(data) - start) + 1):
                token = known.get(data[start : start + length])
                if token is not None and best[start + length][0] + 1 < best[start][0]:
                    best[start] = (best[start + length][0] + 1, token, length)
        if best[0][0] >= unreachable:
            raise TokenizerError(f"no sequence of tokens spells {data[:60]!r}")
        ids, position = [], 0
        while position < len(data):
            ids.append(best[position][1])
            position += best[position][2]
        return ids

    def _hash(self) -> str:
        digest = hashlib.sha256(FINGERPRINT_VERSION)
        ends = np.array([self.size, len(self.eos_ids), *self.eos_ids], "<i8")
        names = "\0".join(f"{token} {name}" for name, token in sorted(self.special_names.items())).encode("utf-8", "surrogatepass")
        for part in (self.data.tobytes(), self.offsets.astype("<i4").tobytes(), ends.tobytes(), names):
            digest.update(len(part).to_bytes(8, "little"))
            digest.update(part)
        return digest.hexdigest()[:32]

    def __len__(self) -> int:
        return self.size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.data, self.offsets, self.eos_ids, self.special_names))

    def __deepcopy__(self, memo: dict[int, Any]) -> Vocabulary:
        return self                                             # immutable, and what the engine derives is meant to be shared

    def __repr__(self) -> str:
        return f"Vocabulary({self.size} tokens, eos {list(self.eos_ids)}, {self.fingerprint[:8]})"


#: Vocabularies read from tokenizers and still in use, by fingerprint.
_alive: weakref.WeakValueDictionary[str, Vocabulary] = weakref.WeakValueDictionary()

#: What each live tokenizer was last read as: (what it may change, what was asked), vocabulary.
_by_tokenizer: weakref.WeakKeyDictionary[Any, tuple[tuple[Any, ...], Vocabulary]] = weakref.WeakKeyDictionary()


def _mutable_part(tokenizer: Any) -> tuple[Any, ...]:
    """Return what shows that a tokenizer was changed since it was read: its length, its end and its special ids."""
    length = len(tokenizer) if hasattr(tokenizer, "__len__") else -1
    return (length, getattr(tokenizer, "eos_token_id", None), tuple(getattr(tokenizer, "all_special_ids", ())))


def _recall(tokenizer: Any) -> tuple[tuple[Any, ...], Vocabulary] | None:
    """Return what `_remember` kept for this very object, if its type allows that."""
    try:
        return _by_tokenizer.get(tokenizer)
    except TypeError:
        return None


def _remember(tokenizer: Any, answer: tuple[tuple[Any, ...], Vocabulary]) -> None:
    """Keep the answer as long as the tokenizer lives."""
    try:
        _by_tokenizer[tokenizer] = answer
    except TypeError:
        return


def _reference(tokenizer: Any) -> Callable[[], Any]:
    """Return a function that gives the tokenizer while someone else holds it (or for good, if its type allows no weak reference)."""
    try:
        return weakref.ref(tokenizer)
    except TypeError:
        return lambda: tokenizer


def _nothing() -> None:
    """Stand for the reference to a tokenizer where there is none."""


def _ids(name: str, given: Any) -> list[int]:
    """Return one id or several as a list."""
    try:
        if isinstance(given, (str, bytes)):
            raise TypeError
        several = list(given) if isinstance(given, Iterable) else [given]
        if any(isinstance(token, bool) for token in several):
            raise TypeError
        return [operator.index(token) for token in several]
    except TypeError:
        raise OptionError(name, given, "an id or several, as integers") from None
