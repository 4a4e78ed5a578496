"""What the reproduction can be asked, and that the study asks nothing else."""

import itertools
import tomllib

import pytest

from tests.studies.conftest import FOLDER


@pytest.fixture
def read(study):
    """Read options from words and variables."""
    return lambda words=(), **variables: study("options").read(list(words), variables, "")


def test_every_option_has_its_variable_and_the_command_line_goes_before(read):
    found = read(VERSECT_MAX_CONCURRENT="7", VERSECT_STREAM="true", VERSECT_PAUSE="")
    assert (found.max_concurrent, found.stream, found.pause) == (7, True, 0.0)
    assert read(["--max-concurrent", "3"], VERSECT_MAX_CONCURRENT="7").max_concurrent == 3


@pytest.mark.parametrize(
    ("mode", "most", "retries", "configurations"),
    [
        ("collected", 4, "default", 2),
        ("reused", 1, "0", 2),
        ("reused-retried", 1, "default", 2),
        ("shared", 1, "0", 2),
        ("closed-elsewhere", 1, "default", 1),
        ("analysis", 4, "default", 9),
    ],
)
def test_what_depends_on_the_mode_is_filled_in(read, mode, most, retries, configurations):
    found = read(VERSECT_MODE=mode)
    assert (found.max_concurrent, found.retries, found.configurations) == (
        most,
        retries,
        configurations,
    )
    assert read(["--mode", mode, "--retries", "5"]).retries == "5"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODE", "other"),
        ("STRATEGY", "none"),
        ("JETS", "0"),
        ("RETRIES", "some"),
        ("PAUSE", "-1"),
        ("PAUSE", "nan"),
        ("STREAM", "1"),
        ("COLLECT", "outside"),
    ],
)
def test_a_wrong_value_ends_the_program_also_when_a_variable_has_it(read, capsys, name, value):
    with pytest.raises(SystemExit):
        read(**{f"VERSECT_{name}": value})
    assert name.lower() in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "inside", "between"),
    [
        ((), True, False),
        (("--collect", "between"), False, True),
        (("--collect", "never"), False, False),
        (("--collection", "natural"), False, False),
        (("--intervention", "collect-outside"), True, True),
    ],
)
def test_where_garbage_is_collected(read, words, inside, between):
    found = read(words)
    assert (found.collects_inside, found.collects_between) == (inside, between)


def parameters():
    """Give every combination that a sweep or a search of the study asks for."""
    study = tomllib.loads((FOLDER / "study.toml").read_text())
    for name, sweep in study["sweeps"].items():
        axes = sweep["parameters"]
        for values in itertools.product(*axes.values()):
            yield name, dict(zip(axes, values, strict=True))
    for number, search in enumerate(study["searches"]):
        yield f"search {number}", search["parameters"]


def test_the_reproduction_takes_all_that_the_study_asks_of_it(read):
    for name, values in parameters():
        words = {
            f"VERSECT_{key.upper()}": str(value).lower() if isinstance(value, bool) else str(value)
            for key, value in values.items()
        }
        found = read(**words)
        for key, value in values.items():
            assert getattr(found, key) == type(getattr(found, key))(value), (name, key)


def test_the_strategies_are_those_that_options_name(study):
    assert tuple(study("strategies").STRATEGIES) == study("options").STRATEGIES


def test_the_modes_are_those_that_options_name(study):
    assert tuple(study("modes").MODES) == tuple(study("options").MODES)


def test_the_axes_of_the_table_stay_as_they_are():
    table = tomllib.loads((FOLDER / "study.toml").read_text())
    assert table["parameters"] == {
        "mode": ["collected", "reused"],
        "strategy": ["per-instance-loop", "context-manager", "global-loop", "sync"],
    }
    assert [len(table["projects"][name]["versions"]) for name in ("httpx", "openai")] == [2, 6]


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (range(9), 9),
        (range(18), 9),
    ],
)
def test_all_configurations_come_before_any_repeats(study, number, names):
    assert len({study("modes").configuration(n) for n in number}) == names
