"""The commands: generate, check, trace, warmup, bench, cache.

Data go to stdout, progress and errors to stderr. Exit codes: 0 done; 1 the answer is no (the constraint is refused, the text is not in
the language, the output is incomplete); 2 the question could not be asked (usage, files, missing packages). An error of ours is shown
by its code, message and notes, never by a traceback.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import maskwright
from maskwright import __version__

from .cache_commands import app as cache_app
from .errors import ConstraintError, LimitExceeded, MaskwrightError, MissingDependencyError, OptionError, TokenizerError

NO, UNASKED = 1, 2

app = typer.Typer(
    help="Constrained decoding for language models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cache_app, name="cache")
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


class Format(StrEnum):
    """How to print a report."""

    table = "table"
    json = "json"
    md = "md"


SchemaFile = Annotated[str | None, typer.Option("--schema", metavar="FILE", help="JSON Schema; - is stdin.")]
Regex = Annotated[str | None, typer.Option("--regex", metavar="PATTERN", help="Pattern the whole text matches.")]
Choice = Annotated[list[str] | None, typer.Option("--choice", metavar="TEXT", help="One admissible text; repeat it.")]
GrammarFile = Annotated[str | None, typer.Option("--grammar", metavar="FILE", help="Grammar; - is stdin.")]
Syntax = Annotated[
    str | None, typer.Option("--syntax", metavar="NAME", help="Its language: gbnf, ebnf or lark (default: by the suffix).")
]
HtmlFile = Annotated[str | None, typer.Option("--html", metavar="FILE", help="Also write the trace as a page of its own.")]
Tokenizer = Annotated[
    str | None, typer.Option("--tokenizer", metavar="PATH", help="Tokenizer folder or file (default: the embedded model's).")
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print.")]


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"maskwright {__version__}")
        raise typer.Exit


@app.callback()
def _main(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False) -> None:
    pass


@app.command()
def generate(
    prompt: Annotated[str | None, typer.Argument(help="What the model reads; without it, or as -, stdin.")] = None,
    schema: SchemaFile = None,
    regex: Regex = None,
    choice: Choice = None,
    grammar: GrammarFile = None,
    syntax: Syntax = None,
    model: Annotated[str | None, typer.Option("--model", metavar="DIR", help="Transformers model (default: the embedded one).")] = None,
    max_tokens: Annotated[int, typer.Option("--max-tokens", help="Budget; the text is closed in time.")] = 512,
    temperature: Annotated[float, typer.Option("--temperature", help="0 is greedy.")] = 0.0,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of the random numbers.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole result as one JSON object.")] = False,
    html: HtmlFile = None,
) -> None:
    """Write a text that satisfies a constraint."""
    with _reported():
        if prompt in (None, "-") and "-" in (schema, grammar):
            raise OptionError("schema" if schema else "grammar", "-", "a file, since stdin is the prompt")
        target = _target(schema, regex, choice, grammar, syntax)
        text = _stdin("prompt") if prompt in (None, "-") else prompt
        with _progress("loading the model"):
            _quiet_transformers()
            writer = maskwright.Generator(model=model, **target)
        with _progress("writing"):
            result = writer(text, max_tokens=max_tokens, temperature=temperature, seed=seed, trace=html is not None)
        if html is not None:
            assert result.trace is not None
            Path(html).write_text(result.trace.to_html(), encoding="utf-8")
        if as_json:
            value = json.loads(result.text) if result.complete and schema is not None else result.value
            record = {"text": result.text, "value": value, "finish_reason": result.finish_reason, "usage": result.usage._asdict()}
            _print_json(record)
        else:
            print(result.text)
        if not result.complete:
            err.print(f"incomplete: {result.finish_reason}")
            raise typer.Exit(NO)


@app.command()
def check(
    schema: Annotated[str, typer.Argument(metavar="SCHEMA", help="JSON Schema file; - is stdin.")],
    format: FormatOption = Format.table,
    tokenizer: Tokenizer = None,
) -> None:
    """Compile a JSON Schema and report how each keyword is enforced."""
    with _reported():
        text, vocabulary = _read(schema), _vocabulary(tokenizer)
        try:
            report = maskwright.compile(vocabulary, schema=text).report()
        except (ConstraintError, LimitExceeded) as error:
            if format is not Format.json:
                raise
            _print_json({"ok": False, "error": _error_record(error)})
            raise typer.Exit(NO) from None
    items = [item._asdict() for item in report.items]
    if format is Format.json:
        _print_json({"ok": True, "kind": report.kind, "items": items, "stats": report.stats})
    else:
        _print_rows(format, ["pointer", "keyword", "status", "reason"], [[str(v) for v in item.values()] for item in items])
        for name, value in report.stats.items():
            print(f"{name}: {value}")


@app.command()
def trace(
    text: Annotated[str | None, typer.Argument(help="The text to feed; without it, or as -, stdin.")] = None,
    schema: SchemaFile = None,
    regex: Regex = None,
    choice: Choice = None,
    grammar: GrammarFile = None,
    syntax: Syntax = None,
    format: FormatOption = Format.table,
    html: HtmlFile = None,
    tokenizer: Tokenizer = None,
) -> None:
    """Feed a text token by token and show where, and why, it leaves the language."""
    with _reported():
        if text in (None, "-") and "-" in (schema, grammar):
            raise OptionError("schema" if schema else "grammar", "-", "a file, since stdin is the text")
        target = _target(schema, regex, choice, grammar, syntax)
        text = _stdin("text") if text in (None, "-") else text
        constraint = maskwright.compile(_vocabulary(tokenizer), **target)
        record = _trace(constraint, text)
        if html is not None:
            from maskwright.integrations.trace_page import render

            Path(html).write_text(render("maskwright trace", record["steps"], verdict=_verdict(record, text)), encoding="utf-8")
    if format is Format.json:
        _print_json(record)
    else:
        columns = ["index", "token", "id", "allowed", "forced"]
        _print_rows(format, columns, [[_cell(step[column]) for column in columns] for step in record["steps"]])
        print(_verdict(record, text))
    if not record["accepted"]:
        raise typer.Exit(NO)


@app.command()
def warmup() -> None:
    """Compile the kernels now, so that the first constraint does not wait for them."""
    with _reported(), _progress("compiling the kernels (once per machine)"):
        seconds = maskwright.warmup()
    print(f"kernels ready in {seconds:.1f} s")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}, add_help_option=False)
def bench(context: typer.Context) -> None:
    """Benchmarks and conformance runs: maskbench, suite, speed, hard, micro, jsonschemabench (see bench --help)."""
    from maskwright.bench.__main__ import main

    raise typer.Exit(main(context.args, "maskwright bench"))


def _trace(constraint: Any, text: str) -> dict[str, Any]:
    """Feed ``text``; return the steps (up to the first forbidden token, included) and the verdict as JSON values."""
    import numpy as np

    vocabulary = constraint.vocab
    row = np.zeros(vocabulary.num_words, np.uint32)
    state, steps = constraint.start, []
    for index, token in enumerate(_tokens(vocabulary, text)):
        allowed, forced = constraint.fill_mask(state, row), constraint.forced(state)
        state = constraint.advance(state, token)
        steps.append({
            "index": index,
            "token": vocabulary.token_bytes(token).decode("utf-8", "backslashreplace"),
            "id": token,
            "allowed": allowed,
            "forced": forced.decode("utf-8", "backslashreplace"),
            "ok": state != maskwright.DEAD,
        })
        if state == maskwright.DEAD:
            break
    explanation = constraint.explain(text.encode("utf-8", "surrogateescape"))
    return {
        "accepted": explanation.accepted,
        "steps": steps,
        "position": explanation.position,
        "expected": list(explanation.expected),
        "pointer": explanation.pointer,
        "finish_in": None if state == maskwright.DEAD else constraint.min_tokens(state),
    }


def _tokens(vocabulary: Any, text: str) -> list[int]:
    """Spell ``text`` as the vocabulary's tokenizer does, where that loses nothing."""
    data = text.encode("utf-8", "surrogateescape")
    tokenizer = vocabulary.tokenizer
    if tokenizer is not None and hasattr(tokenizer, "encode"):
        try:
            ids = tokenizer.encode(text, add_special_tokens=False)
            ids = list(getattr(ids, "ids", ids))
        except TypeError:                                       # not a Hugging Face tokenizer
            ids = []
        if vocabulary.decode(ids) == data:
            return ids
    return vocabulary.encode(data)


