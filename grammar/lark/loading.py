"""Reading a grammar with lark's own loader, and saying what is wrong with one in our terms.

lark is imported here, when a grammar is read. Its loader walks trees recursively, so it runs on a thread of its own with a deep
stack, and is given up when the time limit is reached. Files are never opened: an import is either one of the grammars
that come with lark, or what the caller's loader returns for its path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from maskwright.automata.limits import Limits
from maskwright.errors import ConstraintError, GrammarSyntaxError, LimitExceeded, MaskwrightError, OptionError, UnsupportedFeatureError

from ..syntax_guess import dialect_hint
from .deep import run_deep
from .holes import Masked, rename
from .templates import Excess, excess

#: names of lark's own tokens, for people
_EXPECTED = {
    "RULE": "a rule name",
    "RULE_MODIFIERS": "a rule name",
    "TERMINAL": "a terminal name",
    "STRING": "a string",
    "REGEXP": "a regular expression",
    "NUMBER": "a number",
    "_NL": "the end of the line",
    "_NL_OR": "'|' on a new line",
    "_COLON": "':'",
    "_OR": "'|'",
    "_LPAR": "'('",
    "_RPAR": "')'",
    "_LBRA": "'['",
    "_RBRA": "']'",
    "_LBRACE": "'{'",
    "_RBRACE": "'}'",
    "OP": "an operator (?, *, +)",
    "TILDE": "'~'",
    "_TO": "'->'",
    "_DOT": "'.'",
    "_DOTDOT": "'..'",
    "_COMMA": "','",
    "_IGNORE": "'%ignore'",
    "_IMPORT": "'%import'",
    "_DECLARE": "'%declare'",
    "_OVERRIDE": "'%override'",
    "_EXTEND": "'%extend'",
    "$END": "the end of the grammar",
}

_DEFINITION = re.compile(r"^[ \t]*(?:%(?:override|extend)[ \t]+)?[!?]*([A-Za-z_]\w*)[ \t]*(?:\{[^}\n]*\})?(?:\.-?\d+)?[ \t]*:", re.M)


class Loaded(NamedTuple):
    """What lark made of a grammar.

    Attributes
    ----------
    terminals, rules : list
        lark's `TerminalDef`s and `Rule`s.
    ignored : list of str
    start : str
    declared : frozenset of str
        Terminals without a pattern.
    """

    terminals: list[Any]
    rules: list[Any]
    ignored: list[str]
    start: str
    declared: frozenset[str]


class _NotFound(Exception):
    """An import that nobody has."""


def load(text: str, start: str, loader: Any, limits: Limits, holes: Masked | None = None) -> Loaded:
    """Load a grammar; ``holes`` is what lark gets of it, if that is not ``text`` itself.

    Raises
    ------
    GrammarSyntaxError
        If it does not parse, or defines a name twice, or uses one that is not defined.
    ConstraintError
        If lark refuses it for another reason.
    LimitExceeded
        If loading takes longer than ``limits.seconds``.
    """
    limits.check("nodes", text.count("\n") + 1)
    imported: dict[str, str] = {}
    source = _source(loader, imported)
    for name in sorted(holes.names & _bodies(text).keys()) if holes else ():
        begin = _bodies(text)[name][0][0]
        place = (text.count("\n", 0, begin) + 1, begin - text.rfind("\n", 0, begin))
        raise _error(text, f"{name!r} is defined here and in use=", place, "take it out of one of them")

    def work() -> Loaded:
        from lark.grammar import NonTerminal
        from lark.load_grammar import GrammarBuilder

        builder = GrammarBuilder(False, [source])
        builder.load_grammar(holes.text if holes else text, "<string>")
        if holes and holes.more:
            builder.load_grammar(holes.more, "<holes>")
        grammar = builder.build()
        rename(grammar, holes.renamed if holes else {})
        names = [str(name) for name, _, _, _ in grammar.rule_defs]
        if start not in names:
            raise _missing_start(text, start, names)
        if (found := excess(grammar.rule_defs)) is not None:
            raise _endless(text, found)
        terminals, rules, ignored = grammar.compile([start], set())
        for terminal in terminals:
            _ = terminal.pattern.min_width  # parses the pattern
        # lark calls the word "b" B: where B is declared too, they are one terminal, which has a pattern
        declared = frozenset(name for name, (tree, _) in grammar.term_defs if tree is None) - {t.name for t in terminals}
        defined = {rule.origin for rule in rules}
        for rule in rules:
            for symbol in rule.expansion:
                if isinstance(symbol, NonTerminal) and symbol not in defined:
                    raise _undefined(text, "rule", symbol.name, "rule", rule.origin.name)
        return Loaded(terminals, rules, ignored, start, declared)

    try:
        loaded = run_deep(work, limits, f"lark is reading a grammar of {text.count(chr(10)) + 1:,} lines")
        for name in sorted(holes.names) if holes else ():
            if any(declared.endswith(f"__{name}") for declared in loaded.declared):
                _refuse_imported(imported, (name,))
        _refuse_unread(imported, holes)
        return loaded
    except _NotFound as error:
        raise _import_error(text, str(error)) from None
    except Exception as error:
        missing = re.match(r"Terminal used but not defined: (\w+)", str(error)) if holes else None
        if missing and holes and (missing[1] in holes.values or missing[1] in holes.names):
            raise _inside_terminal(missing[1] if missing[1] in holes.names else "%json") from None
        found = error if isinstance(error, MaskwrightError) else _translated(error, text, imported)
        if not isinstance(found, UnsupportedFeatureError):
            _refuse_undefined(error, imported, holes)
            _refuse_unread(imported, holes)
        if found is error:
            raise
        raise found from error


def _refuse_undefined(error: Exception, imported: Mapping[str, str], holes: Masked | None) -> None:
    """Refuse a hole in an imported grammar if ``error`` says that it is not defined; lark puts the import's name before it."""
    undefined = re.search(r"(\w+)' (?:is|used but) not defined|not defined: (\w+)", str(error))
    if holes and undefined:
        _refuse_imported(imported, [name for name in holes.names if (undefined[1] or undefined[2]).endswith(f"__{name}")])


