"""The report as one HTML file that opens anywhere: tables that sort, heat maps, distributions, the slowest and the failed schemas.

The tables are those of the Markdown summary, turned into HTML block by block, so the two cannot differ. Nothing is loaded from elsewhere;
the schemas of the listed rows are in the page, cut at `SCHEMA_SHOWN` characters, and shown on demand.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from .cases import Case
from .coverage import Record, by_engine, coverage_table, split_shares
from .distribution import Distribution
from .figures import colour_of, cumulative, duration, heat_map
from .summary import pooled

SLOWEST = 15
FAILED = 300
SCHEMA_SHOWN = 6000
MEASURES = (("declared", "declared"), ("true", "true"), ("empirical", "empirical"), ("empirical, closed in time", "closed"))

STYLE = """
:root { color-scheme: light dark; --line: #8884; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 78rem; padding: 0 1rem; }
table { border-collapse: collapse; margin: .8rem 0; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--line); padding: .2rem .55rem; text-align: right; vertical-align: top; }
th:first-child, td:first-child, td.text { text-align: left; overflow-wrap: anywhere; }
thead th { cursor: pointer; position: sticky; top: 0; background: Canvas; user-select: none; }
thead th[aria-sort=ascending]::after { content: " ▲"; } thead th[aria-sort=descending]::after { content: " ▼"; }
td.heat { color: #111; } .wide { overflow-x: auto; } .hidden { display: none; }
svg.plot { max-width: 44rem; width: 100%; } svg text { font-size: 11px; fill: currentColor; } .grid { stroke: var(--line); }
dialog pre { max-height: 70vh; overflow: auto; } button { font: inherit; } nav a { margin-right: 1rem; }
"""

SCRIPT = """
const schemas = JSON.parse(document.getElementById("schemas").textContent);
const key = text => { const t = text.replace(/,/g, "").trim(); const n = parseFloat(t); return t === "" ? null : isNaN(n) ?
t.toLowerCase() : n; }; for (const table of document.querySelectorAll("table.sortable")) {
  table.tHead.rows[0].querySelectorAll("th").forEach((head, column) => head.addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    table.tHead.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const rows = [...table.tBodies[0].rows].map(row => [key(row.cells[column].dataset.key ?? row.cells[column].textContent), row]);
    rows.sort(([a], [b]) => a === null ? 1 : b === null ? -1 :
      (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1) * (up ? 1 : -1));
    table.tBodies[0].append(...rows.map(([, row]) => row));
  }));
}
const dialog = document.querySelector("dialog");
document.addEventListener("click", event => {
  const name = event.target.dataset?.schema;
  if (name) { dialog.querySelector("h3").textContent = name; dialog.querySelector("pre").textContent = schemas[name]; dialog.showModal(); }
});
for (const choice of document.querySelectorAll("select[data-filter], input[data-filter]"))
  choice.addEventListener("input", () => {
    const table = document.getElementById(choice.dataset.filter);
    const wanted = [...document.querySelectorAll(`[data-filter="${choice.dataset.filter}"]`)].map(other => other.value.toLowerCase());
    for (const row of table.tBodies[0].rows) row.classList.toggle("hidden", !wanted.every(word =>
    row.textContent.toLowerCase().includes(word)));
  });
for (const choice of document.querySelectorAll("[name=measure]"))
  choice.addEventListener("input", () => document.querySelectorAll(".measure").forEach(map => map.classList.toggle("hidden", map.id !==
  choice.value)));
