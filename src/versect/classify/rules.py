"""From what happened to what it means: an ordered list of rules, the first that fires decides.

An exit status alone never decides when the study says what its failure looks like: the failure
sought may come to light in a program that ends with status 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from versect.classify import signature
from versect.model.outcome import (
    Cause,
    Failed,
    FailedOtherwise,
    Outcome,
    Passed,
    Signature,
    Unresolved,
)
from versect.model.study import Place, Symptom
from versect.model.trial import (
    Exited,
    NotRun,
    Observation,
    OutOfMemory,
    RaisedException,
    SeenFailure,
    Signalled,
    TimedOut,
)

SKIP: Final = 125
"""Exit status with which a reproduction says that it cannot tell, as for ``git bisect run``."""
ABORT: Final = 128
"""Exit statuses from here on say that the trial is void, as for ``git bisect run``."""

_CRASHES: Final = frozenset(
    {"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGSYS", "SIGTRAP"}
)
"""Signals with which a program dies of its own fault; any other was sent by somebody."""

Rule = Callable[[Symptom, Observation], Outcome | None]


def classify(symptom: Symptom, observation: Observation) -> Outcome:
    """Say what an observation means for a study that seeks this symptom.

    Rules are tried in the order of ``RULES``; the outcome carries the name of the one that fired.
    Pure: the same observation can be judged again under another symptom.
    """
    for rule in RULES:
        outcome = rule(symptom, observation)
        if outcome is not None:
            return outcome
    raise AssertionError(observation)  # the last rule decides everything that is left


def not_run(_symptom: Symptom, observation: Observation) -> Outcome | None:
    """Nothing ran, so nothing is known."""
    if isinstance(observation.ending, NotRun):
        cause, detail = observation.ending.cause, observation.ending.detail
        return Unresolved(rule="not-run", cause=cause, detail=detail)
    return None


def sought_exception(symptom: Symptom, observation: Observation) -> Outcome | None:
    """The exception sought came to light at a place that the study names."""
    if symptom.exception is None and symptom.message is None:
        return None
    if symptom.text is not None and not re.search(symptom.text, _both(observation)):
        return None
    if not _ending_agrees(symptom, observation):
        return None
    for failure in observation.failures:
        if failure.place in symptom.places and _is_sought(symptom, failure):
            return Failed(
                rule=f"sought-exception:{failure.place}",
                signature=signature.of_failure(failure),
            )
    return None


def sought_printed(symptom: Symptom, observation: Observation) -> Outcome | None:
    """A program that failed printed the exception sought, as test runners do."""
    if symptom.exception is None and symptom.message is None:
        return None
    if Place.PRINTED not in symptom.places or observation.ending == Exited(status=0):
        return None
    for name, message in signature.printed(observation.stdout, observation.stderr):
        if _is_named(symptom, (name,)) and _found(symptom.message, message):
            face = Signature(kind=name, text=signature.normalised(message))
            return Failed(rule="sought-exception:printed", signature=face)
    return None


def sought_text(symptom: Symptom, observation: Observation) -> Outcome | None:
    """The text sought was printed, on either stream, and the process ended as it should."""
    if symptom.text is None or symptom.exception is not None or symptom.message is not None:
        return None
    face = signature.of_text(_both(observation), re.compile(symptom.text))
    if face is None or not _ending_agrees(symptom, observation):
        return None
    return Failed(rule="sought-text", signature=face)


def sought_ending(symptom: Symptom, observation: Observation) -> Outcome | None:
    """The study names no exception and no text: the way the process ended is the failure."""
    if not (symptom.exception is symptom.message is symptom.text is None):
        return None
    match observation.ending:
        case TimedOut(limit=limit) if symptom.timeout:
            face = Signature(kind="timeout", text=f"still running after {limit:g} s")
        case Signalled(signal=name) if name == symptom.signal:
            face = Signature(kind="signal", text=name)
        case Exited(status=status) if _crash_of(status) == symptom.signal is not None:
            face = Signature(kind="signal", text=symptom.signal)
        case Exited(status=status) if _is_sought_status(symptom, status):
            face = _face_of_exit(observation, status)
        case _:
            return None
    return Failed(rule="sought-ending", signature=face)


def out_of_memory(_symptom: Symptom, observation: Observation) -> Outcome | None:
    """The memory limit ended it: that says something of the limit, not of the release."""
    if isinstance(observation.ending, OutOfMemory):
        detail = f"ended at its memory limit of {observation.ending.limit >> 20} MiB"
        return Unresolved(rule="out-of-memory", cause=Cause.OUT_OF_MEMORY, detail=detail)
    return None


def timed_out(_symptom: Symptom, observation: Observation) -> Outcome | None:
    """The time limit ended it; unless the study says so, that is no failure."""
    if isinstance(observation.ending, TimedOut):
        detail = f"still running after {observation.ending.limit:g} s"
        return Unresolved(rule="timeout", cause=Cause.TIMEOUT, detail=detail)
    return None


def signalled(_symptom: Symptom, observation: Observation) -> Outcome | None:
    """A crash is a failure of its own; any other signal came from somebody else."""
    if not isinstance(observation.ending, Signalled):
        return None
    name = observation.ending.signal
    if name in _CRASHES:
        return FailedOtherwise(rule="crash", signature=Signature(kind="signal", text=name))
    return Unresolved(rule="killed", cause=Cause.KILLED, detail=f"ended by {name}")


def skipped(_symptom: Symptom, observation: Observation) -> Outcome | None:
    """The reproduction itself said that it cannot tell; its last words on stderr say why."""
    if observation.ending == Exited(status=SKIP):
        last = [line for line in observation.stderr.text.splitlines() if line.strip()][-1:]
        why = last[0].strip() if last else "the reproduction cannot tell"
        detail = f"exit status {SKIP}: {why}"
        return Unresolved(rule="skipped", cause=Cause.SKIPPED, detail=detail)
    return None


def aborted(_symptom: Symptom, observation: Observation) -> Outcome | None:
    """The reproduction, or a shell on its behalf, declared the trial void."""
    if isinstance(observation.ending, Exited) and observation.ending.status >= ABORT:
        status = observation.ending.status
        crash = _crash_of(status)
        if crash:
            return FailedOtherwise(rule="crash", signature=Signature(kind="signal", text=crash))
        detail = f"exit status {status}: the reproduction asked to abort"
        return Unresolved(rule="aborted", cause=Cause.KILLED, detail=detail)
    return None


def failed_otherwise(_symptom: Symptom, observation: Observation) -> Outcome | None:
    """It failed, and not in the way sought."""
    if not isinstance(observation.ending, Exited) or observation.ending.status == 0:
        return None
    face = _face_of_exit(observation, observation.ending.status)
    return FailedOtherwise(rule="exit-status", signature=face)


def passed(_symptom: Symptom, observation: Observation) -> Outcome | None:
    """It ended by itself with status 0 and without the failure sought."""
    return Passed(rule="exit-status-0") if observation.ending == Exited(status=0) else None


RULES: Final[tuple[Rule, ...]] = (
    not_run,
    sought_exception,
    sought_printed,
    out_of_memory,
    skipped,
    sought_text,
    sought_ending,
    timed_out,
    signalled,
    aborted,
    failed_otherwise,
    passed,
)


def _is_sought(symptom: Symptom, failure: SeenFailure) -> bool:
    """Whether any link of the chain is the exception sought.

    A place that only gave words (asyncio reporting no exception) can match a message alone.
    """
    if failure.chain:
        return any(_link_is_sought(symptom, link) for link in failure.chain)
    return symptom.exception is None and _found(symptom.message, failure.note)


def _link_is_sought(symptom: Symptom, link: RaisedException) -> bool:
    return _is_named(symptom, (link.type, *link.bases)) and _found(symptom.message, link.message)


def _is_named(symptom: Symptom, names: tuple[str, ...]) -> bool:
    """Whether one of the names is the type sought; a bare name matches in any module."""
    wanted = symptom.exception
    return wanted is None or any(n == wanted or n.endswith(f".{wanted}") for n in names)


def _is_sought_status(symptom: Symptom, status: int) -> bool:
    if symptom.exit_codes is not None:
        return status in symptom.exit_codes
    return not symptom.timeout and symptom.signal is None and 0 < status < ABORT


def _face_of_exit(observation: Observation, status: int) -> Signature:
    raised = [f for f in observation.failures if f.place is Place.RAISED and f.chain]
    if raised:
        return signature.of_failure(raised[-1])
    return signature.of_exit(status, observation.stdout, observation.stderr)


def _ending_agrees(symptom: Symptom, observation: Observation) -> bool:
    """Whether the exit status that the study asks for beside the rest is there."""
    ending = observation.ending
    return symptom.exit_codes is None or (
        isinstance(ending, Exited) and ending.status in symptom.exit_codes
    )


def _both(observation: Observation) -> str:
    return f"{observation.stdout.text}\n{observation.stderr.text}"


def _found(pattern: str | None, text: str) -> bool:
    return pattern is None or re.search(pattern, text) is not None


def _crash_of(status: int) -> str | None:
    """Name the crash behind a status that a shell made of a signal: 139 -> ``SIGSEGV``."""
    names = {
        132: "SIGILL",
        133: "SIGTRAP",
        134: "SIGABRT",
        135: "SIGBUS",
        136: "SIGFPE",
        139: "SIGSEGV",
    }
    return names.get(status)
