"""Lark grammars: lark's own loader reads them, and the texts accepted are those that lark's parsers accept."""
