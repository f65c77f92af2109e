"""`compile` and `load`: from a constraint and a tokenizer to a `Constraint`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from maskwright.automata.constraint import Constraint
from maskwright.automata.limits import Limits
from maskwright.automata.program import Program, TerminalProgram
from maskwright.automata.report import ReportItem
from maskwright.automata.saving import read_saved
from maskwright.automata.vocabulary import Vocabulary

from .compile_cache import find, keep, key_of, snapshot
from .errors import ConstraintError, OptionError, SerializationVersionError

KINDS = ("schema", "regex", "choice", "grammar", "structural_tag", "tools", "json_object")
SCHEMA_OPTIONS = ("key_order", "whitespace", "numbers", "formats", "escapes", "additional_properties", "draft", "registry", "openapi")
#: report items, or what makes them when they are asked for
Items = Sequence[ReportItem] | Callable[[], Sequence[ReportItem]]
TOOL_OPTIONS = ("tool_choice", "parallel_tool_calls", "tool_format")


def compile(
    vocab: Any,
    *,
    schema: Any = None,
    regex: str | None = None,
    choice: Sequence[str] | None = None,
    grammar: str | None = None,
    syntax: str | None = None,
    structural_tag: Any = None,
    tools: Any = None,
    json_object: bool = False,
    limits: Limits | None = None,
    **options: Any,
) -> Constraint:
    """Compile one constraint for a vocabulary.

    Parameters
    ----------
    vocab : Vocabulary or tokenizer
        A tokenizer is read with `Vocabulary.from_tokenizer` (once per tokenizer).
    schema : dict, bool, str or type
        A JSON Schema (as Python object or JSON text), or a Python type that pydantic can describe.
    regex : str
        The whole output matches. Python syntax; ``dialect="ecma"`` for ECMA-262.
    choice : sequence of str
        The output is one of these.
    json_object : bool
        Any JSON object. (Any JSON value is ``schema=True``.)
    grammar, syntax : str
        A context-free grammar and the language it is written in, one of `maskwright.grammar.syntaxes.SYNTAXES`; or, without a
        syntax, a constraint expression (`maskwright.grammar.compose`). Options: ``start``
        (the start rule), ``use`` (what names stand for that the grammar does not define), and the syntax's own.
    structural_tag : dict or str
        Free text with constrained sections; see `maskwright.grammar.tags`. Takes the options of a schema, for the schemas inside.
    tools : list
        Functions that the text may call: Python functions, or OpenAI-style descriptions. Options: ``tool_choice`` ("auto", "required",
        "none" or a name), ``parallel_tool_calls``, ``tool_format``, and those of a schema; see `maskwright.grammar.tools`.
    limits : Limits, optional
        Budgets of the constraint.
    **options
        ``thinking``: the marks of a thinking section before the answer, as a pair or a `maskwright.grammar.thinking.ThinkingFormat`. Of
        a schema: ``key_order``, ``whitespace``, ``numbers``, ``formats``, ``escapes``, ``additional_properties``, ``draft``,
        ``registry``, ``openapi``; see `maskwright.grammar.json_schema.options.SchemaOptions`.

    Raises
    ------
    OptionError
        If not exactly one kind of constraint is given, or an option is unknown or unusable.
    ConstraintError
        Its subclasses say what is wrong with the constraint, and where.
    LimitExceeded
        If compiling goes beyond ``limits``.

    >>> import maskwright as mw
    >>> vocab = mw.Vocabulary.from_bytes([b"yes", b"no", b"y", b""], eos_ids=[3])
    >>> c = mw.compile(vocab, choice=["yes", "no"])
    >>> c.accepts("yes"), c.accepts("maybe")
    (True, False)
    """
    if not isinstance(json_object, bool | None):
        raise OptionError("json_object", json_object, "True, for any JSON object (any JSON value is schema=True)")
    given = {
        "schema": schema,
        "regex": regex,
        "choice": choice,
        "grammar": grammar,
        "structural_tag": structural_tag,
        "tools": tools,
        "json_object": json_object or None,
    }
    kinds = [kind for kind, value in given.items() if value is not None]
    if len(kinds) != 1:
        unread = f" (there is no argument {', '.join(map(repr, options))})" if options and not kinds else ""
        raise OptionError("constraint", " and ".join(kinds) or None, f"exactly one of {', '.join(KINDS)}{unread}")
    kind = kinds[0]
    if limits is not None and not isinstance(limits, Limits):
        raise OptionError("limits", limits, "a maskwright.Limits")
    if syntax is not None and kind != "grammar":
        raise OptionError("syntax", syntax, f"nothing: it belongs to grammar=, not to {kind}=")
    vocabulary = vocab if isinstance(vocab, Vocabulary) else Vocabulary.from_tokenizer(vocab)
    key = key_of(kind, given[kind], {"syntax": syntax, "limits": limits, **options})
    found = find(vocabulary, key)
    if found is not None:
        return found
    started = time.perf_counter()
    value = snapshot(given[kind], key)
    thinking, layout = options.pop("thinking", None), None
    items: Items
    if kind == "grammar":
        program, items, source = _grammar(vocabulary, value, syntax, limits, options)
    elif kind == "structural_tag":
        program, items, source = _structural_tag(vocabulary, value, limits, options)
    elif kind == "tools":
        program, items, source, layout = _tools(vocabulary, value, limits, options)
    else:
        program, items, source = _program(kind, value, limits, options)
    if thinking not in (None, False):
        program, layout, source = _thinking(vocabulary, program, thinking, limits, layout, source)
    seconds = time.perf_counter() - started
    constraint = Constraint(vocabulary, program, kind=kind, items=items, limits=limits, source=source, compile_seconds=seconds)
    constraint.layout = layout
    constraint.captures = _captures(grammar, vocabulary, limits)
    keep(vocabulary, key, constraint)
    return constraint


def _program(
    kind: str, value: Any, limits: Limits | None, options: dict[str, Any]
) -> tuple[Program, Items, dict[str, Any] | None]:
    """Return the program of a constraint, its report items, and what `Constraint.save` writes."""
    allowed = {"schema": SCHEMA_OPTIONS, "json_object": SCHEMA_OPTIONS, "regex": ("dialect", "flags"), "choice": ()}[kind]
    _check_options(kind, options, allowed)
    if kind == "regex":
        return _regex(value, options)
    if kind == "choice":
        return _choice(value)
    return _schema(value if kind == "schema" else {"type": "object"}, limits, options)


def _regex(pattern: str, options: dict[str, Any]) -> tuple[Program, Sequence[ReportItem], dict[str, Any]]:
    from maskwright.grammar.regex_empty import no_match
    from maskwright.grammar.regex_program import regex_program

    if not isinstance(pattern, str):
        raise OptionError("regex", pattern, "a pattern as str")
    program, judged = regex_program(pattern, **options)
    start = program.expand(program.start)
    if not start.final and not start.scans:
        raise no_match(pattern, **options)
    items = (ReportItem("", "regex", "completion", "backreferences are decided where the text ends"),) if judged else ()
    return program, items, {"regex": pattern, **options}


def _choice(choices: Any) -> tuple[Program, Sequence[ReportItem], dict[str, Any] | None]:
    from maskwright.grammar.choice import choice_dfa

    if isinstance(choices, (str, bytes)) or not isinstance(choices, Sequence):
        raise OptionError("choice", choices, "a list of strings")
    program = TerminalProgram(choice_dfa(choices), f"one of {len(choices)} choices" if len(choices) > 5 else f"one of {list(choices)}")
    return program, (), {"choice": list(choices)}


def _schema(schema: Any, limits: Limits | None, options: dict[str, Any]) -> tuple[Program, Items, dict[str, Any] | None]:
    from maskwright.grammar.json_schema import compile_schema
    from maskwright.grammar.json_schema.options import SchemaOptions

    if not isinstance(schema, (dict, bool, str)):
        from maskwright.grammar.types import TypeForm

        schema = TypeForm(schema).schema
    chosen = SchemaOptions(limits=limits, **options) if limits or options else None
    compiled = compile_schema(schema, chosen)
    return compiled.program, lambda: compiled.report_items, {"schema": schema, **options}


def _grammar(
    vocabulary: Vocabulary, text: Any, syntax: str | None, limits: Limits | None, options: dict[str, Any]
) -> tuple[Program, Sequence[ReportItem], dict[str, Any] | None]:
    from maskwright.grammar.syntaxes import read_grammar

    if not isinstance(text, str):
        from maskwright.grammar.compose import expression, read_expression

        try:
            given = expression(text)
        except OptionError:
            raise OptionError("grammar", text, "the text of a grammar, or a constraint expression") from None
        if syntax is not None:
            raise OptionError("syntax", syntax, "nothing beside a constraint expression: its parts say what they are written in")
        _check_options("a constraint expression", options, ())
        program, items = read_expression(given, vocabulary, limits)
        return program, items, None
    compiled = read_grammar(text, syntax, vocabulary, limits, options)
    return compiled.program, compiled.report_items, {"grammar": text, "syntax": syntax, **options}


def _captures(grammar: Any, vocabulary: Vocabulary, limits: Limits | None) -> Any:
    """Return the reader of a constraint expression's captures, None where nothing is named."""
    if grammar is None or isinstance(grammar, str):
        return None
    from maskwright.grammar.captures import captures_of
    from maskwright.grammar.compose import expression

    return captures_of(expression(grammar), vocabulary, limits)