"""


def page(
    blocks: Sequence[str], found: Sequence[Record], cases: Sequence[Case], times: Mapping[str, Mapping[str, Distribution]], out: Path
) -> str:
    """Return the report.

    Parameters
    ----------
    blocks : list of str
        The Markdown summary: title first.
    times : dict
        Per title, per engine: what to draw distributions of.
    out : Path
        The folder that the page will lie in, for links to local schemas.
    """
    engines = list(by_engine(found))
    title = blocks[0].removeprefix("# ")
    body = [f"<h1>{escape(title)}</h1>", *(paragraph(block) for block in blocks[1:] if not block.startswith(("#", "|")))]
    shown: dict[str, str] = {}
    loads = {case.id: case for case in cases}
    if found:
        body += ['<h2 id="coverage">Coverage</h2>', block_html(coverage_table(found))]
    body += ['<h2 id="splits">Coverage by split</h2>', heat_maps(found, engines)]
    colours = colour_of(engines)
    drawn = {name: cumulative(name, pools, colours) for name, pools in times.items()}
    plots = [f"<h3>{escape(name)}</h3>{plot}" for name, plot in drawn.items() if plot]
    body += ['<h2 id="times">Distributions</h2><p>Share of values at most x; the axis is logarithmic.</p>', *plots]
    body += ['<h2 id="slow">Slowest schemas</h2>', slowest(found, loads, shown, out)]
    body += ['<h2 id="failed">Failed schemas</h2>', failed(found, engines, loads, shown, out)]
    body += ['<h2 id="tables">Tables</h2>', *(block_html(block) for block in blocks[1:] if block.startswith(("#", "|")))]
    links = "".join(f'<a href="#{name}">{name}</a>' for name in ("coverage", "splits", "times", "slow", "failed", "tables"))
    data = json.dumps(shown, ensure_ascii=False).replace("<", "\\u003c")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style><nav>{links}</nav>{"".join(body)}'
        '<dialog><h3></h3><pre></pre><form method="dialog"><button>close</button></form></dialog>'
        f'<script type="application/json" id="schemas">{data}</script><script>{SCRIPT}</script></html>\n'
    )


def heat_maps(found: Sequence[Record], engines: Sequence[str]) -> str:
    """One heat map per measure, one shown at a time."""
    maps = [(title, name) for title, name in MEASURES if any(getattr(record, name) is not None for record in found)]
    choices, tables = [], []
    for number, (title, name) in enumerate(maps):
        checked = "" if number else " checked"
        choices.append(f'<label><input type="radio" name="measure" value="map-{name}"{checked}> {escape(title)}</label> ')
        shares = split_shares(found, name, lambda record: [record.split])
        tables.append(f'<div class="measure wide{" hidden" if number else ""}" id="map-{name}">{heat_map(shares, engines)}</div>')
    return "".join(choices + tables)


def slowest(found: Sequence[Record], cases: Mapping[str, Case], shown: dict[str, str], out: Path) -> str:
    """List, per engine, the schemas with the slowest first mask and the slowest single token."""
    rows = []
    for engine, group in by_engine(found).items():
        for title, name in (("first mask", "first"), ("slowest token", "mask_max"), ("first token with the model", "ttft")):
            timed = sorted((record for record in group if getattr(record, name)), key=lambda record: -getattr(record, name))
            for record in timed[:SLOWEST]:
                value = getattr(record, name)
                time = f'<td data-key="{value}">{duration(value)}</td>'
                rows.append(f"<td>{escape(engine)}</td><td class=text>{title}</td>{time}{schema_cell(record, cases, shown, out)}")
    return sortable("slowest", ("engine", "what", "time", "schema"), rows)


def failed(found: Sequence[Record], engines: Sequence[str], cases: Mapping[str, Case], shown: dict[str, str], out: Path) -> str:
    """List the schemas that went wrong, with the reason and the schema."""
    rows, left_out = [], 0
    for group in by_engine(found).values():
        wrong = [record for record in group if record.kind]
        left_out += max(0, len(wrong) - FAILED)
        for record in wrong[:FAILED]:
            told = f"<td class=text>{escape(record.kind)}</td><td class=text>{escape(record.reason[:400])}</td>"
            where = f"{schema_cell(record, cases, shown, out)}<td class=text>{escape(record.split)}</td>"
            rows.append(f"<td>{escape(record.engine)}</td>{where}{told}")
    options = "".join(f"<option>{escape(engine)}</option>" for engine in engines)
    more = f"<p>{left_out} more are in schemas.jsonl.</p>" if left_out else ""
    filters = f'<p><select data-filter="failures"><option value="">every engine</option>{options}</select> '
    filters += '<input data-filter="failures" placeholder="filter by word"></p>'
    return filters + sortable("failures", ("engine", "schema", "split", "what", "reason"), rows) + more


def schema_cell(record: Record, cases: Mapping[str, Case], shown: dict[str, str], out: Path) -> str:
    """Link the schema where it came from, and keep its text for the page."""
    if record.id not in shown:
        text = json.dumps(cases[record.id].load()[0], indent=1, ensure_ascii=False)
        shown[record.id] = text if len(text) <= SCHEMA_SHOWN else f"{text[:SCHEMA_SHOWN]}\n... {len(text) - SCHEMA_SHOWN:,} more characters"
    where = record.source
    if where and not re.match(r"https?://", where):
        where = os.path.relpath(where, out)
    name = escape(record.id)
    link = f'<a href="{escape(where)}">{name}</a>' if where else name
    return f'<td class=text>{link} <button data-schema="{name}">schema</button></td>'


def sortable(name: str, header: Sequence[str], rows: Sequence[str]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<div class="wide"><table class="sortable" id="{name}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def block_html(block: str) -> str:
    """Turn one block of our Markdown (heading, table or paragraph) into HTML.

    >>> block_html("### By split")
    '<h3>By split</h3>'
    """
    if block.startswith("#"):
        level = len(block) - len(block.lstrip("#"))
        return f"<h{level}>{escape(block.lstrip('# '))}</h{level}>"
    if not block.startswith("|"):
        return paragraph(block)
    head, _, *rows = [cells(line) for line in block.splitlines()]
    return sortable("", head, ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]).replace(' id=""', "")


def cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|").strip("`") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def paragraph(block: str) -> str:
    return f"<p>{escape(block)}</p>".replace("\n", "<br>")


def pooled_times(instances: Any, outputs: Any, engines: Sequence[str], ids: set[str]) -> dict[str, dict[str, Distribution]]:
    """Collect what the figures show from the rows of the stages."""
    times: dict[str, dict[str, Distribution]] = {}
    for engine in engines:
        fed = [row for row in instances.of(engine, ids) if "cold" in row]
        written = [row for row in outputs.of(engine, ids) if "steps" in row] if outputs is not None else []
        pools = {
            "Compile": Distribution.of(row["compile"] for row in fed if row.get("compile")),
            "Time to first mask (compile + mask)": Distribution.of(row["first"] for row in fed if row.get("first")),
            "Time per mask (mask + advance), masks alone": pooled(fed, "cold"),
            "Time to first token, model in the loop": Distribution.of(row["first"] for row in written if row.get("first")),
            "Time per output token, model in the loop": pooled(written, "steps"),
        }
        for title, pool in pools.items():
            times.setdefault(title, {})[engine] = pool
    return times
