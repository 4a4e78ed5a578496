"""Matrices with whatever a failing program may print, for tests of what is made of them."""

from hypothesis import strategies as st

from tests.support.literal import cell_of, trial_of
from tests.support.strategies import observations, settings
from versect.model.outcome import Cause, Failed, FailedOtherwise, Passed, Signature, Unresolved
from versect.model.trial import Probe
from versect.report.view import matrix_view
from versect.source.build import build

hostile = st.text(st.characters(), max_size=20) | st.sampled_from(
    [
        "]]>",
        "</failure>",
        "\x00\x1b[31m",
        "\ud800",
        "\ufffe",
        "a\r\nb\tc",
        "&amp;<!--",
        "```\n#",
        "|",
    ]
)
signatures = st.builds(Signature, kind=hostile, text=hostile)
outcomes = st.one_of(
    st.none(),
    st.builds(Passed, rule=hostile),
    st.builds(Failed, rule=hostile, signature=signatures),
    st.builds(FailedOtherwise, rule=hostile, signature=signatures),
    st.builds(Unresolved, rule=hostile, cause=st.sampled_from(Cause), detail=hostile),
)


def study_in(folder, name="s"):
    """Make a study that is never run."""
    (folder / "r.py").write_text("")
    table = {"reproduction": "r.py", "python": ["3.12"], "name": name}
    return build("s", folder, table, default_name="s")


def views(study):
    """Give views of matrices of up to six cells, any of them untried."""
    cell = st.builds(
        lambda minor, value: cell_of("3.12", [("p", value)], lib=f"1.{minor}"),
        st.integers(0, 2),
        hostile,
    )
    row = st.tuples(cell, outcomes, observations, settings)
    rows = st.lists(row, max_size=6, unique_by=lambda row: row[0].id)
    return rows.map(lambda rows: _view(study, rows))


def _view(study, rows):
    results = {}
    for cell, outcome, observation, setting in rows:
        if outcome is not None:
            probe = Probe(cell=cell, repeat=0)
            trial = trial_of("3.12", probe=probe, observation=observation, setting=setting)
            results[cell.id] = (trial, outcome)
    return matrix_view(study, [row[0] for row in rows], results)