def _structural_tag(
    vocabulary: Vocabulary, tag: Any, limits: Limits | None, options: dict[str, Any]
) -> tuple[Program, Sequence[ReportItem], dict[str, Any] | None]:
    from maskwright.grammar.tags import read_structural_tag

    _check_options("structural_tag", options, SCHEMA_OPTIONS)
    program, items = read_structural_tag(tag, vocabulary, limits, options)
    return program, items, {"structural_tag": tag, **options}


def _tools(
    vocabulary: Vocabulary, tools: Any, limits: Limits | None, options: dict[str, Any]
) -> tuple[Program, Sequence[ReportItem], dict[str, Any] | None, Any]:
    from maskwright.grammar.layout import Layout
    from maskwright.grammar.tags import TagReader, relocate
    from maskwright.grammar.tools import CallReader, chosen, format_of, place_in_tools, read_tools, tool_tag

    _check_options("tools", options, TOOL_OPTIONS + SCHEMA_OPTIONS)
    source = {"tools": tools, **options}
    form = format_of(options.pop("tool_format", "hermes"))
    parallel = options.pop("parallel_tool_calls", True)
    if not isinstance(parallel, bool):
        raise OptionError("parallel_tool_calls", parallel, "True or False")
    mode, allowed = chosen(read_tools(tools), options.pop("tool_choice", "auto"))
    reader = TagReader(vocabulary, limits, options)
    try:
        program = reader.program(reader.body(tool_tag(allowed, form, mode, parallel)))
    except ConstraintError as error:
        relocate(error, place_in_tools(error.path, allowed))
        raise
    items = [item._replace(pointer=place_in_tools(item.pointer, allowed)) for item in reader.items]
    calls = CallReader(form, allowed if mode != "none" else (), lambda text: reader.spell(text, "/tool_format"))
    return program, items, source, Layout(calls=calls)


