"""What a user is told while a run goes on."""

import io

from rich.console import Console

from tests.support.literal import cell_of
from versect.model.outcome import Cause, Passed, Unresolved
from versect.report.progress import Clock, LiveGrid, PlainLines


def console(**options):
    return Console(file=io.StringIO(), width=100, height=20, **options)


def test_no_remaining_time_is_ventured_before_three_cells_are_done():
    moments = iter([0.0, 2.0, 4.0, 6.0, 6.0])
    clock = Clock(now=lambda: next(moments))
    clock.total = 10
    clock.finished()
    clock.finished()
    assert clock.remaining is None
    clock.finished()
    assert clock.remaining == 14.0


def test_plain_lines_name_every_cell_with_its_outcome():
    out = console()
    lines = PlainLines(out)
    lines.planned((cell_of("3.11"), cell_of("3.12")), 0)
    lines.finished(cell_of("3.11"), Passed(rule="r"), 0.5)
    reason = Unresolved(rule="r", cause=Cause.NO_WHEEL, detail="no [red]wheel[/red]\nmore")
    lines.finished(cell_of("3.12"), reason, 0.5)
    text = out.file.getvalue()
    assert "✓ py3.11 passed" in text
    assert "? py3.12 unresolved, no-wheel: no [red]wheel[/red]" in text
    assert "more" not in text


def test_the_live_grid_fills_up_and_leaves_the_terminal():
    out = console(force_terminal=True)
    grid = LiveGrid(out)
    cells = (cell_of("3.11"), cell_of("3.12"))
    grid.planned(cells, 0)
    grid.started(cells[0])
    grid.finished(cells[0], Passed(rule="r"), 0.5)
    grid.close()
    grid.close()
    assert "✓·" in out.file.getvalue()
