"""Tools: function calls in a text, constrained to the functions there are and their parameters.

A `ToolFormat` says how a call is written: a template with ``{name}`` and ``{arguments}`` in it, what may stand around calls, and what text
is the sign that a call begins. `tool_format` turns tools, format and choice into a structural tag (`tags`), so that all that is said
there holds: free text costs a cached mask, 400 tools are one step, special tokens in a template are written as tokens. `CallReader`
reads finished texts back.

>>> call = ToolFormat("<function={name}>{arguments}</function>")
>>> call.head, call.middle, call.tail
('<function=', '>', '</function>')
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from maskwright.errors import ConstraintError, OptionError, UnsupportedFeatureError

from .tags import relocate
from .types import TypeForm, is_type
from .xml_arguments import STYLES, read_arguments

NAME, ARGUMENTS = "{name}", "{arguments}"
CHOICES = ("auto", "required", "none")


@dataclass(frozen=True)
class ToolFormat:
    """How calls are written.

    Attributes
    ----------
    template : str
        One call: ``{name}`` stands for the function's name, ``{arguments}`` after it for the JSON object of its arguments.
    trigger : str, optional
        What in free text is the sign that a call begins: a beginning of the template. None: all that stands before the name.
    opening, separator, closing : str
        What stands before the first call, between two, and after the last, where a text consists of calls.
    free_text : bool
        Whether calls may stand in free text (then several need no separator). Else a text is either calls, or an answer that does not
        begin as they do.
    style : str
        How arguments are written: "json", or as tags, one of `xml_arguments.STYLES`.
    """

    template: str
    trigger: str | None = None
    opening: str = ""
    separator: str = ""
    closing: str = ""
    free_text: bool = True
    style: str = "json"

    def __post_init__(self) -> None:
        if self.style not in ("json", *STYLES):
            raise OptionError("style", self.style, f"one of 'json', {', '.join(map(repr, STYLES))}")
        if not isinstance(self.template, str) or self.template.count(NAME) != 1 or self.template.count(ARGUMENTS) != 1:
            raise OptionError("tool_format", self.template, f"a template with {NAME} and {ARGUMENTS}, once each")
        if self.template.index(NAME) > self.template.index(ARGUMENTS):
            raise OptionError("tool_format", self.template, f"{NAME} before {ARGUMENTS}")
        if self.free_text and (not self.sign or not self.head.startswith(self.sign)):
            raise OptionError("tool_format", self.trigger or self.template, "a trigger that what stands before the name begins with")

    @property
    def head(self) -> str:
        """What stands before the name."""
        return self.template.partition(NAME)[0]

    @property
    def middle(self) -> str:
        """What stands between name and arguments."""
        return self.template.partition(NAME)[2].partition(ARGUMENTS)[0]

    @property
    def tail(self) -> str:
        """What stands after the arguments."""
        return self.template.partition(ARGUMENTS)[2]

    @property
    def sign(self) -> str:
        """The trigger."""
        return self.head if self.trigger is None else self.trigger

    def spelled(self, name: str) -> str:
        """Return a name as the template has it: inside quotes, as JSON."""
        return json.dumps(name, ensure_ascii=False)[1:-1] if self.head.endswith('"') and self.middle.startswith('"') else name


FORMATS = {
    "hermes": ToolFormat('<tool_call>\n{"name": "{name}", "arguments": {arguments}}\n</tool_call>', "<tool_call>", separator="\n"),
    "json": ToolFormat('{"name": "{name}", "arguments": {arguments}}', opening="[", separator=", ", closing="]", free_text=False),
    "llama3": ToolFormat('{"name": "{name}", "parameters": {arguments}}', separator="; ", free_text=False),
    "function": ToolFormat("<function={name}>{arguments}</function>", "<function="),
    "qwen_xml": ToolFormat(
        "<tool_call>\n<function={name}>{arguments}</function>\n</tool_call>", "<tool_call>", separator="\n", style="qwen_xml"
    ),
}


class Tool(NamedTuple):
    """A function that may be called.

    Attributes
    ----------
    name : str
    schema : dict or bool
        JSON Schema of the object of its arguments.
    pointer : str
        Where the schema stands in the list of tools.
    """

    name: str
    schema: Any
    pointer: str = ""


class ToolCall(NamedTuple):
    """A call that a text makes.

    Attributes
    ----------
    name : str
    arguments : dict
    json : str
        The arguments as they were written; where that is tags, as JSON.
    """

    name: str
    arguments: Any
    json: str


def read_tools(tools: Any) -> list[Tool]:
    """Return the tools of a list of OpenAI-style descriptions and Python functions.

    Raises
    ------
    ConstraintError
        With the pointer of what is no tool; for names that come twice.
    UnsupportedFeatureError
        For tools that are no functions.
    """
    if isinstance(tools, (str, bytes, Mapping)) or not isinstance(tools, Sequence):
        raise OptionError("tools", tools, "a list of functions, or of their descriptions")
    found: dict[str, Tool] = {}
    for i, tool in enumerate(tools):
        read = _described(tool, f"/{i}") if isinstance(tool, Mapping) else _python(tool, f"/{i}")
        if read.name in found:
            raise ConstraintError(f"there are two tools called {read.name!r}", path=f"/{i}")
        found[read.name] = read
    return list(found.values())


def _described(tool: Mapping[str, Any], pointer: str) -> Tool:
    if tool.get("type", "function") != "function":
        raise UnsupportedFeatureError(str(tool["type"]), pointer=f"{pointer}/type", reason="tools are functions")
    inner = tool.get("function", tool)
    place = f"{pointer}/function" if "function" in tool else pointer
    name = inner.get("name") if isinstance(inner, Mapping) else None
    if not isinstance(name, str) or not name:
        raise ConstraintError(f"{inner!r} has no name", path=place, keyword="name")
    schema = inner.get("parameters")
    if schema is None:
        schema = {"type": "object", "properties": {}, "additionalProperties": False}
    elif isinstance(schema, Mapping) and "type" not in schema:
        schema = {**schema, "type": "object"}
    elif is_type(schema):
        schema = _schema_of(schema, f"{place}/parameters")
    return Tool(name, schema, f"{place}/parameters")


def _schema_of(form: Any, pointer: str) -> Any:
    """Return the schema of a Python type; what is wrong with it is said with the pointer of the type."""
    try:
        return TypeForm(form).schema
    except ConstraintError as error:
        relocate(error, pointer + (error.path if error.path.startswith("/") else ""))
        raise


def _python(function: Any, pointer: str) -> Tool:
    name = getattr(function, "__name__", None)
    if not callable(function) or not isinstance(name, str):
        raise ConstraintError(f"{function!r} is neither a function nor the description of one", path=pointer)
    return Tool(name, _schema_of(function, pointer), pointer)


def _name_in(one: Mapping[str, Any]) -> Any:
    """Return the name in OpenAI's object for one function; None where there is none."""
    inner = one.get("function", one)
    return inner.get("name") if isinstance(inner, Mapping) else None


