"""The HTML report: what it holds, and, in a real Chromium, that it works: no error, nothing fetched, tables sort, filters filter."""

import json
import shutil

import pytest

from maskwright.bench.cases import Case, given
from maskwright.bench.coverage import Record, coverage_table, kinds_table
from maskwright.bench.distribution import Distribution
from maskwright.bench.figures import cumulative, heat_map
from maskwright.bench.page import block_html, page
from maskwright.bench.summary import table

NASTY = '</script><b title="x">&'
SCHEMA = {"const": NASTY, "description": "<!-- </script>"}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def sample_page(folder):
    cases = [Case(f"{'AB'[n % 2]}---{n}", lambda: given(SCHEMA, []), group="AB"[n % 2], source="https://example.org/x") for n in range(12)]
    found = []
    for number, case in enumerate(cases):
        for engine in ("ours", "theirs"):
            good = engine == "ours" or number % 3 > 0
            kind = "" if good else "refused: E"
            times = {"first": 1000 * (number + 1), "mask_max": 50 * 10**number, "ttft": 5}
            about = {"declared": good, "true": good, "kind": kind, "reason": kind + NASTY}
            found.append(Record(engine, case.id, case.group, ("const",), case.source, **about, **times))
    times = {"First mask": {engine: Distribution.of(10**n for n in range(3, 7)) for engine in ("ours", "theirs")}}
    blocks = [f"# Report {NASTY}", "A paragraph.", "## Coverage", coverage_table(found), kinds_table(found)]
    path = folder / "report.html"
    path.write_text(page(blocks, found, cases, times, folder), encoding="utf-8")
    return path


def test_nothing_breaks_out_of_its_place(tmp_path):
    text = sample_page(tmp_path).read_text(encoding="utf-8")
    assert text.count("</script>") == 2
    assert "<b title" not in text.partition("<script")[0]
    data = text.partition('id="schemas">')[2].partition("</script>")[0]
    assert json.loads(json.loads(data)["A---0"]) == SCHEMA
    for outside in ('src="', "@import", "url("):
        assert outside not in text


def test_blocks_become_html():
    markdown = table(["a", "b"], [["x|y <", "1"]])
    have = block_html(markdown)
    assert "<td>x|y &lt;</td><td>1</td>" in have
    assert "<th>a</th><th>b</th>" in have


def test_figures_hold_their_numbers():
    plot = cumulative("t", {"e": Distribution.of([1000] * 99 + [10**6]), "empty": Distribution()}, {"e": "#000", "empty": "#111"})
    assert "median 997 ns" in plot  # the middle of the bin that 1000 lies in
    assert ">1 µs<" in plot
    assert ">1 ms<" in plot
    assert "empty" not in plot
    cells = heat_map({"A": {"e": (1, 4)}}, ["e", "f"])
    assert 'title="1 of 4">25.0</td><td></td>' in cells


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium of the system's, driven by playwright."""
    api = pytest.importorskip("playwright.sync_api", reason="THE REPORT WAS NOT LOOKED AT: needs playwright (extra browser)")
    if CHROMIUM is None:
        pytest.skip("THE REPORT WAS NOT LOOKED AT: no Chromium is installed (apt install chromium)")
    with api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def test_in_chromium(tmp_path, browser):
    view = browser.new_page()
    said, asked = [], []
    view.on("pageerror", lambda error: said.append(str(error)))
    view.on("console", lambda message: said.append(message.text))
    view.on("request", lambda request: asked.append(request.url))
    address = sample_page(tmp_path).as_uri()
    view.goto(address)
    assert view.title() == f"Report {NASTY}"

    def column(name, number):
        return view.eval_on_selector_all(f"#{name} tbody tr:not(.hidden) td:nth-child({number})", "cells => cells.map(c => c.textContent)")

    assert len(column("failures", 1)) == 4
    view.select_option("select[data-filter=failures]", "ours")
    assert column("failures", 1) == []
    view.select_option("select[data-filter=failures]", "theirs")
    view.fill("input[data-filter=failures]", "B---")
    assert [cell.split()[0] for cell in column("failures", 2)] == ["B---3", "B---9"]

    head = view.locator("#slowest thead th").nth(2)
    head.click()
    assert head.get_attribute("aria-sort") == "ascending"
    keys = view.eval_on_selector_all("#slowest tbody td:nth-child(3)", "cells => cells.map(c => Number(c.dataset.key))")
    assert keys == sorted(keys)
    assert keys[0] == 5
    assert keys[-1] == 50 * 10**11
    head.click()
    assert view.eval_on_selector("#slowest tbody td:nth-child(3)", "cell => Number(cell.dataset.key)") == keys[-1]

    assert view.locator("#map-declared").is_visible()
    view.check("input[value=map-true]")
    assert not view.locator("#map-declared").is_visible()
    assert view.locator("#map-true td.heat").all_text_contents() == ["100.0", "66.7", "100.0", "66.7"]
    assert view.locator("svg.plot polyline").count() == 2
    assert view.locator("svg.plot").bounding_box()["width"] > 300

    view.locator("#slowest button").first.click()
    assert json.loads(view.locator("dialog pre").inner_text()) == SCHEMA
    assert said == []
    assert asked == [address]
