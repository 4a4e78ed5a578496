"""A badge that says in one line how a matrix stands, as SVG that needs no font and no network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from unicodedata import east_asian_width
from xml.sax.saxutils import escape, quoteattr

from versect.report.view import Glyph, MatrixView
from versect.report.xml_text import allowed

_LONGEST: Final = 60
"""Characters of a study's name."""
_PACE: Final = 6.6
"""Pixels that a character takes on average at this size; readers fit the text to the sum."""
_PAD: Final = 7

# White words stand on these with a contrast of at least 4.5 (WCAG 2.2, 1.4.3).
_COLOURS: Final = {
    Glyph.FAILED: "#cf222e",
    Glyph.OTHERWISE: "#9a4a00",
    Glyph.UNRESOLVED: "#57606a",
    Glyph.OPEN: "#57606a",
}
_PASSED: Final = "#1a7f37"
_LABEL: Final = "#3d444d"


def badge(view: MatrixView) -> str:
    """Give ``badge.svg`` of a matrix; see ``badge_of``."""
    return badge_of(view.study.name, view.counts)


def badge_of(study: str, counts: Mapping[Glyph, int]) -> str:
    """Give ``badge.svg``: ``event-loop | 120 of 180 pass``.

    It has the colour of the worst outcome: any failure sought, then other failures, then cells
    that could not be decided or were not tried.
    """
    cells = sum(counts.values())
    name = _short(" ".join(allowed(study).split()))
    words = f"{counts[Glyph.PASSED]} of {cells} pass"
    colour = next((tint for glyph, tint in _COLOURS.items() if counts[glyph]), _PASSED)
    if not cells:
        colour = _COLOURS[Glyph.OPEN]
    left, right = _width(name), _width(words)
    full = left + right + 4 * _PAD
    split = left + 2 * _PAD
    title = f"{name}: {words}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{full}" height="20" '
        f'viewBox="0 0 {full} 20" role="img" aria-label={quoteattr(title)}>\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{full}" height="20" rx="3" fill="{colour}"/>\n'
        f'<path d="M3 0H{split}V20H3A3 3 0 0 1 0 17V3A3 3 0 0 1 3 0Z" fill="{_LABEL}"/>\n'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">\n'
        f"{_text(name, _PAD, left)}\n"
        f"{_text(words, split + _PAD, right)}\n"
        "</g>\n</svg>\n"
    )


def _text(words: str, x: int, width: int) -> str:
    fitted = f'textLength="{width}" lengthAdjust="spacingAndGlyphs"'
    return f'<text x="{x}" y="14" {fitted}>{escape(words)}</text>'


def _width(words: str) -> int:
    """Give the pixels that words take; East Asian characters are twice as wide."""
    columns = sum(2 if east_asian_width(sign) in "WF" else 1 for sign in words)
    return max(1, round(columns * _PACE))


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
