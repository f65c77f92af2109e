"""Potentials: log-weights on texts beside the constraint, from any Python function.

A potential gives every prefix u a log-weight ``prefix(u)`` and every complete text x one ``complete(x)``; only ``complete`` is part of
the target (`maskwright.samplers.target`), prefixes guide. The laws, which `check_laws` tests on texts of yours:

1. *Monotone*: ``prefix(u) = -inf`` implies ``prefix(uv) = complete(uv) = -inf`` for every v. A text is given up at the first prefix of
weight 0.
2. *Defined*: values are numbers or -inf, never NaN or +inf.
3. *Batched*: the weight of a text does not depend on the texts beside it.

A product's weights are sums of logs; it is again a potential. A `Predicate` is a potential with weights 0 and -inf made from a function
on the text (or the parsed value), sync or async, one text or a list of them at a time, with a time limit. A predicate that raises is a
`PredicateError` with the text that made it raise: exceptions are never taken for "no".

Time limits: an async predicate is cancelled. A sync one runs in a daemon thread that Python cannot stop: the error comes in time, and the
thread ends when the function does.
"""

from __future__ import annotations

import asyncio
import codecs
import inspect
import io
import json
import threading
import tokenize
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np

from maskwright.errors import MaskwrightError, OptionError, PredicateError

Form = Literal["text", "bytes", "json"]


class Potential:
    """Base of all potentials: weight 1 everywhere. Subclasses override `prefix`, `complete`, or both.

    Attributes
    ----------
    has_prefix : bool
        Whether `prefix` is worth calling.
    is_boolean : bool
        Whether all weights are 0 or 1.
    """

    has_prefix: bool = False
    is_boolean: bool = False

    def prefix(self, texts: Sequence[bytes]) -> np.ndarray:
        """Return the log-weights of unfinished texts, float64[n]."""
        return np.zeros(len(texts))

    def complete(self, texts: Sequence[bytes]) -> np.ndarray:
        """Return the log-weights of finished texts, float64[n]."""
        return np.zeros(len(texts))

    def describe(self) -> str:
        """Return a name for receipts."""
        return type(self).__name__

    def __mul__(self, other: Potential) -> Product:
        return Product([self, other]) if isinstance(other, Potential) else NotImplemented


class Product(Potential):
    """The product of potentials. Later ones are asked only about texts the earlier ones leave alive, so put cheap ones first."""

    def __init__(self, factors: Iterable[Potential]):
        self.factors: list[Potential] = [one for factor in factors for one in (factor.factors if isinstance(factor, Product) else [factor])]
        self.has_prefix = any(factor.has_prefix for factor in self.factors)
        self.is_boolean = all(factor.is_boolean for factor in self.factors)

    def prefix(self, texts: Sequence[bytes]) -> np.ndarray:
        return self._sum(texts, lambda factor, some: factor.prefix(some), [f for f in self.factors if f.has_prefix])

    def complete(self, texts: Sequence[bytes]) -> np.ndarray:
        return self._sum(texts, lambda factor, some: factor.complete(some), self.factors)

    @staticmethod
    def _sum(texts: Sequence[bytes], call: Callable[[Potential, list[bytes]], np.ndarray], factors: list[Potential]) -> np.ndarray:
        total = np.zeros(len(texts))
        for factor in factors:
            alive = np.flatnonzero(total > -np.inf)
            if len(alive):
                total[alive] += call(factor, [texts[i] for i in alive.tolist()])
        return total

    def describe(self) -> str:
        return " * ".join(factor.describe() for factor in self.factors)


