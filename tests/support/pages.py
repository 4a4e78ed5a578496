"""Matrices for tests of pages: a large one, and one in which every text is hostile."""

from datetime import UTC, datetime

from packaging.version import Version

from tests.support.literal import cell_of, observation_of, trial_of
from versect.classify.rules import classify
from versect.model.outcome import Cause
from versect.model.study import Place
from versect.model.trial import (
    Exited,
    Frame,
    Link,
    NotRun,
    Output,
    Probe,
    RaisedException,
    SeenFailure,
    Setting,
    Timings,
)
from versect.report.view import matrix_view
from versect.source.build import build

HOSTILE = "</script><img src=x onerror=hit()>&amp;\u2028\u2029\x1b[31m\u202e{{7*7}}"


def study_of(folder, name="studied"):
    """Make a study that takes any failure for the one sought."""
    (folder / "r.py").write_text("")
    document = {"reproduction": "r.py", "python": ["3.12"], "name": name}
    return build(name, folder, document, default_name=name)


def view_of(study, cells, ending_of, text="it broke"):
    """Make the view of cells that ended as ``ending_of`` says; None was not tried."""
    results = {}
    for cell in cells:
        ending = ending_of(cell)
        if ending is not None:
            trial = _trial(cell, ending, text)
            results[cell.id] = (trial, classify(study.symptom, trial.observation))
    return matrix_view(study, cells, results)


def plain_view(folder):
    """Make 24 cells: openai fails from 1.3.8 with loop, 3.0.0 has no wheel for Python 3.12."""
    cells = [
        cell_of(python, [("strategy", strategy)], openai=openai, httpx=httpx)
        for python in ("3.11", "3.12")
        for openai in ("1.3.7", "1.3.8", "3.0.0")
        for httpx in ("0.27.2", "0.28.1")
        for strategy in ("loop", "sync")
    ]

    def ending(cell):
        if cell.value("openai") == "3.0.0" and cell.value("python") == "3.12":
            return NotRun(cause=Cause.NO_WHEEL, detail="no usable wheels")
        broken = Version(cell.value("openai")) >= Version("1.3.8")
        return Exited(status=int(broken and cell.value("strategy") == "loop"))

    return view_of(study_of(folder), cells, ending)


def hostile_view(folder):
    """Make four cells in which parameters, tracebacks, file names and output are hostile."""
    cells = [
        cell_of("3.12", [("word", word)], httpx=release)
        for release in ("1.0+a.b", "2.0")
        for word in (HOSTILE, "plain")
    ]
    return view_of(study_of(folder), cells, lambda _: Exited(status=1), text=HOSTILE)


def large_view(folder, rows=200, columns=50):
    """Make a matrix of so many releases and values, half of it failing below a diagonal."""
    cells = [
        cell_of("3.12", [("size", str(column))], httpx=f"0.{row}.0")
        for row in range(rows)
        for column in range(columns)
    ]

    def ending(cell):
        row = int(cell.value("httpx").split(".")[1])
        return Exited(status=int(row * columns > int(cell.value("size")) * rows))

    return view_of(study_of(folder), cells, ending)


def _trial(cell, ending, text):
    failed = ending == Exited(status=1)
    raised = RaisedException(
        link=Link.OUTERMOST,
        type=f"some.{text}",
        bases=(),
        message=text,
        frames=(Frame(file=f"{text}.py", line=7, function=text),),
    )
    failure = SeenFailure(place=Place.RAISED, note=text, chain=(raised,))
    ran = not isinstance(ending, NotRun)
    packages = tuple((str(name), str(version)) for name, version in cell.pins.releases)
    return trial_of(
        cell.pins.python,
        probe=Probe(cell=cell, repeat=0),
        setting=Setting(
            engine="docker",
            version="3.12.1",
            interpreter="sha256:0123",
            lock="10c4",
            packages=(*packages, ("anyio", str(len(packages)))),
            environment=None,
            cut_off=datetime(2026, 1, 1, tzinfo=UTC),
        ),
        observation=observation_of(
            ending,
            failures=(failure,) if failed else (),
            stdout=Output(head=f"said {text}", tail="", size=9)
            if ran
            else observation_of(ending).stdout,
            timings=Timings(resolve=0.5, build=1.25, start=0.125, run=2.0),
            peak_memory=123456,
        ),
    )
