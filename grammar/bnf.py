"""GBNF and EBNF: rules ``name ::= ...`` over characters.

`read_bnf` parses with an explicit stack of open parentheses, so nesting costs memory and nothing else, checks that names are defined
(once) and that the rules in use derive some text, and hands a `Grammar` to `fold` and `lower`. Every split of the text into rules counts,
as the notation defines it: there is no lexer and no priority.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple, NoReturn

from maskwright.automata.charset import CharSet
from maskwright.automata.dfa import DFA
from maskwright.automata.program import DFATerminal
from maskwright.automata.report import ReportItem
from maskwright.errors import ConstraintError, GrammarSyntaxError, OptionError, UnsatisfiableError, UnsupportedFeatureError

from .analysis import productive_rules, reachable_rules
from .bnf_scanner import Dialect, Mark, Source, TokenName, scan
from .fold import folded
from .lower import GrammarProgram
from .regex_syntax import Chars, Concat
from .rules import Body, Choice, Embedded, Empty, Grammar, Lexeme, Reference, Repeat, Sequence, Text, parts
from .rules import mark as mark_of
from .syntax_guess import dialect_hint
from .syntaxes import CompiledGrammar, Request

#: ``macro(parser, name mark, arguments) -> Body``; None where a name and a parenthesis are no call
Macros = Mapping[str, Callable[["BNFParser", Mark, list[Any], dict[str, Any]], Body]]

#: macros that are refused by name, where a notation has macros
REFUSED_MACROS = ("TagDispatch", "TokenTagDispatch")

_ITEMS = "a literal, a character class, a rule name or '('"


class _Group(NamedTuple):
    """An open parenthesis, or (``opener`` None) a whole rule: alternatives done, and the one under way."""

    alternatives: list[list[Body]]
    items: list[Body]
    opener: Mark | None


class BNFParser:
    """Reads the rules of one text.

    Attributes
    ----------
    rules : dict of str to Body
    places : dict of str to int
        Offset of each rule's name.
    references : dict of str to int
        Where each name is referred to first.
    marks : bool
        Whether special tokens are named.
    report_items : list of ReportItem
        What a report says of other constraints inside.
    """

    def __init__(self, text: str, dialect: Dialect, request: Request, macros: Macros | None = None):
        self.source = Source(text, dialect.name)
        self.dialect = dialect
        self.request = request
        self.rules: dict[str, Body] = {}
        self.places: dict[str, int] = {}
        self.references: dict[str, int] = {}
        self.marks = False
        self.report_items: list[ReportItem] = []
        self._macros = macros or {}
        self._marks = scan(self.source, dialect)
        self._at = 0

    def parse(self) -> None:
        """Read all rules.

        Raises
        ------
        GrammarSyntaxError
            With the place, what was expected there, and the rule it is in.
        """
        while True:
            self._skip_lines()
            mark = self._marks[self._at]
            if mark.kind == "end":
                break
            self._rule()
        if not self.rules:
            self.source.fail(0, "no rules", 'a grammar is rules like: root ::= "yes" | "no"')

    # marks -----------------------------------------------------------------------------------------------------------------------

    def _skip_lines(self) -> None:
        while self._marks[self._at].kind == "newline":
            self._at += 1

    def _starts_rule(self, at: int) -> bool:
        """Whether a rule begins at mark ``at``: a name (with options, perhaps) before ``::=``."""
        if self._marks[at].kind != "name":
            return False
        at += 1
        if self._marks[at].kind == "class" and self._marks[at].at == self._marks[at - 1].end:
            at += 1
        while self._marks[at].kind == "newline":
            at += 1
        return self._marks[at].kind == "assign"

    def _shown(self, mark: Mark) -> str:
        if mark.kind in ("end", "newline"):
            return f"the end of the {'text' if mark.kind == 'end' else 'line'}"
        shown = self.source.text[mark.at : mark.end]
        return repr(shown if len(shown) <= 40 else shown[:37] + "...")

    def fail(self, mark: Mark, message: str, hint: str | None = None) -> NoReturn:
        """Raise `GrammarSyntaxError` at a mark."""
        self.source.fail(mark.at, message, hint)

    # rules -----------------------------------------------------------------------------------------------------------------------

    def _rule(self) -> None:
        mark = self._marks[self._at]
        if not self._starts_rule(self._at):
            hint = None
            if mark.kind == "name":
                following = self._marks[self._at + 1]
                hint = f"after a name at the start of a line stands '::=', here {self._shown(following)}"
            self.fail(mark, f"expected a rule, name ::= ..., not {self._shown(mark)}", hint)
        name = mark.value
        if name in self.places:
            first = self.source.where(self.places[name])
            self.fail(mark, f"rule {name!r} is defined twice, first in {first}", "alternatives of one rule are joined with '|'")
        self._at += 1
        if self._marks[self._at].kind == "class":
            self._options(name, self._marks[self._at])
            self._at += 1
        self._skip_lines()
        self._at += 1
        self.places[name] = mark.at
        self.rules[name] = self._body(name)

    def _options(self, name: str, mark: Mark) -> NoReturn:
        shown = self.source.text[mark.at : mark.end]
        raise UnsupportedFeatureError(f"rule options {name}{shown}", pointer=self.source.where(mark.at))

    def _body(self, name: str) -> Body:
        """Read the alternatives of a rule, up to the next rule or the end."""
        groups = [_Group([], [], None)]
        fresh = True  # nothing of the alternative has been read: lines may break
        while True:
            mark = self._marks[self._at]
            kind = mark.kind
            group = groups[-1]
            if kind == "newline":
                if self._line_ends_rule(group, fresh, name):
                    return _closed(group)
                continue
            if kind == "end" or (self._starts_rule(self._at) and self._may_start(mark, group)):
                if group.opener is not None:
                    self.fail(group.opener, f"'(' is never closed in rule {name!r}")
                return _closed(group)
            self._at += 1
            fresh = False
            if kind == "bar":
                group.alternatives.append(group.items[:])
                group.items.clear()
                fresh = True
            elif kind == "open":
                self._check_lookahead(mark)
                groups.append(_Group([], [], mark))
            elif kind == "close":
                if group.opener is None:
                    self.fail(mark, f"')' without '(' in rule {name!r}: expected {_ITEMS}, '|' or the end of the rule")
                groups.pop()
                groups[-1].items.append(_closed(group))
            elif kind in ("repeat", "count"):
                self._repeat(mark, group, name)
            else:
                group.items.append(self._item(mark, name))

    def _line_ends_rule(self, group: _Group, fresh: bool, name: str) -> bool:
        """Pass over line breaks; say whether the rule ends with them."""
        first = self._marks[self._at]
        self._skip_lines()
        mark = self._marks[self._at]
        if self.dialect.free_lines or group.opener is not None or mark.kind in ("end", "bar") or self._starts_rule(self._at):
            return False
        if fresh:
            return False
        self.fail(
            mark,
            f"expected a rule, name ::= ..., or '|' at the start of a line, not {self._shown(mark)}",
            f"rule {name!r} ends with {self.source.where(first.at)}: it goes on on the next line only inside parentheses or after '|'",
        )

    def _may_start(self, mark: Mark, group: _Group) -> bool:
        """Whether the rule that starts here stands where one may; raises where not."""
        before = self._marks[self._at - 1]
        if before.kind == "newline":
            return True
        self.fail(mark, f"rule {mark.value!r} begins in the middle of a line: expected a line break before it")

    def _check_lookahead(self, mark: Mark) -> None:
        following = self._marks[self._at]
        if following.kind == "comma" and following.value == "=" and following.at == mark.end:
            raise UnsupportedFeatureError("lookahead (= ...)", pointer=self.source.where(mark.at), reason="it asserts, and reads nothing")

    def _repeat(self, mark: Mark, group: _Group, name: str) -> None:
        if not group.items:
            self.fail(mark, f"nothing to repeat before {self._shown(mark)} in rule {name!r}: expected {_ITEMS}")
        before = self._marks[self._at - 2]
        if not self.dialect.repeated_repeats and before.kind in ("repeat", "count"):
            self.fail(mark, f"a repeat of a repeat in rule {name!r}", "put the first one into parentheses")
        lo, hi = mark.value
        group.items[-1] = Repeat(group.items[-1], lo, hi)

    def _item(self, mark: Mark, name: str) -> Body:
        if mark.kind == "name":
            following = self._marks[self._at]
            macro = self._macros.get(mark.value)
            if self._macros and mark.value in REFUSED_MACROS and following.kind == "open" and mark.value not in self.places:
                raise UnsupportedFeatureError(
                    mark.value,
                    pointer=self.source.where(mark.at),
                    hint="tagged text is a constraint of its own: pass structural_tag= to compile",
                )
            if macro is not None and following.kind == "open" and following.at == mark.end and mark.value not in self.places:
                return self._call(mark, macro)
            self.references.setdefault(mark.value, mark.at)
            return Reference(mark.value)
        if mark.kind == "literal":
            return text_of(mark.value)
        if mark.kind == "class":
            return Text(Chars(mark.value))
        if mark.kind == "any":
            return Text(Chars(CharSet.ALL))
        if mark.kind == "json":
            return self._json(mark)
        if mark.kind == "token":
            return self.token(mark)
        self.fail(mark, f"expected {_ITEMS}, '|' or the end of rule {name!r}, not {self._shown(mark)}")

    def token(self, mark: Mark) -> Body:
        """Return the body of a token reference: a special token's mark, an ordinary one's text, or any text for ``!<special>*``."""
        named: TokenName = mark.value
        shown, where = named.text if named.id is None else self._shown(mark), self.source.where(mark.at)
        vocabulary = self.request.vocabulary
        if vocabulary is None:
            raise UnsupportedFeatureError(f"token {shown}", pointer=where, reason="the grammar is read without a tokenizer")
        token = named.id if named.id is not None else vocabulary.special_names.get(named.text, -1)
        if named.id is not None and not 0 <= named.id < vocabulary.size:
            self.fail(mark, f"there is no token {named.id}: the tokenizer has {vocabulary.size}")
        special = token in vocabulary.special_ids
        if token < 0:
            token = vocabulary.token_of(named.text.encode())
            if token < 0:
                near = get_close_matches(named.text, list(vocabulary.special_names), 1)
                hint = f"did you mean {near[0]}?" if near else "text that several tokens spell stands in quotes"
                self.fail(mark, f"{named.text} is no single token of the tokenizer", hint)
        if named.negated:
            return self._other_tokens(mark, special, shown)
        if special:
            if token in vocabulary.eos_ids:
                self.fail(mark, f"the token {shown} ends the text, so it cannot stand inside it", "leave it out: it is allowed at the end")
            self.marks = True
            return mark_of(vocabulary, token)
        data = vocabulary.token_bytes(token)
        if not data:
            self.fail(mark, f"the token {shown} is no text and no special token")
        return Lexeme(DFATerminal(DFA.from_strings([data]), shown))

    def _other_tokens(self, mark: Mark, special: bool, shown: str) -> Body:
        """Return any text, where a repeat makes ``!<token>`` that."""
        following = self._marks[self._at]
        if not special or following.kind != "repeat" or following.value == (0, 1):
            raise UnsupportedFeatureError(
                f"one token other than {shown.strip(chr(39)).lstrip('!')}",
                pointer=self.source.where(mark.at),
                reason="constraints are over text, however it is cut into tokens",
                hint="'!' before a special token and '*' or '+' after it are any text",
            )
        return Text(Chars(CharSet.ALL))

    def _json(self, mark: Mark) -> Body:
        from .compose import located
        from .json_schema import compile_schema
        from .json_schema.options import SchemaOptions

        try:
            compiled = compile_schema(mark.value, SchemaOptions(limits=self.request.limits))
        except ConstraintError as error:
            error.add_note(f"in the schema after %json, {self.source.where(mark.at)}")
            raise
        self.report_items += located(compiled.report_items, f"%json ({self.source.where(mark.at)})")
        return Embedded(compiled.program)

    # macros ----------------------------------------------------------------------------------------------------------------------

    def _call(self, mark: Mark, macro: Callable[[BNFParser, Mark, list[Any], dict[str, Any]], Body]) -> Body:
        """Read the arguments of a macro: literals, integers, true, false, rule names, ``name=value``."""
        self._at += 1
        positional: list[Any] = []
        named: dict[str, Any] = {}
        while True:
            self._skip_lines()
            argument = self._marks[self._at]
            self._at += 1
            if argument.kind == "close" and not positional and not named:
                break
            self._skip_lines()
            following = self._marks[self._at]
            if argument.kind == "name" and following.kind == "comma" and following.value == "=":
                self._at += 1
                self._skip_lines()
                named[argument.value] = self._argument(self._marks[self._at])
                self._at += 1
            else:
                positional.append(self._argument(argument))
            self._skip_lines()
            separator = self._marks[self._at]
            self._at += 1
            if separator.kind == "close":
                break
            if separator.kind != "comma" or separator.value != ",":
                self.fail(separator, f"expected ',' or ')' in the arguments of {mark.value}, not {self._shown(separator)}")
        return macro(self, mark, positional, named)

    def _argument(self, mark: Mark) -> Any:
        if mark.kind == "literal":
            return mark.value
        if mark.kind == "number":
            return int(mark.value)
        if mark.kind == "name":
            return {"true": True, "false": False}.get(mark.value, mark)
        self.fail(mark, f"expected a literal, a number, true, false or a rule name as argument, not {self._shown(mark)}")


def text_of(text: str) -> Body:
    """Return the body that spells ``text``."""
    if not text:
        return Empty()
    letters = tuple(Chars(CharSet.of(char)) for char in text)
    return Text(letters[0] if len(letters) == 1 else Concat(letters))


def _closed(group: _Group) -> Body:
    alternatives = [_sequence(items) for items in (*group.alternatives, group.items)]
    return alternatives[0] if len(alternatives) == 1 else Choice(tuple(alternatives))


def _sequence(items: list[Body]) -> Body:
    return items[0] if len(items) == 1 else Sequence(tuple(items)) if items else Empty()


def read_bnf(text: str, request: Request, dialect: Dialect, macros: Macros | None = None) -> CompiledGrammar:
    """Read a grammar of a dialect; see the module.

    Raises
    ------
    GrammarSyntaxError
        If it does not parse, or a name is not defined.
    UnsatisfiableError
        If a rule in use derives no text.
    """
    grammar, items = read_rules(text, request, dialect, macros)
    if request.in_json:
        _check_plain(grammar)
    return CompiledGrammar(GrammarProgram(folded(grammar, request.in_json), request.limits), items)


def read_rules(text: str, request: Request, dialect: Dialect, macros: Macros | None = None) -> tuple[Grammar, list[ReportItem]]:
    """Return the rules that are in use, checked, and what a report says of the others; raises as `read_bnf` does."""
    try:
        parser = BNFParser(text, dialect, request, macros)
        parser.parse()
        grammar = _grammar(parser, request)
    except GrammarSyntaxError as error:
        hint = dialect_hint(text, dialect.syntax)
        if hint is not None:
            error.add_note(hint)
        raise
    reachable = reachable_rules(grammar)
    _check_productive(grammar, reachable, parser)
    rules = {name: body for name, body in grammar.rules.items() if name in reachable}
    items = parser.report_items + [
        ReportItem(grammar.places[name], name, "annotation", f"no way leads to this rule from {grammar.start!r}")
        for name in parser.rules
        if name not in reachable and name in grammar.places
    ]
    return Grammar(rules, grammar.start, grammar.places, grammar.marks), items


def _check_plain(grammar: Grammar) -> None:
    """Refuse what is not text inside a JSON string."""
    for name, body in grammar.rules.items():
        for part in parts(body):
            if isinstance(part, (Embedded, Lexeme)):
                what = "a token or a pattern" if isinstance(part, Lexeme) else "another constraint"
                raise UnsupportedFeatureError(f"{what} in a grammar inside a JSON string", pointer=grammar.places.get(name, name))


def _grammar(parser: BNFParser, request: Request) -> Grammar:
    rules, source = dict(parser.rules), parser.source
    used = _used(parser, request)
    rules.update(used)
    for name, at in parser.references.items():
        if name not in rules:
            source.fail(at, f"rule {name!r} is not defined", _nearest(name, rules, parser.places, source))
    start = request.start or "root"
    if start not in rules:
        if request.start is not None:
            raise OptionError("start", start, f"the name of a rule; {_nearest(start, rules, parser.places, source) or 'it has others'}")
        first = next(iter(parser.rules))
        nearest = _nearest(start, rules, {}, source)
        source.fail(0, "no rule 'root', which a grammar starts with", nearest or f"to start with another rule, pass start={first!r}")
    places = {name: f"{name} ({source.where(at)})" for name, at in parser.places.items()}
    return Grammar(rules, start, places, parser.marks)


def _used(parser: BNFParser, request: Request) -> dict[str, Body]:
    """Return the bodies of the names given by ``use``."""
    if not request.use:
        return {}
    from .compose import body_of

    for name in request.use:
        if name in parser.places:
            parser.source.fail(parser.places[name], f"rule {name!r} is defined here and in use=", "take it out of one of them")
        if name not in parser.references:
            raise OptionError("use", name, f"names the grammar refers to: {', '.join(map(repr, parser.references)) or 'it refers to none'}")
    return {name: body_of(name, value, request, parser.report_items) for name, value in request.use.items()}


def _nearest(name: str, rules: Iterable[str], places: Mapping[str, int], source: Source) -> str | None:
    close = get_close_matches(name, list(rules), 1)
    if not close:
        folded_names = {other.lower().replace("_", "-"): other for other in rules}
        same = folded_names.get(name.lower().replace("_", "-"))
        close = [same] if same is not None else []
    if not close:
        return None
    where = f" ({source.where(places[close[0]])})" if close[0] in places else ""
    return f"did you mean {close[0]!r}{where}?"


def _check_productive(grammar: Grammar, reachable: set[str], parser: BNFParser) -> None:
    """Refuse rules in use that derive no text: one whose every alternative needs itself again, or a class of no characters."""
    productive = productive_rules(grammar)
    dead = [name for name in grammar.rules if name in reachable and name not in productive]
    if not dead:
        return
    first = min(dead, key=lambda name: parser.places.get(name, 0))
    others = ", ".join(repr(name) for name in dead if name != first)
    message = f"the rule {first!r} derives no text at all" + (f" (nor do {others})" if others and len(others) < 200 else "")
    pointers = (grammar.places.get(first, first),)
    raise UnsatisfiableError(message, pointers=pointers, hint="every alternative needs a rule that never ends: give one a way to end")
