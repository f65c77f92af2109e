"""What is to be written: a constraint, how the model is asked for it, and how the finished text is read."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import maskwright
from maskwright.errors import OptionError
from maskwright.grammar.types import TypeForm, is_type

from .arguments import DECODING, Target, check_names
from .free import Free
from .reading import Reader, reader_of
from .transformers_model import TransformersModel

log = logging.getLogger("maskwright")

#: arguments that name a constraint; exactly one is given
KINDS = ("schema", "regex", "choice", "grammar", "structural_tag", "tools", "json_object", "constraint")
#: kinds that hold JSON: numbers are read as Python floats, and strings are spelled plainly, unless the caller says otherwise
_WITH_NUMBERS = ("schema", "json_object", "structural_tag", "tools")
TARGETS = frozenset(Target.__annotations__) | {"schema", "regex", "choice"}


@dataclass(frozen=True)
class Task:
    """One constraint of a call.

    Attributes
    ----------
    constraint : Constraint
    reader : Reader
    asked : dict
        The kind and its source, for models whose prompt says what is wanted.
    """

    constraint: Any
    reader: Reader
    asked: dict[str, Any]


def make_task(model: TransformersModel, arguments: Mapping[str, Any]) -> Task:
    """Compile one constraint.

    Parameters
    ----------
    arguments : mapping
        One of `KINDS`, and options of `maskwright.compile`; None stands for an argument not given.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    if given.get("json_object") is False:
        del given["json_object"]
    kinds = [kind for kind in KINDS if kind in given]
    check_names(given, TARGETS, TARGETS | DECODING)
    if len(kinds) != 1:
        raise OptionError("constraint", kinds, f"exactly one of {', '.join(KINDS)}")
    kind = kinds[0]
    source = given.pop(kind)
    if kind == "constraint":
        if given:
            raise OptionError("constraint", source, f"no {min(given)} beside it: it is compiled already")
        if not hasattr(source, "fill_mask") or not _same_tokens(source.vocab, model.vocabulary):
            raise OptionError("constraint", source, "a constraint compiled on this model's vocabulary")
        return Task(source, reader_of(source), {})
    form: TypeForm[Any] | None = TypeForm(source) if kind == "schema" and is_type(source) else None
    source = source if form is None else form.schema
    if kind in _WITH_NUMBERS:
        given.setdefault("numbers", "float64")
        given.setdefault("escapes", "plain")
    given[kind] = source
    constraint = maskwright.compile(model.vocabulary, **given)
    log.debug("compiled %r", constraint)
    if form is not None and form.has_validators:
        log.debug("%r has validators in Python: texts they refuse are drawn again", form)
    return Task(constraint, reader_of(constraint, form), {kind: source})


def make_tasks(model: TransformersModel, constraints: Any) -> list[Task]:
    """Make the tasks of ``constraints=``, one per prompt; equal entries are compiled once."""
    if isinstance(constraints, str | bytes | Mapping) or not isinstance(constraints, Sequence) or not constraints:
        raise OptionError("constraints", constraints, "a list with one constraint (or None) per prompt")
    made: dict[int, Task] = {}
    return [made[id(one)] if id(one) in made else made.setdefault(id(one), _task_of(model, one)) for one in constraints]


def _task_of(model: TransformersModel, one: Any) -> Task:
    if one is None:
        return Task(Free(model.vocabulary), Reader(), {})
    if isinstance(one, Mapping):
        return make_task(model, one)
    if hasattr(one, "fill_mask"):
        return make_task(model, {"constraint": one})
    if is_type(one) and not isinstance(one, Sequence):
        return make_task(model, {"schema": one})
    raise OptionError("constraints", one, 'entries like {"regex": "[0-9]+"}, Python types, compiled constraints, or None')


def _same_tokens(one: Any, other: Any) -> bool:
    """Whether two vocabularies spell the same; their ends may differ, and those of the constraint count."""
    return bool(one == other or (np.array_equal(one.offsets, other.offsets) and np.array_equal(one.data, other.data)))
