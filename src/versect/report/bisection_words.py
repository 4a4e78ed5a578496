"""What is said of a bisection: its verdict in a sentence, what else is to be said, what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from versect.model.outcome import Failed, Passed, Unresolved
from versect.model.verdict import Counterfactual, Question
from versect.report.bisection import BisectionView, Noise
from versect.report.evidence import counted, outcome_words
from versect.report.findings import is_inert
from versect.report.view import glyph
from versect.search.ask import Answer
from versect.search.history import Kind
from versect.search.series import DECIDED, Transition, spoken_of, stretches
from versect.select.line import DATE, PYTHON, Order

_LISTED: Final = 6
"""Releases that are named one by one; of more the ends are named, and how many there are."""


def headline(view: BisectionView) -> str:
    """Give the verdict in one sentence."""
    found, line, kind = view.history.transition, view.line, view.kind
    if found is None:
        return _without_boundary(view)
    other = Answer.FAILED if found.into is Answer.PASSED else Answer.PASSED
    into, before = view.verb(found.into), view.verb(other)
    last, first = view.name(found.last), view.name(found.first)
    if kind is Kind.UNSTABLE and view.history.unstable is not None:
        return f"not reproducible: {view.name(view.history.unstable)} both passed and failed"
    if kind in (Kind.GOOD_FAILS, Kind.BAD_PASSES):
        return _wrong_ends(view)
    if len(found.suspects) > 1:
        return (
            f"{len(found.suspects)} suspects: {line.axis} {listed(view.suspects)}; "
            f"{line.names[found.last]} {before}, {line.names[found.first]} {into}, "
            "and what lies between cannot be decided"
        )
    if kind is Kind.TRANSITIONS:
        one = len(view.history.transitions) == 1
        does = "pass" if view.question is Question.FIRST_FAILING else "fail"
        words = f"no release before was seen to {does}" if one else "the failure comes and goes"
        return f"{words}: {'; '.join(_changes(view))}"
    return f"{first} is the first {view.noun} that {into}; {last} {before}"


def sentences(view: BisectionView) -> tuple[str, ...]:
    """Give what else is to be said, the most important first."""
    return tuple(_sentences(view))


def advice(view: BisectionView) -> str:
    """Say what to do next; empty where the verdict needs nothing more."""
    broken = view.question is Question.FIRST_FAILING
    turned = view.history.kind is Kind.GOOD_FAILS and Answer.PASSED in view.history.known.values()
    if turned and view.line.axis != DATE:
        turn = "add --find-fix" if broken else "leave --find-fix away"
        return f"the ends stand the other way round: {turn}"
    if view.kind is Kind.TRANSITIONS and len(view.history.transitions) == 1:
        turn = "--find-fix finds" if broken else "without --find-fix a search finds"
        what = "mended it" if broken else "broke it"
        return f"{turn} what {what}; --good RELEASE --scan looks for a later window"
    if view.kind is Kind.INCONCLUSIVE and view.noise is not None and view.history.known:
        return "the same command with a larger --budget goes on from here"
    table = _ADVICE if broken else {**_ADVICE, **_ADVICE_FIX}
    return {**table, **_ADVICE_OF_AXIS.get(view.line.axis, {})}.get(view.kind, "")


_ADVICE: Final = {
    Kind.PASSES: "look for a window between the ends with --scan, name a failing release with "
    "--bad, or search another project: the fault may have come with a dependency",
    Kind.BAD_PASSES: "check --bad, look for a window with --scan, or leave --bad away",
    Kind.GOOD_FAILS: "leave --good away: a passing release is then searched for backwards",
    Kind.FAILS: "no release of this project alone explains it: search another one, or compare with "
    "an environment that worked: versect blame --good LOCK --bad LOCK",
    Kind.UNSTABLE: "search under noise: --flaky",
    Kind.OTHER: "look at the other failure; --scan looks for releases with the one sought",
    Kind.INCONCLUSIVE: "the trials above say why releases could not be decided",
    Kind.SUSPECTS: "another interpreter (--python) or --build may decide them; versect explain "
    "compares the two sides",
}


_ADVICE_FIX: Final = {
    Kind.PASSES: "there is nothing to mend: name a failing release with --bad",
    Kind.BAD_PASSES: "leave --bad away: a failing release is then searched for backwards",
    Kind.GOOD_FAILS: "check --good, look for a window with --scan, or leave --good away",
    Kind.FAILS: "no release has mended it yet; the cure may lie in another project",
}

_ADVICE_OF_AXIS: Final = {
    DATE: {
        Kind.GOOD_FAILS: "name an earlier date with --good",
        Kind.BAD_PASSES: "name a later date with --bad",
    },
    PYTHON: {Kind.FAILS: "it is not the interpreter: search a project"},
}


def ranges(view: BisectionView) -> str:
    """Say what the asked releases do, run by run: ``passes 8.0.0-8.3.0, fails 8.4.0, ...``."""
    names = view.line.names
    parts = []
    for run in stretches(view.history.known):
        ends = (
            names[run.first] if run.first == run.last else f"{names[run.first]}-{names[run.last]}"
        )
        parts.append(f"{view.verb(run.answer)} {ends}")
    return f"{view.line.axis} {', '.join(parts)}"


def listed(names: Sequence[str]) -> str:
    """Name a few one by one, of many the ends and their number."""
    if len(names) <= _LISTED:
        return ", ".join(names)
    return f"{names[0]}, {names[1]}, ... {names[-1]} ({len(names)} releases)"


def _without_boundary(view: BisectionView) -> str:
    known = view.history.known
    rest = len(view.line.names) - len(known)
    none = f"none of the {counted(len(known), view.noun)} asked"
    left = f"; {rest} {'was' if rest == 1 else 'were'} not asked" if rest else ""
    asked = f"{ranges(view)}{left}"
    match view.kind:
        case Kind.PASSES:
            return f"{none} fails: {asked}"
        case Kind.FAILS:
            return f"{none} passes: {asked}"
        case Kind.GOOD_FAILS | Kind.BAD_PASSES:
            return _wrong_ends(view)
        case Kind.OTHER:
            return f"another failure is in the way: {ranges(view)}"
        case _ if DECIDED.intersection(known.values()):
            few = view.noise and f"{counted(view.noise.trials, 'trial')} are too few to tell"
            return f"{few or 'the failure was not seen where it could be decided'}: {asked}"
        case _:
            return f"{none} can be decided: {asked}"


def _wrong_ends(view: BisectionView) -> str:
    wrong = (f"{view.name(p)} was said to be one that {w}, and {d}" for p, w, d in _contrary(view))
    return f"{'; '.join(wrong)}: {ranges(view)}"


def _contrary(view: BisectionView) -> Iterator[tuple[int, str, str]]:
    """Give the named ends that do the contrary of what was said, with both."""
    for place, wanted in ((view.good, Answer.PASSED), (view.bad, Answer.FAILED)):
        answer = None if place is None else view.history.known.get(place)
        if place is not None and answer in DECIDED and answer is not wanted:
            yield place, view.verb(wanted), view.verb(answer)


def _sentences(view: BisectionView) -> Iterator[str]:
    found, names = view.history.transition, view.line.names
    if found is not None:
        yield from _dates(view, found)
        if view.kind is Kind.TRANSITIONS:
            yield ranges(view)
        yield from _reasons(view, found.suspects[:-1])
    else:
        yield from _reasons(view, view.history.known)
    yield from _ends(view)
    failing = [place for place, _, does in _contrary(view) if does == "fails"]
    if view.kind is Kind.FAILS:
        failing.append(max(view.history.known))
    yield from (f"{view.name(place)}: {outcome_words(view.outcomes[place])}" for place in failing)
    for face in view.faces:
        yield (
            f"the failure looks different from {view.name(face.first)} on "
            f"({names[face.last]}: {face.before}; {names[face.first]}: {face.after})"
        )
    if view.changes:
        yield f"the two sides also differ in {'; '.join(map(str, view.changes))}"
    yield from (counterfactual_words(one, view.question) for one in view.counterfactuals)
    if view.history.confirmed:
        yield f"both sides answered alike when asked again ({view.history.confirmed} more each)"
    if view.noise is not None:
        yield from _odds(view.noise)
    yield from _unused(view)
    yield from _not_excluded(view)
    yield from _orders(view)


def counterfactual_words(one: Counterfactual, question: Question) -> str:
    """Say what a counterfactual shows."""
    alone = "; ".join(map(str, one.applied))
    undone = {change.project for change in one.moved}
    if undone >= {change.project for change in one.applied}:
        kept = "; ".join(f"{change.project} {change.after or 'left out'}" for change in one.moved)
        return f"{alone} cannot be had alone: the resolver then takes {kept}"
    if one.inseparable:
        along = "; ".join(map(str, one.inseparable))
        return f"{alone} cannot be had alone: the resolver then makes {along} as well"
    moved = f" (the resolver also moved {'; '.join(map(str, one.moved))})" if one.moved else ""
    turned = Failed if question is Question.FIRST_FAILING else Passed
    match one.step.outcome:
        case Failed() | Passed() as outcome:
            does = "it fails" if isinstance(outcome, Failed) else "it passes"
            if isinstance(outcome, turned):
                kept = ", ".join(change.project for change in one.withheld)
                return f"{alone} suffices{moved}: {does} with {kept} as on the other side, too"
            verdict = f"{does}: this does not suffice"
        case other:
            verdict = f"it cannot be told ({outcome_words(other)})"
    return f"with {alone} alone{moved}, {verdict}"


def _changes(view: BisectionView) -> Iterator[str]:
    """Say each transition: ``tenacity fails from 8.4.0 on (8.3.0 passes)``."""
    for change in view.history.transitions:
        names = [view.line.names[place] for place in change.suspects]
        other = Answer.FAILED if change.into is Answer.PASSED else Answer.PASSED
        since = (
            names[0]
            if len(names) == 1
            else f"{names[0]} at the earliest, {names[-1]} at the latest"
        )
        yield (
            f"{view.line.axis} {view.verb(change.into)} from {since} on "
            f"({view.line.names[change.last]} {view.verb(other)})"
        )


def _ends(view: BisectionView) -> Iterator[str]:
    """Say where an end that was named could not be used."""
    for place, wanted in ((view.good, Answer.PASSED), (view.bad, Answer.FAILED)):
        if place is None or place not in view.history.known:
            continue
        answer = view.history.known[place]
        if answer not in DECIDED:
            yield f"{view.name(place)}, named as one that {view.verb(wanted)}, {view.verb(answer)}"


def _dates(view: BisectionView, found: Transition) -> Iterator[str]:
    moment = view.line.moments[found.first]
    if moment is not None and len(found.suspects) == 1:
        yield f"{view.name(found.first)} was published on {moment:%Y-%m-%d}"


def _odds(noise: Noise) -> Iterator[str]:
    yield (
        f"with a probability of {noise.mass:.3f} ({noise.confidence:g} was asked for), "
        f"after {counted(noise.trials, 'trial')}"
    )
    for words, rate in (("before it", noise.before), ("from it on", noise.after)):
        if rate is not None:
            mean, low, high = rate
            yield f"{words} {mean:.0%} of trials fail (95 % interval {low:.0%} to {high:.0%})"


def _reasons(view: BisectionView, places: Collection[int]) -> Iterator[str]:
    """Say why places could not be decided: each for itself, of many how many for which cause.

    A release between those that cannot be decided may not have been tried at all.
    """
    outcomes = view.outcomes
    reasons: dict[str, list[str]] = {}
    for place in places:
        outcome = outcomes.get(place)
        if outcome is None:
            reason = "not tried"
        elif isinstance(outcome, Passed | Failed):
            continue
        elif len(places) <= _LISTED:
            reason = outcome_words(outcome)
        else:
            kind = outcome.cause if isinstance(outcome, Unresolved) else "another failure"
            reason = f"{glyph(outcome)} {kind}"
        reasons.setdefault(reason, []).append(view.line.names[place])
    for reason, names in reasons.items():
        yield f"{view.line.axis} {listed(names)}: {reason}"


def _unused(view: BisectionView) -> Iterator[str]:
    """Say where the project searched played no part in any trial."""
    axis = view.line.axis
    ran = [step.trial for step in view.steps if step.trial.observation.imported]
    if ran and axis not in (PYTHON, DATE) and all(is_inert(axis, trial) for trial in ran):
        yield f"{axis} was installed and never imported: no release of it may matter here"


def _not_excluded(view: BisectionView) -> Iterator[str]:
    """Say what the answers leave open: a search by halves cannot see a window it steps over."""
    gaps = view.history.unexplored
    oldest = spoken_of(view.history.known).start
    if view.good is None and oldest > 0 and view.history.transition is not None:
        yield (
            f"of {counted(oldest, view.noun)} before {view.name(oldest)} nothing is known; "
            f"{'--good' if view.question is Question.FIRST_FAILING else '--bad'} names an older end"
        )
    if not gaps:
        return
    count, widest = sum(map(len, gaps)), max(gaps, key=len)
    names = view.line.names
    ends = names[widest[0]] if len(widest) == 1 else f"{names[widest[0]]}-{names[widest[-1]]}"
    yield (
        f"not excluded: a window inside {counted(count, view.noun)} that nobody asked, "
        f"the widest stretch being {ends} ({len(widest)})"
        f"{'' if view.line.axis == DATE else '; --check-monotone N looks there'}"
    )


def _orders(view: BisectionView) -> Iterator[str]:
    if view.line.order is Order.LINE:
        yield "by date the failure comes and goes: release lines were searched one after the other"
    if view.line.inversions:
        count = view.line.inversions
        yield (
            f"{count} release{'s were' if count > 1 else ' was'} published after a higher "
            "version: release lines that go on side by side were looked into as well"
        )
    if view.line.series is not None and view.line.series.dropped:
        reasons: dict[str, int] = {}
        for dropped in view.line.series.dropped:
            reasons[dropped.reason] = reasons.get(dropped.reason, 0) + 1
        words = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
        yield f"left out of the series: {words}"