def chosen(tools: Sequence[Tool], choice: Any) -> tuple[str, list[Tool]]:
    """Return "auto", "required", "one" or "none", and the tools that may be called.

    ``choice`` is "auto", "required", "none", the name of a tool, or OpenAI's object for a name or for a list of allowed tools.
    """
    mode, names = choice, None
    if isinstance(choice, Mapping):
        if choice.get("type") == "allowed_tools":
            inner = choice.get("allowed_tools", choice)
            listed = inner.get("tools", ()) if isinstance(inner, Mapping) else None
            if not isinstance(listed, (list, tuple)) or not all(isinstance(one, Mapping) for one in listed):
                raise OptionError("tool_choice", choice, "a list 'tools' of objects with a name beside the type 'allowed_tools'")
            mode, names = inner.get("mode", "auto"), [_name_in(one) for one in listed]
        else:
            mode, names = "one", [_name_in(choice)]
    elif isinstance(choice, str) and choice not in CHOICES:
        mode, names = "one", [choice]
    if mode not in (*CHOICES, "one"):
        raise OptionError("tool_choice", choice, "'auto', 'required', 'none' or the name of a tool")
    known = {tool.name: tool for tool in tools}
    for name in names or ():
        if not isinstance(name, str) or name not in known:
            raise OptionError("tool_choice", name, f"one of {', '.join(map(repr, list(known)[:20])) or 'the tools, and there are none'}")
    allowed = list(tools) if names is None else [known[name] for name in dict.fromkeys(names)]
    if mode in ("required", "one") and not allowed:
        raise OptionError("tool_choice", choice, "'auto' or 'none': there are no tools")
    return ("none" if mode == "auto" and not allowed else mode), allowed


