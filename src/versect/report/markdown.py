"""The table as Markdown, safe against whatever a failing program printed (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from versect.report.findings import Boundary
from versect.report.grid import Grid
from versect.report.sweep import SweepView
from versect.report.view import WORDS, Class, Glyph, MatrixView, sought_words


def table(view: MatrixView, *, made: str) -> str:
    """Give ``table.md``.

    Args:
        view: The matrix.
        made: By which versect, and when.

    """
    return "\n".join(_lines(view, made)).rstrip() + "\n"


def summary(view: MatrixView) -> str:
    """Give the counts in one sentence: ``180 cells: 120 passed, 48 failed, ...``."""
    return counts_in_words(view.counts)


def counts_in_words(counts: Mapping[Glyph, int]) -> str:
    """Give counts by outcome in one sentence."""
    words = {
        Glyph.PASSED: "passed",
        Glyph.FAILED: "failed",
        Glyph.OTHERWISE: "failed otherwise",
        Glyph.UNRESOLVED: "unresolved",
        Glyph.OPEN: "not tried",
    }
    parts = [f"{count} {words[glyph]}" for glyph, count in counts.items() if count]
    return f"{cells(sum(counts.values()))}: {', '.join(parts) or 'none tried'}"


def cells(count: int) -> str:
    """Count cells in words: ``1 cell``, ``2 cells``."""
    return f"{count} cell{'' if count == 1 else 's'}"


def sentence(boundary: Boundary) -> str:
    """Say where outcomes change."""
    where = f" ({boundary.where})" if boundary.where else ""
    return (
        f"{boundary.axis} {boundary.before} -> {boundary.after}: {boundary.change} "
        f"in {boundary.changed} of {boundary.comparable} comparable pairs of cells{where}"
    )


def rows(view: MatrixView) -> Iterator[str]:
    """Give the grid as the lines of a Markdown table, its head first."""
    grid = view.grid
    heads = [_head(grid, column) for column in grid.columns]
    yield "| " + " | ".join([*map(escaped, grid.row_axes), *heads]) + " |"
    yield "|" + "---|" * (len(grid.row_axes) + len(heads))
    for row in grid.rows:
        faces = [view.face(entry[0]) if entry else "" for entry in row.entries]
        yield "| " + " | ".join([*map(escaped, row.labels), *map(escaped, faces)]) + " |"


def escaped(text: str) -> str:
    """Make a text harmless in a line of Markdown: no markup, HTML, line breaks or mentions.

    A blank of no width behind ``@`` keeps an issue from calling the people that a text names.
    """
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]", "�", text)
    text = re.sub(r"\s+", " ", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_\[\]|#~])", r"\\\1", text)
    return re.sub(r"(?<!\w)@(?=\w)", "@&#8203;", text)


def fenced(text: str, kind: str = "text") -> str:
    """Put a text into a block that it cannot end, of a kind that viewers may colour."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    clean = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "�", text)
    return f"{fence}{kind}\n{clean}\n{fence}"


def _lines(view: MatrixView, made: str) -> Iterator[str]:
    yield f"# {escaped(view.study.name)}"
    yield ""
    yield f"**{summary(view)}.** The failure sought: {escaped(sought_words(view.study.symptom))}."
    yield ""
    for boundary in view.boundaries:
        yield f"- {escaped(sentence(boundary))}"
    if view.boundaries:
        yield ""
    yield from rows(view)
    yield ""
    shown = [glyph for glyph, count in view.counts.items() if count]
    legend = [f"`{glyph}` {WORDS[glyph]}" for glyph in shown]
    if view.inert:
        legend.append("`°` a project was never imported: its releases mean nothing there")
    yield "; ".join(legend)
    yield ""
    for unused in view.inert:
        where = f" with {unused.where}" if unused.where else ""
        yield (
            f"**Inert axis:** {escaped(unused.project)} is installed but never imported"
            f"{escaped(where)} ({cells(len(unused.cells))})."
        )
        yield ""
    yield from _classes("The failure sought", view.sought)
    yield from _classes("Other failures", view.otherwise)
    yield from _classes("Unresolved cells", view.unresolved)
    for sweep in view.sweeps:
        yield from _sweep(sweep)
    yield "## How this was made"
    yield ""
    for setting in view.settings:
        yield f"- {escaped(setting)}"
    yield f"- resolution: {view.study.resolution}"
    for note in view.notes:
        yield f"- note: {escaped(note)}"
    yield f"- {escaped(made)}"
    yield ""
    if view.cells:
        name, cell = view.study.name, view.cells[0].id
        yield f"Repeat any cell with `versect reproduce {name} CELL`, for example:"
        yield ""
        yield fenced(f"versect reproduce {name} {cell} --run", "console")


def _sweep(view: SweepView) -> Iterator[str]:
    """Give the section of a sweep: what it varies across, its other axes down."""
    sweep = view.sweep
    yield f"## {escaped(sweep.name)}"
    yield ""
    yield escaped(sweep.about)
    yield ""
    held = [f"{axis} {value}" for axis, value in view.held if axis != sweep.vary]
    yield escaped("; ".join(filter(None, (", ".join(held), view.extent))))
    yield ""
    heads = [f"{sweep.vary} {sweep.worded(value)}" for value in view.values]
    yield "| " + " | ".join(map(escaped, (*view.row_axes, *heads))) + " |"
    yield "|" + "---|" * (len(view.row_axes) + len(heads))
    for row in view.lines:
        faces = [view.face(cells) if cells else "" for cells in row.entries]
        yield "| " + " | ".join(map(escaped, (*row.labels, *faces))) + " |"
    yield ""
    for found in (*view.otherwise, *view.unresolved):
        yield from class_lines(found)


def _head(grid: Grid, column: tuple[str, ...]) -> str:
    """Give a column's values, a line each; values of one axis alone need its name too."""
    pairs = zip(grid.column_axes, column, strict=True)
    return "<br>".join(f"{escaped(axis)} {escaped(value)}" for axis, value in pairs) or "outcome"


def _classes(title: str, classes: tuple[Class, ...]) -> Iterator[str]:
    if not classes:
        return
    yield f"## {title}"
    yield ""
    for found in classes:
        yield from class_lines(found)


def class_lines(found: Class) -> Iterator[str]:
    """Give a class of failures or causes with its first cell."""
    mark = f"**{found.mark}** " if found.mark else ""
    count = cells(len(found.cells))
    yield f"{mark}{escaped(found.title)} ({count}, first: `{code(found.cells[0])}`)"
    yield ""
    if found.detail:
        yield fenced(found.detail)
        yield ""


def code(text: str) -> str:
    """Make a text harmless between backticks."""
    return text.replace("`", "'").replace("\n", " ")