class Weight(Potential):
    """A potential from functions that return log-weights.

    Parameters
    ----------
    complete : callable
        Called on a finished text, returns its log-weight.
    prefix : callable, optional
        The same for unfinished texts.
    on : "text", "bytes" or "json"
        What the functions get. "json" parses finished texts; prefixes are then read as far as they go with pydantic's partial parser.
    batch : bool
        The functions take a list and return a list.
    seconds : float, optional
        Time limit of one call.

    >>> shorter = Weight(lambda text: -len(text))
    >>> shorter.complete([b"ab", b"abcd"]).tolist()
    [-2.0, -4.0]
    """

    def __init__(
        self,
        complete: Callable[[Any], Any] | None = None,
        *,
        prefix: Callable[[Any], Any] | None = None,
        on: Form = "text",
        batch: bool = False,
        seconds: float | None = None,
    ):
        if complete is None and prefix is None:
            raise OptionError("complete", None, "a function, for finished texts, for prefixes, or both")
        for name, function in (("complete", complete), ("prefix", prefix)):
            if function is not None and not callable(function):
                raise OptionError(name, function, "a function of a text")
        if on not in ("text", "bytes", "json"):
            raise OptionError("on", on, '"text", "bytes" or "json"')
        if seconds is not None and not seconds > 0:
            raise OptionError("seconds", seconds, "a number above 0, or None")
        self._complete, self._prefix = complete, prefix
        self.on, self.batch, self.seconds = on, batch, seconds
        self.has_prefix = prefix is not None

    def prefix(self, texts: Sequence[bytes]) -> np.ndarray:
        if self._prefix is None:
            return np.zeros(len(texts))
        return self._call(self._prefix, texts, [_read(text, self.on, False) for text in texts])

    def complete(self, texts: Sequence[bytes]) -> np.ndarray:
        if self._complete is None:
            return np.zeros(len(texts))
        return self._call(self._complete, texts, [_read(text, self.on, True) for text in texts])

    def _call(self, function: Callable[[Any], Any], texts: Sequence[bytes], inputs: list[Any]) -> np.ndarray:
        if not texts:
            return np.zeros(0)
        answers = _run(function, list(zip(texts, inputs)), self.batch, self.seconds)
        return np.array([self._value(text, answer) for text, answer in zip(texts, answers)])

    def _value(self, text: bytes, answer: Any) -> float:
        try:
            value = float(answer)
        except (TypeError, ValueError) as error:
            raise PredicateError(text, f"it returned {answer!r}, which is no number") from error
        if value != value or value == np.inf:
            raise PredicateError(text, f"it returned {value}: a log-weight is a number or -inf")
        return value

    def describe(self) -> str:
        function = self._complete or self._prefix
        return f"{type(self).__name__}({getattr(function, '__name__', function)!s})"


class Predicate(Weight):
    """A potential that allows or forbids; takes the arguments of `Weight`, and functions that return booleans.

    >>> even = Predicate(lambda text: len(text) % 2 == 0)
    >>> even.complete([b"ab", b"abc"]).tolist()
    [0.0, -inf]
    """

    is_boolean = True

    def _value(self, text: bytes, answer: Any) -> float:
        if not isinstance(answer, bool | np.bool_):
            raise PredicateError(text, f"it returned {answer!r}: expected True or False")
        return 0.0 if answer else -np.inf


