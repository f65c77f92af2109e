"""Surface syntaxes (JSON Schema, regular expressions, choices, rules) to the pushdown program that `automata` runs."""
