"""maskwright itself, through its public names."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

SUITE_BASE = "http://localhost:1234/"


class Engine:
    name = "maskwright"
    any_order = MappingProxyType({"key_order": "any"})
    survives_rejection = True
    facts = ("draft", "formats", "remotes")

    def __init__(self, tokenizer: str | None):
        import numpy as np

        import maskwright as mw

        self.mw = mw
        mw.warmup()
        self.version = mw.__version__
        if tokenizer is None:
            self.vocab = mw.Vocabulary.from_bytes([bytes([b]) for b in range(256)] + [b""], eos_ids=(256,))
        else:
            self.vocab = mw.Vocabulary.from_file(tokenizer)
        self.row = np.zeros(self.vocab.num_words, dtype=np.uint32)
        self.registries: dict[str, Any] = {}

    def compile(self, schema: Any, *, remotes: str | None = None, syntax: str = "ebnf", **options: Any) -> None:
        """Compile; ``remotes`` is the folder of documents that the official suite serves at its base address.

        ``syntax`` says which form of a grammar (see `bench.grammars`) is taken.
        """
        if isinstance(schema, dict) and "$grammar" in schema:
            self.constraint = self.mw.compile(self.vocab, grammar=schema["$grammar"][syntax], syntax=syntax, **options)
            return
        if remotes is not None:
            if remotes not in self.registries:
                self.registries[remotes] = suite_registry(Path(remotes))
            options["registry"] = self.registries[remotes]
        self.constraint = self.mw.compile(self.vocab, schema=schema, **options)

    def reset(self) -> None:
        self.state = self.constraint.start

    def mask(self) -> None:
        self.constraint.fill_mask(self.state, self.row)

    def mask_within(self, left: int) -> None:
        self.constraint.fill_mask(self.state, self.row, budget=left)

    def forced(self) -> bytes:
        return self.constraint.forced(self.state)

    def allowed(self, token: int) -> bool:
        return bool(int(self.row[token >> 5]) >> (token & 31) & 1)

    def advance(self, token: int) -> bool:
        self.state = self.constraint.advance(self.state, token)
        return self.state != 0

    def accepting(self) -> bool:
        return self.constraint.is_accepting(self.state)


def suite_registry(folder: Path) -> Any:
    """Register every document of the official suite's ``remotes/`` under the address that its schemas use."""
    import referencing
    import referencing.jsonschema

    drafts = {
        "draft3": "DRAFT3",
        "draft4": "DRAFT4",
        "draft6": "DRAFT6",
        "draft7": "DRAFT7",
        "draft2019-09": "DRAFT201909",
        "draft2020-12": "DRAFT202012",
    }
    resources = []
    for path in sorted(folder.rglob("*.json")):
        place = path.relative_to(folder)
        default = getattr(referencing.jsonschema, drafts.get(place.parts[0], "DRAFT202012"))
        contents = json.loads(path.read_text(encoding="utf-8"))
        resources.append((SUITE_BASE + place.as_posix(), referencing.Resource.from_contents(contents, default_specification=default)))
    return referencing.Registry().with_resources(resources)
