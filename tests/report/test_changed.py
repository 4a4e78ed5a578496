"""What a change of locks looks like to whoever proposes it."""

import json
from dataclasses import replace

import pytest

from tests.support.literal import cell_of, trial_of
from tests.support.published import validator
from versect.model.change import Effect, Tried, effect
from versect.model.outcome import Cause, Failed, Passed, Signature, Unresolved
from versect.model.verdict import Change, Step
from versect.report.changed import Broken, ChangedView, document, headline, markdown

PASSED = Passed(rule="r")
HOSTILE = "</details><script>alert(1)</script> | `x` @everyone"
FAILED = Failed(rule="r", signature=Signature(kind="ValueError", text=HOSTILE))
LOST = Unresolved(rule="r", cause=Cause.INDEX_UNAVAILABLE, detail="no answer")
BROKEN = Broken(face=str(FAILED.signature), cells=("py3.12",), found=None, words="not searched: x")


def tried(before, after):
    steps = [Step(trial=trial_of("3.12"), outcome=one, known=False) for one in (before, after)]
    cell = cell_of("3.12", [("mode", "a|b")])
    return Tried(cell=cell, before=steps[0], after=steps[1], effect=effect(before, after))


def view(*pairs, **changes):
    plain = {
        "study": "s",
        "identity": "versect-0123456789ab",
        "engine": "docker",
        "python": "3.12",
        "locks": ("old.lock", "new.lock"),
        "bumps": (Change(project="lib", before="1.0", after="2.0"),),
        "tried": tuple(tried(*pair) for pair in pairs),
        "broken": (),
        "verdict": "nothing-new-broke",
        "exit_code": 0,
        "made": 2,
        "notes": (),
    }
    return ChangedView(**{**plain, **changes})


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (view((PASSED, PASSED)), "it passes with both locks"),
        (view((FAILED, FAILED)), "it fails with the old lock too"),
        (view((FAILED, PASSED)), "this change mends it"),
        (view((FAILED, PASSED), (PASSED, PASSED)), "this change breaks nothing"),
        (view((PASSED, LOST)), "some cells could not"),
        (view((PASSED, FAILED), broken=(BROKEN,)), "which bump does was not found"),
        (view(bumps=()), "both locks install the same releases"),
        (view(exit_code=22, verdict="infrastructure"), "not checked"),
    ],
)
def test_the_answer_is_one_sentence_and_the_documents_are_of_their_form(shown, words):
    assert words in headline(shown)
    text = markdown(shown, made="made")
    assert text.startswith("<!-- versect-0123456789ab -->\n## s: ")
    assert words in text
    validator("changed").validate(json.loads(document(shown, made="made")))


def test_nothing_of_what_is_shown_can_break_out_of_the_comment():
    text = markdown(view((PASSED, FAILED), (FAILED, LOST), broken=(BROKEN,)), made="made")
    assert "<script" not in text
    assert text.count("</details>") == 1
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {5}


def test_every_effect_is_counted():
    every = tuple(replace(tried(PASSED, PASSED), effect=one) for one in Effect)
    text = markdown(view(tried=every), made="made")
    assert all(f"- {one}: 1 cell" in text for one in Effect)