def _refuse_unread(imported: Mapping[str, str], holes: Masked | None) -> None:
    """Refuse names of ``use`` that the grammar does not have."""
    for name in holes.unread if holes else ():
        _refuse_imported(imported, (name,))
        raise OptionError("use", name, "names that the grammar refers to")


def _refuse_imported(imported: Mapping[str, str], names: Iterable[str]) -> None:
    """Refuse a hole in an imported grammar: one of ``names`` that it refers to."""
    for path, text in imported.items():
        for name in names:
            place = _place(text, name)
            if place and name not in _bodies(text):
                raise _inside_import(name, path, *place)


def _inside_import(name: str, path: str, line: int, column: int) -> UnsupportedFeatureError:
    return UnsupportedFeatureError(
        f"{name} inside an imported grammar",
        pointer=f"line {line}, column {column} of {path.removeprefix('<loader>/')!r}",
        reason="names of an imported grammar are its own, and other constraints have names of the grammar that imports it",
        hint="let the imported rule take it as a template's argument, or define the rule that needs it beside the %import",
    )


def _source(loader: Any, imported: dict[str, str]) -> Callable[[Any, str], tuple[Any, str]]:
    """Return the function that lark asks for imported grammars, whose texts are kept in ``imported``."""
    if loader is None:
        fetch: Callable[[str], Any] = lambda path: None  # noqa: E731
    elif isinstance(loader, Mapping):
        fetch = loader.get
    elif callable(loader):
        fetch = loader
    else:
        raise OptionError("loader", loader, "a function from a path ('lib/names.lark') to its text, or a mapping")

    def source(base: Any, path: str) -> tuple[Any, str]:
        from lark.load_grammar import PackageResource, stdlib_loader

        path = path.replace("\\", "/")
        if isinstance(base, str) and base.startswith("<loader>"):
            path = f"{base.removeprefix('<loader>').strip('/')}/{path}".lstrip("/")
        if not isinstance(base, PackageResource):
            try:
                text = fetch(path)
            except (KeyError, OSError):
                text = None
            if text is not None:
                if not isinstance(text, str):
                    raise OptionError("loader", text, f"the text of {path!r} as str, or None")
                imported[f"<loader>/{path}"] = text
                return f"<loader>/{path}", text
        try:
            return stdlib_loader(base if isinstance(base, PackageResource) else None, path)
        except OSError:
            raise _NotFound(path) from None

    return source


