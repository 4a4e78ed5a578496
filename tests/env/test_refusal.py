"""Every refusal that uv was made to give, recorded word for word (uv 0.13.9)."""

from pathlib import Path

import pytest

from versect.env.refusal import refusal
from versect.model.outcome import Cause

RECORDED = Path(__file__).parents[1] / "recorded" / "uv"

CAUSES = {
    "after-cut-off": Cause.UNSATISFIABLE,
    "no-such-host": Cause.INDEX_UNAVAILABLE,
    "no-such-version": Cause.UNSATISFIABLE,
    "no-wheel": Cause.NO_WHEEL,
    "no-wheel-other-platform": Cause.NO_WHEEL,
    "no-wheel-transitive": Cause.NO_WHEEL,
    "offline": Cause.INDEX_UNAVAILABLE,
    "refused": Cause.INDEX_UNAVAILABLE,
    "requires-python": Cause.UNSATISFIABLE,
    "requires-python-newest": Cause.UNSATISFIABLE,
    "source-only": Cause.NO_WHEEL,
    "status-401": Cause.INDEX_UNAVAILABLE,
    "status-403": Cause.INDEX_UNAVAILABLE,
    "status-429": Cause.INDEX_UNAVAILABLE,
    "status-500": Cause.INDEX_UNAVAILABLE,
    "status-503": Cause.INDEX_UNAVAILABLE,
    "timeout": Cause.INDEX_UNAVAILABLE,
    "unknown-dependency": Cause.UNSATISFIABLE,
    "unknown-project": Cause.UNSATISFIABLE,
    "unsatisfiable": Cause.UNSATISFIABLE,
    "yanked": Cause.UNSATISFIABLE,
    "hash-mismatch": Cause.INSTALL_FAILED,
    "wheel-gone": Cause.INDEX_UNAVAILABLE,
    "wheel-broken": Cause.INSTALL_FAILED,
    "disk-full": Cause.STORAGE_ERROR,
}


def test_every_recording_is_expected_and_the_other_way_round():
    assert {path.stem for path in RECORDED.glob("*.txt")} == set(CAUSES)


@pytest.mark.parametrize("name", sorted(CAUSES))
def test_what_uv_says_has_a_cause(name):
    words = (RECORDED / f"{name}.txt").read_text(encoding="utf-8")
    assert refusal(words, Cause.SKIPPED).cause is CAUSES[name]


@pytest.mark.parametrize("name", sorted(CAUSES))
def test_the_hints_of_uv_are_kept(name):
    words = (RECORDED / f"{name}.txt").read_text(encoding="utf-8")
    detail = refusal(words, Cause.SKIPPED).detail
    for line in words.splitlines():
        if line.startswith(("hint:", "  cause:")):
            assert line in detail


def test_words_that_nobody_knows_get_the_cause_that_was_expected():
    assert refusal("error: something new", Cause.INSTALL_FAILED).cause is Cause.INSTALL_FAILED


def test_warnings_are_left_out_and_long_words_are_cut():
    found = refusal("warning: experimental\nerror: " + "x" * 10_000, Cause.UNSATISFIABLE)
    assert found.detail.startswith("error: x")
    assert len(found.detail) <= 4000
