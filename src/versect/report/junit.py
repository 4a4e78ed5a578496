"""A matrix as JUnit XML: a test case a cell, for whatever reads test results (pure).

The form is the one that Jenkins' xUnit plugin publishes as ``junit-10.xsd``. That one knows
properties of suites only, so there is a suite for each environment: cells in it share engine,
interpreter and lock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import assert_never
from xml.etree import ElementTree as ET

from versect.model.cell import Cell
from versect.model.outcome import Failed, FailedOtherwise, Outcome, Passed, Unresolved
from versect.model.trial import Trial
from versect.report.account import account
from versect.report.view import MatrixView, gist
from versect.report.xml_text import allowed

Entry = tuple[Cell, Trial | None, Outcome | None]


def document(view: MatrixView, *, made: str) -> str:
    """Give ``junit.xml``.

    The failure sought is a ``failure``, any other failure an ``error``; a cell that could not be
    decided, or was not tried, is ``skipped``. ``time`` is what reproductions took, in seconds.

    Args:
        view: The matrix.
        made: By which versect, and when.

    """
    suites: dict[object, list[Entry]] = {}
    for cell in view.cells:
        trial, outcome = view.results.get(cell.id, (None, None))
        where = trial and (
            trial.setting.engine,
            trial.setting.version,
            trial.setting.interpreter,
            trial.setting.lock,
        )
        suites.setdefault((str(cell.pins), where), []).append((cell, trial, outcome))
    root = ET.Element("testsuites", _attributes(view.study.name, _entries(suites.values())))
    for number, entries in enumerate(suites.values()):
        root.append(_suite(view, number, entries, made))
    ET.indent(root, " ")
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _entries(suites: Iterable[list[Entry]]) -> list[Entry]:
    return [entry for entries in suites for entry in entries]


def _suite(view: MatrixView, number: int, entries: list[Entry], made: str) -> ET.Element:
    cell, first, _ = entries[0]
    attributes = _attributes(str(cell.pins), entries)
    skipped = sum(outcome is None or isinstance(outcome, Unresolved) for _, _, outcome in entries)
    moments = [trial.at for _, trial, _ in entries if trial is not None]
    if moments:
        attributes["timestamp"] = f"{max(moments).astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
    suite = ET.Element("testsuite", {**attributes, "skipped": str(skipped), "id": str(number)})
    setting = first and first.setting
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("engine", setting and setting.engine),
        ("python", setting and setting.version),
        ("interpreter", setting and setting.interpreter),
        ("lock", setting and setting.lock),
        ("resolution", str(view.study.resolution)),
        ("made", made),
    ):
        if value:
            ET.SubElement(properties, "property", {"name": name, "value": allowed(value)})
    for entry in entries:
        suite.append(_case(view.study.name, *entry))
    return suite


def _case(study: str, cell: Cell, trial: Trial | None, outcome: Outcome | None) -> ET.Element:
    seconds = 0.0 if trial is None else trial.observation.timings.run
    words = {"classname": study, "name": cell.id, "time": f"{seconds:.3f}"}
    case = ET.Element("testcase", {name: allowed(value) for name, value in words.items()})
    match outcome:
        case Passed():
            pass
        case Failed(signature=signature) | FailedOtherwise(signature=signature):
            tag = "failure" if isinstance(outcome, Failed) else "error"
            text = "" if trial is None else account(trial.observation)
            _tell(case, tag, signature.kind, str(signature), text)
        case Unresolved(cause=cause, detail=detail):
            _tell(case, "skipped", cause, f"{cause}: {gist(detail)}", detail)
        case None:
            _tell(case, "skipped", "open", "not tried yet", "")
        case other:
            assert_never(other)
    return case


def _tell(case: ET.Element, tag: str, kind: str, message: str, text: str) -> None:
    attributes = {"type": allowed(kind), "message": allowed(message)}
    ET.SubElement(case, tag, attributes).text = allowed(text)


def _attributes(name: str, entries: list[Entry]) -> dict[str, str]:
    """Give what suites, and all of them together, have in common: name, counts, seconds."""
    outcomes = [outcome for _, _, outcome in entries]
    seconds = sum(trial.observation.timings.run for _, trial, _ in entries if trial is not None)
    return {
        "name": allowed(name),
        "tests": str(len(entries)),
        "failures": str(sum(isinstance(outcome, Failed) for outcome in outcomes)),
        "errors": str(sum(isinstance(outcome, FailedOtherwise) for outcome in outcomes)),
        "time": f"{seconds:.3f}",
    }