# -- errors


def _place(text: str, name: str, among: tuple[int, int] | None = None) -> tuple[int, int] | None:
    """Return line and column of the first use of ``name`` within a span of the text."""
    begin, end = among or (0, len(text))
    for found in re.compile(rf"(?<![\w]){re.escape(name)}(?![\w])").finditer(text, begin, end):
        line_start = text.rfind("\n", 0, found.start()) + 1
        line = text[line_start : found.start()]
        if "//" in line or line.count('"') % 2:
            continue
        return text.count("\n", 0, found.start()) + 1, found.start() - line_start + 1
    return None


def _bodies(text: str) -> dict[str, list[tuple[int, int, int]]]:
    """Return for each defined name (start of the name, start of the body, end) of its definitions."""
    found = list(_DEFINITION.finditer(text))
    out: dict[str, list[tuple[int, int, int]]] = {}
    for this, after in zip(found, [*found[1:], None]):
        out.setdefault(this[1], []).append((this.start(1), this.end(), len(text) if after is None else after.start()))
    return out


def _at(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of an offset."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _error(text: str, message: str, place: tuple[int, int] | None, hint: str | None = None) -> ConstraintError:
    if place is None:
        return ConstraintError(message, hint=hint)
    line, column = place
    lines = text.splitlines() or [""]
    shown = lines[line - 1] if line <= len(lines) else ""
    return GrammarSyntaxError(message, line=line, column=column, text=shown.replace("\t", " ") or " ", hint=hint)


def _close(name: str, names: Any) -> str | None:
    close = get_close_matches(name, list(names), 1)
    return f"did you mean {close[0]!r}?" if close else None


def _missing_start(text: str, start: str, names: list[str]) -> ConstraintError:
    names = [name for name in names if name in _bodies(text)]
    hint = _close(start, names) or (f"pass start={names[0]!r}, or name a rule {start!r}" if names else dialect_hint(text, "lark"))
    return _error(text, f"the start rule {start!r} is not defined", (1, 1) if text.strip() else None, hint)


def _endless(text: str, found: Excess) -> LimitExceeded:
    """Return the error for a template that asks for too many or too deeply nested instances."""
    bodies = _bodies(text).get(found.template)
    place = " (line {}, column {})".format(*_at(text, bodies[0][0])) if bodies else ""
    hint = "a template that uses itself must do so with the same arguments, not with ever longer ones: write the repetition with * or +"
    return LimitExceeded(found.limit, found.allowed, found.value, path=f"template {found.template!r}{place}", hint=hint)


def _inside_terminal(name: str) -> ConstraintError:
    reason = "terminals are patterns that lark's lexer matches, other constraints stand beside them"
    return UnsupportedFeatureError(f"{name} inside a terminal", reason=reason, hint="use it in a rule: rules have names in lower case")


def _undefined(text: str, kind: str, name: str, inside_kind: str, inside: str) -> ConstraintError:
    bodies = _bodies(text)
    place = None
    for _, begin, end in bodies.get(inside, ()):
        place = place or _place(text, name, (begin, end))
    kind = "terminal" if kind == "rule" and name.isupper() else kind
    hint = _close(name, [other for other in bodies if other != name]) or dialect_hint(text, "lark")
    if re.search(rf"^[ \t]*%import\b.*\b{re.escape(name)}\b", text, re.M):
        hint = "%import names it, but the imported grammar does not define it"
    return _error(text, f"{kind} {name!r} is not defined; {inside_kind} {inside!r} uses it", place, hint)


def _undefined_there(kind: str, name: str, imported: Mapping[str, str]) -> ConstraintError | None:
    """Return the error for a name that an imported grammar uses and does not define: lark puts names of its path before it."""
    for path, text in imported.items():
        stem = re.sub(r"\W+", "__", path.removeprefix("<loader>/").removesuffix(".lark"))
        own = name.removeprefix(stem + "__")
        place = _place(text, own) if own != name and own not in _bodies(text) else None
        if place:
            where = f"line {place[0]}, column {place[1]} of the imported grammar {path.removeprefix('<loader>/')!r}"
            return ConstraintError(f"{kind} {own!r} is not defined ({where})", hint=_close(own, _bodies(text)))
    return None


def _bad_range(text: str) -> ConstraintError | None:
    """Return the error for the first range that is not of two characters in order."""
    for found in re.finditer(r'"((?:[^"\\\n]|\\.)*)"[ \t]*\.\.[ \t]*"((?:[^"\\\n]|\\.)*)"', text):
        ends = [part if len(part) == 1 else None for part in found.groups()]
        if any(end is None and not part.startswith("\\") for end, part in zip(ends, found.groups())):
            return _error(text, f"{found[0]} is no range: its ends are single characters", _at(text, found.start()))
        if None not in ends and str(ends[0]) > str(ends[1]):
            return _error(text, f"{found[0]} is no range: {ends[0]!r} comes after {ends[1]!r}", _at(text, found.start()))
    return None


def _bad_pattern(text: str, message: str) -> ConstraintError:
    """Return the error for a pattern that `re` refuses: the first in the text that it does refuse."""
    if "bad character range" in message and (bad := _bad_range(text)) is not None:
        return bad
    for found in re.finditer(r"/(?!/)((?:\\/|\\\\|[^/\n])*?)/[imslux]*", text):
        try:
            re.compile(found[1])
        except re.error:
            place = (text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start()))
            return _error(text, f"the pattern {found[0]} is no regular expression: {message}", place)
    return ConstraintError(f"a terminal is no regular expression: {message}")


