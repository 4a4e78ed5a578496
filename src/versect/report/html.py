"""The matrix as one page that opens from disk and asks no network for anything (pure).

Everything that must be readable without a script, on paper or aloud is written by the template.
The cells are one JSON island, which the page's own script draws.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, assert_never
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from versect.model.trial import (
    Ending,
    Exited,
    NotRun,
    Observation,
    OutOfMemory,
    Output,
    SeenFailure,
    Signalled,
    TimedOut,
)
from versect.report.evidence import counted
from versect.report.html_bisection import OUTCOMES, Search
from versect.report.html_blame import Comparison
from versect.report.html_diagnosis import Diagnosis
from versect.report.html_timeline import Sight
from versect.report.json import document
from versect.report.markdown import sentence, summary
from versect.report.view import WORDS, Glyph, MatrixView, gist, sought_words

_TEXTS: Final = 8_000_000
"""Characters of output on a page, all cells together: what a browser opens without a pause."""
_LONGEST, _SHORTEST = 4000, 400
"""Characters of one message or stream's tail, in a small matrix and in a large one."""
_SIGNS: Final = {**OUTCOMES, "not-tried": Glyph.OPEN}
_UNKNOWN: Final = "\N{REPLACEMENT CHARACTER}"
_HALVES: Final = re.compile(r"[\ud800-\udfff]")
"""Halves of characters, which Python puts for bytes that are no text."""
_HIDDEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""These, control characters, and marks that turn the direction of writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a page shows beside the matrix."""

    searches: tuple[Search, ...] = ()
    """By name."""
    comparisons: tuple[Comparison, ...] = ()
    diagnosis: Diagnosis | None = None
    sights: tuple[Sight, ...] = ()
    """Timelines."""
    unseen: tuple[str, ...] = ()
    """Cells whose timelines are left out."""


NOTHING: Final = Beside()


def page(view: MatrixView, beside: Beside = NOTHING, *, made: str) -> str:
    """Give ``report.html``.

    Args:
        view: The matrix.
        beside: What stands beside it.
        made: By which versect, and when.

    """
    held = data(view, made=made)
    held["timelines"] = {sight.cell: sight.place for sight in beside.sights}
    return (
        templates()
        .get_template("report.html")
        .render(
            view=view,
            study=view.study.name,
            summary=summary(view),
            sought=sought_words(view.study.symptom),
            boundaries=[sentence(boundary) for boundary in view.boundaries],
            beside=beside,
            parts=tuple(_parts(view, beside)),
            known={cell.id for cell in view.cells},
            words=WORDS,
            glyphs=Glyph,
            made=made,
            island=Markup(island(held)),  # noqa: S704 - island() leaves no markup
            gist=gist,
            counted=counted,
            link=link,
            again=partial(command, view.study.name),
        )
    )


def timeline_page(sight: Sight, *, made: str) -> str:
    """Give the page of one timeline.

    Args:
        sight: What is shown of it.
        made: By which versect, and when.

    """
    template = templates().get_template("trace.html")
    return template.render(sight=sight, made=made, counted=counted)


def _parts(view: MatrixView, beside: Beside) -> Iterator[tuple[str, str]]:
    """Give the parts of a page that there are: places and titles."""
    yield "matrix", "Matrix"
    if view.sought or view.otherwise or view.unresolved:
        yield "failures", "Failures"
    if beside.diagnosis is not None:
        yield "diagnosis", "Diagnosis"
    if view.sweeps:
        yield "sweeps", "Sweeps"
    if beside.sights:
        yield "timelines", "Lives of loops and clients"
    if beside.searches or beside.comparisons:
        yield "searches", "Searches"
    yield "made", "How this was made"


def templates() -> jinja2.Environment:
    """Give what fills in templates: every text is escaped, and what would hide is shown."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("versect.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )


