"""JUnit XML that a strict reader takes: the form of Jenkins' junit-10, and sums that add up."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.literal import cell_of, observation_of, trial_of
from tests.support.matrices import study_in, views
from versect.model.outcome import Cause, Failed, FailedOtherwise, Passed, Signature, Unresolved
from versect.model.study import Place
from versect.model.trial import (
    Exited,
    Frame,
    Link,
    Output,
    Probe,
    RaisedException,
    SeenFailure,
    Timings,
)
from versect.report.junit import document
from versect.report.view import Glyph, matrix_view

FORM = {
    # element: (attributes it must have, those it may have, what it may hold)
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": (
        {"name"},
        {"classname", "time", "group"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    **{name: (set(), {"type", "message"}, set()) for name in ("failure", "error", "skipped")},
}
TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")
WITH_TEXT = {"failure", "error", "skipped"}


def strictly_read(text):
    """Parse a document and hold it to the form; give its root."""
    root = ET.fromstring(text.encode())
    assert root.tag == "testsuites"
    for element in root.iter():
        must, may, holds = FORM[element.tag]
        assert must <= set(element.keys()) <= must | may, element.tag
        assert {child.tag for child in element} <= holds, element.tag
        if element.tag not in WITH_TEXT:
            assert not (element.text or "").strip(), element.tag
        if "time" in element.attrib and element.tag != "testcase":
            assert TIME.fullmatch(element.get("time")), element.get("time")
    for suite in (*root, root):
        cases = list(suite.iter("testcase"))
        kinds = [child.tag for case in cases for child in case]
        assert int(suite.get("tests")) == len(cases)
        assert int(suite.get("failures")) == kinds.count("failure")
        assert int(suite.get("errors")) == kinds.count("error")
        assert int(suite.get("skipped", kinds.count("skipped"))) == kinds.count("skipped")
        spent = sum(float(case.get("time")) for case in cases)
        assert float(suite.get("time")) == pytest.approx(spent, abs=0.001 * (len(cases) + 1))
    return root


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"))


@settings(max_examples=60)
@given(st.data())
def test_every_cell_is_one_case_of_the_right_kind_whatever_it_printed(study, data):
    view = data.draw(views(study))
    root = strictly_read(document(view, made="made \x00 now"))
    cases = list(root.iter("testcase"))
    assert len(cases) == len(view.cells)
    kinds = [child.tag for case in cases for child in case]
    counts = view.counts
    assert kinds.count("failure") == counts[Glyph.FAILED]
    assert kinds.count("error") == counts[Glyph.OTHERWISE]
    assert kinds.count("skipped") == counts[Glyph.UNRESOLVED] + counts[Glyph.OPEN]


def matrix(study, *rows):
    """Give the view of rows of a cell, its outcome and changes to its trial."""
    results = {}
    for cell, outcome, changes in rows:
        if outcome is not None:
            probe = Probe(cell=cell, repeat=0)
            results[cell.id] = (trial_of("3.12", probe=probe, **changes), outcome)
    return matrix_view(study, [cell for cell, _, _ in rows], results)


FACE = Signature(kind="ValueError", text="boom & bang")


def test_a_failure_tells_its_chain_and_the_end_of_its_output(study):
    frames = (Frame(file="lib.py", line=7, function="go"),)
    chain = (
        RaisedException(
            link=Link.OUTERMOST, type="ValueError", bases=(), message="boom", frames=frames
        ),
        RaisedException(link=Link.CAUSE, type="OSError", bases=(), message="", frames=()),
    )
    observation = observation_of(
        Exited(status=1),
        failures=(SeenFailure(place=Place.RAISED, note="", chain=chain),),
        stderr=Output(head="a line\n", tail="", size=7),
        timings=Timings(resolve=9.0, build=9.0, start=9.0, run=1.5),
    )
    cell = cell_of("3.12", lib="1.0")
    view = matrix(study, (cell, Failed(rule="r", signature=FACE), {"observation": observation}))
    (case,) = strictly_read(document(view, made="now")).iter("testcase")
    assert case.attrib == {"classname": "s", "name": "py3.12-lib1.0", "time": "1.500"}
    (failure,) = case
    assert failure.tag == "failure"
    assert failure.attrib == {"type": "ValueError", "message": "ValueError: boom & bang"}
    assert failure.text.splitlines() == [
        "[raised]",
        "ValueError: boom",
        "    lib.py:7 in go",
        "caused by OSError",
        "--- stderr ---",
        "a line",
    ]


def test_other_failures_are_errors_and_what_is_undecided_is_skipped_with_its_reason(study):
    lost = Unresolved(rule="r", cause=Cause.NO_WHEEL, detail="cause: none for 3.12\nmore")
    view = matrix(
        study,
        (cell_of("3.12", lib="1.0"), FailedOtherwise(rule="r", signature=FACE), {}),
        (cell_of("3.12", lib="1.1"), lost, {}),
        (cell_of("3.12", lib="1.2"), None, {}),
        (cell_of("3.12", lib="1.3"), Passed(rule="r"), {}),
    )
    cases = list(strictly_read(document(view, made="now")).iter("testcase"))
    assert [[child.tag for child in case] for case in cases] == [
        ["error"], ["skipped"], ["skipped"], [],
    ]  # fmt: skip
    assert cases[1][0].get("message") == "no-wheel: none for 3.12"
    assert cases[1][0].get("type") == "no-wheel"
    assert cases[1][0].text == lost.detail
    assert cases[2][0].get("message") == "not tried yet"


def test_cells_of_one_environment_are_a_suite_that_names_it(study):
    setting = trial_of("3.12").setting
    setting = type(setting)(
        engine="docker", version="3.12.1", interpreter="sha256:1", lock="abc", packages=(),
        environment="e", cut_off=None,
    )  # fmt: skip
    rows = [
        (cell_of("3.12", [("p", value)], lib=version), Passed(rule="r"), {"setting": setting})
        for version in ("1.0", "1.1")
        for value in "xy"
    ]
    root = strictly_read(document(matrix(study, *rows), made="now"))
    assert [(suite.get("name"), suite.get("tests")) for suite in root] == [
        ("py3.12-lib1.0", "2"),
        ("py3.12-lib1.1", "2"),
    ]
    assert root[0].get("timestamp") == "2026-01-01T00:00:00"
    found = {one.get("name"): one.get("value") for one in root[0].iter("property")}
    assert found == {
        "engine": "docker",
        "python": "3.12.1",
        "interpreter": "sha256:1",
        "lock": "abc",
        "resolution": "period",
        "made": "now",
    }