def _import_error(text: str, path: str) -> ConstraintError:
    found = re.search(r"^[ \t]*%import[ \t]+\S*" + re.escape(path.removesuffix(".lark").split("/")[-1]), text, re.M)
    place = (text.count("\n", 0, found.start()) + 1, 1) if found else None
    hint = "pass loader=, a function from such a path to the grammar's text; lark itself has common, lark, python and unicode"
    return _error(text, f"the grammar {path!r} that %import asks for is not found", place, hint)


def _translated(error: Exception, text: str, imported: Mapping[str, str]) -> ConstraintError:
    """Return our error for one of lark's."""
    from lark.exceptions import LarkError, UnexpectedInput

    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, UnexpectedInput):
        cause = cause.__context__
    message = str(error)
    if isinstance(cause, UnexpectedInput):
        return _unexpected(cause, message, text, imported)
    undefined = re.match(r"(Rule|Terminal|Template) '([^']*)' used but not defined \(in (rule|terminal|template) (\S+?)\)", message)
    if undefined:
        there = _undefined_there(undefined[1].lower(), undefined[2], imported)
        return there or _undefined(text, undefined[1].lower(), undefined[2], undefined[3], undefined[4])
    undefined = re.match(r"Terminal used but not defined: (\w+)", message)
    if undefined:
        place = _place(text, undefined[1])
        return _error(text, f"terminal {undefined[1]!r} is not defined", place, _close(undefined[1], _bodies(text)))
    twice = re.match(r"(Rule|Terminal) '([^']*)' defined more than once", message)
    if twice:
        places = _bodies(text).get(twice[2], [])
        begin = places[1][0] if len(places) > 1 else None
        place = None if begin is None else (text.count("\n", 0, begin) + 1, begin - text.rfind("\n", 0, begin))
        first = None if begin is None else text.count("\n", 0, places[0][0]) + 1
        hint = "extend it with %extend, or replace an imported one with %override" + (f"; the first is on line {first}" if first else "")
        return _error(text, f"{twice[1].lower()} {twice[2]!r} is defined more than once", place, hint)
    if isinstance(error, re.error) or type(error).__module__.split(".")[0] in ("regex", "_regex_core"):  # lark measures patterns by either
        return _bad_pattern(text, message)
    if isinstance(error, LarkError):
        if 'rule "range"' in message and (bad := _bad_range(text)) is not None:
            return bad
        named = [name for name in re.findall(r"\w+", message) if name in _bodies(text)]
        place = None
        if named:
            begin = _bodies(text)[named[0]][0][0]
            place = (text.count("\n", 0, begin) + 1, begin - text.rfind("\n", 0, begin))
        spelled = _spelled(message)
        found = re.search(spelled, text) if spelled else None
        if found:
            place = (text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start()))
        return _error(text, f"lark refuses the grammar: {message.strip()}", place, dialect_hint(text, "lark"))
    return ConstraintError(f"lark fails on the grammar: {type(error).__name__}: {message}", hint=dialect_hint(text, "lark"))