def island(content: object) -> str:
    """Write JSON that no string in it can end: as ASCII, without ``<``, ``>`` and ``&``."""
    text = json.dumps(content, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def command(study: str, cell: str) -> str:
    """Give the words that run a cell again."""
    return shlex.join(["versect", "reproduce", study, cell, "--run"])


def link(cell: str) -> str:
    """Give the address of a cell within the page."""
    return f"#cell={quote(_HALVES.sub(_UNKNOWN, cell))}"


def data(view: MatrixView, *, made: str) -> dict[str, Any]:
    """Give what the script draws: ``matrix.json`` and what stands behind its cells.

    What many cells share is kept once: ``packages`` of a cell is a place in ``locks``, its
    ``failures``, ``stdout`` and ``stderr`` are places in ``failures`` and ``texts``.
    """
    matrix = document(view, made=made)
    rows = [axis for axis in view.grid.row_axes if axis != "python"] or ["python"]
    every = dict.fromkeys((*view.grid.column_axes, *view.grid.row_axes))
    locks, failures, texts = _Pool(), _Pool(), _Pool()
    longest = max(_SHORTEST, min(_LONGEST, _TEXTS // max(2 * len(view.cells), 1)))
    for cell, row in zip(view.cells, matrix["cells"], strict=True):
        row["face"] = view.face(cell)
        row["again"] = command(view.study.name, cell.id)
        if cell.id in view.results:
            observation = view.results[cell.id][0].observation
            row["packages"] = locks.place(row["packages"])
            row.update(_behind(observation, failures, texts, longest))
    return {
        "matrix": matrix,
        "locks": locks.content,
        "failures": failures.content,
        "texts": texts.content,
        "rows": rows,
        "columns": [axis for axis in every if axis not in rows],
        "signs": {name: [glyph, name.replace("-", " ")] for name, glyph in _SIGNS.items()},
    }


class _Pool:
    """Contents, each kept once."""

    def __init__(self) -> None:
        self.content: list[Any] = []
        self._places: dict[str, int] = {}

    def place(self, content: Any) -> int:
        """Give the place of a content, which is added if it is new."""
        key = json.dumps(content)
        if key not in self._places:
            self._places[key] = len(self.content)
            self.content.append(content)
        return self._places[key]


def _behind(
    observation: Observation, failures: _Pool, texts: _Pool, longest: int
) -> Iterator[tuple[str, Any]]:
    yield "ending", _ending(observation.ending)
    yield "failures", [failures.place(_failure(f, longest)) for f in observation.failures]
    for name, output in (("stdout", observation.stdout), ("stderr", observation.stderr)):
        if output.size:
            yield name, _stream(output, texts, longest)


def _stream(output: Output, texts: _Pool, longest: int) -> tuple[int, int, bool]:
    """Give the place of a stream's end, its size in bytes, and whether something is left out."""
    text = output.text
    return texts.place(text[-longest:]), output.size, len(text) > longest or bool(output.tail)


def _failure(failure: SeenFailure, longest: int) -> dict[str, Any]:
    return {
        "place": failure.place,
        "note": failure.note[:longest],
        "chain": [
            {
                "link": raised.link,
                "type": raised.type,
                "message": raised.message[:longest],
                "frames": [[frame.file, frame.line, frame.function] for frame in raised.frames],
            }
            for raised in failure.chain
        ],
    }


def _ending(ending: Ending) -> str:
    match ending:
        case Exited(status=status):
            return f"exit status {status}"
        case Signalled(signal=signal):
            return f"ended by {signal}"
        case TimedOut(limit=limit):
            return f"still running after {limit:g} s"
        case OutOfMemory(limit=limit):
            return f"reached the memory limit of {limit} bytes"
        case NotRun(cause=cause):
            return f"not run: {cause}"
        case other:
            assert_never(other)


def _visible(value: object) -> object:
    """Show what would hide: a control character, or a mark that turns the text round."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _HIDDEN.sub(_UNKNOWN, value)
    return value
