"""The searches that belong to a study: bisections whose verdicts lie beside its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from versect.app.focus import focus
from versect.cli import bisecting, publishing
from versect.cli.searching import Request, line_of, prepare, tools_for
from versect.cli.wiring import Wiring
from versect.errors import StudyError, UnknownProject, UsageError
from versect.model.study import Bisection, Study
from versect.report.bisection import BisectionView
from versect.report.write import write
from versect.select.line import Order
from versect.source.draft import Draft
from versect.source.files import fingerprint
from versect.source.flags import lay
from versect.source.remember import document, place

_UNSEARCHED: Final = (StudyError, UnknownProject, UsageError)
"""What is wrong with one search keeps none of the others from being made."""

_BUDGET: Final = 300
"""Trials of one search at most; that of 'versect bisect' where it is not named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """A search that belongs to a study, with what came of it."""

    search: Bisection
    folder: Path
    """Of its verdict, as 'versect bisect' writes one."""
    view: BisectionView | None
    """None where it could not be made."""
    problem: str
    """Why; empty where it was made."""


def made(  # noqa: PLR0913 - the parts, what is asked, and how
    wiring: Wiring, draft: Draft, *, engine: str, jobs: int, full: bool, fresh: bool = False
) -> tuple[Searched, ...]:
    """Make the searches of a study and write their verdicts; see ``versect bisect``.

    Finished trials are not made again, so that a search that was made before costs nothing. What
    is wrong with one search is said and keeps none of the others from being made. Not to be
    called by whoever is ``alone``.
    """
    study = draft.study()
    found = []
    for search in study.searches:
        if search.full and not full:
            continue
        if search.python == "":
            wiring.say(f"search not made, for want of its interpreter: {search.about}")
            continue
        wiring.say(f"search: {search.about}")
        found.append(_searched(wiring, draft, search, _request(search, engine, jobs, fresh=fresh)))
    if found:  # searches narrowed it
        write(place(wiring.results / study.name, fingerprint(study)), document(draft))
    return tuple(found)


def folder_of(wiring: Wiring, study: Study, search: Bisection) -> Path:
    """Give the folder of the verdict of a search that belongs to a study."""
    return wiring.results / study.name / "bisect" / search.name


def answers(draft: Draft, search: Bisection, verdict: Mapping[str, Any]) -> bool:
    """Whether a ``verdict.json`` is of the study as it is now, reproduction and all."""
    asked = focus(_draft_of(draft, search).study(), (search.project,), pre=False, yanked=False)
    return verdict.get("fingerprint") == fingerprint(asked.study)


def _searched(wiring: Wiring, draft: Draft, search: Bisection, request: Request) -> Searched:
    folder = folder_of(wiring, draft.study(), search)
    try:
        ready = prepare(wiring, _draft_of(draft, search), request)
        line = line_of(wiring, ready.focus, ready.choice, search.project, Order.VERSION)
        with tools_for(wiring, ready, request) as tools:
            _, view = bisecting.examined(tools, line, request)
            publishing.keep(folder, bisecting.finding_of(view))
    except _UNSEARCHED as error:
        wiring.say(f"search not made: {error}")
        return Searched(search=search, folder=folder, view=None, problem=str(error))
    return Searched(search=search, folder=folder, view=view, problem="")


def _draft_of(draft: Draft, search: Bisection) -> Draft:
    """Give the study with what a search holds still."""
    keys: dict[str, Any] = {
        "requires": [str(requirement) for requirement in search.requirements],
        "parameters": {name: [value] for name, value in search.parameters},
    }
    if search.python is not None:
        keys["python"] = [search.python]
    table = lay(draft.table, keys=keys, parameters=(), axes=(), thinning={})
    left_out = {"include", "exclude"}  # they pick cells of a table, and this is a series
    return replace(draft, table={k: v for k, v in table.items() if k not in left_out})


def _request(search: Bisection, engine: str, jobs: int, *, fresh: bool) -> Request:
    return Request.plain(
        search.project,
        good=search.good,
        bad=search.bad,
        budget=_BUDGET,
        engine=engine,
        jobs=jobs,
        fresh=fresh,
    )