def _spelled(message: str) -> str | None:
    """Return the pattern of what lark refuses, where its message has no place but quotes the grammar."""
    bounds = re.search(r"\((\d+)\.\.(\d+) isn't allowed\)", message)
    if bounds:
        return rf"~[ \t]*{bounds[1]}[ \t]*\.\.[ \t]*{bounds[2]}"
    ignored = re.search(r"\{'(\w+)'.* marked to ignore", message)
    if ignored:
        return rf"%ignore[ \t]+{ignored[1]}\b"
    if "Aliasing not allowed in terminals" in message:
        return r"(?m)^[ \t]*_?[A-Z]\w*[^\n]*->"
    return r'""' if "Empty terminals" in message else None


def _read_from(cause: Any, message: str, text: str, sources: Mapping[str, str]) -> tuple[str, str] | None:
    """Return, at index 1 as of a match, the imported grammar that lark was reading: its message shows a piece of that."""
    if cause.pos_in_stream is None or cause.get_context(text) in message:
        return None
    return next((("", path) for path, given in sources.items() if cause.get_context(given) in message), None)


def _unexpected(cause: Any, message: str, text: str, sources: Mapping[str, str]) -> ConstraintError:
    """Return the error for a text that is not a Lark grammar."""
    where = re.search(r" in ([^\s:]+): ", message) or _read_from(cause, message, text, sources)
    imported = f" in the imported grammar {where[1]}" if where and where[1] not in ("<string>", "<?>") else ""
    given = sources.get(where[1], "").splitlines() if where else []
    if 0 < cause.line <= len(given) and given[cause.line - 1].startswith("%json", cause.column - 1):
        return _inside_import("%json", where[1], cause.line, cause.column)  # type: ignore[index]
    expected = sorted(set(getattr(cause, "accepts", None) or getattr(cause, "expected", None) or getattr(cause, "allowed", None) or ()))
    shown = list(dict.fromkeys(_EXPECTED.get(name, name) for name in expected))
    line, column = max(cause.line, 1), max(cause.column, 1)
    lines = text.splitlines()
    token = getattr(cause, "token", None)
    if token is None:
        what = f"unexpected {lines[line - 1][column - 1 : column]!r}" if line <= len(lines) and not imported else "unexpected character"
    elif token.type in ("$END", "_NL"):
        what = "unexpected end of the line"
    else:
        what = f"unexpected {str(token)!r}"
    reason = message.split(", at line", 1)[0] if ", at line" in message else ""
    said = f"{what}{imported}" + (f" ({reason[0].lower()}{reason[1:]})" if reason else "")
    if shown and len(shown) <= 12:
        said += f"; expected {', '.join(shown)}"
    if imported:
        return ConstraintError(f"{said} (line {line}, column {column} there)")
    hint = dialect_hint(text, "lark")
    if line > len(lines) and lines:
        line, column = len(lines), len(lines[-1]) + 1
    return _error(text, said, (line, column), hint)
