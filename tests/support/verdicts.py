"""Stored findings of searches: a region, a comparison and an explanation, as documents say them."""

STEP = {"repeat": 0, "known": False, "seconds": 0.5, "at": "2026-01-01T00:00:00+00:00"}


def step(cell, outcome="failed", **more):
    return {**STEP, "cell": cell, "outcome": outcome, **more}


def region(text="together they break"):
    """Give a region of lib and dep: from 1.2 and 2.1 on both fail."""
    answers = {("1.3", "2.2"): "fails", ("1.0", "2.0"): "passes", ("1.1", "2.2"): "passes",
               ("1.2", "2.1"): "fails", ("1.3", "2.0"): "passes"}  # fmt: skip
    bound = {"towards": "newer"}
    return {
        "verdict": "found",
        "headline": f"fails with lib>=1.2 and dep>=2.1 {text}",
        "sentences": [text],
        "advice": text,
        "projects": ["lib", "dep"],
        "kind": "staircase",
        "constraint": "lib>=1.2 and dep>=2.1",
        "safe_pins": ["lib<1.2", "dep<2.1"],
        "series": {"lib": ["1.0", "1.1", "1.2", "1.3"], "dep": ["2.0", "2.1", "2.2"]},
        "within": {"lib": ["1.0", "1.3"], "dep": ["2.0", "2.2"]},
        "answers": [
            {"releases": {"lib": lib, "dep": dep}, "answer": answer}
            for (lib, dep), answer in answers.items()
        ],
        "boxes": [
            {
                "lib": {**bound, "fails": "1.2", "may_fail": "1.2"},
                "dep": {**bound, "fails": "2.1", "may_fail": "2.1"},
            }
        ],
        "shown": {text: step("py3.12-lib1.1-dep2.2", "passed")},
        "steps": [step(f"py3.12-lib{lib}-dep{dep}", signature=text) for lib, dep in answers],
    }


def blame(text="boom"):
    """Give a comparison in which lib is guilty."""
    return {
        "verdict": "found",
        "headline": f"lib 1.1 -> 1.2: of 2 differences this one brings the failure {text}",
        "sentences": [text],
        "advice": text,
        "good": text,
        "bad": text,
        "differences": [
            {"project": "dep", "good": "2.0", "bad": ""},
            {"project": "lib", "good": "1.1", "bad": "1.2"},
        ],
        "guilty": [{"project": "lib", "good": "1.1", "bad": "1.2"}],
        "shown": {"The side that passes": step("py3.12-near=1a2b3c4d", "passed")},
        "steps": [step("py3.12-near=1a2b3c4d", "passed"), step("py3.12-lib1.2", signature=text)],
        "notes": [text],
    }


def bisection(text="boom"):
    """Give a bisection that ends at lib 1.2."""
    side = {"before": "1.1", "after": "1.2"}
    return {
        "verdict": "found",
        "headline": f"lib 1.2 is the first release that fails {text}",
        "sentences": [text],
        "axis": "lib",
        "suspects": ["1.2"],
        "boundary": {"last": "1.1", "first": "1.2", "into": "fails", "suspects": ["1.2"]},
        **{name: {**step(f"py3.12-lib{at}"), "release": at} for name, at in side.items()},
        "series": {
            "releases": ["1.0", "1.1", "1.2", "1.3"],
            "answers": {"1.1": "passes", "1.2": "fails"},
        },
        "steps": [step("py3.12-lib1.2", signature=text), step("py3.12-lib1.1", "passed")],
    }


def explanation(text="boom"):
    """Give the lines between lib 1.1 and 1.2."""
    return {
        "headline": f"1 of 2 changes brings the failure {text}",
        "before": "1.1",
        "after": "1.2",
        "minimal": [{"file": text, "kind": "lines", "old": [7, 7], "new": [7, 7]}],
        "diff": f"--- lib-1.1/lib.py\n+++ lib-1.2/lib.py\n@@ -7 +7 @@\n-{text}\n+return 41\n",
        "changelog": text,
        "source": None,
        "comparison": None,
        "trials": 4,
    }


def searches(text="boom"):
    """Give all of them: folder to files."""
    return {
        "lib": {"verdict.json": bisection(text), "explanation.json": explanation(text)},
        "lib+dep": {"verdict.json": region(text)},
        "blame": {"blame.json": blame(text)},
    }
