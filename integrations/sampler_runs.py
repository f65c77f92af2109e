"""The seam between `generate` and samplers: what a sampler is given, and what it gives back.

``sampler="masked"`` is the decoding loop of this layer. Any other name is a sampler of `maskwright.samplers`, made and run by `Sampler`;
a function is called as it is. It gets one `Request` per prompt and returns the texts it wrote.

What a sampler is asked for is the *target*: the model after temperature, top-k, top-p and min-p, conditioned on the constraint within the
budget (`maskwright.samplers.target`). The length rule is "budget" with ``on_truncation="close"``, else "condition".
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from maskwright.errors import NoSampleError, OptionError

from .result import FinishReason
from .sampling import Sampling, is_int, is_number
from .transformers_model import TransformersModel


class Request(NamedTuple):
    """One prompt for a sampler.

    Attributes
    ----------
    model : TransformersModel
    constraint : Constraint
    prompt : tuple of int
        Token ids.
    n : int
        Texts wanted.
    max_tokens : int
        Budget of each.
    sampling : Sampling
        Temperature, cuts and seed.
    closing : bool
        Whether texts have to be complete within the budget.
    takes : callable, optional
        Whether the validators of the Python type asked for take a finished text (bytes). None where there is nothing to ask.
    """

    model: TransformersModel
    constraint: Any
    prompt: tuple[int, ...]
    n: int
    max_tokens: int
    sampling: Sampling
    closing: bool
    takes: Callable[[bytes], bool] | None = None


class Written(NamedTuple):
    """One text of a sampler: its tokens without the end, why it ended, the log of its importance weight, and the run's `SamplingReport`."""

    tokens: tuple[int, ...]
    finish_reason: FinishReason
    weight: float | None = None
    report: SamplingReport | None = None


@dataclass(frozen=True)
class SamplingReport:
    """What a sampler says about one prompt's texts.

    Attributes
    ----------
    sampler : str
    target : str
        What was sampled from, in words.
    law : str
        What is guaranteed about the texts.
    exact : bool
        Whether they have the target's law exactly.
    log_evidence : float
        Log of the estimate of Z, the probability that the model obeys by itself; nan where the method has none.
    ess : float
        Effective number of the texts, by their weights.
    model_calls, model_tokens : int
        Forward passes, and tokens fed in them.
    checks : int
        Evaluations of a potential.
    attempts : int
        Texts begun.
    notes : dict
        What the sampler adds.
    """

    sampler: str
    target: str
    law: str
    exact: bool
    log_evidence: float
    ess: float
    model_calls: int
    model_tokens: int
    checks: int
    attempts: int
    notes: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


Run = Callable[[Request], Sequence[Written]]

#: names of samplers, and where they are
NAMES = {
    "auto": ("auto", "Auto"),
    "cars": ("cars", "Cars"),
    "rejection": ("rejection", "Rejection"),
    "asap": ("asap", "Asap"),
    "awrs": ("awrs", "Awrs"),
    "importance": ("masked", "Importance"),
    "smc": ("smc", "Smc"),
    "mcmc": ("mcmc", "Mcmc"),
    "beam": ("search", "Beam"),
    "random-beam": ("search", "RandomBeam"),
    "enumeration": ("certificate", "Enumeration"),
    "weighted": ("masked", "Masked"),
}


def _is_potential(value: Any) -> bool:
    from maskwright.samplers.potentials import Potential

    return isinstance(value, Potential)


def _is_trie(value: Any) -> bool:
    from maskwright.samplers.trie import Trie

    return isinstance(value, Trie)


#: annotations of samplers' options -> whether a value is of the type, and the type in words
_TYPES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "int": (lambda value: is_int(value, 0), "an integer of at least 0"),
    "float": (lambda value: is_number(value, 0), "a number of at least 0"),
    "bool": (lambda value: isinstance(value, bool), "True or False"),
    "str": (lambda value: isinstance(value, str), "a name"),
    "Potential": (_is_potential, "a maskwright.samplers.potentials.Potential"),
    "Trie": (_is_trie, "a maskwright.samplers.trie.Trie"),
}


