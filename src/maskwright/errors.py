"""The exception tree of maskwright.

::

    MaskwrightError
    ├── ConstraintError(path, keyword, hint)      also ValueError
    │   ├── SchemaError                           the JSON Schema (or Python type) is malformed
    │   ├── RegexSyntaxError(position)            the pattern does not parse
    │   ├── GrammarSyntaxError(line, column)      the grammar does not parse
    │   ├── UnsupportedFeatureError(feature, pointer)
    │   └── UnsatisfiableError(pointers)          no value at all satisfies the constraint
    ├── OptionError(option, value)                also ValueError: an argument of a call is unusable
    ├── LimitExceeded(limit, value)               a budget of `Limits` ran out
    ├── TokenizerError                            also ValueError: token bytes cannot be told, or disagree
    ├── TokenRejected(position, token, expected)  also ValueError
    ├── StaleStateError(state)                    also ValueError: a state of an epoch before `reset()`
    ├── BudgetError(needed, given)                also ValueError: the shortest answer does not fit
    ├── ContextLengthError(needed, given)         also ValueError: the prompt does not fit the model's window
    ├── TruncatedOutput(partial)
    ├── ValueRejected(text, reason)               also ValueError: a finished text that the Python type's own validators refuse
    ├── DeadEnd(row, position)                    no token is allowed and the text is not complete
    ├── OpenTerminalError(name, text)             the function of an open terminal failed, was too slow, or gave something unusable
    ├── PredicateError(text, reason)              a predicate or potential raised, or returned no usable value
    ├── NoSampleError(attempts)                   a sampler's budget ran out before one valid text was found
    ├── MissingDependencyError(package, extra)    also ImportError
    └── SerializationVersionError

Every class has a stable `code` (for programs and documentation anchors) and keeps what its message names as attributes.
This module imports nothing of ours, so that every layer may use it.
"""

from __future__ import annotations

from typing import Any


class MaskwrightError(Exception):
    """Base of every error maskwright raises on purpose; ``docs/errors.md`` has an anchor per code."""

    code = "MW000"


class ConstraintError(MaskwrightError, ValueError):
    """The constraint itself (schema, pattern, grammar, list of choices) is at fault.

    Parameters
    ----------
    message : str
        What is wrong, with the offending thing's repr.
    path : str
        Where: a JSON pointer (``""`` is the root), or a line and column.
    keyword : str, optional
        The schema keyword at fault.
    hint : str, optional
        What to do about it; shown as a note.
    """

    code = "MW100"

    def __init__(self, message: str, *, path: str = "", keyword: str | None = None, hint: str | None = None):
        super().__init__(message)
        self.message = message
        self.path = path
        self.keyword = keyword
        self.hint = hint
        if hint:
            self.add_note(hint)

    def __str__(self) -> str:
        return f"{self.message} (at {self.path})" if self.path else self.message


class SchemaError(ConstraintError):
    """The JSON Schema or Python type is malformed."""

    code = "MW110"


class RegexSyntaxError(ConstraintError):
    """A regular expression does not parse; the message shows the pattern with a caret under ``position``."""

    code = "MW120"

    def __init__(self, message: str, *, pattern: str, position: int, path: str = "", hint: str | None = None):
        shown = pattern if len(pattern) <= 200 else pattern[: max(0, position - 90)][-90:] + pattern[position : position + 90]
        column = position if shown is pattern else min(position, 90)
        super().__init__(f"{message} at position {position}\n  {shown}\n  {' ' * column}^", path=path, hint=hint)
        self.pattern = pattern
        self.position = position


class GrammarSyntaxError(ConstraintError):
    """A grammar does not parse; the message shows the line with a caret."""

    code = "MW130"

    def __init__(self, message: str, *, line: int, column: int, text: str = "", hint: str | None = None):
        where = f"line {line}, column {column}"
        caret = f"\n  {text}\n  {' ' * (column - 1)}^" if text else ""
        super().__init__(f"{message} ({where}){caret}", hint=hint)
        self.line = line
        self.column = column


class UnsupportedFeatureError(ConstraintError):
    """A feature of the constraint language that maskwright refuses by name rather than ignore."""

    code = "MW140"

    def __init__(self, feature: str, *, pointer: str = "", reason: str | None = None, hint: str | None = None):
        super().__init__(
            f"{feature!r} is not supported here" + (f": {reason}" if reason else ""), path=pointer, keyword=feature, hint=hint
        )
        self.feature = feature
        self.pointer = pointer


class UnsatisfiableError(ConstraintError):
    """No value satisfies the constraint; ``pointers`` names the places that clash."""

    code = "MW150"

    def __init__(self, message: str, *, pointers: tuple[str, ...] = ("",), hint: str | None = None):
        super().__init__(message, path=" and ".join(p or "the root" for p in pointers), hint=hint)
        self.pointers = pointers


def _shown(value: Any) -> str:
    """Return what Python shows for ``value``, the middle of something long left out."""
    text = repr(value)
    return text if len(text) <= 500 else f"{text[:300]} ... {text[-100:]}"


class OptionError(MaskwrightError, ValueError):
    """An argument of a call is unusable; the message says which, what it was and what it may be."""

    code = "MW200"

    def __init__(self, option: str, value: Any, expected: str):
        super().__init__(f"{option}={_shown(value)}: expected {expected}")
        self.option = option
        self.value = value
        self.expected = expected


