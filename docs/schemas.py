"""JSON Schemas of what versect writes, made from its types as far as these say it.

An object may hold more than its schema names: a reader passes over what it does not know.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import types
import typing
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import study_schema
from packaging.version import Version

from versect.app.check import Kind as Judgement
from versect.cli.checking import VERDICTS
from versect.forensics import changes
from versect.model import trial as trials
from versect.model.change import Effect
from versect.model.outcome import Cause, Word
from versect.model.study import Part, Resolution
from versect.model.trial import Trial
from versect.model.verdict import Question
from versect.report import bisection_json, blame, check, diagnosis_json, explanation
from versect.report import changed as changed_json
from versect.report import json as matrix_json
from versect.report import region as region_json
from versect.report.diagnosis import Standing, Weight
from versect.report.view import Glyph
from versect.search import region
from versect.search.contingency import Method
from versect.search.history import Kind
from versect.select.line import Order
from versect.store import codec

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
NUMBER: Final[Schema] = {"type": "number"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
TRUTH: Final[Schema] = {"type": "boolean"}
MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
CHANCE: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 1}


def words(kind: type[enum.StrEnum]) -> Schema:
    """Give the values of an enumeration."""
    return {"enum": [str(member) for member in kind]}


def nullable(schema: Schema) -> Schema:
    """Allow null as well."""
    return {"anyOf": [schema, {"type": "null"}]}


def many(schema: Schema) -> Schema:
    """Give a list of whatever length."""
    return {"type": "array", "items": schema}


def row(*schemas: Schema) -> Schema:
    """Give a list with a meaning for each place."""
    size = len(schemas)
    return {"type": "array", "prefixItems": list(schemas), "minItems": size, "maxItems": size}


def mapping(schema: Schema) -> Schema:
    """Give an object whose names are data."""
    return {"type": "object", "additionalProperties": schema}


def record(properties: Schema, *, may: Schema | None = None) -> Schema:
    """Give an object: what it always has, and what it may have."""
    return {
        "type": "object",
        "properties": {**properties, **(may or {})},
        "required": list(properties),
    }


ANSWERS: Final = ["passes", "fails", "fails in another way", "cannot be decided"]
OUTCOME: Final = {"enum": ["passed", "failed", "failed-otherwise", "unresolved", None]}
WHY: Final = {"rule": TEXT, "signature": TEXT, "cause": words(Cause), "detail": TEXT}
CHANGE: Final = record({"project": TEXT, "before": TEXT, "after": TEXT})
DIFFERENCE: Final = record({"project": TEXT, "good": TEXT, "bad": TEXT})
STEP: Final = {
    "cell": TEXT,
    "repeat": COUNT,
    "outcome": OUTCOME,
    "known": TRUTH,
    "seconds": NUMBER,
    "at": MOMENT,
}
SIDE: Final = {
    **STEP,
    "engine": TEXT,
    "python_version": nullable(TEXT),
    "interpreter": nullable(TEXT),
    "packages": mapping(TEXT),
    "command": many(TEXT),
}
FOUND: Final = {
    "verdict": words(Kind),
    "exit_code": COUNT,
    "headline": TEXT,
    "sentences": many(TEXT),
    "advice": TEXT,
}
TRIALS: Final = {
    "trials": record({"asked": COUNT, "made": COUNT}),
    "steps": many(record(STEP, may=WHY)),
    "notes": many(TEXT),
}
SHOWN: Final = {"shown": mapping(nullable(record(SIDE, may=WHY)))}


def versioned(version: int) -> Schema:
    """Give what every document begins with."""
    return {"schema_version": {"const": version}, "made": TEXT}


def matrix() -> Schema:
    """Give the schema of ``matrix.json``."""
    listed = {"mark": TEXT, "cells": many(TEXT)}
    seconds = dict.fromkeys(("resolve", "build", "start", "run"), NUMBER)
    tried = {
        "at": MOMENT,
        "run": TEXT,
        "engine": TEXT,
        "python_version": nullable(TEXT),
        "interpreter": nullable(TEXT),
        "lock": nullable(TEXT),
        "packages": mapping(TEXT),
        "cut_off": nullable(MOMENT),
        "inert": many(TEXT),
        "seconds": record(seconds),
        "peak_memory": nullable(COUNT),
        "notes": many(TEXT),
    }
    cell = {"id": TEXT, "axes": mapping(TEXT), "outcome": OUTCOME}
    again = {"repeat": COUNT, "at": MOMENT, "run": TEXT, "outcome": OUTCOME}
    asked = record({**again, "measured": mapping(NUMBER)}, may=WHY)
    sweep = {
        "name": TEXT,
        "about": TEXT,
        "part": words(Part),
        "vary": TEXT,
        "words": mapping(TEXT),
        "full": TRUTH,
        "repeats": COUNT,
        "trace": TRUTH,
        "axes": mapping(many(TEXT)),
        "counts": record({g.name.lower(): COUNT for g in Glyph if g is not Glyph.OPEN}),
        "cells": many(record({"id": TEXT, "axes": mapping(TEXT), "trials": many(asked)})),
    }
    boundary = dict.fromkeys(("axis", "before", "after", "change", "where"), TEXT)
    return record(
        {
            **versioned(matrix_json.SCHEMA_VERSION),
            "study": TEXT,
            "failure": TEXT,
            "resolution": words(Resolution),
            "axes": mapping(many(TEXT)),
            "counts": record({glyph.name.lower(): COUNT for glyph in Glyph}),
            "cells": many(record(cell, may={**WHY, **tried})),
            "failures": many(record({**listed, "signature": TEXT, "sought": TRUTH})),
            "unresolved": many(record({**listed, "cause": words(Cause), "detail": TEXT})),
            "inert": many(record({"project": TEXT, "where": TEXT, "cells": many(TEXT)})),
            "boundaries": many(record({**boundary, "changed": COUNT, "comparable": COUNT})),
            "sweeps": many(record(sweep)),
        }
    )


def verdict() -> Schema:
    """Give the schema of ``verdict.json``: of one series, or of a region of several."""
    return {"oneOf": [_bisection(), _region()]}


def _bisection() -> Schema:
    transition = record({"last": TEXT, "first": TEXT, "into": TEXT, "suspects": many(TEXT)})
    side = nullable(record({"release": TEXT, **SIDE}, may=WHY))
    changed = {name: many(CHANGE) for name in ("applied", "withheld", "moved")}
    rate = nullable(row(CHANCE, CHANCE, CHANCE))
    noise = {
        "confidence": CHANCE,
        "mass": NUMBER,
        "posterior": mapping(NUMBER),
        "before": rate,
        "after": rate,
        "trials": COUNT,
        "assumptions": many(TEXT),
    }
    series = {
        "order": words(Order),
        "releases": many(TEXT),
        "inversions": COUNT,
        "answers": mapping(TEXT),
    }
    return record(
        {
            **versioned(bisection_json.SCHEMA_VERSION),
            "study": TEXT,
            "fingerprint": nullable(TEXT),
            "question": words(Question),
            **FOUND,
            "failure": TEXT,
            "axis": TEXT,
            "fixed": TEXT,
            "suspects": many(TEXT),
            "before": side,
            "after": side,
            "boundary": nullable(transition),
            "transitions": many(transition),
            "faces": many(record(dict.fromkeys(("last", "first", "before", "after"), TEXT))),
            "changes": many(CHANGE),
            "counterfactuals": many(record({**changed, **STEP}, may=WHY)),
            "confirmed": COUNT,
            "unexplored": many(row(TEXT, TEXT, COUNT)),
            "noise": nullable(record(noise)),
            "series": record(series),
            **TRIALS,
        }
    )


def _region() -> Schema:
    bound = {"towards": words(region.Towards), "fails": TEXT, "may_fail": TEXT}
    return record(
        {
            **versioned(region_json.SCHEMA_VERSION),
            "study": TEXT,
            **FOUND,
            "failure": TEXT,
            "projects": many(TEXT),
            "kind": words(region.Kind),
            "constraint": TEXT,
            "safe_pins": many(TEXT),
            "monotone": TRUTH,
            "series": mapping(many(TEXT)),
            "answers": many(record({"releases": mapping(TEXT), "answer": {"enum": ANSWERS}})),
            "boxes": many(mapping(record(bound))),
            "within": mapping(row(TEXT, TEXT)),
            **SHOWN,
            **TRIALS,
        }
    )


def explained() -> Schema:
    """Give the schema of ``explanation.json``."""
    ends = row(COUNT, {"type": "integer"})
    change = {
        "file": TEXT,
        "kind": words(changes.Kind),
        "old": ends,
        "new": ends,
    }
    return record(
        {
            **versioned(explanation.SCHEMA_VERSION),
            "headline": TEXT,
            "project": TEXT,
            "before": TEXT,
            "after": TEXT,
            "question": words(Question),
            "explained": TRUTH,
            "proven": TRUTH,
            "changes": COUNT,
            "minimal": many(record(change)),
            "diff": TEXT,
            "changelog": nullable(TEXT),
            "source": nullable(TEXT),
            "comparison": nullable(TEXT),
            "trials": COUNT,
        }
    )


def blamed() -> Schema:
    """Give the schema of ``blame.json``."""
    one = {"project": TEXT, "verdict": words(Kind), "suspects": many(TEXT), "headline": TEXT}
    return record(
        {
            **versioned(blame.SCHEMA_VERSION),
            "study": TEXT,
            **FOUND,
            "good": TEXT,
            "bad": TEXT,
            "differences": many(DIFFERENCE),
            "guilty": many(DIFFERENCE),
            "proven": TRUTH,
            "undecided": many(TEXT),
            "moved": many(DIFFERENCE),
            "series": many(record(one)),
            **SHOWN,
            **TRIALS,
        }
    )


def checked() -> Schema:
    """Give the schema of ``check.json``."""
    stand = record({"outcome": words(Word), "face": TEXT})
    named = dict.fromkeys(("identity", "title", "issue", "culprit", "signature"), TEXT)
    regression = {
        **named,
        "cells": many(TEXT),
        "failing": TEXT,
        "passing": nullable(TEXT),
        "verdict": nullable(words(Kind)),
        "finding": TEXT,
        "suspects": many(TEXT),
        "sentences": many(TEXT),
        "explanation": TEXT,
        "diff": TEXT,
    }
    kind = {"enum": [str(kind) for kind in Judgement if kind is not Judgement.SAME]}
    changed = {
        "cell": TEXT,
        "kind": kind,
        "before": nullable(stand),
        "now": stand,
        "beside": nullable(TEXT),
    }
    counts = {"type": "object", "propertyNames": kind, "additionalProperties": COUNT}
    return record(
        {
            **versioned(check.SCHEMA_VERSION),
            "study": TEXT,
            "engine": TEXT,
            "accepted": MOMENT,
            "verdict": {"enum": list(VERDICTS.values())},
            "exit_code": {"enum": list(VERDICTS)},
            "headline": TEXT,
            "cells": COUNT,
            "asked": many(TEXT),
            "counts": counts,
            "spent": COUNT,
            "budget": COUNT,
            "notes": many(TEXT),
            "regressions": many(record(regression)),
            "changed": many(record(changed)),
        }
    )


def changed() -> Schema:
    """Give the schema of ``changed.json``."""
    bump = record({"project": TEXT, "old": TEXT, "new": TEXT})
    outcome = record({"outcome": OUTCOME}, may=WHY)
    series = {"project": TEXT, "verdict": words(Kind), "suspects": many(TEXT), "headline": TEXT}
    broken = {
        "signature": TEXT,
        "cells": many(TEXT),
        "verdict": nullable(words(Kind)),
        "culprits": many(bump),
        "proven": TRUTH,
        "sentences": many(TEXT),
        "series": many(record(series)),
    }
    return record(
        {
            **versioned(changed_json.SCHEMA_VERSION),
            "study": TEXT,
            "identity": TEXT,
            "engine": TEXT,
            "python": TEXT,
            "old": TEXT,
            "new": TEXT,
            "verdict": {"enum": list(VERDICTS.values())},
            "exit_code": {"enum": list(VERDICTS)},
            "headline": TEXT,
            "bumps": many(bump),
            "cells": many(
                record({"cell": TEXT, "effect": words(Effect), "old": outcome, "new": outcome})
            ),
            "broken": many(record(broken)),
            "trials": COUNT,
            "notes": many(TEXT),
        }
    )


def diagnosed() -> Schema:
    """Give the schema of ``diagnosis.json``."""
    said = record(
        {"text": TEXT, "weight": words(Weight), "cells": many(TEXT)}, may={"command": TEXT}
    )
    told = {"statements": many(said)}
    sweep = {"sweep": TEXT, "about": TEXT, "axis": TEXT}
    value = {"value": TEXT, "words": TEXT}
    test = {
        "method": words(Method),
        "p": CHANCE,
        "cramers_v": nullable(CHANCE),
        "missed": CHANCE,
        "trials": COUNT,
    }
    share = {"times": COUNT, "trials": COUNT, "low": CHANCE, "high": CHANCE}
    rate = {"others": TEXT, "value": TEXT, **share, "cells": many(TEXT)}
    counts = {"type": "object", "propertyNames": words(Word), "additionalProperties": COUNT}
    tried = {
        **value,
        "counts": counts,
        "share": nullable(record(share)),
        "numbers": mapping(row(NUMBER, NUMBER)),
        "cells": many(TEXT),
    }
    rows = {"rows": many(record(tried)), "rates": many(record(rate))}
    tests = dict.fromkeys(("outcomes", "shares"), nullable(record(test)))
    listed = dict.fromkeys(("keeps", "undecided", "leaves"), many(TEXT))
    changed = {**value, "flips": mapping(many(TEXT)), **listed}
    standings = {**mapping(many(TEXT)), "propertyNames": words(Standing)}
    entry = record({"standings": standings, "reasons": many(TEXT)})
    cures = {"columns": many(TEXT), "recommended": TEXT}
    when = {
        **told,
        "axes": many(record({**sweep, **rows, **tests, **told})),
        "contrasts": many(said),
    }
    why = {**sweep, "baseline": TEXT, "interventions": many(record(changed)), **told}
    how = {**sweep, **cures, "remedies": many(record({**value, "entries": many(entry)})), **told}
    return record(
        {
            **versioned(diagnosis_json.SCHEMA_VERSION),
            "study": TEXT,
            "failure": TEXT,
            "summary": many(said),
            "when": record(when),
            "why": many(record(why)),
            "where": many(record({"title": TEXT, **told})),
            "how": many(record(how)),
            "missing": many(said),
            "settings": many(TEXT),
        }
    )


def line() -> Schema:
    """Give the schema of a line of ``trials.jsonl``: the first names the study."""
    version = {"schema": {"type": "integer", "minimum": 1, "maximum": codec.SCHEMA}}
    stored = _of(Trial)
    trial = record({**version, **stored["properties"]})
    return {"oneOf": [record({**version, "study": TEXT}), trial]}


_PLAIN: Final[dict[Any, Schema]] = {
    str: TEXT,
    int: {"type": "integer"},
    float: NUMBER,
    bool: TRUTH,
    datetime: MOMENT,
    Version: TEXT,
    type(None): {"type": "null"},
}


def _of(kind: Any) -> Schema:
    """Give the schema of a type as the record of trials writes it."""
    kind = getattr(kind, "__supertype__", kind)
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind == trials.Ending:
        return {"oneOf": [_tagged(member) for member in typing.get_args(kind)]}
    if typing.get_origin(kind) is not None:
        return _compound(typing.get_origin(kind), typing.get_args(kind))
    if issubclass(kind, enum.StrEnum):
        return words(kind)
    hints = typing.get_type_hints(kind)
    always, may = {}, {}  # what has a default may be missing from lines of an older versect
    for field in dataclasses.fields(kind):
        plain = field.default is dataclasses.MISSING
        (always if plain else may)[field.name] = _of(hints[field.name])
    return record(always, may=may)


def _compound(origin: Any, arguments: tuple[Any, ...]) -> Schema:
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_of(member) for member in arguments]}
    if origin is frozenset or arguments[-1] is Ellipsis:
        return many(_of(arguments[0]))
    return row(*map(_of, arguments))


def _tagged(kind: type) -> Schema:
    found = _of(kind)
    tag = {"kind": {"const": codec._TAGS[kind.__name__]}}  # noqa: SLF001 - the words on disk
    properties = {**tag, **found["properties"]}
    return {**found, "properties": properties, "required": list(properties)}


def files() -> Iterator[tuple[str, str]]:
    """Give each schema's file name and text."""
    for name, title, schema in (
        ("matrix", "matrix.json of versect", matrix()),
        ("trials", "A line of trials.jsonl of versect", line()),
        ("verdict", "verdict.json of versect", verdict()),
        ("explanation", "explanation.json of versect", explained()),
        ("blame", "blame.json of versect", blamed()),
        ("check", "check.json of versect", checked()),
        ("changed", "changed.json of versect", changed()),
        ("diagnosis", "diagnosis.json of versect", diagnosed()),
        ("study", "A study of versect: study.toml, or [tool.versect]", study_schema.document()),
    ):
        head = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"{name}.schema.json",
            "title": title,
        }
        yield f"{name}.schema.json", json.dumps({**head, **schema}, indent=1) + "\n"
