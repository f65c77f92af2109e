"""A plot as SVG text, without a plotting library: curves of (tokens, distance) on logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 400, 60, 150, 30, 45
COLOURS = ("#1b6ca8", "#c0392b", "#27864a", "#8e44ad", "#d68910", "#117a8b", "#7f8c8d", "#2c3e50")


def plot(title: str, curves: Mapping[str, Sequence[tuple[float, float]]], floor: float) -> str:
    """Return an SVG picture.

    Parameters
    ----------
    curves : mapping of name to points
        Model tokens per text (or in all), and total variation to the target.
    floor : float
        Mean distance of exact draws, drawn as a dashed line.
    """
    points = [point for curve in curves.values() for point in curve]
    low_x, high_x = (10 ** f(math.log10(g(x for x, _ in points))) for f, g in ((math.floor, min), (math.ceil, max)))
    low_y, high_y = 10 ** math.floor(math.log10(max(1e-4, min(floor, *(y for _, y in points if y > 0)) * 0.9))), 1.0
    high_x = max(high_x, low_x * 10)

    def place(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - math.log10(low_x)) / (math.log10(high_x) - math.log10(low_x))
        up = (math.log10(max(y, low_y)) - math.log10(low_y)) / (math.log10(high_y) - math.log10(low_y))
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/><text x="{LEFT}" y="18" font-size="14">{escape(title)}</text>',
    ]
    for axis, low, high in (("x", low_x, high_x), ("y", low_y, high_y)):
        for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
            x, y = place(10**power, low_y) if axis == "x" else place(low_x, 10**power)
            end = f'x2="{x:.1f}" y2="{TOP}"' if axis == "x" else f'x2="{WIDTH - RIGHT}" y2="{y:.1f}"'
            at, anchor = ((x, y + 16), "middle") if axis == "x" else ((x - 6, y + 4), "end")
            label = f'x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}"'
            parts.append(f'<line x1="{x:.1f}" y1="{y:.1f}" {end} stroke="#ddd"/><text {label}>{10.0**power:g}</text>')
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 8}">model tokens per text; up: total variation to the target</text>')
    (x1, y1), (x2, _) = place(low_x, floor), place(high_x, floor)
    parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y1:.1f}" stroke="#555" stroke-dasharray="5 4"/>')
    parts.append(f'<text x="{WIDTH - RIGHT + 6}" y="{y1 + 4:.1f}" fill="#555">exact draws</text>')
    for number, (name, curve) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = [place(*point) for point in curve]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{line}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        parts.append(f'<text x="{WIDTH - RIGHT + 22}" y="{TOP + 16 * number + 10}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
