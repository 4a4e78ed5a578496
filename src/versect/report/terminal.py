"""The table for a terminal: complete without colour, on standard output."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from versect.report.markdown import cells, sentence, summary
from versect.report.sweep import line
from versect.report.view import WORDS, Glyph, MatrixView, gist, sought_words

_STYLES = {
    Glyph.PASSED: "green",
    Glyph.FAILED: "bold red",
    Glyph.OTHERWISE: "yellow",
    Glyph.UNRESOLVED: "magenta",
    Glyph.OPEN: "dim",
}


def show(view: MatrixView, console: Console) -> None:
    """Print the matrix."""
    grid = view.grid
    console.print(Text(f"{view.study.name}: {summary(view)}", style="bold"))
    table = Table()
    for axis in grid.row_axes:
        table.add_column(Text(axis), overflow="fold")
    for column in grid.columns:
        pairs = zip(grid.column_axes, column, strict=True)
        head = "\n".join(f"{axis}\n {value}" for axis, value in pairs) or "outcome"
        table.add_column(Text(head), justify="center", overflow="fold")
    for row in grid.rows:
        faces = [_face(view.face(entry[0]) if entry else "") for entry in row.entries]
        table.add_row(*(Text(label) for label in row.labels), *faces)
    console.print(table)
    for glyph, count in view.counts.items():
        if count:
            console.print(Text(f"  {glyph} {WORDS[glyph]} ({count})", style=_STYLES[glyph]))
    console.print(Text(f"  failure sought: {sought_words(view.study.symptom)}"))
    for unused in view.inert:
        where = f" with {unused.where}" if unused.where else ""
        console.print(Text(f"  ° {unused.project} is installed but never imported{where}"))
    for found in (*view.otherwise, *view.unresolved):
        detail = gist(found.detail)
        words = f"{found.title}: {detail}" if detail else found.title
        console.print(Text(f"  [{found.mark}] {words} ({cells(len(found.cells))})"))
    for boundary in view.boundaries:
        console.print(Text(f"  {sentence(boundary)}"))
    for sweep in view.sweeps:
        console.print(Text(f"  {line(sweep)}"))


def _face(face: str) -> Text:
    styles = (style for glyph, style in _STYLES.items() if face.startswith(str(glyph)))
    return Text(face, style=next(styles, ""))
