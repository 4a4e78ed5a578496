"""A diagnosis as Markdown, each sentence with the cells that support it (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from versect.model.outcome import Word
from versect.report.diagnosis import (
    AxisFinding,
    Chain,
    Diagnosis,
    Remedies,
    Statement,
    Turn,
)
from versect.report.evidence import counted
from versect.report.markdown import code, escaped, fenced

_INLINE = 2
"""Cells that are named beside a sentence; more stand in a list at the end."""
_LISTED = 12
"""Cells that a list names; all of them are in ``diagnosis.json``."""


_LEGEND = (
    "Cured: it passes, and all that was measured is in order. Hidden: the failure does not show, "
    "and a number says that the fault is still there. Passes: nothing was measured that would "
    "tell these two apart."
)


def document(view: Diagnosis, *, made: str) -> str:
    """Give ``diagnosis.md``.

    Args:
        view: The diagnosis.
        made: By which versect, and when.

    """
    lists = _Lists(escaped)
    body = list(_body(view, lists))
    return "\n".join((*body, *lists.lines(), *_end(view, made))).rstrip() + "\n"


def shown(view: Diagnosis) -> str:
    """Give what is printed: the same for eyes, without the lists of cells at the end."""
    return "\n".join(_body(view, _Lists(_readable))).rstrip() + "\n"


class _Lists:
    """Lists of cells, each distinct one once, numbered in the order of their first mention."""

    def __init__(self, escape: Callable[[str], str]) -> None:
        self.escape = escape
        """Makes a text harmless where it is shown."""
        self._known: dict[tuple[str, ...], int] = {}

    def support(self, cells: tuple[str, ...]) -> str:
        """Name the cells behind a sentence, or the list that does."""
        if len(cells) <= _INLINE:
            return ", ".join(f"`{code(cell)}`" for cell in cells)
        number = self._known.setdefault(cells, len(self._known) + 1)
        return f"{counted(len(cells), 'cell')}, list {number}; `{code(cells[0])}`, ..."

    def lines(self) -> Iterator[str]:
        """Give the lists."""
        if self._known:
            yield "## The cells behind these sentences"
            yield ""
        for cells, number in self._known.items():
            yield f"<details><summary>list {number}: {counted(len(cells), 'cell')}</summary>"
            yield ""
            more = len(cells) - _LISTED
            rest = (f"and {more} more in diagnosis.json",) if more > 0 else ()
            yield fenced("\n".join((*cells[:_LISTED], *rest)))
            yield ""
            yield "</details>"
            yield ""


def _body(view: Diagnosis, lists: _Lists) -> Iterator[str]:
    yield f"# Diagnosis of {lists.escape(view.study)}"
    yield ""
    yield f"The failure sought: {lists.escape(view.failure)}."
    yield ""
    yield from _section("In short", view.summary, lists)
    yield from _section("When", view.when, lists, always=bool(view.axes or view.contrasts))
    for axis in view.axes:
        yield from _axis(axis, lists)
    if view.contrasts:
        yield "### What only looks as if it mattered"
        yield ""
        yield from _bullets(view.contrasts, lists)
    yield from _section("Why", (), lists, always=bool(view.why))
    for chain in view.why:
        yield from _chain(chain, lists)
    yield from _section("Where", (), lists, always=bool(view.where))
    for scene in view.where:
        yield from _titled(scene.title, scene.statements, lists)
    yield from _section("How", (), lists, always=bool(view.how))
    if view.how:
        yield _LEGEND
        yield ""
    for table in view.how:
        yield from _remedies(table, lists)
    yield from _section("Not asked", view.missing, lists)


def _end(view: Diagnosis, made: str) -> Iterator[str]:
    yield "## How this was made"
    yield ""
    for setting in view.settings:
        yield f"- {escaped(setting)}"
    yield f"- {escaped(made)}"
    yield ""
    yield f"Any cell again: `versect reproduce {code(view.study)} CELL --run`."


def _section(
    title: str, statements: Sequence[Statement], lists: _Lists, *, always: bool = False
) -> Iterator[str]:
    if statements or always:
        yield f"## {title}"
        yield ""
        yield from _bullets(statements, lists)


def _titled(title: str, statements: Sequence[Statement], lists: _Lists) -> Iterator[str]:
    """Give a scene; the cells that support all of its sentences are named once."""
    yield f"### {lists.escape(title)}"
    yield ""
    common = {statement.cells for statement in statements}
    if any(common) and len(common) == 1 and len(statements) > 1:
        yield f"Seen in {lists.support(common.pop())}:"
        yield ""
        statements = [replace(statement, cells=()) for statement in statements]
    yield from _bullets(statements, lists)


def _bullets(statements: Iterable[Statement], lists: _Lists) -> Iterator[str]:
    lines = [_bullet(statement, lists) for statement in statements]
    if lines:
        yield from lines
        yield ""


def _bullet(statement: Statement, lists: _Lists) -> str:
    command = f": `{code(statement.command)}`" if statement.command else ""
    text = statement.text.removesuffix(".") if command else statement.text
    support = f" ({lists.support(statement.cells)})" if statement.cells else ""
    return f"- {lists.escape(text)}{command}{support}"


def _axis(found: AxisFinding, lists: _Lists) -> Iterator[str]:
    yield f"### {lists.escape(found.about)}"
    yield ""
    words = [word for word in Word if any(row.counts.get(word) for row in found.rows)]
    differing = [
        name
        for name in dict.fromkeys(name for row in found.rows for name in row.numbers)
        if len({row.numbers.get(name) for row in found.rows}) > 1
    ]
    yield from _table(
        [found.axis, *(word.shown for word in words), *differing],
        (
            [
                _value(row.value, row.words),
                *(str(row.counts.get(word, 0)) for word in words),
                *(_ends(row.numbers.get(name)) for name in differing),
            ]
            for row in found.rows
        ),
        lists,
    )
    if found.rates:
        yield from _rates(found, lists)
    yield from _bullets(found.statements, lists)


def _rates(found: AxisFinding, lists: _Lists) -> Iterator[str]:
    """Give how often the failure came of how often it could: a row a value, a column a group."""
    groups = dict.fromkeys(rate.others for rate in found.rates)
    shares = {(rate.others, rate.value): str(rate.share) for rate in found.rates}
    yield "How often the failure came, of how often it could (rate; exact 95 % interval):"
    yield ""
    yield from _table(
        [found.axis, *(group or "rate" for group in groups)],
        (
            [row.value, *(shares.get((group, row.value), "–") for group in groups)]
            for row in found.rows
        ),
        lists,
    )


def _chain(chain: Chain, lists: _Lists) -> Iterator[str]:
    yield f"### {lists.escape(chain.about)}"
    yield ""
    yield from _table(
        [chain.axis, "flips", "does not", "undecided"],
        (
            [
                _value(one.value, one.words),
                _turns(one.flips),
                _turns([turn for turn in one.turns if turn not in one.flips]),
                str(len(one.undecided)),
            ]
            for one in chain.interventions
        ),
        lists,
    )
    yield from _bullets(chain.statements, lists)


def _remedies(found: Remedies, lists: _Lists) -> Iterator[str]:
    yield f"### {lists.escape(found.about)}"
    yield ""
    yield from _table(
        [found.axis, *found.columns],
        (
            [_value(remedy.value, remedy.words), *map(str, remedy.entries)]
            for remedy in found.remedies
        ),
        lists,
    )
    yield from _bullets(found.statements, lists)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], lists: _Lists) -> Iterator[str]:
    """Give a table whose columns stand in line in plain text, too."""
    lines = [[lists.escape(entry) for entry in line] for line in (heads, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    for line in lines:
        padded = (entry.ljust(width) for entry, width in zip(line, widths, strict=True))
        yield f"| {' | '.join(padded)} |"
    yield ""


def _value(value: str, words: str) -> str:
    return f"{value} ({words})" if words not in ("", value) else value


def _turns(turns: Sequence[Turn]) -> str:
    return ", ".join(f"{turn.change}: {len(turn.cells)}" for turn in turns) or "–"


def _ends(ends: tuple[float, float] | None) -> str:
    if ends is None:
        return "–"
    low, high = ends
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _readable(text: str) -> str:
    """Make a text harmless on a terminal: one line, no control characters."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())
