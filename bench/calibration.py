"""Hold what the searches for flaky failures state against what is so, on simulated histories."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, product
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from versect.search.ask import Answer
from versect.search.bayes import RATES, ChangePoint, RatePrior, change_point
from versect.search.sprt import Errors, Rates, decide, expected_trials

CONFIDENCE = 0.95
BUDGET = 200
HISTORIES = 2000
FIXED = 500
DECISIONS = 10_000
TARGET = Path("results/bench/calibration.md")

PRIORS = {
    "as shipped": RATES,
    "failing rates alike": RatePrior(after=(1.0, 1.0)),
    "failing rates alike by magnitude": RatePrior(after=(0.01, 1.0)),
    "few spurious failures": RatePrior(before=(1.0, 39.0)),
    "threshold 5 %": RatePrior(threshold=0.05),
    "threshold 10 %": RatePrior(threshold=0.10),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A series with its fault, and what is told of its ends."""

    seed: int
    size: int
    change: int
    """The first failing release; ``size`` where none fails."""
    failing: float
    spurious: float
    skipped: frozenset[int]
    """Releases that never resolve."""
    vouched: bool
    """Whether the caller knows that the first release passes and the last fails."""

    @property
    def halvings(self) -> int:
        """Trials that halving takes where nothing is flaky."""
        return math.ceil(math.log2(self.size))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A history with what the search said of it."""

    history: History
    verdict: ChangePoint

    @property
    def holds(self) -> bool:
        """Whether the release that broke it is a suspect."""
        return self.history.change in self.verdict.suspects


def draw(seed: int, *, failing: float | None = None, spurious: float | None = None) -> History:
    """Draw a history: 5 to 200 releases, short and long ones alike by magnitude.

    The share of releases that never resolve is drawn from 0 to 30 %, and they lie scattered or in
    one block, evenly. Without given rates those are drawn evenly from 10 to 100 % and 0 to 5 %.
    """
    random = np.random.default_rng(seed)
    size = round(math.exp(random.uniform(math.log(5), math.log(200))))
    vouched = bool(random.random() < 0.5)
    count = int(random.uniform(0, 0.3) * size)
    if random.random() < 0.5:
        skipped = frozenset(random.choice(size, count, replace=False).tolist())
    else:
        start = int(random.integers(size - count + 1))
        skipped = frozenset(range(start, start + count))
    change = int(random.integers(1, size) if vouched else random.integers(size + 1))
    rates = float(random.uniform(0.1, 1.0)), float(random.uniform(0.0, 0.05))
    return History(
        seed=seed,
        size=size,
        change=change,
        failing=rates[0] if failing is None else failing,
        spurious=rates[1] if spurious is None else spurious,
        skipped=skipped - {0, size - 1} if vouched else skipped,
        vouched=vouched,
    )


def simulate(history: History, rates: RatePrior = RATES) -> Run:
    """Search a history."""
    random = np.random.default_rng([history.seed, 1])
    search = change_point(
        history.size,
        confidence=CONFIDENCE,
        budget=BUDGET,
        good=0 if history.vouched else None,
        bad=history.size - 1 if history.vouched else None,
        rates=rates,
    )
    try:
        question = next(search)
        while True:
            chance = history.failing if question.point >= history.change else history.spurious
            answer = Answer.FAILED if random.random() < chance else Answer.PASSED
            if question.point in history.skipped:
                answer = Answer.UNRESOLVED
            question = search.send(answer)
    except StopIteration as end:
        return Run(history=history, verdict=end.value)


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "—"


def mean(numbers: Sequence[float]) -> str:
    return f"{sum(numbers) / len(numbers):.1f}" if numbers else "—"


HEAD = (
    "histories",
    "number",
    "stated at 95 %",
    "of these hold",
    "suspects",
    "undecided",
    "of whose sets hold",
    "wrong, of all",
    "trials",
    "⌈log₂ n⌉",
)


def row(name: str, runs: Sequence[Run]) -> list[str]:
    """Give one line of a table of histories."""
    stated = [run for run in runs if run.verdict.decided]
    holding = sum(run.holds for run in stated)
    undecided = [run for run in runs if not run.verdict.decided]
    return [
        name,
        str(len(runs)),
        str(len(stated)),
        f"**{percent(holding, len(stated))}**",
        mean([len(run.verdict.suspects) for run in stated]),
        percent(len(undecided), len(runs)),
        percent(sum(run.holds for run in undecided), len(undecided)),
        percent(len(stated) - holding, len(runs)),
        mean([run.verdict.trials for run in runs]),
        mean([run.history.halvings for run in runs]),
    ]


def bands(runs: Sequence[Run], edges: Sequence[float], what: Callable[[History], float]) -> str:
    """Give a table with one line a band of some quantity; the last band holds its upper edge."""
    rows = []
    for low, high in pairwise(edges):
        last = high == edges[-1]
        inside = [
            run
            for run in runs
            if low <= (value := what(run.history)) < high or (last and value == high)
        ]
        rows.append(row(f"{low:g} to {high:g}", inside))
    return table(HEAD, rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def drawn(runs: Sequence[Run]) -> str:
    """Give the tables of the histories whose rates are drawn."""
    ends = [
        row("all", runs),
        row("both ends known", [run for run in runs if run.history.vouched]),
        row("nothing known", [run for run in runs if not run.history.vouched]),
    ]
    return f"""{table(HEAD, ends)}