class Sampler:
    """A sampler with options, for ``generate(..., sampler=Sampler("smc", particles=16))``.

    Parameters
    ----------
    name : str
        A key of `NAMES`; ``"weighted"`` is masked sampling with importance weights.
    potential : maskwright.samplers.potentials.Potential, optional
        Part of the target: `Predicate` or `Weight`.
    **options
        Of the sampler's class.

    Raises
    ------
    OptionError
        If there is no such sampler.
    """

    def __init__(self, name: str, *, potential: Any = None, **options: Any):
        if not isinstance(name, str) or name not in NAMES:
            expected = " or ".join(f'"{known}"' for known in NAMES)
            raise OptionError("sampler", name, f'{expected}, or a function; "masked" is a name by itself, without options')
        self.name = name
        self.potential = potential
        self.options = options

    def __call__(self, request: Request) -> list[Written]:
        """Sample for one prompt."""
        from importlib import import_module

        from maskwright.samplers.target import Target, Warp

        from .language_model import TransformersLM

        s = request.sampling
        target = Target(
            TransformersLM(request.model, request.prompt),
            request.constraint,
            request.max_tokens,
            potential=self._potential(request),
            warp=Warp(s.temperature, s.top_k, s.top_p, s.min_p),
            length="budget" if request.closing else "condition",
        )
        module, kind = NAMES[self.name]
        make = getattr(import_module(f"maskwright.samplers.{module}"), kind)
        self._check(dict(list(inspect.signature(make).parameters.items())[1:]))
        sampler = make(target, **self._options(request.n))
        run = sampler.sample(request.n, s.seed)
        if len(run) < request.n:
            raise NoSampleError(request.n, len(run), run.attempts, "the language has fewer texts, or the search was too narrow for them")
        report = SamplingReport(
            run.sampler, target.describe(), run.law, run.exact, run.log_evidence, run.ess,
            run.model_calls, run.model_tokens, run.checks, run.attempts, run.notes,
        )  # fmt: skip
        return [Written(one.tokens, _reason(one.outcome, len(one.tokens), request), _weight(one.log_weight), report) for one in run]

    def _potential(self, request: Request) -> Any:
        """Return the potential of the target: the validators of a type are part of it, behind what the user gave."""
        if request.takes is None:
            return self.potential
        from maskwright.samplers.potentials import Predicate

        validators = Predicate(request.takes, on="bytes")
        return validators if self.potential is None else self.potential * validators

    def _check(self, known: dict[str, inspect.Parameter]) -> None:
        """Refuse options the sampler does not have, and values of another type."""
        for option, value in self.options.items():
            if option not in known:
                raise OptionError(option, value, f"an option of the sampler {self.name}: {', '.join(known)}")
            kind, _, optional = str(known[option].annotation).partition(" | ")
            if kind in _TYPES and not _TYPES[kind][0](value) and not (optional and value is None):
                raise OptionError(option, value, _TYPES[kind][1] + (", or None" if optional else ""))

    def _options(self, n: int) -> dict[str, Any]:
        """Options with defaults that suit decoding with a real model: who waits for exact texts wants to hear soon that Z is too small."""
        particles, attempts = {"particles": max(8, n)}, {"max_attempts": max(2000, 20 * n)}
        defaults: dict[str, dict[str, Any]] = {"smc": particles, "importance": particles, "cars": attempts, "rejection": attempts}
        return {**defaults.get(self.name, {}), **self.options}

    def __repr__(self) -> str:
        return f"Sampler({self.name!r})"


def _reason(outcome: str, length: int, request: Request) -> FinishReason:
    if outcome == "stop":
        return "closed" if length == request.max_tokens else "stop"
    return "length" if outcome == "length" else "dead_end"


def _weight(log_weight: float) -> float:
    return log_weight if not math.isnan(log_weight) else 0.0


def run_of(sampler: str | Run) -> Run | None:
    """Return the function of a sampler; None for the masked one.

    Raises
    ------
    OptionError
        If there is no sampler of this name.
    """
    if not isinstance(sampler, str):
        return sampler
    return None if sampler == "masked" else Sampler(sampler)
