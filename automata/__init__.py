"""Regular languages, the vocabulary, and the token-level automaton; knows no surface syntax and no model."""