class LimitExceeded(MaskwrightError):
    """A budget of `Limits` ran out: ``limit`` names it, ``allowed`` and ``value`` are both numbers."""

    code = "MW300"

    def __init__(self, limit: str, allowed: float, value: float, *, path: str = "", hint: str | None = None):
        where = f" at {path}" if path else ""
        super().__init__(f"limit {limit!r} exceeded{where}: {value} > {allowed}")
        self.limit = limit
        self.allowed = allowed
        self.value = value
        self.path = path
        self.add_note(hint or f"raise it with limits=Limits({limit}=...)")


class TokenizerError(MaskwrightError, ValueError):
    """The bytes of some tokens cannot be told, or disagree with what the tokenizer decodes."""

    code = "MW400"


class TokenRejected(MaskwrightError, ValueError):
    """A token that the constraint forbids was fed to it."""

    code = "MW410"

    def __init__(self, position: int, token: int, expected: str = ""):
        super().__init__(f"token {token} at position {position} leaves the language" + (f"; expected {expected}" if expected else ""))
        self.position = position
        self.token = token
        self.expected = expected


class StaleStateError(MaskwrightError, ValueError):
    """A state from before `Constraint.reset()`, or one this constraint never gave out."""

    code = "MW420"

    def __init__(self, state: int, detail: str):
        super().__init__(f"state {state} {detail}")
        self.state = state


class BudgetError(MaskwrightError, ValueError):
    """The shortest answer does not fit the token budget.

    ``needed`` tokens suffice; where it is so long that only its bytes were counted (``least_bytes``, else None), they are needed at least.
    """

    code = "MW430"

    def __init__(self, needed: int, given: int, *, least_bytes: int | None = None):
        takes = f"{needed} tokens" if least_bytes is None else f"at least {least_bytes} bytes, that is {needed} tokens or more"
        super().__init__(f"the shortest answer takes {takes}, the budget is {given}")
        self.needed = needed
        self.given = given
        self.least_bytes = least_bytes
        self.add_note(f"raise max_tokens to at least {needed}, or pass on_truncation='return'")


class ContextLengthError(MaskwrightError, ValueError):
    """Prompt and budget do not fit the model's context window."""

    code = "MW440"

    def __init__(self, needed: int, given: int, detail: str = ""):
        super().__init__(f"prompt of {needed} tokens does not fit the model's window of {given}{detail}")
        self.needed = needed
        self.given = given
        self.add_note("shorten the prompt, or take a model with a longer window")


class TruncatedOutput(MaskwrightError):
    """The budget ended the output before the value was complete; ``partial`` is the text so far."""

    code = "MW450"

    def __init__(self, partial: str):
        super().__init__(f"output cut by the token budget after {partial[-60:]!r}")
        self.partial = partial
        self.add_note("raise max_tokens, or pass on_truncation='close' to have the text finished in time")


class OpenTerminalError(MaskwrightError):
    """The function of an open terminal raised (then that is the cause), took too long, or returned something that is no language.

    Attributes
    ----------
    name : str
        The terminal.
    text : str
        What the function was called with.
    """

    code = "MW475"

    def __init__(self, name: str, text: str, reason: str):
        super().__init__(f"the open terminal {name!r} {reason}; it was called with the text {text[-200:]!r}")
        self.name = name
        self.text = text
        self.reason = reason


class MissingDependencyError(MaskwrightError, ImportError):
    """An optional package is not installed."""

    code = "MW500"

    def __init__(self, package: str, extra: str):
        super().__init__(f"this needs the package {package!r}: pip install 'maskwright[{extra}]'")
        self.package = package
        self.extra = extra


class SerializationVersionError(MaskwrightError):
    """A saved constraint comes from another version, tokenizer or file format."""

    code = "MW600"


class ValueRejected(MaskwrightError, ValueError):
    """A finished text is in the language, but the Python type's own validators (or Python's parser) refuse it."""

    code = "MW460"

    def __init__(self, text: str, reason: str):
        super().__init__(f"the text {text[:80]!r} satisfies the schema, but its type refuses it: {reason}")
        self.text = text
        self.reason = reason
        self.add_note("the reason is a validator written in Python, which a schema cannot express")


class DeadEnd(MaskwrightError):
    """No token is allowed although the text is not complete (a residual check, or bytes the tokenizer lacks)."""

    code = "MW470"

    def __init__(self, row: int, position: int):
        super().__init__(f"no token is allowed in row {row} after {position} generated tokens, and the text is not complete")
        self.row = row
        self.position = position
        self.add_note("pass on_dead='eos' to end such rows instead")


class PredicateError(MaskwrightError):
    """A predicate or potential raised, took too long, or returned no usable value; ``text`` is what it was called on."""

    code = "MW480"

    def __init__(self, text: str | bytes, reason: str):
        shown = text if len(text) <= 200 else text[:200]
        super().__init__(f"a potential failed on {shown!r}: {reason}")
        self.text = text
        self.reason = reason


class NoSampleError(MaskwrightError):
    """A sampler used up its attempts (or lost all its particles) before it had the valid texts it was asked for."""

    code = "MW490"

    def __init__(self, wanted: int, found: int, attempts: int, hint: str):
        super().__init__(f"{found} of {wanted} valid texts after {attempts} attempts")
        self.wanted = wanted
        self.found = found
        self.attempts = attempts
        self.add_note(hint)