def _cell(value: int | str) -> str:
    """Show a number as it is, and text quoted, so that blanks are seen."""
    return str(value) if isinstance(value, int) or not value else repr(value)


def _verdict(record: dict[str, Any], text: str) -> str:
    if record["accepted"]:
        return "accepted"
    data = text.encode("utf-8", "surrogateescape")
    position = record["position"]
    if position >= len(data):
        where = f"incomplete after {position} bytes"
    else:
        here = data[max(0, position - 30) : position].decode("utf-8", "replace")
        where = f"rejected at byte {position}, after {here!r}: {data[position:][:12].decode('utf-8', 'replace')!r} cannot stand there"
    expected = ", ".join(record["expected"][:12]) + (", ..." if len(record["expected"]) > 12 else "")
    return where + (f"\nexpected: {expected}" if expected else "") + (f"\nby: {record['pointer']}" if record["pointer"] else "")


def _target(
    schema: str | None, regex: str | None, choice: list[str] | None, grammar: str | None, syntax: str | None
) -> dict[str, Any]:
    """Return the one constraint given, as keyword arguments."""
    given = {"schema": schema, "regex": regex, "choice": choice or None, "grammar": grammar}
    given = {kind: value for kind, value in given.items() if value is not None}
    if len(given) != 1:
        raise OptionError("constraint", sorted(given), "exactly one of --schema, --regex, --choice, --grammar")
    if grammar is not None:
        return {"grammar": _read(grammar, "grammar"), "syntax": syntax or Path(grammar).suffix.lstrip(".") or None}
    if syntax is not None:
        raise OptionError("syntax", syntax, "nothing: it belongs to --grammar")
    return {"schema": _read(schema)} if schema is not None else given