def compiles_as_python(mode: Literal["exec", "eval"] = "exec") -> Predicate:
    """Return the predicate "this is Python code that compiles"; prefixes are refused once no continuation on the same lines can help.

    >>> compiles_as_python().complete([b"x = 1\\n", b"x = = 1\\n"]).tolist()
    [0.0, -inf]
    """

    def python_code(text: str) -> bool:
        try:
            compile(text, "<sample>", mode, dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
        return True

    def python_prefix(text: str) -> bool:
        # whether the whole lines so far tokenize: a finished line is not mended by what follows, except inside brackets and strings
        whole = text[: text.rfind("\n") + 1]
        try:
            for _ in tokenize.generate_tokens(io.StringIO(whole).readline):
                pass
        except IndentationError:
            return False
        except (tokenize.TokenError, SyntaxError) as error:
            return "EOF" in str(error) or "unterminated triple" in str(error) or "was never closed" in str(error)
        return True

    return Predicate(python_code, prefix=python_prefix if mode == "exec" else None)


def check_laws(potential: Potential, texts: Iterable[bytes]) -> None:
    """Test the laws of a potential on every prefix of ``texts``.

    Raises
    ------
    PredicateError
        With the text on which a law fails, and the law's name.
    """
    for text in texts:
        prefixes = [text[:end] for end in range(len(text) + 1)]
        guides, finals = potential.prefix(prefixes), potential.complete([text])
        if len(guides) != len(prefixes) or len(finals) != 1:
            raise PredicateError(text, "it does not return one weight per text")
        if np.isnan(guides).any() or (guides == np.inf).any() or np.isnan(finals).any() or (finals == np.inf).any():
            raise PredicateError(text, "law 2 fails: a log-weight is a number or -inf")
        gone = np.flatnonzero(np.isneginf(guides))
        if len(gone) and (guides[gone[0] :] > -np.inf).any():
            back = int(gone[0] + np.flatnonzero(guides[gone[0] :] > -np.inf)[0])
            raise PredicateError(text[:back], f"law 1 fails: its prefix {text[: gone[0]]!r} has weight 0, and it has not")
        if len(gone) and finals[0] > -np.inf:
            raise PredicateError(text, f"law 1 fails: its prefix {text[: gone[0]]!r} has weight 0, and the complete text has not")
        alone = [float(potential.prefix([prefix])[0]) for prefix in prefixes]
        if alone != guides.tolist():
            raise PredicateError(text, "law 3 fails: weights differ between a batch and one text at a time")


def _read(data: bytes, form: Form, finished: bool) -> Any:
    """Turn bytes into what the function gets; a prefix may end inside a character, which is left out."""
    if form == "bytes":
        return data
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(data, finished)
        if form == "text":
            return text
        if finished:
            return json.loads(text)
    except ValueError as error:
        raise PredicateError(data, f"it cannot be read as {form}: {error}") from error
    from pydantic_core import from_json

    try:
        return from_json(text, allow_partial="trailing-strings")
    except ValueError:
        return None


def _run(function: Callable[[Any], Any], pairs: list[tuple[bytes, Any]], batch: bool, seconds: float | None) -> list[Any]:
    """Call ``function`` on all inputs, in time; an exception names the text it came from."""
    if inspect.iscoroutinefunction(function):
        return _in_thread(lambda: asyncio.run(_gather(function, pairs, batch, seconds)), pairs[0][0], None)

    def one(text: bytes, value: Any) -> Any:
        try:
            return function(value)
        except MaskwrightError:
            raise
        except Exception as error:
            raise PredicateError(text, f"{type(error).__name__}: {error}") from error

    calls = [(pairs[0][0], [value for _, value in pairs])] if batch else pairs
    if seconds is None:
        answers = [one(text, value) for text, value in calls]
    else:
        answers = [_in_thread(partial(one, text, value), text, seconds) for text, value in calls]
    return _unbatched(answers[0], pairs) if batch else answers


async def _gather(function: Callable[[Any], Any], pairs: list[tuple[bytes, Any]], batch: bool, seconds: float | None) -> list[Any]:
    async def one(text: bytes, value: Any) -> Any:
        try:
            return await asyncio.wait_for(function(value), seconds)
        except TimeoutError as error:
            raise PredicateError(text, f"no answer within {seconds} s") from error
        except MaskwrightError:
            raise
        except Exception as error:
            raise PredicateError(text, f"{type(error).__name__}: {error}") from error

    if batch:
        return _unbatched(await one(pairs[0][0], [value for _, value in pairs]), pairs)
    return list(await asyncio.gather(*(one(text, value) for text, value in pairs)))


def _unbatched(answers: Any, pairs: list[tuple[bytes, Any]]) -> list[Any]:
    try:
        found = list(answers)
    except TypeError as error:
        raise PredicateError(pairs[0][0], f"it returned {answers!r} for a list: expected a list") from error
    if len(found) != len(pairs):
        raise PredicateError(pairs[0][0], f"it returned {len(found)} answers for {len(pairs)} texts")
    return found


def _in_thread(call: Callable[[], Any], text: bytes, seconds: float | None) -> Any:
    """Run ``call`` in a thread of its own and wait for it."""
    outcome: dict[str, Any] = {}

    def work() -> None:
        try:
            outcome["answer"] = call()
        except BaseException as error:
            outcome["error"] = error

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise PredicateError(text, f"no answer within {seconds} s")
    if "error" in outcome:
        raise outcome["error"]
    return outcome["answer"]
