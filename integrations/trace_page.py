"""A trace as one HTML page that needs nothing beside it: no scripts, fonts or styles from elsewhere.

Every token is a box, coloured by the probability that the mask removed before it; forced and steered tokens are marked. Hovering (or
focusing) a box shows what was allowed and the likeliest tokens that were not. Two lists: the steps (as `Step`, or those of
``maskwright trace``), and the clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --ink: #1d1d1f; --paper: #fff; --line: #d5d5da; --dim: #6e6e76; --hot: 200 60 40; --forced: #2f6fde; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf1; --paper: #17171a; --line: #3a3a42; --dim: #9a9aa4; --hot: 235 110 80; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 68rem; margin: 2rem auto; }
body { padding: 0 1rem; }
h1 { font-size: 1.2rem; } code, .text, td { font-family: ui-monospace, monospace; font-size: 0.9rem; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 2; }
.text { border: 1px solid var(--line); border-radius: 6px; padding: 0.8rem; }
.token { border-bottom: 2px solid transparent; padding: 0.15rem 0; background: rgb(var(--hot) / calc(var(--removed) * 0.55)); }
.token:focus, .token:hover { outline: 1px solid var(--ink); }
.forced { border-bottom-color: var(--forced); } .steered { border-bottom: 2px dashed var(--dim); }
.bad { outline: 2px solid rgb(var(--hot)); }
table { border-collapse: collapse; width: 100%; margin-top: 1rem; } th, td { text-align: left; padding: 0.2rem 0.6rem 0.2rem 0; }
th { font-weight: 600; color: var(--dim); border-bottom: 1px solid var(--line); } td { border-bottom: 1px solid var(--line); }
.num { text-align: right; } .dim { color: var(--dim); } .scroll { overflow-x: auto; }
"""


def render(title: str, steps: Sequence[Mapping[str, Any]], clock: Mapping[str, Any] | None = None, verdict: str = "") -> str:
    """Return the page.

    Parameters
    ----------
    steps : sequence of mapping
        ``token``, ``allowed`` and, where known, ``token_id`` (or ``id``), ``mass``, ``forced``, ``steered``, ``state``, ``refused``,
        ``ok``.
    clock : mapping, optional
        Seconds by what they were spent on.
    verdict : str
        A line below the text.
    """
    parts = [f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title><style>{_STYLE}</style>"]
    parts.append(f"<h1>{escape(title)}</h1><p class=text>{''.join(map(_box, steps))}</p>")
    if verdict:
        parts.append(f"<p>{escape(verdict).replace(chr(10), '<br>')}</p>")
    forced = sum(bool(step.get("forced")) for step in steps)
    facts = [f"{len(steps)} tokens, {forced} forced"]
    if clock:
        total = clock["total"] or 1.0
        facts += [f"{name} {clock[name] * 1000:.1f} ms ({clock[name] / total:.0%})" for name in ("mask", "forward", "sample")]
        facts.append(f"{clock['passes']} forward passes")
    parts.append(f"<p class=dim>{escape('; '.join(facts))}. Red: probability that the mask removed. Blue line: forced.</p>")
    names = ("#", "token", "id", "allowed", "removed", "forced", "state", "likeliest forbidden")
    head = "".join(f"<th class=num>{name}" if name in ("#", "id", "allowed", "removed", "state") else f"<th>{name}" for name in names)
    parts.append(f"<div class=scroll><table><tr>{head}</tr>{''.join(map(_line, enumerate(steps)))}</table></div></html>")
    return "".join(parts)


def _removed(step: Mapping[str, Any]) -> float:
    mass = step.get("mass")
    return 0.0 if mass is None else min(1.0, max(0.0, 1.0 - mass))


def _box(step: Mapping[str, Any]) -> str:
    kinds = [name for name in ("forced", "steered") if step.get(name)] + (["bad"] if step.get("ok") is False else [])
    refused = ", ".join(f"{token!r} {share:.1%}" for token, share in step.get("refused", ()))
    hint = f"{step['allowed']} allowed" + (f", {_removed(step):.1%} removed" if step.get("mass") is not None else "")
    hint += f"; likeliest forbidden: {refused}" if refused else ""
    classes = " ".join(["token", *kinds])
    style = f"--removed:{_removed(step):.4f}"
    return f'<span class="{classes}" tabindex=0 style="{style}" title="{escape(hint)}">{escape(step["token"])}</span>'


def _line(numbered: tuple[int, Mapping[str, Any]]) -> str:
    number, step = numbered
    forced = step.get("forced")
    cells = [
        ("num", str(number)),
        ("", repr(step["token"])),
        ("num", str(step.get("token_id", step.get("id", "")))),
        ("num", str(step["allowed"])),
        ("num", f"{_removed(step):.2%}" if step.get("mass") is not None else ""),
        ("", forced if isinstance(forced, str) else "forced" if forced else ""),
        ("num", str(step.get("state", ""))),
        ("", ", ".join(f"{token!r} {share:.1%}" for token, share in step.get("refused", ()))),
    ]
    return "<tr>" + "".join(f'<td class="{kind}">{escape(text)}' for kind, text in cells) + "</tr>"
