"""The parts of the child's side that need no child."""

from maskwright.bench.worker import mentions, reordered


def test_mentions_follow_the_text():
    schema = {
        "allOf": [{"properties": {"b": {"properties": {"inner": True}}, "a": {}}}],
        "properties": {"c": {}, "b": {}},
    }
    assert list(dict.fromkeys(mentions(schema))) == ["c", "b", "a", "inner"]


def test_reordering_is_deep_and_keeps_unknown_keys_in_place():
    have = reordered({"x": 1, "b": [{"b": 1, "a": 2}], "a": 3, "w": 4}, {"a": 0, "b": 1})
    assert list(have) == ["a", "b", "x", "w"]
    assert list(have["b"][0]) == ["a", "b"]
