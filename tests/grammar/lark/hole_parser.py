"""What a hole in a Lark grammar means, by lark's own lexers and parsers: at each place a lexeme as they read it, or a text of the hole.

Every split into lexemes and holes is tried, one after the other. Slow, for short texts.
"""

from contextlib import suppress
from functools import cache

import lark
from lark.exceptions import LarkError
from lark.lexer import Lexer, TextSlice, Token


class Tokens(Lexer):
    """Takes tokens for a text."""

    def __init__(self, conf):
        pass

    def lex(self, data):
        yield from data


class HoleParser:
    """lark's parser of a grammar whose ``holes`` (a mapping of terminals to functions that tell their texts) are declared only."""

    def __init__(self, grammar, holes):
        self.holes = holes
        text = f"{grammar}\n%declare {' '.join(holes)}\n"
        try:
            self.lark = lark.Lark(text, parser="lalr", lexer="contextual")
            self.kind = "lalr"
        except LarkError as error:
            if "Reduce/Reduce" not in str(error):
                raise
            self.kind = "basic"
            self.lexer = lark.Lark(text, parser="earley", lexer="basic")._build_lexer()
            self.lark = lark.Lark(text, parser="earley", lexer=Tokens)

    def parses(self, text):
        return self._lalr(text) if self.kind == "lalr" else self._basic(text)

    def _next(self, lexer, text, at):
        """Yield (type, end) of what may be read: None for something ignored."""
        found = None
        with suppress(IndexError, KeyError):  # a lexer of no terminals
            found = lexer.match(TextSlice.cast_from(text), at)
        if found is not None:
            value, kind = found
            if kind in lexer.ignore_types:
                yield None, at + len(value)
            else:
                token = Token(kind, value)
                if kind in lexer.callback:
                    token = lexer.callback[kind](token)
                yield token.type, at + len(value)
        for name, fits in self.holes.items():
            for end in range(at, len(text) + 1):
                if fits(text[at:end]):
                    yield name, end

    def _lalr(self, text):
        lexers = self.lark.parser.lexer.lexers
        first = self.lark.parse_interactive("").parser_state
        work, seen = [(first, 0)], set()
        while work:
            state, at = work.pop()
            key = (tuple(state.state_stack), at)
            if key in seen or len(state.state_stack) > 40:
                continue
            seen.add(key)
            if at == len(text):
                try:
                    state.copy(False).feed_token(Token("$END", ""), True)
                    return True
                except LarkError:
                    pass
            for kind, end in self._next(lexers[state.position], text, at):
                after = state.copy(False)
                try:
                    if kind is not None:
                        after.feed_token(Token(kind, text[at:end]))
                except LarkError:
                    continue
                work.append((after, end))
        return False

    def _basic(self, text):
        @cache
        def sentences(at, empties):
            found = {()} if at == len(text) else set()
            for kind, end in self._next(self.lexer, text, at):
                if end == at and empties == 4:
                    continue
                rest = sentences(end, empties + 1 if end == at else 0)
                found |= rest if kind is None else {(kind, *tail) for tail in rest}
            return found

        return any(self._earley(tokens) for tokens in sentences(0, 0))

    def _earley(self, kinds):
        try:
            self.lark.parse([Token(kind, "x") for kind in kinds])
        except LarkError:
            return False
        except RuntimeError as error:
            return "multiple start symbol" in str(error)
        return True
