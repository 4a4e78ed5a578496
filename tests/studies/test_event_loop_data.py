"""The jets: what the generator writes is what is there, and it looks like jets."""

import importlib.util
import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "src" / "versect" / "studies" / "event_loop" / "qg_jets.npz"


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("make_qg_jets", ROOT / "data" / "make_qg_jets.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass looks its annotations up there
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def jets():
    with np.load(COMMITTED) as data:
        return data["X"], data["y"]


def test_the_generator_writes_the_committed_file_to_the_byte(generator):
    assert generator.archive() == COMMITTED.read_bytes()


def test_the_file_in_the_data_folder_is_the_one_that_cells_see():
    assert (ROOT / "data" / "qg_jets.npz").samefile(COMMITTED)


def test_the_file_is_small_and_has_the_form_of_the_public_set(jets):
    x, y = jets
    assert COMMITTED.stat().st_size < 1_000_000
    assert x.dtype == y.dtype == np.float64
    assert x.shape == (len(y), x.shape[1], 4)
    assert (y == 1).sum() == (y == 0).sum() >= 100


def test_particles_come_hardest_first_and_padding_is_zero(jets):
    x, _ = jets
    assert (np.diff(x[:, :, 0], axis=1) <= 0).all()
    assert (x[x[:, :, 0] == 0] == 0).all()


def test_particles_are_of_the_kinds_of_the_public_set(generator, jets):
    x, _ = jets
    real = x[:, :, 0] > 0
    assert set(x[real][:, 3]) <= set(generator.PDGIDS)
    assert (x[real][:, 2] >= 0).all()
    assert (x[real][:, 2] < 2 * np.pi).all()


def test_jets_have_500_to_550_gev(jets):
    x, _ = jets
    pt, phi = x[:, :, 0], x[:, :, 2]
    whole = np.hypot((pt * np.cos(phi)).sum(1), (pt * np.sin(phi)).sum(1))
    assert whole.min() >= 500
    assert whole.max() <= 550


def test_gluon_jets_have_more_softer_and_wider_spread_particles(jets, study):
    x, y = jets
    found = np.array([study("jets").features(jet) for jet in x])
    gluon, quark = found[y == 0].mean(0), found[y == 1].mean(0)
    assert gluon[0] > 1.3 * quark[0]
    assert gluon[1] > 1.1 * quark[1]
    assert gluon[2] < quark[2]


@pytest.mark.parametrize("template", ["summary", "few-shot", "constituents"])
@pytest.mark.parametrize(("effort", "least"), [("low", 0.7), ("medium", 0.8), ("high", 0.85)])
def test_the_servers_judgement_is_well_above_chance(jets, study, template, effort, least):
    x, y = jets
    asked, judged, numbers = study("templates"), study("judge"), study("jets")
    examples = ((x[0], True), (x[1], False))
    prompts = [asked.TEMPLATES[template](jet, examples)[-1]["content"] for jet in x]
    quark = np.array([judged.quark_probability(prompt, effort) for prompt in prompts])
    assert least < numbers.auc(y, quark) < 0.95
    assert numbers.accuracy(y, quark) > 0.65


def test_an_auc_counts_pairs_in_the_right_order(study):
    numbers = study("jets")
    y = np.array([1.0, 0.0, 1.0, 0.0])
    assert numbers.auc(y, np.array([0.9, 0.1, 0.8, 0.2])) == 1.0
    assert numbers.auc(y, np.array([0.1, 0.9, 0.2, 0.8])) == 0.0
    assert numbers.auc(y, np.array([0.5, 0.5, 0.5, 0.5])) == 0.5
    assert numbers.auc(y, np.array([0.9, 0.8, 0.3, 0.1])) == 0.75
    assert np.isnan(numbers.auc(np.ones(4), y))


def test_a_roc_curve_rises_to_one_and_its_area_is_the_auc(study):
    numbers = study("jets")
    random = np.random.default_rng(7)
    y = (random.random(80) > 0.5).astype(float)
    quark = np.round(0.3 * y + random.random(80), 1)  # with ties
    gluons, quarks = numbers.roc(y, quark)
    assert (gluons[0], quarks[0], gluons[-1], quarks[-1]) == (0, 0, 1, 1)
    assert (np.diff(gluons) >= 0).all()
    assert (np.diff(quarks) >= 0).all()
    area = ((gluons[1:] - gluons[:-1]) * (quarks[1:] + quarks[:-1]) / 2).sum()
    assert area == pytest.approx(numbers.auc(y, quark))


def test_the_analysis_writes_a_table_and_a_picture(study, jets, tmp_path):
    _, y = jets
    random = np.random.default_rng(1)

    class Maker:
        def __init__(self):
            self.ended = 0

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.ended += 1

    one, analysis = Maker(), study("run_analysis")
    results = analysis.analyse(lambda *_: one, lambda _: random.random(len(y)), y)
    assert one.ended == len(results) == 9
    analysis.write(results, y, tmp_path)
    table = json.loads((tmp_path / "analysis.json").read_text())
    assert {row["template"] for row in table} == set(study("templates").TEMPLATES)
    assert all(0 <= row["auc"] <= 1 for row in table)
    picture = ET.parse(tmp_path / "roc.svg").getroot()
    assert len(picture.findall("{http://www.w3.org/2000/svg}polyline")) == 9


class Canned:
    """A strategy that answers without asking anybody."""

    def __init__(self, *answers):
        self.canned, self.ended = answers, []

    def answers(self, questions, most, progress):
        self.questions, self.most = questions, most
        for number in range(len(questions)):
            progress(number + 1, len(questions))
        return list(self.canned)

    def close(self):
        self.ended.append("close")

    def release(self):
        self.ended.append("release")


def classifier(study, strategy, template="few-shot"):
    make = study("classifier").LocalLLMClassifier
    return make("m", template, "high", "http://127.0.0.1:9/v1", "k", strategy=strategy)


def test_answers_become_probabilities_and_no_answer_the_prior(jets, study):
    x, y = jets
    strategy = Canned('{"quark": 0.83}', "It is a gluon jet.", "I cannot say", '{"quark": 1}')
    fitted = classifier(study, strategy).fit(x[y == 1][:3], np.ones(3))
    told = []
    found = fitted.predict(x[:4], max_concurrent=7, progress=lambda *step: told.append(step))
    assert found.tolist() == [0.83, 0.0, 1.0, 1.0]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert strategy.most == 7
    assert strategy.questions[0]["extra_body"] == {"reasoning_effort": "high"}


def test_examples_of_both_kinds_are_told_before_the_jet_asked_about(jets, study):
    x, y = jets
    strategy = Canned("")
    classifier(study, strategy).fit(x, y).predict(x[:1])
    *examples, last = strategy.questions[0]["messages"][-1]["content"].splitlines()
    assert [line.rpartition("=")[2] for line in examples] == ["quark", "quark", "gluon", "gluon"]
    assert last.startswith("JET ")


def test_closing_and_releasing_are_the_strategys(study):
    strategy = Canned()
    ended = classifier(study, strategy)
    ended.release()
    ended.close()
    assert strategy.ended == ["release", "close"]
