"""ROC curves as a picture that needs no library: SVG."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from jets import Floats

SIDE, EDGE, LINE = 400, 50, 18
COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#888888", "#222255",
           "#997700")  # fmt: skip
"""Paul Tol's bright scheme (2021), told apart also by those who see fewer colours."""


def picture(curves: Mapping[str, tuple[Floats, Floats]]) -> str:
    """Draw curves, each the shares of gluon jets and of quark jets that are called quark jets."""
    width, height = SIDE + 2 * EDGE + 260, SIDE + 2 * EDGE
    middle, low = EDGE + SIDE / 2, EDGE + SIDE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"',
        'font-family="sans-serif" font-size="13" role="img" aria-label="ROC curves">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<rect x="{EDGE}" y="{EDGE}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#444"/>',
        f'<path d="M{EDGE},{low}L{low},{EDGE}" stroke="#bbb" stroke-dasharray="4"/>',
        _text(middle, low + 35, "gluon jets called quark jets", "middle"),
        f'<g transform="rotate(-90 15 {middle})">',
        _text(15, middle, "quark jets called quark jets", "middle"),
        "</g>",
        *(_text(EDGE + SIDE * n / 4, low + 16, f"{n / 4:g}", "middle") for n in range(5)),
        *(_text(EDGE - 6, low - SIDE * n / 4 + 4, f"{n / 4:g}", "end") for n in range(5)),
    ]
    for number, (label, (gluons, quarks)) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(
            f"{EDGE + SIDE * x:.1f},{EDGE + SIDE * (1 - y):.1f}"
            for x, y in zip(gluons, quarks, strict=True)
        )
        left, line = EDGE + SIDE + 20, EDGE + LINE * (number + 1)
        parts += [
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>',
            f'<path d="M{left},{line - 4}h20" stroke="{colour}" stroke-width="3"/>',
            _text(left + 28, line, label, "start"),
        ]
    return "\n".join((*parts, "</svg>\n"))


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>'
