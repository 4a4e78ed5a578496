"""Which outcome each kind of observation gets, and which rule says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from versect.classify.rules import classify
from versect.model.outcome import Cause, Failed, FailedOtherwise, Passed, Unresolved
from versect.model.study import Place, Symptom
from versect.model.trial import (
    EMPTY_OUTPUT,
    Exited,
    Link,
    NotRun,
    Observation,
    OutOfMemory,
    Output,
    RaisedException,
    SeenFailure,
    Signalled,
    TimedOut,
    Timings,
)

LOOP = ("RuntimeError", "Event loop is closed")


def symptom(**conditions):
    nothing = dict.fromkeys(("exception", "message", "text", "exit_codes", "signal"))
    return Symptom(**{**nothing, "places": frozenset(Place), "timeout": False, **conditions})


SOUGHT = symptom(exception="RuntimeError", message="Event loop is closed")


def link(name, message, kind=Link.OUTERMOST, bases=("Exception",)):
    return RaisedException(link=kind, type=name, bases=bases, message=message, frames=())


def seen(*chain, place=Place.RAISED, note=""):
    return SeenFailure(place=place, note=note, chain=chain)


def output(text):
    return Output(head=text, tail="", size=len(text.encode()))


def observation(ending, *failures, stdout="", stderr=""):
    return Observation(
        ending=ending,
        failures=failures,
        imported=None,
        stdout=output(stdout) if stdout else EMPTY_OUTPUT,
        stderr=output(stderr) if stderr else EMPTY_OUTPUT,
        timings=Timings(resolve=0, build=0, start=0, run=0),
        peak_memory=None,
        notes=(),
    )


def test_the_failure_sought_counts_even_when_the_program_exits_with_zero():
    logged = seen(link(*LOOP), place=Place.ASYNCIO, note="Task exception was never retrieved")
    outcome = classify(SOUGHT, observation(Exited(status=0), logged))
    assert isinstance(outcome, Failed)
    assert outcome.rule == "sought-exception:asyncio"
    assert str(outcome.signature) == "RuntimeError: Event loop is closed"


def test_a_place_that_the_study_does_not_name_does_not_count():
    elsewhere = symptom(exception="RuntimeError", message=None, places=frozenset({Place.RAISED}))
    logged = seen(link(*LOOP), place=Place.ASYNCIO)
    assert isinstance(classify(elsewhere, observation(Exited(status=0), logged)), Passed)


def test_any_link_of_the_chain_may_be_the_failure_sought():
    wrapped = seen(
        link("openai.APIConnectionError", "Connection error."), link(*LOOP, kind=Link.CAUSE)
    )
    outcome = classify(SOUGHT, observation(Exited(status=1), wrapped))
    assert isinstance(outcome, Failed)
    assert outcome.signature.kind == "openai.APIConnectionError"


def test_a_base_class_of_the_exception_may_be_named():
    wanted = symptom(exception="httpx.TransportError")
    raised = seen(link("httpx.ConnectError", "refused", bases=("httpx.TransportError",)))
    assert isinstance(classify(wanted, observation(Exited(status=1), raised)), Failed)


def test_another_exception_is_another_failure():
    raised = seen(link("TypeError", "unexpected keyword argument 'proxies'"))
    outcome = classify(SOUGHT, observation(Exited(status=1), raised))
    assert isinstance(outcome, FailedOtherwise)
    assert outcome.signature.kind == "TypeError"


def test_an_exception_printed_by_a_test_runner_is_recognised():
    printed = "E       RuntimeError: Event loop is closed\n1 failed in 0.1s\n"
    outcome = classify(SOUGHT, observation(Exited(status=1), stdout=printed))
    assert isinstance(outcome, Failed)
    assert outcome.rule == "sought-exception:printed"


def test_an_exception_that_a_passing_program_only_printed_is_not_a_failure():
    printed = "RuntimeError: Event loop is closed\n"
    assert isinstance(classify(SOUGHT, observation(Exited(status=0), stderr=printed)), Passed)


@pytest.mark.parametrize(
    ("ending", "cause"),
    [
        (NotRun(cause=Cause.NO_WHEEL, detail="none"), Cause.NO_WHEEL),
        (TimedOut(limit=3.0), Cause.TIMEOUT),
        (OutOfMemory(limit=1 << 20, status=0), Cause.OUT_OF_MEMORY),
        (Exited(status=125), Cause.SKIPPED),
        (Exited(status=130), Cause.KILLED),
        (Signalled(signal="SIGKILL"), Cause.KILLED),
    ],
)
@pytest.mark.parametrize("wanted", [SOUGHT, symptom()], ids=["exception", "any-failure"])
def test_what_says_nothing_of_the_release_stays_unresolved(wanted, ending, cause):
    outcome = classify(wanted, observation(ending))
    assert isinstance(outcome, Unresolved)
    assert outcome.cause is cause


@pytest.mark.parametrize(
    ("stderr", "why"),
    [
        ("", "the reproduction cannot tell"),
        ("warning: old\n1.3.7 has no such client \n\n", "1.3.7 has no such client"),
    ],
)
def test_a_reproduction_that_cannot_tell_says_why_in_its_last_words(stderr, why):
    outcome = classify(SOUGHT, observation(Exited(status=125), stderr=stderr))
    assert isinstance(outcome, Unresolved)
    assert outcome.detail == f"exit status 125: {why}"


def test_a_crash_is_a_failure_of_its_own_unless_it_is_sought():
    crash = observation(Signalled(signal="SIGSEGV"))
    assert isinstance(classify(SOUGHT, crash), FailedOtherwise)
    assert isinstance(classify(symptom(signal="SIGSEGV"), crash), Failed)
    assert isinstance(classify(symptom(signal="SIGSEGV"), observation(Exited(status=139))), Failed)
    assert isinstance(classify(symptom(signal="SIGSEGV"), observation(Exited(status=0))), Passed)


def test_a_hang_is_the_failure_only_where_the_study_says_so():
    hang = observation(TimedOut(limit=3.0))
    assert isinstance(classify(symptom(timeout=True), hang), Failed)
    assert isinstance(
        classify(symptom(timeout=True), observation(Exited(status=1))), FailedOtherwise
    )


def test_without_a_symptom_any_ordinary_exit_status_is_the_failure():
    assert isinstance(classify(symptom(), observation(Exited(status=1))), Failed)
    assert isinstance(classify(symptom(), observation(Exited(status=127))), Failed)
    assert isinstance(classify(symptom(), observation(Exited(status=0))), Passed)


def test_exit_codes_named_by_the_study_are_the_only_failure():
    wanted = symptom(exit_codes=frozenset({3}))
    assert isinstance(classify(wanted, observation(Exited(status=3))), Failed)
    assert isinstance(classify(wanted, observation(Exited(status=4))), FailedOtherwise)


def test_a_text_counts_whatever_the_exit_status():
    wanted = symptom(text="wrong answer: .*")
    outcome = classify(wanted, observation(Exited(status=0), stdout="a\nwrong answer: 4\nb\n"))
    assert isinstance(outcome, Failed)
    assert outcome.signature.text == "wrong answer: 4"
    assert isinstance(classify(wanted, observation(Exited(status=1))), FailedOtherwise)


endings = st.one_of(
    st.builds(Exited, status=st.integers(0, 255)),
    st.builds(Signalled, signal=st.sampled_from(["SIGSEGV", "SIGKILL", "SIGTERM"])),
    st.builds(TimedOut, limit=st.floats(1, 100)),
    st.builds(OutOfMemory, limit=st.integers(1 << 20, 1 << 30), status=st.none()),
    st.builds(NotRun, cause=st.sampled_from(Cause), detail=st.text()),
)


@given(endings, st.text(), st.sampled_from([SOUGHT, symptom(), symptom(timeout=True)]))
def test_every_observation_gets_an_outcome_with_a_rule(ending, text, wanted):
    assert classify(wanted, observation(ending, stderr=text)).rule