def _thinking(
    vocabulary: Vocabulary, program: Program, thinking: Any, limits: Limits | None, layout: Any, source: dict[str, Any] | None
) -> tuple[Program, Any, dict[str, Any] | None]:
    from maskwright.grammar.layout import Layout
    from maskwright.grammar.thinking import ThoughtReader, thinking_format, with_thinking

    form = thinking_format(thinking)
    layout = Layout(ThoughtReader(form, vocabulary), None if layout is None else layout.calls)
    saved = [form.begin, form.end, form.mode]
    return with_thinking(program, form, vocabulary, limits), layout, None if source is None else {**source, "thinking": saved}


def _check_options(kind: str, options: dict[str, Any], allowed: Sequence[str]) -> None:
    for option in options:
        if option not in allowed:
            raise OptionError(option, options[option], f"an option of {kind}: {', '.join(allowed) or 'it has none'}")


def load(path: str | os.PathLike[str], vocab: Any, *, limits: Limits | None = None) -> Constraint:
    """Build the constraint that `Constraint.save` wrote, on the same vocabulary, as warm as it was saved.

    Raises
    ------
    SerializationVersionError
        If the file is of another format or tokenizer.
    OptionError
        If ``path`` is no path.
    """
    try:
        os.fspath(path)
    except TypeError:
        raise OptionError("path", path, "a path") from None
    vocabulary = vocab if isinstance(vocab, Vocabulary) else Vocabulary.from_tokenizer(vocab)
    source, arrays = read_saved(path, vocabulary)
    try:
        constraint = compile(vocabulary, limits=limits, **source)
    except (TypeError, OptionError) as error:
        raise SerializationVersionError(f"{os.fspath(path)!r} is not a saved constraint") from error
    if arrays:
        constraint.restore(arrays)
    return constraint
