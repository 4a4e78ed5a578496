"""A diagnosis with every part, as its document says it."""

CELLS = [f"py3.12-openai1.{n}.0-mode=collected" for n in range(20)]


def said(text, weight="found", cells=(), **more):
    return {"text": text, "weight": weight, "cells": list(cells), **more}


def row(value, failed, passed, words=""):
    trials = failed + passed
    return {
        "value": value,
        "words": words,
        "counts": {"failed": failed, "passed": passed},
        "share": {"times": failed, "trials": trials, "low": 0.1, "high": 0.45},
        "numbers": {"requests": [32.0, 64.0], "sockets": [0.0, 0.0]},
        "cells": CELLS[:2],
    }


def entry(standing, *reasons, count=2):
    return {"standings": {standing: CELLS[:count]}, "reasons": list(reasons)}


def document(text="it is closed by its finaliser"):
    """Give the document, with a text of the caller's everywhere."""
    return {
        "schema_version": 1,
        "made": "made by versect",
        "study": "studied",
        "failure": text,
        "summary": [
            said(f"24 cells, 480 trials: {text}", cells=CELLS),
            said(f"close what you open: {text}", cells=CELLS[:2]),
        ],
        "when": {
            "statements": [said(f"openai 1.3.8 is the first: {text}", cells=CELLS[:2])],
            "axes": [
                {
                    "sweep": "concurrency",
                    "about": f"Does the number of requests matter? {text}",
                    "axis": "max_concurrent",
                    "rows": [row("1", 3, 17, "one at a time"), row("300", 4, 16)],
                    "outcomes": {
                        "method": "permutation",
                        "p": 0.7,
                        "cramers_v": 0.05,
                        "missed": 0.4,
                        "trials": 40,
                    },
                    "shares": None,
                    "statements": [said(f"No sign that it does (p = 0.70). {text}")],
                }
            ],
            "contrasts": [said(f"3.13 looks fixed and is not: {text}", "caution", CELLS[:3])],
        },
        "why": [
            {
                "sweep": "causes",
                "about": f"What does it take? {text}",
                "axis": "intervention",
                "baseline": "none",
                "interventions": [
                    {
                        "value": "hold-loop",
                        "words": f"the old loop is held: {text}",
                        "flips": {"failed → passed": CELLS[:4]},
                        "keeps": CELLS[4:5],
                        "undecided": [],
                    }
                ],
                "statements": [said(f"Holding the loop turns it. {text}", cells=CELLS[:4])],
            }
        ],
        "where": [
            {"title": f"client-1 was collected: {text}", "statements": [said(f"app.py:96 {text}")]}
        ],
        "how": [
            {
                "sweep": "strategies",
                "about": f"What cures which mode? {text}",
                "axis": "strategy",
                "columns": ["collected", "reused"],
                "remedies": [
                    {
                        "value": "explicit-close",
                        "words": f"closed by whoever opened it {text}",
                        "entries": [entry("cured"), entry("cured")],
                    },
                    {
                        "value": "keep-references",
                        "words": "",
                        "entries": [entry("hidden", f"2 unclosed: {text}"), entry("not cured")],
                    },
                    {
                        "value": "sync",
                        "words": "",
                        "entries": [
                            {"standings": {"cured": CELLS[:1], "not cured": CELLS[1:2]},
                             "reasons": []},
                            {"standings": {}, "reasons": []},
                        ],
                    },
                    {
                        "value": "aiohttp",
                        "words": "",
                        "entries": [entry("unresolved", f"no-wheel {text}"), entry("passes")],
                    },
                ],
                "recommended": "explicit-close",
                "statements": [said(f"explicit-close cures every mode. {text}", cells=CELLS[:4])],
            }
        ],
        "missing": [said(f"TLS was not asked: {text}", "missing", command="versect diagnose x")],
        "settings": ["docker, Python 3.12.1"],
    }  # fmt: skip
