"""Evidence for diagnoses: a study built from a table, every trial of which answers as told."""

import json
from dataclasses import replace

from tests.support.literal import observation_of, trial_of
from versect.model.outcome import Cause, Failed, FailedOtherwise, Passed, Signature, Unresolved
from versect.model.trial import Exited, Output, Probe
from versect.report.diagnosis import Asked, Evidence
from versect.select.matrix import cells
from versect.source.build import build

P = Passed(rule="exit-status-0")
F = Failed(rule="sought-exception:raised", signature=Signature(kind="RuntimeError", text="sought"))
O = FailedOtherwise(rule="exit-status", signature=Signature(kind="TypeError", text="other"))  # noqa: E741
U = Unresolved(rule="skipped", cause=Cause.SKIPPED, detail="cannot tell")


def study_of(folder, sweeps):
    """Build a study with these sweeps, each a table of study.toml."""
    (folder / "r.py").write_text("import this\nraise RuntimeError('sought')\n")
    table = {
        "reproduction": "r.py",
        "python": ["3.12"],
        "name": "made-up",
        "parameters": {"mode": ["a"]},
        "failure": {"exception": "RuntimeError"},
        "sweeps": sweeps,
    }
    return build("made-up", folder, table, default_name="made-up")


def result_of(cell, repeat, outcome, numbers):
    """Make a trial of a cell that measured these numbers."""
    said = f"versect: {json.dumps(numbers)}\n" if numbers else ""
    observation = observation_of(
        Exited(status=0), stdout=Output(head=said, tail="", size=len(said))
    )
    trial = trial_of(cell.pins.python)
    probe = Probe(cell=cell, repeat=repeat)
    return replace(trial, probe=probe, observation=observation), outcome


def evidence_of(folder, sweeps, answer, *, timelines=()):
    """Make the evidence of a study whose table has no trial.

    Args:
        folder: Where its reproduction goes.
        sweeps: Tables, by name.
        answer: Given a cell's values by axis and the number of the repeat, the outcome and what
            was measured; None for a trial that was not made.
        timelines: By cell id.

    """
    study = study_of(folder, sweeps)
    return Evidence(
        study=study,
        table=(),
        cells=cells(study, {}),
        sweeps=tuple(asked_of(sweep, answer) for sweep in study.sweeps),
        searches=(),
        timelines=dict(timelines),
        sources={"r.py": ("import this", "raise RuntimeError('sought')")},
    )


def asked_of(sweep, answer):
    """Ask every cell of a sweep, as often as it says."""
    every = cells(sweep.study, {})
    results = []
    for cell in every:
        for repeat in range(sweep.repeats):
            given = answer({"python": cell.pins.python, **dict(cell.parameters)}, repeat)
            if given is not None:
                results.append(result_of(cell, repeat, *given))
    command = f"versect diagnose made-up{' --full' if sweep.full else ''}"
    return Asked(sweep=sweep, cells=every, results=tuple(results), command=command)
