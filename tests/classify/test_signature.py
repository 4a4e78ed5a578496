"""What of a failure's face stays the same from run to run."""

import pytest

from versect.classify.signature import normalised, of_exit, printed
from versect.model.trial import EMPTY_OUTPUT, Output


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<Task at 0x7f3a10>", "<Task at 0x55d0ff>"),
        ("Task-6 failed", "Task-17 failed"),
        ("connect to 127.0.0.1:41234", "connect to 127.0.0.1:55555"),
        ("no file /tmp/a1/b/x.py", "no file /home/u/env/x.py"),
        ("after 10432 bytes", "after 99111 bytes"),
        ("at 2026-11-24T10:00:00Z", "at 2025-01-02 03:04:05+01:00"),
        ("a  b\nc", "a b c"),
    ],
)
def test_what_changes_from_run_to_run_is_replaced(one, other):
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("needs pydantic 1.10.2", "needs pydantic 2.0.0"),
        ("unexpected keyword argument 'proxies'", "unexpected keyword argument 'proxy'"),
        ("expected 2 arguments", "expected 3 arguments"),
    ],
)
def test_what_tells_faults_apart_is_kept(one, other):
    assert normalised(one) != normalised(other)


def test_exceptions_printed_by_test_runners_and_tracebacks_are_found():
    text = (
        "E   httpx.ConnectError: refused\nValueError\nFAILED t.py::x - KeyError: 'a'\nsome: text\n"
    )
    found = printed(Output(head=text, tail="", size=len(text)), EMPTY_OUTPUT)
    assert found == (("httpx.ConnectError", "refused"), ("ValueError", ""), ("KeyError", "'a'"))


def test_an_exit_without_an_exception_is_named_by_its_last_words():
    words = Output(head="one\ntwo 0xff\n\n", tail="", size=13)
    assert str(of_exit(3, EMPTY_OUTPUT, words)) == "exit 3: two <address>"
