"""Measure the embedded model: ``python -m maskwright.integrations.embedded.evaluate --n 200 --temperature 0 [--no-constraint] --out FILE``.

Samples come from the held-out side of the corpus (`data`): unseen sets of keys, unseen nesting, unseen enum literals and names.
An answer is *valid* iff it ended and is in the language asked for (parsed and checked by jsonschema; by `re` for patterns; by
comparison for choices). With the constraint, answers are closed within the budget, as `generate` does. A field is *right* iff the value
at its path equals the true one, an array as a whole, and an optional field that the text does not state iff it is left out. Invalid
answers have no right fields. Every answer is decoded with its own constraint, in batches.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from maskwright.errors import MissingDependencyError

from .data import Sample, sample
from .load import load_embedded

BATCH = 32
MAX_TOKENS = 400
_MISSING = object()


class Graded(NamedTuple):
    """One answer: whether it is valid, and for each leaf its feature group and whether it is right."""

    valid: bool
    leaves: tuple[tuple[str, bool], ...]


def grade(drawn: Sample, answer: str, ended: bool) -> Graded:
    """Compare an answer with the truth."""
    value: Any = answer
    valid = ended
    if drawn.schema is None:
        valid = valid and (drawn.regex is None or re.fullmatch(drawn.regex, answer) is not None)
        valid = valid and (drawn.choices is None or answer in drawn.choices)
    elif valid:
        try:
            value = json.loads(answer)
        except ValueError:
            valid = False
        else:
            valid = _conforms(value, drawn.schema)
    return Graded(valid, tuple((leaf.kind, valid and _right(value, leaf.path, leaf.present, leaf.value)) for leaf in drawn.leaves))


def _conforms(value: Any, schema: Any) -> bool:
    try:
        from jsonschema import Draft202012Validator
    except ImportError as error:
        raise MissingDependencyError("jsonschema", "dev") from error
    return Draft202012Validator(schema).is_valid(value)


def _right(value: Any, path: Sequence[str | int], present: bool, want: Any) -> bool:
    for part in path:
        if isinstance(part, int):
            value = value[part] if isinstance(value, list) and part < len(value) else _MISSING
        else:
            value = value.get(part, _MISSING) if isinstance(value, dict) else _MISSING
        if value is _MISSING:
            return not present
    return present and value == want and isinstance(value, bool) == isinstance(want, bool)


def answers(
    model: Any, tokenizer: Any, drawn: Sequence[Sample], temperature: float, constrained: bool, seed: int, forbid: bool = False
) -> list[tuple[str, bool]]:
    """Decode all samples in batches of similar length; return each text and whether it ended. `forbid` undeclared keys or allow them."""
    order = sorted(range(len(drawn)), key=lambda i: (constrained and _source(drawn[i]) is not None, len(drawn[i].prompt)))
    found: dict[int, tuple[str, bool]] = {}
    for first in range(0, len(order), BATCH):
        chosen = order[first : first + BATCH]
        bound = [i for i in chosen if constrained and _source(drawn[i]) is not None]
        free = [i for i in chosen if i not in bound]
        found.update(zip(bound, _bound_answers(model, tokenizer, [drawn[i] for i in bound], temperature, seed + first, forbid)))
        found.update(zip(free, _free_answers(model, tokenizer, [drawn[i] for i in free], temperature, seed + first)))
    return [found[i] for i in range(len(drawn))]


def _source(drawn: Sample, forbid: bool = False) -> dict[str, Any] | None:
    """Return the arguments of `maskwright.compile`, or None for a sample that asks for nothing in particular."""
    if drawn.schema is not None:
        return {"schema": drawn.schema, "numbers": "float64", "additional_properties": "forbid" if forbid else "schema"}
    if drawn.choices is not None:
        return {"choice": drawn.choices}
    return {"regex": drawn.regex} if drawn.regex is not None else None


def _bound_answers(
    model: Any, tokenizer: Any, drawn: Sequence[Sample], temperature: float, seed: int, forbid: bool
) -> list[tuple[str, bool]]:
    """Decode as `maskwright.generate` does, every row with its own constraint."""
    import maskwright
    from maskwright.integrations.decoding import Row, decode
    from maskwright.integrations.result import COMPLETE
    from maskwright.integrations.sampling import Sampling
    from maskwright.integrations.transformers_model import EmbeddedModel

    if not drawn:
        return []
    wrapped = EmbeddedModel(model, tokenizer)
    plan = Sampling(temperature=temperature, seed=seed)
    constraints = [maskwright.compile(wrapped.vocabulary, **(_source(d, forbid) or {})) for d in drawn]
    rows = [Row(constraint, MAX_TOKENS, True, plan.stream(i)) for i, constraint in enumerate(constraints)]
    for _ in decode(wrapped, [tokenizer(d.prompt)["input_ids"] for d in drawn], rows, plan):
        pass
    return [(row.data.decode("utf-8", "replace"), row.finish_reason in COMPLETE) for row in rows]


def _free_answers(model: Any, tokenizer: Any, drawn: Sequence[Sample], temperature: float, seed: int) -> list[tuple[str, bool]]:
    """Decode without any constraint, by `model.generate`."""
    import torch

    if not drawn:
        return []
    torch.manual_seed(seed)
    tokenizer.padding_side = "left"
    batch = tokenizer([d.prompt for d in drawn], return_tensors="pt", padding=True, return_token_type_ids=False)
    options: dict[str, Any] = {"do_sample": False}
    if temperature > 0:
        options = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
    with torch.no_grad():
        ids = model.generate(**batch, max_new_tokens=MAX_TOKENS, **options)[:, batch["input_ids"].shape[1] :]
    found = []
    for row in ids.tolist():
        ended = tokenizer.eos_token_id in row
        found.append((tokenizer.decode(row[: row.index(tokenizer.eos_token_id)] if ended else row), ended))
    return found


def held_out_samples(count: int, seed: int, held_out: bool = True, max_fields: int = 8) -> list[Sample]:
    """Return `count` samples of one side of the split."""
    rng = random.Random(f"evaluation {seed}")
    return [sample(rng, held_out=held_out, max_fields=max_fields) for _ in range(count)]


def summarize(drawn: Sequence[Sample], graded: Sequence[Graded]) -> dict[str, Any]:
    """Return the shares of valid answers and right fields, overall, by feature group and by family of samples."""
    groups: dict[str, list[bool]] = defaultdict(list)
    families: dict[str, list[bool]] = defaultdict(list)
    for d, g in zip(drawn, graded):
        for kind, right in g.leaves:
            groups[kind].append(right)
            families[d.family].append(right)
    everything = [right for marks in groups.values() for right in marks]

    def share(marks: Sequence[bool]) -> float:
        return round(sum(marks) / max(1, len(marks)), 4)

    return {
        "samples": len(drawn),
        "fields": len(everything),
        "valid": share([g.valid for g in graded]),
        "fields_right": share(everything),
        "answers_right": share([g.valid and all(right for _, right in g.leaves) for g in graded]),
        "fields_right_by_group": {k: [share(v), len(v)] for k, v in sorted(groups.items())},
        "fields_right_by_family": {k: [share(v), len(v)] for k, v in sorted(families.items())},
    }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--temperature", type=float, default=0.0)
    parser.add_argument("--no-constraint", action="store_true")
    parser.add_argument("--forbid", action="store_true", help='with additional_properties="forbid": no keys that the schema does not name')
    parser.add_argument("--seen", action="store_true", help="draw from the training side instead of the held-out side")
    parser.add_argument("--max-fields", type=int, default=8, help="most attributes asked for before nesting (easier texts)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", type=Path, help="folder of another export (default: the package's weights)")
    parser.add_argument("--out", type=Path, help="write the report here as JSON")
    parser.add_argument("--show", type=int, default=0, help="print so many wrong answers")
    options = parser.parse_args()
    model, tokenizer = load_embedded(options.model)
    drawn = held_out_samples(options.n, options.seed, not options.seen, options.max_fields)
    began = time.monotonic()
    texts = answers(model, tokenizer, drawn, options.temperature, not options.no_constraint, options.seed, options.forbid)
    graded = [grade(d, *text) for d, text in zip(drawn, texts)]
    report = {
        "temperature": options.temperature,
        "constraint": not options.no_constraint,
        "additional_properties": "forbid" if options.forbid else "schema",
        "held_out": not options.seen,
        "seed": options.seed,
        **summarize(drawn, graded),
        "seconds": round(time.monotonic() - began, 1),
    }
    wrong = [(d, t[0]) for d, t, g in zip(drawn, texts, graded) if not all(right for _, right in g.leaves)]
    for d, text in wrong[: options.show]:
        print(d.prompt, f"  want {d.answer}", f"  have {text}", "", sep="\n", file=sys.stderr)
    print(json.dumps(report, indent=1))
    if options.out:
        options.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