By failing rate, in per cent:

{bands(runs, (10, 20, 30, 50, 70, 90, 100), lambda history: 100 * history.failing)}

By the share of releases that never resolve, in per cent:

{bands(runs, (0, 5, 10, 20, 30), lambda history: 100 * len(history.skipped) / history.size)}

By size:

{bands(runs, (5, 10, 25, 50, 100, 200), lambda history: history.size)}"""


def fixed(pool_map: Callable[..., list[Run]]) -> str:
    """Give the table of histories whose rates an adversary chose."""
    rows = []
    for spurious, failing in product((0.0, 0.05), (0.1, 0.2, 0.3, 0.5, 0.8, 1.0)):
        histories = [
            draw(HISTORIES + seed, failing=failing, spurious=spurious) for seed in range(FIXED)
        ]
        name = f"{100 * failing:g} %, spurious {100 * spurious:g} %"
        rows.append(row(name, pool_map(simulate, histories)))
    return table(HEAD, rows)


def priors(pool_map: Callable[..., list[Run]]) -> str:
    """Give the tables of the same histories searched with other priors for the rates."""
    middling = [draw(HISTORIES + seed, failing=0.3, spurious=0.05) for seed in range(FIXED)]
    clear = [draw(HISTORIES + seed, failing=1.0, spurious=0.0) for seed in range(FIXED // 5)]
    tables = [
        table(
            (name, *HEAD[1:]),
            [
                row(prior, pool_map(partial(simulate, rates=rates), histories))
                for prior, rates in PRIORS.items()
            ],
        )
        for name, histories in (("30 %, spurious 5 %", middling), ("100 %, none spurious", clear))
    ]
    return "\n\n".join(tables)


def sequential() -> str:
    """Give the table of the sequential test."""
    rows = []
    for (passing, failing), (alpha, beta) in product(
        ((0.01, 0.3), (0.02, 0.5), (0.05, 0.2), (0.05, 0.5), (0.1, 0.9)),
        ((0.05, 0.05), (0.01, 0.1)),
    ):
        rates, errors = Rates(passing=passing, failing=failing), Errors(alpha=alpha, beta=beta)
        expected = expected_trials(rates, errors)
        cells = [f"{passing:g} / {failing:g}"]
        for rate, wrong, stated, wald in (
            (passing, Answer.FAILED, alpha, expected.passing),
            (failing, Answer.PASSED, beta, expected.failing),
        ):
            random = np.random.default_rng(2)
            errs = trials = 0
            for _ in range(DECISIONS):
                search = decide("", rates=rates, errors=errors, most=100_000)
                try:
                    next(search)
                    while True:
                        search.send(Answer.FAILED if random.random() < rate else Answer.PASSED)
                except StopIteration as end:
                    errs += end.value.answer is wrong
                    trials += end.value.trials
            cells += [
                f"{100 * stated:g} %",
                percent(errs, DECISIONS),
                f"{trials / DECISIONS:.1f}",
                f"{wald:.1f}",
            ]
        rows.append(cells)
    head = ["rates, good / bad", "alpha", "measured", "trials if good", "Wald"]
    return table([*head, "beta", "measured", "trials if bad", "Wald"], rows)


def main() -> None:
    """Measure, print the tables and write them; fail where 95 % is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with Pool(options.workers) as pool:
        pool_map = partial(pool.map, chunksize=25)
        histories = [draw(seed) for seed in range(HISTORIES)]
        runs = pool_map(simulate, histories)
        text = f"""# Calibration of the searches for flaky failures

Written by `python bench/calibration.py`. Every history is drawn from its own seed, so that a second
run writes the same tables. The searches are asked for a confidence of 95 %; a verdict holds if the
release that broke it is a suspect.

## Change point (`search/bayes.py`)

{HISTORIES} histories: 5 to 200 releases, failing rates 10 to 100 %, spurious rates 0 to 5 %, 0 to
30 % of the releases never resolve, scattered or in one block. The release that broke it is drawn
evenly; nothing or both ends are known. Budget: {BUDGET} trials. "Suspects" is their mean number
where a verdict is stated: more than one where releases between them do not resolve.

{drawn(runs)}

## Rates chosen by an adversary

{FIXED} histories a line. The probabilities hold over all rates together; in one band of rates,
or under one pair, they may not. Where the two rates are close, the budget ends most searches
before they state a verdict, and of those that do state one more are wrong: "wrong, of all" is the
chance of being told something wrong.

{fixed(pool_map)}

## Other priors for the two rates

See `RatePrior` for what is shipped. First where it matters most, then what it costs where the
failure is clear.

{priors(pool_map)}

## Sequential test (`search/sprt.py`)

{DECISIONS} decisions a side and line. Wald: his approximation of the mean number of trials.

{sequential()}
"""
    print(text)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text)
    stated = [run for run in runs if run.verdict.decided]
    if sum(run.holds for run in stated) < CONFIDENCE * len(stated):
        sys.exit("fewer verdicts hold than are stated to")


if __name__ == "__main__":
    main()
