"""Figures of the HTML report, as SVG text: cumulative distributions on a logarithmic axis, and heat maps of shares.

Drawn here and not by a plotting library, so that a report is one file of some hundred kilobytes that opens without a network. Colours are
told apart by colour-blind readers too (Okabe and Ito), and every line ends in its name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from .distribution import BINS_PER_OCTAVE, Distribution

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8c8c00", "#555555")
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 300, 52, 36, 12, 150
UNITS = ((1, "ns"), (10**3, "µs"), (10**6, "ms"), (10**9, "s"))


def colour_of(engines: Sequence[str]) -> dict[str, str]:
    return {engine: COLOURS[number % len(COLOURS)] for number, engine in enumerate(engines)}


def cumulative(title: str, times: Mapping[str, Distribution], colours: Mapping[str, str]) -> str:
    """Draw, per engine, the share of values at most x (nanoseconds, logarithmic axis), with every value and its share as a tooltip."""
    shown = {engine: pool for engine, pool in times.items() if pool.count}
    if not shown:
        return ""
    decades = [math.log10(2) * index / BINS_PER_OCTAVE for pool in shown.values() for index in (min(pool.bins), max(pool.bins) + 1)]
    low, high = math.floor(min(decades)), max(math.floor(min(decades)) + 1, math.ceil(max(decades)))
    step = (WIDTH - LEFT - RIGHT) / (high - low)

    def x(value: float) -> float:
        return LEFT + (value - low) * step

    def y(share: float) -> float:
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)

    parts = [f'<svg class="plot" role="img" viewBox="0 0 {WIDTH} {HEIGHT}"><title>{escape(title)}</title>']
    for decade in range(low, high + 1):
        parts.append(f'<line class="grid" x1="{x(decade):.1f}" y1="{y(0):.1f}" x2="{x(decade):.1f}" y2="{y(1):.1f}"/>')
        parts.append(f'<text x="{x(decade):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{duration(10.0**decade)}</text>')
    for share in (0, 0.25, 0.5, 0.75, 1):
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y(share):.1f}" x2="{x(high):.1f}" y2="{y(share):.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    for number, (engine, pool) in enumerate(shown.items()):
        seen, points = 0, [(x(math.log10(2) * min(pool.bins) / BINS_PER_OCTAVE), y(0))]
        for index in sorted(pool.bins):
            seen += pool.bins[index]
            right = x(math.log10(2) * (index + 1) / BINS_PER_OCTAVE)
            points += [(right, points[-1][1]), (right, y(seen / pool.count))]  # steps: nothing lies between two values
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        words = f"{engine}: n {pool.count:,}, median {duration(pool.quantile(0.5))}, 99 % {duration(pool.quantile(0.99))}"
        line = f'<polyline fill="none" stroke="{colours[engine]}" stroke-width="2" points="{path}">'
        parts.append(f"{line}<title>{escape(words)}</title></polyline>")
        place = TOP + 14 + 18 * number
        parts.append(f'<rect x="{WIDTH - RIGHT + 12}" y="{place - 9}" width="12" height="10" fill="{colours[engine]}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 30}" y="{place}">{escape(engine)}</text>')
    return "".join([*parts, "</svg>"])


def duration(nanoseconds: float) -> str:
    """Write a time with its unit.

    >>> duration(100.0), duration(1e3), duration(2.5e6), duration(1e11)
    ('100 ns', '1 µs', '2.5 ms', '100 s')
    """
    size, unit = max((pair for pair in UNITS if nanoseconds >= pair[0]), default=UNITS[0])
    return f"{nanoseconds / size:.3g} {unit}"


def heat_map(shares: Mapping[str, Mapping[str, tuple[int, int]]], engines: Sequence[str]) -> str:
    """Write a table, a row per split and a column per engine, each cell coloured by its share and with its counts."""
    head = "".join(f"<th>{escape(engine)}</th>" for engine in engines)
    rows = []
    for split, cells in shares.items():
        row = [f"<th>{escape(split)}</th><td>{max((whole for _, whole in cells.values()), default=0)}</td>"]
        for engine in engines:
            part, whole = cells.get(engine, (0, 0))
            if not whole:
                row.append("<td></td>")
                continue
            share = part / whole
            style = f"background:hsl({210 if share == 1 else 8 + 40 * share:.0f} 70% {45 + 40 * share:.0f}%)"
            row.append(f'<td class="heat" style="{style}" title="{part} of {whole}">{100 * share:.1f}</td>')
        rows.append(f"<tr>{''.join(row)}</tr>")
    return f'<table class="sortable"><thead><tr><th>split</th><th>schemas</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
