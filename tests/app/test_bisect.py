"""Bisecting a made-up world from end to end, all but uv and processes being real."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from tests.support.worlds import SKIPS, World, bisected, day, desk, fails, line, wanted
from versect.app.bisect import bisect, known_answers, lens_of, line_by_line, plan_of
from versect.app.focus import focus
from versect.app.plan import answering, enumerate_series, make
from versect.app.run import run_cells
from versect.errors import UsageError
from versect.model.cell import Cell, Pins
from versect.model.outcome import Failed, Passed
from versect.model.study import Every
from versect.model.verdict import Question
from versect.report.bisection_words import counterfactual_words
from versect.search.ask import Ask
from versect.search.cost import cost
from versect.search.history import Kind
from versect.select.line import Order
from versect.source.files import fingerprint
from versect.store.memory import MemoryLog

RELEASES = tuple(f"1.{minor}" for minor in range(12))


def lib(behaves, releases=RELEASES, **more):
    """Give a world of one project whose releases pass, or end otherwise, as told."""
    return World(releases={"lib": releases}, behaves=lambda its: behaves(its["lib"]), **more)


def until(version):
    """Give a world whose releases fail from a version on."""
    return lib(lambda release: release < Version(version))


@pytest.fixture
def log():
    return MemoryLog()


def test_the_first_failing_release_is_found_and_both_sides_are_tried_again(tmp_path, log):
    found = bisected(until("1.7"), tmp_path, log, good="1.0", bad="1.11")
    assert (found.kind, found.suspects) == (Kind.FOUND, ("1.7",))
    assert found.said[:2] == [
        ("py3.12-lib1.11", 0, "Failed"),
        ("py3.12-lib1.0", 0, "Passed"),
    ]
    assert found.said[-2:] == [("py3.12-lib1.6", 1, "Passed"), ("py3.12-lib1.7", 1, "Failed")]
    assert isinstance(found.finding.before.outcome, Passed)
    assert isinstance(found.finding.after.outcome, Failed)
    assert found.made == found.ran == len(found.said) == len(log.trials()) == 2 + 4 + 2


def test_without_ends_the_newest_fails_and_a_passing_one_is_sought_backwards(tmp_path, log):
    found = bisected(until("1.10"), tmp_path, log)
    assert (found.kind, found.suspects) == (Kind.FOUND, ("1.10",))
    assert [cell for cell, _, _ in found.said[:3]] == [
        "py3.12-lib1.11",
        "py3.12-lib1.10",
        "py3.12-lib1.9",
    ]


def test_the_fix_is_found_where_the_question_is_turned_round(tmp_path, log):
    world = lib(lambda release: release >= Version("1.4"))
    found = bisected(world, tmp_path, log, question=Question.FIRST_PASSING)
    assert (found.kind, found.suspects) == (Kind.FOUND, ("1.4",))
    assert isinstance(found.finding.before.outcome, Failed)
    assert isinstance(found.finding.after.outcome, Passed)


def test_the_fix_is_sought_from_a_failing_release_to_a_newer_one(tmp_path, log):
    world = lib(lambda release: not Version("1.2") <= release < Version("1.8"))
    found = bisected(
        world, tmp_path, log, question=Question.FIRST_PASSING, bad="1.3", good="1.11"
    )  # fmt: skip
    assert (found.kind, found.suspects) == (Kind.FOUND, ("1.8",))


def test_interpreters_are_a_series_like_any_other(tmp_path, log):
    world = World(
        releases={"lib": ("1.0",)},
        behaves=lambda its: its["python"] < Version("3.12"),
        pythons=("3.9", "3.10", "3.11", "3.12", "3.13"),
        table={"projects": {"lib": {"versions": "1.0"}}},
    )
    found = bisected(world, tmp_path, log, axis="python")
    assert (found.kind, found.suspects) == (Kind.FOUND, ("3.12",))
    assert found.line.names == ("3.9", "3.10", "3.11", "3.12", "3.13")
    assert found.said[0] == ("py3.13-lib1.0", 0, "Failed")


def test_releases_that_cannot_be_decided_between_the_sides_are_suspects(tmp_path, log):
    broken = {Version("1.6"), Version("1.7")}
    world = lib(lambda release: SKIPS if release in broken else release < Version("1.7"))
    found = bisected(world, tmp_path, log)
    assert (found.kind, found.suspects) == (Kind.SUSPECTS, ("1.6", "1.7", "1.8"))


def test_releases_that_cannot_be_installed_cost_no_run_and_are_suspects(tmp_path, log):
    world = World(
        releases={"lib": RELEASES, "dep": ("1.0",)},
        behaves=lambda its: its["lib"] < Version("1.7"),
        requires=lambda name, v: ("dep>=2",) if (name, v) == ("lib", Version("1.6")) else (),
    )
    found = bisected(world, tmp_path, log)
    assert (found.kind, found.suspects) == (Kind.SUSPECTS, ("1.6", "1.7"))
    assert found.ran == len(log.trials()) - 1


@pytest.mark.parametrize(
    ("behaves", "asked", "kind"),
    [
        (lambda _: True, {}, Kind.PASSES),
        (lambda _: False, {}, Kind.FAILS),
        (lambda _: SKIPS, {}, Kind.INCONCLUSIVE),
        (lambda _: True, {"bad": "1.9"}, Kind.BAD_PASSES),
        (lambda _: False, {"good": "1.2"}, Kind.GOOD_FAILS),
        (lambda v: v >= Version("1.5"), {"good": "1.2", "bad": "1.9"}, Kind.GOOD_FAILS),
        (lambda v: v != Version("1.5"), {"scan": True}, Kind.TRANSITIONS),
    ],
)
def test_what_is_no_boundary_is_a_verdict_of_its_own(tmp_path, log, behaves, asked, kind):
    found = bisected(lib(behaves), tmp_path, log, **asked)
    assert found.kind is kind
    if kind is not Kind.TRANSITIONS:
        assert (found.finding.before, found.finding.after) == (None, None)


def test_another_failure_than_the_one_sought_leaves_a_suspect(tmp_path, log):
    def behaves(release):
        if release == Version("1.6"):
            return fails("ImportError: no")
        return release < Version("1.7") or fails("ValueError: boom")

    world = lib(behaves, table={"failure": {"exception": "ValueError"}})
    found = bisected(world, tmp_path, log)
    assert (found.kind, found.suspects) == (Kind.SUSPECTS, ("1.6", "1.7"))


# Nothing that is finished is made again.


@pytest.mark.parametrize("jobs", [1, 3])
def test_killed_after_any_trial_a_run_asks_only_what_is_open_and_gives_the_same_verdict(
    tmp_path, log, jobs
):
    whole = bisected(until("1.7"), tmp_path, log, jobs=jobs)
    for kept in range(len(log.trials()) + 1):
        left = MemoryLog()
        for trial in log.trials()[:kept]:
            left.append(trial)
        resumed = bisected(until("1.7"), tmp_path, left, jobs=jobs)
        assert (resumed.kind, resumed.suspects) == (whole.kind, whole.suspects)
        assert resumed.said == whole.said
        probes = [trial.probe for trial in left.trials()]
        assert len(probes) == len(set(probes)) == kept + resumed.ran


def test_an_exception_in_the_middle_keeps_what_was_finished(tmp_path, log):
    ran = count(1)

    def behaves(release):
        if next(ran) == 4:
            raise KeyboardInterrupt
        return release < Version("1.7")

    with pytest.raises(KeyboardInterrupt):
        bisected(lib(behaves), tmp_path, log)
    assert len(log.trials()) == 3
    resumed = bisected(until("1.7"), tmp_path, log)
    assert resumed.suspects == ("1.7",)
    assert resumed.made == len(resumed.said) - 3


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_second_run_makes_no_trial(tmp_path, log, jobs):
    bisected(until("1.7"), tmp_path, log)
    again = bisected(until("1.7"), tmp_path, log, jobs=jobs)
    assert (again.ran, again.made) == (0, 0)
    assert all(step.known for step in (again.finding.before, again.finding.after))


def test_a_transient_trouble_is_asked_again(tmp_path, log):
    world = World(
        releases={"lib": ("1.0",)},
        behaves=lambda its: its["python"] < Version("3.12"),
        pythons=("3.10", "3.11", "3.12", "3.13"),
        table={"projects": {"lib": {"versions": "1.0"}}},
    )
    series, study = line(world, tmp_path, axis="python")
    with desk(replace(world, pythons=("3.10", "3.13")), tmp_path, log, study=study) as one:
        first = bisect(series, plan_of(series, wanted()), wanted(), one.inquiry)
    assert first.history.kind is Kind.SUSPECTS
    again = bisected(world, tmp_path, log, axis="python")
    assert (again.kind, again.suspects) == (Kind.FOUND, ("3.12",))
    assert again.made == 2 + 2  # what was missing, and each new side again


def run_matrix(world, folder, log):
    """Run the study of a world as a matrix; give how many cells really ran."""
    study = world.study(folder)
    series = enumerate_series(study, world.index, platform=None, say=print)
    plan = make(study, series, log.trials(), fingerprint=fingerprint(study), engine="fake")

    class Quiet:
        planned = started = finished = staticmethod(lambda *_: None)

    with desk(world, folder, log, study=study) as one, ThreadPoolExecutor(2) as executor:
        run_cells(
            plan, study.symptom, laboratory=one.laboratory, log=log, progress=Quiet(),
            executor=executor, jobs=2,
        )  # fmt: skip
        return len(one.engine.ran)


def test_the_trials_of_a_matrix_serve_a_bisection(tmp_path, log):
    assert run_matrix(until("1.7"), tmp_path, log) == len(RELEASES)
    found = bisected(until("1.7"), tmp_path, log)
    assert (found.kind, found.suspects) == (Kind.FOUND, ("1.7",))
    assert [repeat for _, repeat, _ in found.said].count(1) == found.made == 2


def test_the_trials_of_a_bisection_serve_a_matrix(tmp_path, log):
    found = bisected(until("1.7"), tmp_path, log)
    first = sum(repeat == 0 for _, repeat, _ in found.said)
    assert run_matrix(until("1.7"), tmp_path, log) == len(RELEASES) - first


def test_trials_of_another_reproduction_serve_nothing(tmp_path, log):
    bisected(until("1.7"), tmp_path, log)
    other = replace(until("1.7"), table={"arguments": ["--fast"]})
    found = bisected(other, tmp_path, log)
    assert found.made == len(found.said)


histories = st.lists(st.sampled_from("PFSO"), min_size=2, max_size=14)
OUTCOMES = {"P": True, "F": fails("ValueError: boom"), "S": SKIPS, "O": fails("KeyError: 'x'")}


def written(letters):
    """Give a world whose n-th release does what the n-th letter says."""
    return lib(
        lambda release: OUTCOMES[letters[release.minor]],
        tuple(f"1.{minor}" for minor in range(len(letters))),
        table={"failure": {"exception": "ValueError"}},
    )


@settings(max_examples=25)
@given(histories, st.sampled_from([2, 3, 5]))
def test_any_number_of_jobs_gives_the_same_verdict_by_the_same_steps(tmp_path_factory, text, jobs):
    folder = tmp_path_factory.mktemp("jobs")
    options = {"scan": True, "checks": 1}
    one = bisected(written(text), folder, MemoryLog(), **options)
    several = bisected(written(text), folder, MemoryLog(), jobs=jobs, **options)
    assert several.finding.history == one.finding.history
    assert several.said == one.said


def test_several_jobs_really_try_several_releases_at_once(tmp_path, log):
    ends = threading.Barrier(2, timeout=20)

    def behaves(release):
        if release in (Version("1.11"), Version("1.0")):
            ends.wait()  # breaks unless both are there at once
        return release < Version("1.7")

    found = bisected(
        lib(behaves), tmp_path, log, good="1.0", bad="1.11", jobs=2, confirm=0
    )  # fmt: skip
    assert found.suspects == ("1.7",)


# What the failure looks like.


def faces(letters, sentence):
    """Give a world in which ``P`` passes and the others fail with a sentence that tells them."""
    return lib(
        lambda release: (
            letters[release.minor] == "P"
            or fails(f"ValueError: {sentence(letters[release.minor], release)}")
        ),
        tuple(f"1.{minor}" for minor in range(len(letters))),
    )


def test_where_the_failure_looks_different_from_is_found(tmp_path, log):
    found = bisected(faces("PPPPPPaaaabbbb", lambda face, _: f"it is {face}"), tmp_path, log)
    (change,) = found.finding.faces
    assert (found.line.names[change.last], found.line.names[change.first]) == ("1.9", "1.10")
    assert (change.before.text, change.after.text) == ("it is a", "it is b")


def test_a_face_that_names_its_own_release_is_no_other_face(tmp_path, log):
    world = faces("PPPPPPaaaaaaaa", lambda _, release: f"lib {release} cannot do that")
    found = bisected(world, tmp_path, log)
    assert (found.suspects, found.finding.faces) == (("1.6",), ())


def test_a_face_of_every_trial_its_own_tells_nothing(tmp_path, log):
    number = iter("abcdefghijklmnopqrstuvwxyz")
    world = faces("PPPPPPaaaaaaaa", lambda _face, _release: f"letter {next(number)}")
    found = bisected(world, tmp_path, log)
    assert (found.suspects, found.finding.faces) == (("1.6",), ())


def test_faces_of_a_fix_are_those_of_the_failing_releases_before_it(tmp_path, log):
    world = faces("aaaabbbbbPPPPP", lambda face, _: f"it is {face}")
    found = bisected(world, tmp_path, log, question=Question.FIRST_PASSING, bad="1.0")
    assert found.suspects == ("1.9",)
    (change,) = found.finding.faces
    assert (found.line.names[change.last], found.line.names[change.first]) == ("1.3", "1.4")


# What else changed with the culprit.


def pair(behaves, bound=lambda release: "<2", dep=("1.0@0", "2.0@3")):
    """Give a world in which ``lib`` requires ``dep`` within a bound that 1.7 lifts."""

    def requires(name, release):
        if name != "lib":
            return ()
        return (f"dep{bound(release)}",) if release < Version("1.7") else ("dep",)

    return World(releases={"lib": RELEASES, "dep": dep}, behaves=behaves, requires=requires)


def said(one, question=Question.FIRST_FAILING):
    return counterfactual_words(one, question)


def test_the_dependency_alone_suffices(tmp_path, log):
    world = pair(lambda its: its["dep"] < Version("2.0"))
    found = bisected(world, tmp_path, log).finding
    assert [str(change) for change in found.changes] == ["dep 1.0 -> 2.0"]
    first, second = found.counterfactuals
    # lib 1.7 with dep as before passes; lib 1.6 allows no dep 2.0, so that cannot be tried alone
    assert [str(change) for change in first.applied] == ["lib 1.6 -> 1.7"]
    assert isinstance(first.step.outcome, Passed)
    assert first.moved == ()
    assert [str(change) for change in second.applied] == ["dep 1.0 -> 2.0"]
    assert [str(change) for change in second.moved] == ["dep 2.0 -> 1.0"]


def test_the_dependency_alone_is_tried_where_the_older_release_allows_it(tmp_path, log):
    world = World(
        releases={"lib": RELEASES, "dep": ("1.0@0", "2.0@7")},
        behaves=lambda its: its["dep"] < Version("2.0"),
        requires=lambda name, _: ("dep",) if name == "lib" else (),
    )
    found = bisected(world, tmp_path, log)
    assert found.suspects == ("1.7",)
    passes, fails_too = found.finding.counterfactuals
    assert isinstance(passes.step.outcome, Passed)
    assert isinstance(fails_too.step.outcome, Failed)
    assert fails_too.moved == ()
    assert [str(change) for change in fails_too.withheld] == ["lib 1.6 -> 1.7"]


def test_the_release_alone_suffices_and_nothing_more_is_tried(tmp_path, log):
    found = bisected(pair(lambda its: its["lib"] < Version("1.7")), tmp_path, log)
    (only,) = found.finding.counterfactuals
    assert isinstance(only.step.outcome, Failed)
    assert said(only) == ("lib 1.6 -> 1.7 suffices: it fails with dep as on the other side, too")
    assert found.said[-1][0].startswith("py3.12-lib1.7-near=")


def test_what_mends_it_alone_suffices_to_mend_it(tmp_path, log):
    world = pair(lambda its: its["lib"] >= Version("1.7"))
    found = bisected(world, tmp_path, log, question=Question.FIRST_PASSING)
    (only,) = found.finding.counterfactuals
    assert said(only, Question.FIRST_PASSING) == (
        "lib 1.6 -> 1.7 suffices: it passes with dep as on the other side, too"
    )


def test_where_both_are_needed_neither_suffices(tmp_path, log):
    world = World(
        releases={"lib": RELEASES, "dep": ("1.0@0", "2.0@7")},
        behaves=lambda its: its["lib"] < Version("1.7") or its["dep"] < Version("2.0"),
        requires=lambda name, _: ("dep",) if name == "lib" else (),
    )
    found = bisected(world, tmp_path, log).finding
    assert len(found.counterfactuals) == 2
    assert [said(one) for one in found.counterfactuals] == [
        "with lib 1.6 -> 1.7 alone, it passes: this does not suffice",
        "with dep 1.0 -> 2.0 alone, it passes: this does not suffice",
    ]


def test_what_cannot_be_had_alone_is_moved_by_the_resolver_and_said(tmp_path, log):
    def requires(name, release):
        return () if name == "dep" else (f"dep{'<2' if release < Version('1.7') else '>=2'}",)

    world = World(
        releases={"lib": RELEASES, "dep": ("1.0@0", "2.0@3")},
        behaves=lambda its: its["dep"] < Version("2.0"),
        requires=requires,
    )
    first, second = bisected(world, tmp_path, log).finding.counterfactuals
    assert [str(change) for change in first.inseparable] == ["dep 1.0 -> 2.0"]
    assert [str(change) for change in second.moved] == ["dep 2.0 -> 1.0"]
    assert said(first) == (
        "lib 1.6 -> 1.7 cannot be had alone: the resolver then makes dep 1.0 -> 2.0 as well"
    )
    assert said(second) == "dep 1.0 -> 2.0 cannot be had alone: the resolver then takes dep 1.0"


def test_where_nothing_else_changed_no_counterfactual_is_tried(tmp_path, log):
    found = bisected(until("1.7"), tmp_path, log).finding
    assert (found.changes, found.counterfactuals) == ((), ())


# Failures that come and go.


def test_a_side_that_contradicts_itself_is_not_reproducible(tmp_path, log):
    ran = count(1)

    def behaves(release):
        return release < Version("1.7") or (release == Version("1.7") and next(ran) > 1)

    found = bisected(lib(behaves), tmp_path, log)
    assert found.kind is Kind.UNSTABLE
    assert found.line.names[found.finding.history.unstable] == "1.7"
    assert (found.finding.faces, found.finding.counterfactuals) == ((), ())


def test_what_nobody_confirms_is_found_at_the_first_answer(tmp_path, log):
    found = bisected(until("1.7"), tmp_path, log, confirm=0)
    assert found.kind is Kind.FOUND
    assert all(repeat == 0 for _, repeat, _ in found.said)


def test_a_window_is_found_where_checks_are_spent(tmp_path, log):
    window = (Version("1.3"), Version("1.4"))
    world = lib(lambda release: release < Version("1.9") and release not in window)
    assert bisected(world, tmp_path, log, good="1.0").kind is Kind.FOUND
    found = bisected(world, tmp_path, log, good="1.0", checks=6)
    assert found.kind is Kind.TRANSITIONS
    names = [found.line.names[t.first] for t in found.finding.history.transitions]
    assert names == ["1.3", "1.5", "1.9"]


# What is held still.


def study_of(folder, **table):
    world = World(releases={"lib": RELEASES}, behaves=lambda _: True, table=table)
    return world.study(folder)


def narrowed(folder, searched=("lib",), *, pre=False, yanked=False, **table):
    return focus(study_of(folder, **table), searched, pre=pre, yanked=yanked)


def test_a_range_is_thinned_for_tables_and_for_searches_only_where_asked(tmp_path):
    thin = {"versions": ">=0", "every": "minor-latest", "limit": 2}
    study = study_of(tmp_path, python=["3.12"], projects={"lib": thin})
    (whole,) = focus(study, ("lib",), pre=False, yanked=False).study.projects
    assert (whole.every, whole.limit) == (Every.RELEASE, None)
    (coarse,) = focus(study, ("lib",), pre=False, yanked=False, thinned=True).study.projects
    assert (coarse.every, coarse.limit) == (Every.MINOR_LATEST, 2)


def test_what_has_one_value_is_held_still_silently(tmp_path):
    found = narrowed(
        tmp_path,
        python=["3.12"],
        projects={"lib": {"versions": ">=0"}, "other": {"versions": "2.0"}},
        parameters={"mode": ["fast"]},
    )
    assert found.notes == ()
    assert found.cell == Cell(
        pins=Pins(python="3.12", releases=(("other", Version("2.0")),)),
        parameters=(("mode", "fast"),),
    )


def test_what_has_several_values_is_held_at_one_and_it_is_said_how_to_choose(tmp_path):
    found = narrowed(
        tmp_path,
        python=["3.11", "3.12"],
        projects={"lib": {"versions": ">=0"}, "other[fast]": {"versions": ">=2,<3"}},
        parameters={"mode": ["slow", "fast"]},
    )
    assert found.cell.pins.python == "3.12"
    assert found.cell.parameters == (("mode", "slow"),)
    assert [str(r) for r in found.study.requirements] == ["other[fast]<3,>=2"]
    assert found.notes == (
        "only Python 3.12 of 3.11, 3.12; choose with --python",
        "other is left to the resolver (other[fast]<3,>=2); pin it with --axis other=VERSION",
        "only mode slow of slow, fast; choose with --axis mode=VALUE",
    )


def test_interpreters_that_are_searched_are_not_held_still(tmp_path):
    found = narrowed(tmp_path, ("python",), python=["3.11", "3.12"],
                     projects={"lib": {"versions": "1.3"}})  # fmt: skip
    assert found.notes == ()
    assert found.study.pythons == ("3.11", "3.12")


def test_a_project_that_is_only_required_is_searched_inside_what_is_required(tmp_path):
    found = narrowed(tmp_path, ("dep",), requires=["dep[x]>=2", "dep<4", "rest"],
                     projects={"lib": {"versions": "1.3"}})  # fmt: skip
    axis = found.study.projects[-1]
    assert (axis.project, sorted(axis.extras), str(axis.choices[0])) == ("dep", ["x"], "<4,>=2")
    assert [str(r) for r in found.study.requirements] == ["rest"]


def test_releases_picked_out_of_a_series_do_not_leave_the_others_unsearched(tmp_path):
    found = narrowed(tmp_path, projects={"lib": {"versions": ["1.3", "1.9"]}})
    assert str(found.study.projects[0].choices[0]) == ""
    assert found.notes == ("lib: all releases are searched, not only those picked",)


def test_pre_releases_and_yanked_ones_take_part_where_asked_for(tmp_path):
    (axis,) = narrowed(tmp_path, pre=True, yanked=True).study.projects
    assert (axis.pre, axis.yanked) == (True, True)


def test_a_project_named_twice_is_refused(tmp_path):
    with pytest.raises(UsageError, match="--project lib is given twice"):
        narrowed(tmp_path, ("lib", "dep", "lib"))


# The series.


@pytest.mark.parametrize(
    ("name", "words", "remedy"),
    [
        ("1.5.1", "--good: lib has no release 1.5.1 in the series", "nearest: 1.5, 1.6"),
        ("0.1", "no release 0.1", "nearest: 1.0"),
        ("7", "no release 7", "nearest: 1.11"),
        ("newest", "--good: 'newest' is no release", ""),
    ],
)
def test_a_release_that_is_not_there_is_refused_with_the_nearest(tmp_path, name, words, remedy):
    series, _ = line(until("1.7"), tmp_path)
    with pytest.raises(UsageError) as caught:
        plan_of(series, wanted(good=name))
    assert words in str(caught.value)
    assert remedy in caught.value.remedy


def test_an_end_may_be_written_in_another_way(tmp_path):
    series, _ = line(until("1.7"), tmp_path)
    assert plan_of(series, wanted(good="v1.5.0")).good == 5


def test_a_release_that_was_dropped_is_refused_with_the_reason(tmp_path):
    series, _ = line(lib(lambda _: True, (*RELEASES, "2.0rc1")), tmp_path)
    with pytest.raises(UsageError, match="takes no part: pre-release") as caught:
        plan_of(series, wanted(bad="2.0rc1"))
    assert "--pre" in caught.value.remedy


@pytest.mark.parametrize(
    ("asked", "words", "remedy"),
    [
        ({"good": "1.7", "bad": "1.3"}, "1.7 (good) is newer than 1.3 (bad)", "--find-fix"),
        ({"good": "1.7", "bad": "1.7"}, "1.7 is both ends of the search", "two releases"),
        ({"good": "1.11"}, "1.11 is both ends of the search", "two releases"),
        (
            {"good": "1.3", "bad": "1.7", "question": Question.FIRST_PASSING},
            "1.7 (bad) is newer than 1.3 (good)",
            "leave --find-fix away",
        ),
    ],
)
def test_ends_that_stand_the_wrong_way_round_are_refused(tmp_path, asked, words, remedy):
    series, _ = line(until("1.7"), tmp_path)
    with pytest.raises(UsageError) as caught:
        plan_of(series, wanted(**asked))
    assert words in str(caught.value)
    assert remedy in caught.value.remedy


# 1.2 and 1.3 of the old line were published after 2.0 and 2.1 of the new one.
TWO_LINES = ("1.0@0", "1.1@1", "1.2@4", "1.3@6", "2.0@2", "2.1@3", "2.2@5", "2.3@7")


def test_a_series_whose_orders_differ_says_so_and_knows_its_lines(tmp_path):
    series, _ = line(lib(lambda _: True, TWO_LINES), tmp_path)
    assert series.names == ("1.0", "1.1", "1.2", "1.3", "2.0", "2.1", "2.2", "2.3")
    assert series.ranks == (0, 1, 4, 6, 2, 3, 5, 7)
    assert series.inversions == 1
    assert [series.lines[place] == series.lines[0] for place in (1, 4)] == [False, False]


def test_a_series_may_be_searched_by_date(tmp_path, log):
    world = lib(lambda release: day_of(release) < day(5), TWO_LINES)
    found = bisected(world, tmp_path, log, order=Order.DATE)
    assert found.line.names == ("1.0", "1.1", "2.0", "2.1", "1.2", "2.2", "1.3", "2.3")
    assert (found.kind, found.suspects) == (Kind.FOUND, ("2.2",))
    assert found.line.inversions == 2


# The same with lines of several releases each.
BESIDE = ("1.0.0@0", "1.0.1@1", "1.0.2@4", "1.0.3@6", "2.1.0@2", "2.1.1@3", "2.1.2@5", "2.1.3@7")


def by_date(world, folder, log, **asked):
    """Bisect a world by date, and its lines one by one where that tells more."""
    request = wanted(order=Order.DATE, **asked)
    series, study = line(world, folder, order=Order.DATE)
    with desk(world, folder, log, study=study) as one:
        first = bisect(series, plan_of(series, request), request, one.inquiry)
        return *line_by_line(series, first, request, one.inquiry), one.inquiry.made


@pytest.mark.parametrize("good", ["1.0.0", None])
def test_a_fault_of_one_line_is_found_by_date_although_it_comes_and_goes(tmp_path, log, good):
    world = lib(lambda release: not Version("2.1.1") <= release, BESIDE)
    series, found, made = by_date(world, tmp_path, log, good=good)
    assert series.order is Order.LINE
    assert series.names == ("1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.1.0", "2.1.1", "2.1.2", "2.1.3")
    assert found.history.kind is Kind.FOUND
    assert [series.names[place] for place in found.history.transition.suspects] == ["2.1.1"]
    assert made <= len(BESIDE) + 4


def test_lines_into_which_a_fault_was_carried_are_told_one_by_one(tmp_path, log):
    carried = {Version(v) for v in ("1.0.3", "2.1.1", "2.1.2", "2.1.3")}
    world = lib(lambda release: release not in carried, BESIDE)
    series, found, _ = by_date(world, tmp_path, log, good="1.0.0", checks=4)
    assert found.history.kind is Kind.TRANSITIONS
    assert [series.names[t.first] for t in found.history.transitions] == ["1.0.3", "2.1.0", "2.1.1"]


def test_what_came_at_one_time_into_all_lines_stays_a_matter_of_time(tmp_path, log):
    world = lib(lambda release: day_of(release, BESIDE) < day(5), BESIDE)
    series, found, _ = by_date(world, tmp_path, log)
    assert (series.order, found.history.kind) == (Order.DATE, Kind.FOUND)


def test_ends_in_two_lines_that_only_dates_put_in_order_are_left_as_they_are(tmp_path, log):
    failing = {Version(v) for v in ("2.1.1", "1.0.3")}
    world = lib(lambda release: release not in failing, BESIDE)
    series, found, _ = by_date(world, tmp_path, log, good="2.1.0", bad="1.0.3")
    assert series.order is Order.DATE
    assert found.history.transition is not None


def day_of(release, texts=TWO_LINES):
    found = {Version(t.partition("@")[0]): int(t.partition("@")[2]) for t in texts}
    return day(found[release])


def test_a_fault_that_was_carried_back_into_an_old_line_is_found_there_too(tmp_path, log):
    carried = {Version(v) for v in ("1.3", "2.2", "2.3")}
    world = lib(lambda release: release not in carried, TWO_LINES)
    for good in ("1.0", None):
        found = bisected(world, tmp_path, log, good=good)
        assert found.kind is Kind.TRANSITIONS
        names = [found.line.names[t.first] for t in found.finding.history.transitions]
        assert names == ["1.3", "2.0", "2.2"]


def test_an_index_without_dates_cannot_be_searched_by_date(tmp_path):
    world = replace(until("1.7"), dated=False)
    with pytest.raises(UsageError, match=r"does not say when lib 1\.0 was uploaded"):
        line(world, tmp_path, order=Order.DATE)
    series, _ = line(world, tmp_path)
    assert (series.ranks, series.inversions) == ((), 0)


# What it will cost.


@settings(max_examples=25)
@given(
    culprit=st.integers(1, 11),
    asked=st.fixed_dictionaries(
        {"good": st.sampled_from([None, "1.0"]), "bad": st.sampled_from([None, "1.11"])}
    ),
    before=st.sets(st.integers(0, 11), max_size=4),
)
def test_a_dry_run_says_what_is_known_and_bounds_what_is_asked(
    tmp_path_factory, culprit, asked, before
):
    folder, log = tmp_path_factory.mktemp("cost"), MemoryLog()
    world = until(f"1.{culprit}")
    series, study = line(world, folder)
    with desk(world, folder, log, study=study) as one:
        for place in sorted(before):
            one.inquiry.note(series.cells[place])
    request = wanted(**asked)
    stored = answering(log.trials(), fingerprint=fingerprint(study), engine="fake")
    known = known_answers(series, stored, study.symptom, lens_of(request.question))
    assert set(known) == {Ask(place) for place in before}
    plan = plan_of(series, request)
    predicted = cost(plan, known)
    found = bisected(world, folder, log, **asked)
    assert found.suspects == (f"1.{culprit}",)
    assert found.made <= predicted.worst
    stored = answering(log.trials(), fingerprint=fingerprint(study), engine="fake")
    known = known_answers(series, stored, study.symptom, lens_of(request.question))
    again = bisected(world, folder, log, **asked)
    assert cost(plan, known).worst == again.made == 0


def test_the_cost_of_every_culprit_is_what_is_then_really_asked(tmp_path):
    request = wanted(good="1.0", bad="1.11")
    costs = []
    for culprit in range(1, 12):
        found = bisected(until(f"1.{culprit}"), tmp_path, MemoryLog(), good="1.0", bad="1.11")
        costs.append(found.made)
    series, _ = line(until("1.7"), tmp_path)
    predicted = cost(plan_of(series, request), {})
    assert predicted.worst == max(costs)
    assert predicted.expected == pytest.approx(sum(costs) / len(costs))