def format_of(given: Any) -> ToolFormat:
    """Return the format named, given as a template, or given."""
    if isinstance(given, ToolFormat):
        return given
    if isinstance(given, str) and given in FORMATS:
        return FORMATS[given]
    if isinstance(given, str) and NAME in given:
        return ToolFormat(given)
    expected = f"one of {', '.join(map(repr, FORMATS))}, a template with {NAME} and {ARGUMENTS}, or a ToolFormat"
    raise OptionError("tool_format", given, expected)


def tool_tag(tools: Sequence[Tool], form: ToolFormat, mode: str, parallel: bool) -> dict[str, Any]:
    """Return the structural tag of texts that call tools."""
    tags = [
        {
            "begin": form.head + form.spelled(tool.name) + form.middle,
            "content": {"type": "json_schema", "json_schema": tool.schema, "style": form.style},
            "end": form.tail,
        }
        for tool in tools
    ]
    once = not parallel or mode == "one"
    if form.free_text:
        if mode == "none":
            return {"type": "any_text", "excludes": [form.sign]}
        if mode == "auto":
            return {"type": "triggered_tags", "triggers": [form.sign], "tags": tags, "stop_after_first": once}
    answer = {"type": "regex", "pattern": _other_beginning(form)}
    if mode == "none":
        return answer
    listed: dict[str, Any] = {"type": "tags_with_separator", "tags": tags, "separator": form.separator, "at_least_one": True}
    around = [{"type": "const_string", "value": text} for text in (form.opening, form.closing)]
    calls = {"type": "sequence", "elements": [around[0], {**listed, "stop_after_first": once}, around[1]]}
    return {"type": "or", "elements": [calls, answer]} if mode == "auto" else calls


_IN_TAG = re.compile(r"(?:/elements/\d+)*/tags/(\d+)/content/json_schema(.*)", re.DOTALL)


def place_in_tools(pointer: str, tools: Sequence[Tool]) -> str:
    """Return the place in the list of tools of a place in their `tool_tag`."""
    match = _IN_TAG.fullmatch(pointer)
    return tools[int(match[1])].pointer + match[2] if match else pointer


def _other_beginning(form: ToolFormat) -> str:
    """Return the pattern of texts that do not begin as calls do."""
    first = (form.opening + form.head)[:1]
    return rf"(?s:(?:[^{re.escape(first)}].*)?)" if first else "(?s:.*)"


class CallReader:
    """Reads the calls of a text that was written under `tool_tag`.

    Parameters
    ----------
    form : ToolFormat
    tools : sequence of Tool
    spell : callable
        ``spell(text) -> bytes``: a literal's bytes, its special tokens as marks.
    """

    def __init__(self, form: ToolFormat, tools: Sequence[Tool], spell: Callable[[str], bytes]):
        names = {_decoded(spell(form.spelled(tool.name))): tool.name for tool in tools}
        head, middle, self._tail = (_decoded(spell(text)) for text in (form.head, form.middle, form.tail))
        choices = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        self._names = names
        self._style = form.style
        self._schemas = {tool.name: tool.schema for tool in tools}
        self._begin = re.compile(re.escape(head) + f"({choices})" + re.escape(middle)) if names else None
        self._anywhere = form.free_text
        self._opening = _decoded(spell(form.opening))

    def read(self, data: bytes) -> tuple[str, tuple[ToolCall, ...]]:
        """Return the text beside the calls, and the calls; an unfinished call is left out."""
        text = _decoded(data)
        calls: list[ToolCall] = []
        beside: list[str] = []
        at = 0
        if self._begin is None or (not self._anywhere and not self._begin.match(text, len(self._opening))):
            return text, ()
        while (match := self._begin.search(text, at)) is not None:
            name = self._names[match[1]]
            try:
                arguments, end = self._arguments(name, text, match.end())
            except (ValueError, RecursionError):
                break
            given = text[match.end() : end]
            if self._style != "json":
                given = json.dumps(arguments, ensure_ascii=False)
                end += not text.startswith(self._tail, end) and text.startswith("\n", end)
            if not text.startswith(self._tail, end):
                break
            calls.append(ToolCall(name, arguments, given))
            beside.append(text[at : match.start()])
            at = end + len(self._tail)
        beside.append(text[at:])
        return "".join(beside) if self._anywhere else "", tuple(calls)

    def _arguments(self, name: str, text: str, at: int) -> tuple[Any, int]:
        if self._style == "json":
            return json.JSONDecoder().raw_decode(text, at)
        return read_arguments(text, at, self._style, self._schemas[name])


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
