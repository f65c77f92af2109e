"""The page of a trace: everything in it, nothing fetched, text escaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from maskwright.integrations.trace_page import render

STEPS = [
    {"token": '{"', "token_id": 5, "allowed": 1, "mass": None, "forced": True, "steered": False, "state": 2, "refused": ()},
    {"token": "<b>", "token_id": 6, "allowed": 12, "mass": 0.25, "forced": False, "steered": True, "state": 3, "refused": (("&x", 0.5),)},
    {"token": "z", "id": 7, "allowed": 3, "forced": "abc", "ok": False},
]
CLOCK = {"mask": 0.001, "forward": 0.003, "sample": 0.001, "total": 0.006, "passes": 4, "steps": 3}


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def page():
    page = Page()
    page.source = render("a <title>", STEPS, CLOCK, "rejected at byte 3\nexpected: a number")
    page.feed(page.source)
    return page


def test_the_page_fetches_nothing(page):
    assert not {"script", "link", "img", "iframe", "b"} & {tag for tag, _ in page.tags}
    assert not re.search(r"https?:|url\(|@import", page.source)


def test_every_token_has_a_box_and_a_line(page):
    boxes = [attrs for tag, attrs in page.tags if tag == "span"]
    assert [attrs["class"] for attrs in boxes] == ["token forced", "token steered", "token forced bad"]
    assert "75.0% removed; likeliest forbidden: '&x' 50.0%" in boxes[1]["title"]
    assert [tag for tag, _ in page.tags].count("tr") == 1 + len(STEPS)
    for part in ("a <title>", "<b>", "3 tokens, 2 forced", "mask 1.0 ms (17%)", "4 forward passes", "expected: a number", "abc"):
        assert part in page.text