def _read(name: str, what: str = "schema") -> str:
    return _stdin(what) if name == "-" else Path(name).read_text(encoding="utf-8")


def _stdin(what: str) -> str:
    if sys.stdin is None or sys.stdin.isatty():                  # None: closed by who started us
        raise OptionError(what, None, f"a {what} as argument or on stdin")
    return sys.stdin.read().removesuffix("\n")                   # the newline that echo and editors add


def _vocabulary(tokenizer: str | None) -> Any:
    if tokenizer is not None:
        return maskwright.Vocabulary.from_file(tokenizer)
    from maskwright.integrations.embedded.load import WEIGHTS

    return maskwright.Vocabulary.from_file(WEIGHTS)


def _error_record(error: MaskwrightError) -> dict[str, Any]:
    record = {"code": error.code, "type": type(error).__name__, "message": str(error), "notes": getattr(error, "__notes__", [])}
    if isinstance(error, ConstraintError):
        record |= {"path": error.path, "keyword": error.keyword}
    return record


@contextmanager
def _reported() -> Iterator[None]:
    """Show errors of ours, and of files, on stderr and leave with their exit code."""
    try:
        yield
    except MaskwrightError as error:
        err.print(f"[red]error[/]{escape(f'[{error.code}]')}: {escape(str(error))}")
        for note in getattr(error, "__notes__", []):
            err.print(f"  {escape(note)}")
        asked = not isinstance(error, OptionError | MissingDependencyError | TokenizerError)
        raise typer.Exit(NO if asked else UNASKED) from None
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        err.print(f"[red]error[/]: {escape(f'{error.filename}: {why}' if error.filename else why)}")
        raise typer.Exit(UNASKED) from None
    except UnicodeDecodeError as error:
        err.print(f"[red]error[/]: the input is no UTF-8 text: byte {error.start} is 0x{error.object[error.start]:02x}")
        raise typer.Exit(UNASKED) from None


@contextmanager
def _progress(what: str) -> Iterator[None]:
    """Show a spinner on stderr, if that is a terminal."""
    if not err.is_terminal:
        yield
        return
    started = time.perf_counter()
    with err.status(what) as status:
        yield
        status.update(f"{what}: {time.perf_counter() - started:.1f} s")


def _quiet_transformers() -> None:
    """Turn off the library's own progress bars: they would draw over ours, and into logs."""
    try:
        from transformers.utils import logging
    except ImportError:
        return                                                  # `Generator` says which package is missing
    logging.disable_progress_bar()


def _print_json(record: Any) -> None:
    print(json.dumps(record, ensure_ascii=False, indent=2))


def _print_rows(format: Format, columns: list[str], rows: list[list[str]]) -> None:
    """Print a table: drawn on a terminal, in Markdown, or tab-separated where stdout is no terminal."""
    if format is Format.md:
        for cells in (columns, ["---"] * len(columns), *rows):
            print("| " + " | ".join(cell.replace("|", r"\|").replace("\n", " ") for cell in cells) + " |")
    elif out.is_terminal:
        table = Table(*columns)
        for cells in rows:
            table.add_row(*map(escape, cells))
        Console(highlight=False).print(table)
    else:
        for cells in (columns, *rows):
            print("\t".join(cells))
