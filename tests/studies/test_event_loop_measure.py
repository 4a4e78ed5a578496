"""What is counted of a run, and that counting changes nothing that a user sees."""

import asyncio
import logging
import warnings

import pytest


@pytest.fixture
def tally(study):
    with study("measure").Tally() as tally:
        yield tally


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (RuntimeError("Event loop is closed"), 1),
        (RuntimeError("<Event> is bound to a different event loop"), 1),
        (RuntimeError("another"), 0),
    ],
)
def test_the_failure_sought_is_counted_among_the_errors_of_the_log(tally, caplog, error, logged):
    logging.getLogger("asyncio").error("never retrieved", exc_info=error)
    assert (tally.logged, tally.errors) == (logged, 1)
    assert len(caplog.records) == 1


def test_resources_are_counted_in_silence_and_other_warnings_are_still_shown(study):
    with pytest.warns(UserWarning, match="old") as shown, study("measure").Tally() as tally:  # noqa: PT031
        warnings.warn("unclosed thing", ResourceWarning, stacklevel=1)
        warnings.warn("unclosed thing", ResourceWarning, stacklevel=1)
        warnings.warn("old", UserWarning, stacklevel=1)
    assert (tally.unclosed, tally.warnings, len(shown)) == (2, 1, 1)


def test_a_loop_that_nobody_closed_is_counted(tally):
    loop = asyncio.new_event_loop()
    loop.__del__()
    assert tally.unclosed == 1


def test_the_failure_sought_is_found_behind_another(study, tally):
    cause = RuntimeError("Event loop is closed")
    outer = ConnectionError("Connection error.")
    outer.__cause__ = cause
    tally.failed_with(outer)
    assert tally.numbers()["raised"] == 1
    assert not study("measure").is_sought(ValueError("Event loop is closed"))


def test_the_numbers_are_told_on_a_line_of_their_own(study, capsys):
    study("measure").tell({"calls": 3, "requests": None})
    assert capsys.readouterr().out == 'versect: {"calls": 3}\n'
