"""A diagnosis says what trials support, all of it and no more; what was not asked, it says too."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.evidence import F, O, P, U, evidence_of
from tests.support.matrices import hostile
from tests.support.published import validator
from tests.support.timelines import collected
from versect.forensics.timeline import Timeline
from versect.model.study import Place
from versect.model.trial import Frame, Link, RaisedException, SeenFailure
from versect.report import diagnosis_json, diagnosis_markdown
from versect.report.diagnosis import Standing, Weight, percent
from versect.report.diagnosis_view import diagnosis

SIZE = {
    "part": "when", "vary": "size", "about": "does the size matter?", "repeats": 2,
    "parameters": {"mode": ["a", "b"], "size": [1, 10, 100]},
}  # fmt: skip
CAUSES = {
    "part": "why", "vary": "do", "about": "what takes it away?",
    "words": {"hold": "hold the thing"},
    "parameters": {"mode": ["a", "b"], "do": ["nothing", "hold", "wait"]},
}  # fmt: skip
REMEDIES = {
    "part": "how", "vary": "remedy", "about": "what cures it?",
    "words": {"cover": "fix A: hide it", "cure": "fix B: close it", "half": "fix C"},
    "parameters": {"mode": ["a", "b"], "remedy": ["none", "cover", "half", "cure", "also"]},
}  # fmt: skip
NATURAL = {
    "part": "when", "vary": "python", "about": "does Python matter?",
    "python": ["3.11", "3.12", "3.13"],
    "parameters": {"collection": ["natural"]},
}  # fmt: skip
FORCED = {**NATURAL, "parameters": {"collection": ["forced"]}}


def told(tmp_path, sweeps, answer, **more):
    return diagnosis(evidence_of(tmp_path, sweeps, answer, **more))


def texts(statements):
    return [statement.text for statement in statements]


def test_constant_outcomes_show_no_dependence_and_the_reader_learns_how_little_that_is(tmp_path):
    (axis,) = told(tmp_path, {"size": SIZE}, lambda cell, repeat: (F, {})).axes
    assert [dict(row.counts) for row in axis.rows] == [{"failed": 4}] * 3
    assert axis.outcomes.p == 1
    (text,) = texts(axis.statements)
    assert text.startswith("All 12 trials, at size 1, 10 and 100, fail: no dependence on size")
    points = percent(axis.outcomes.missed).removesuffix(" %")
    assert f"a difference between two values of up to {points} percentage points" in text


def test_outcomes_that_another_axis_explains_are_no_dependence_on_this_one(tmp_path):
    (axis,) = told(
        tmp_path, {"size": SIZE}, lambda cell, repeat: (F if cell["mode"] == "a" else P, {})
    ).axes
    assert axis.outcomes.p == 1
    assert "Cells that differ in size alone do the same (mode=a: fail; mode=b: pass)" in (
        axis.statements[0].text
    )


def test_a_dependence_is_called_one_with_its_p_value_and_strength(tmp_path):
    (axis,) = told(
        tmp_path, {"size": SIZE}, lambda cell, repeat: (P if cell["size"] == "100" else F, {})
    ).axes
    assert axis.outcomes.p < 0.02
    assert axis.outcomes.v > 0.9
    text = axis.statements[0].text
    assert re.match(r"The outcome depends on size \(exact test, p = 0\.0\d+, Cramer's V", text)
    assert "100: passed 4" in text


def test_cells_that_disagree_are_named(tmp_path):
    def answer(cell, repeat):
        return (P if cell["mode"] == "b" and cell["size"] == "100" else F, {})

    (axis,) = told(tmp_path, {"size": SIZE}, answer).axes
    text = axis.statements[0].text
    assert "100: failed 2, passed 2. Outcomes differ only with mode=b." in text
    assert "every cell that was asked again answered alike" in text


def test_what_could_not_be_decided_is_left_out_of_the_test_and_said(tmp_path):
    (axis,) = told(
        tmp_path, {"size": SIZE}, lambda cell, repeat: (U if cell["size"] == "10" else F, {})
    ).axes
    assert axis.outcomes.trials == 8
    caution = next(s for s in axis.statements if s.weight is Weight.CAUTION)
    assert caution.text == "With size=10, 2 cells could not be decided: skipped: cannot tell."
    assert len(caution.cells) == 2


def natural(cell, repeat):
    times = {"3.11": 3, "3.12": 3, "3.13": 0}[cell["python"]]
    if cell["collection"] == "forced":
        times = 5
    return (F if times else P, {"logged": times, "dropped": 5})


def test_a_mending_by_chance_is_shown_for_what_it_is(tmp_path):
    (contrast,) = told(tmp_path, {"natural": NATURAL, "forced": FORCED}, natural).contrasts
    assert contrast.text.startswith("It only looks as if python 3.13 mended the failure. With ")
    assert (
        "and 0 of 5 (0 %; 0 to 52 %) at 3.13 (rates; exact 95 % intervals). With" in contrast.text
    )
    assert "With collection=forced it comes every time" in contrast.text
    assert len(contrast.cells) == 6


def test_without_trials_that_always_fail_nothing_is_claimed_of_a_mending(tmp_path):
    (contrast,) = told(tmp_path, {"natural": NATURAL}, natural).contrasts
    assert "It looks as if python 3.13 mended it. Whether that is so cannot be" in contrast.text


def test_trials_that_differ_in_more_than_one_thing_may_be_another_failure(tmp_path):
    def sweep(**parameters):
        return {**NATURAL, "parameters": {name: [value] for name, value in parameters.items()}}

    by_chance = sweep(collection="natural", mode="a")
    alike = {"natural": by_chance, "forced": sweep(collection="forced", mode="a")}
    other = {"natural": by_chance, "forced": sweep(collection="forced", mode="b")}
    assert "It only looks as if" in told(tmp_path, alike, natural).contrasts[0].text
    assert "cannot be told" in told(tmp_path, other, natural).contrasts[0].text


def test_a_value_that_was_not_tried_where_the_failure_always_comes_is_not_judged(tmp_path):
    forced = {**FORCED, "python": ["3.11", "3.12"]}
    (contrast,) = told(tmp_path, {"natural": NATURAL, "forced": forced}, natural).contrasts
    assert contrast.text.startswith("The fault is there at python 3.11 and 3.12 alike. With ")
    assert "5 of 5 at 3.11 and 5 of 5 at 3.12; at 3.13 that was not tried." in contrast.text


def test_a_long_list_of_cells_is_cut_and_says_where_the_rest_is(tmp_path):
    sizes = {**SIZE["parameters"], "size": list(range(20))}
    view = told(tmp_path, {"size": {**SIZE, "parameters": sizes}}, lambda cell, repeat: (F, {}))
    page = diagnosis_markdown.document(view, made="now")
    assert "list 1: 40 cells" in page
    assert "\nand 28 more in diagnosis.json\n" in page


def test_rates_that_are_alike_and_failures_that_always_come_are_no_contrast(tmp_path):
    def always(cell, repeat):
        return F, {"logged": 5, "dropped": 5}

    def alike(cell, repeat):
        return F, {"logged": 3, "dropped": 5}

    sweeps = {"natural": NATURAL, "forced": FORCED}
    assert not told(tmp_path, sweeps, always).contrasts
    assert not told(tmp_path, sweeps, alike).contrasts


def test_interventions_flip_or_do_not(tmp_path):
    def answer(cell, repeat):
        passes = cell["do"] == "hold" or (cell["do"] == "wait" and cell["mode"] == "b")
        return (P if passes else F, {})

    view = told(tmp_path, {"causes": CAUSES}, answer)
    (chain,) = view.why
    hold, wait = chain.interventions
    assert [(turn.change, len(turn.cells)) for turn in hold.turns] == [("failed → passed", 2)]
    assert (len(wait.flips), len(wait.keeps), wait.agrees) == (1, 1, False)
    disagree = (
        "With do=wait cells disagree whether the outcome flips: failed → passed in 1 of 2 cells; "
        "failed → failed in 1 of 2 cells."
    )
    assert texts(chain.statements) == [
        "With do=nothing, the baseline: 2 cells, 2 failed.",
        "With do=hold (hold the thing) the outcome flips: failed → passed in 2 of 2 cells.",
        disagree,
    ]
    assert "This alone turns failed → passed wherever it was tried: hold the thing." in texts(
        view.summary
    )


def test_cells_that_passed_all_along_are_told_from_those_that_an_intervention_mends(tmp_path):
    def answer(cell, repeat):
        passes = cell["mode"] == "b" or cell["do"] == "hold"
        return (P if passes else F, {"unclosed": 3 if cell["do"] == "hold" else 0})

    (chain,) = told(tmp_path, {"causes": CAUSES}, answer).why
    assert chain.statements[1].text == (
        "With do=hold (hold the thing) the outcome flips: failed → passed in 1 of 1 cell; "
        "passed → passed in 1 of 1 cell; what passes is no cure, it leaves 3 unclosed."
    )
    assert chain.statements[2].text.startswith("With do=wait the outcome does not flip")


def test_an_intervention_whose_repeats_disagree_decides_nothing(tmp_path):
    def answer(cell, repeat):
        return (P if cell["do"] == "hold" and repeat else F, {})

    (chain,) = told(tmp_path, {"causes": {**CAUSES, "repeats": 2}}, answer).why
    assert len(chain.interventions[0].undecided) == 2


@pytest.mark.parametrize(
    ("outcome", "numbers", "standing", "reason"),
    [
        (P, {"calls": 4, "requests": 4, "unclosed": 0, "sockets": 0}, Standing.CURED, ""),
        (P, {"calls": 4, "requests": 5}, Standing.HIDDEN, "5 requests for 4 calls"),
        (P, {"unclosed": 2, "sockets": 1}, Standing.HIDDEN, "2 unclosed, 1 connection still open"),
        (P, {}, Standing.PASSES, "nothing was measured"),
        (P, {"seconds": 3}, Standing.PASSES, "nothing was measured"),
        (F, {"calls": 4, "requests": 4}, Standing.FAILS, ""),
        (O, {"calls": 4, "requests": 5}, Standing.HIDDEN, "5 requests for 4 calls"),
        (O, {"calls": 4, "requests": 0}, Standing.OTHERWISE, "TypeError: other"),
        (U, {}, Standing.UNRESOLVED, "skipped: cannot tell"),
    ],
)
def test_a_cure_is_told_from_a_cover_by_what_was_measured(
    tmp_path, outcome, numbers, standing, reason
):
    (table,) = told(tmp_path, {"how": REMEDIES}, lambda cell, repeat: (outcome, numbers)).how
    entry = table.remedies[0].entries[0]
    assert entry.standing is standing
    assert "; ".join(entry.reasons) == reason


def remedied(cell, repeat):
    seen = {"calls": 4, "requests": 4, "unclosed": 0}
    match cell["remedy"], cell["mode"]:
        case ("cure" | "also", _) | ("half", "a"):
            return P, seen
        case "cover", _:
            return P, {**seen, "unclosed": 2}
    return F, seen


def test_remedies_are_compared_and_fixes_judged(tmp_path):
    view = told(tmp_path, {"how": REMEDIES}, remedied)
    (table,) = view.how
    assert table.columns == ("mode=a", "mode=b")
    assert [list(map(str, remedy.entries)) for remedy in table.remedies] == [
        ["not cured", "not cured"],
        ["hidden", "hidden"],
        ["cured", "not cured"],
        ["cured", "cured"],
        ["cured", "cured"],
    ]
    assert table.recommended == "cure"
    said = texts(table.statements)
    assert said[0] == (
        "Recommended: remedy=cure (fix B: close it). It cures 2 of 2 cells; also cures as "
        "many, but the study names this one first."
    )
    assert said[1:4] == [
        "Fix A, remedy=cover (hide it), does not hold: hidden (2 unclosed) with mode=a and mode=b.",
        "Fix C, remedy=half, holds in part: cured with mode=a; not cured with mode=b.",
        "Fix B, remedy=cure (close it), holds: cured with mode=a and mode=b.",
    ]
    assert view.summary[-1] == table.statements[0]


def test_one_axis_is_recommended_from_over_all_its_tables(tmp_path):
    elsewhere = {**REMEDIES, "words": {}, "parameters": {**REMEDIES["parameters"], "mode": ["c"]}}
    keep = {
        "part": "how", "vary": "keep", "about": "when does it hold?",
        "parameters": {"remedy": ["cure"], "mode": ["a"], "keep": ["long", "short"]},
    }  # fmt: skip

    def answer(cell, repeat):
        if cell["mode"] == "c":
            return (P if cell["remedy"] == "also" else F, {"unclosed": 0})
        return remedied(cell, repeat)

    view = told(tmp_path, {"keep": keep, "how": REMEDIES, "elsewhere": elsewhere}, answer)
    other, main, again = view.how
    assert [table.recommended for table in view.how] == ["", "also", "also"]
    assert [len(table.advice) for table in view.how] == [0, 1, 0]
    assert main.advice[0].text == "Recommended: remedy=also. It cures 3 of 3 cells."
    assert other.statements[0].text == "Cured in every cell with keep long and short."
    assert any(
        text.startswith("Fix B, remedy=cure (close it), does not")
        for text in (texts(again.statements))
    )


def test_where_nothing_cures_nothing_is_recommended(tmp_path):
    (table,) = told(tmp_path, {"how": REMEDIES}, lambda cell, repeat: (F, {})).how
    assert table.recommended == ""
    assert table.statements[0].text == "No remedy cures anything."


def test_what_was_not_asked_is_said_with_the_command_that_asks_it(tmp_path):
    sweeps = {"size": {**SIZE, "full": True}, "causes": CAUSES}
    view = told(tmp_path, sweeps, lambda cell, repeat: None)
    commands = {s.command for s in view.missing}
    assert {"versect diagnose made-up --full", "versect diagnose made-up"} <= commands
    assert any("what cures it: the study has no sweep for it" in t for t in texts(view.missing))
    assert [*view.summary, *view.axes, *view.why, *view.how] == []


def test_cells_left_open_in_a_sweep_are_said_beside_it(tmp_path):
    (axis,) = told(
        tmp_path, {"size": SIZE}, lambda cell, repeat: None if cell["size"] == "10" else (F, {})
    ).axes
    missing = next(s for s in axis.statements if s.weight is Weight.MISSING)
    assert missing.text == "2 cells of this sweep were not asked."
    assert missing.command == "versect diagnose made-up"


WHERE = {
    "vary": "mode", "trace": True, "about": "whose lines?", "parameters": {"mode": ["a", "b", "c"]},
}  # fmt: skip


def test_stories_name_the_lines_and_alike_ones_are_told_once(tmp_path):
    cells = [f"py3.12-mode={mode}" for mode in "abc"]
    calm = Timeline(lives=(), events=(), notes=(), cut=False)
    told_by = {cells[0]: collected(), cells[1]: collected(), cells[2]: calm}
    view = told(tmp_path, {"where": WHERE}, lambda cell, repeat: (F, {}), timelines=told_by)
    worst, calm = view.where[0], view.where[-1]
    assert worst.title.startswith("collected: client-1 (AsyncOpenAI) was collected unclosed")
    assert worst.statements[0].cells == (cells[0], cells[1])
    lines = worst.statements[0].text
    assert "the line that schedules the close is" in lines.lower()
    assert "clf (run, app.py:95) -> Classifier._client -> AsyncOpenAI" in lines
    assert worst.statements[0] in view.summary
    assert calm.statements[0].cells == (cells[2],)
    assert "everything was closed where it lived" in calm.statements[0].text
    assert not any("line by line" in text for text in texts(view.missing))


def seen(*chain, place=Place.RAISED, note=""):
    return SeenFailure(place=place, note=note, chain=chain)


def raised(kind, message, *frames, link=Link.OUTERMOST):
    lines = tuple(Frame(file=file, line=line, function=name) for file, line, name in frames)
    return RaisedException(link=link, type=kind, bases=(), message=message, frames=lines)


def sightings(tmp_path, *failures):
    """Give the sentences of a study each of whose cells sees one of these failures."""
    modes = [f"m{number}" for number in range(len(failures))]
    sweep = {"part": "when", "vary": "mode", "about": "?", "parameters": {"mode": modes}}
    evidence = evidence_of(tmp_path, {"s": sweep}, lambda cell, repeat: (F, {}))
    (asked,) = evidence.sweeps
    results = tuple(
        (
            replace(trial, observation=replace(trial.observation, failures=(failure,))),
            replace(outcome, rule=f"sought-exception:{failure.place}"),
        )
        for (trial, outcome), failure in zip(asked.results, failures, strict=True)
    )
    view = diagnosis(replace(evidence, sweeps=(replace(asked, results=results),)))
    return view.when


def test_where_it_comes_to_light_is_said_with_the_studys_own_line(tmp_path):
    cause = raised("RuntimeError", "sought", ("lib/core.py", 7, "send"), link=Link.CAUSE)
    outer = raised("lib.Wrapped", "no", ("r.py", 2, "main"), ("lib/api.py", 9, "create"))
    (statement,) = sightings(tmp_path, seen(outer, cause))
    assert statement.text == (
        "It ends the program at r.py:2 in main “raise RuntimeError('sought')”, in create of lib: "
        "lib.Wrapped: no from RuntimeError: sought, raised below send of lib; the program ends "
        "with status 0, as if nothing had happened."
    )


def test_faces_that_differ_in_foreign_calls_or_addresses_alone_are_one(tmp_path):
    def logged(function, address):
        chain = raised("RuntimeError", f"<Event at {address}> sought", ("lib/c.py", 7, function))
        return seen(chain, place=Place.ASYNCIO, note="Task exception was never retrieved\nmore")

    (statement,) = sightings(
        tmp_path, logged("close", "0x7f7f15c661e0"), logged("aclose", "0x7f999ad95640")
    )
    assert len(statement.cells) == 2
    assert "raised below close of lib or aclose of lib" in statement.text
    assert "nly asyncio's log tells of it (“Task exception was never retrieved”)" in statement.text
    assert "no line of the study's own is in its traceback" in statement.text


def every_statement(view):
    yield from (*view.summary, *view.when, *view.contrasts, *view.missing)
    for part in (*view.axes, *view.why, *view.where, *view.how):
        yield from part.statements


SWEEPS = {"size": SIZE, "causes": CAUSES, "how": REMEDIES, "natural": NATURAL, "forced": FORCED}
numbers = st.dictionaries(
    st.sampled_from(["calls", "requests", "logged", "dropped", "unclosed", "sockets", "other"]),
    st.integers(0, 3) | st.floats(-1, 9, allow_nan=False),
    max_size=4,
)
answers = st.none() | st.tuples(st.sampled_from([P, F, O, U]), numbers)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_every_sentence_is_supported_and_every_document_is_of_its_schema(tmp_path, data):
    given_answers = data.draw(st.lists(answers, min_size=1, max_size=20))
    asked = iter(given_answers * 100)
    evidence = evidence_of(tmp_path, SWEEPS, lambda cell, repeat: next(asked))
    view = diagnosis(evidence)
    tried = {trial.probe.cell.id for trial, _ in evidence.results}
    for statement in every_statement(view):
        assert statement.cells or statement.weight is Weight.MISSING
        assert set(statement.cells) <= tried
        assert len(set(statement.cells)) == len(statement.cells)
    validator("diagnosis").validate(json.loads(diagnosis_json.document(view, made="now")))
    page = diagnosis_markdown.document(view, made="now")
    named = set(re.findall(r"py3\.1\d-[\w.=-]+", page))
    assert named <= tried
    assert set(re.findall(r"`(py3\.1\d-[^`]+)`", diagnosis_markdown.shown(view))) <= tried


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=hostile)
def test_words_of_a_study_stay_words(tmp_path, text):
    sweeps = {"how": {**REMEDIES, "about": text, "words": {"cure": text}}}
    try:
        view = told(tmp_path, sweeps, remedied)
    except Exception as error:  # noqa: BLE001 - a study may refuse such words
        assert "made-up" in str(error)  # noqa: PT017
        return
    page = diagnosis_markdown.document(view, made="now")
    assert "<!--" not in page
    assert sum(line.startswith("# ") for line in page.splitlines()) == 1
    assert all(c.isprintable() or c == "\n" for c in diagnosis_markdown.shown(view))


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (0.002, "< 1 %"), (0.374, "37 %"), (0.998, "> 99 %"), (1, "100 %")],
)
def test_percentages_are_0_or_100_only_where_it_is_so(share, text):
    assert percent(share) == text
