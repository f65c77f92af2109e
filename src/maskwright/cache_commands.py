"""``maskwright cache``: what the cache folder holds, and how to empty it."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from maskwright.automata import cache

app = typer.Typer(help="The cache folder: vocabularies, automata of formats and the kernels' markers.", no_args_is_help=True)
out = Console(soft_wrap=True, highlight=False)


@app.command()
def info(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Say where the cache is and what it holds."""
    folder = cache.cache_dir()
    kinds: dict[str, list[int]] = {}
    for path in cache.entries():
        kinds.setdefault("kernels" if path.name.startswith("kernels-") else path.parent.name, []).append(path.stat().st_size)
    if as_json:
        found = {kind: {"entries": len(sizes), "bytes": sum(sizes)} for kind, sizes in kinds.items()}
        out.print_json(json.dumps({"folder": str(folder) if folder else None, "kinds": found}))
        return
    out.print(str(folder) if folder else f"caching is off ({cache.ENVIRONMENT_VARIABLE} is empty)")
    if kinds:
        rows = [(kind, str(len(sizes)), f"{sum(sizes):,}" if out.is_terminal else str(sum(sizes))) for kind, sizes in sorted(kinds.items())]
        if out.is_terminal:
            table = Table("kind", "entries", "bytes")
            for row in rows:
                table.add_row(*row)
            out.print(table)
        else:                                                    # as other tables of the command line: for programs
            for row in (("kind", "entries", "bytes"), *rows):
                print("\t".join(row))


@app.command()
def clear() -> None:
    """Remove what maskwright wrote into the cache folder; what is needed is made again."""
    removed = cache.clear()
    out.print(f"{removed} files removed")
