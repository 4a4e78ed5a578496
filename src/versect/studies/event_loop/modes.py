"""How the program comes to the failure: one function a mode."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from pathlib import Path

import jets
from classifier import LocalLLMClassifier
from clients import Clients, silent, with_any_httpx
from endpoint import Endpoint
from interventions import Intervention
from measure import Tally, say
from options import Options
from run_analysis import EFFORTS, analyse
from strategies import STRATEGIES
from templates import TEMPLATES

DATA = Path(__file__).resolve().with_name("qg_jets.npz")
TRAINING = 64
"""Jets that classifiers are fitted to, from the end of the set; those asked about come first."""
SHARED = ("reused", "reused-retried", "shared", "closed-elsewhere")


class Scene:
    """What all modes have: jets, clients, a strategy, and a count of the calls."""

    def __init__(self, options: Options, endpoint: Endpoint, tally: Tally) -> None:
        self.options = options
        self.tally = tally
        self.strategy = STRATEGIES[options.strategy]
        settings = {"base_url": endpoint.base_url, "api_key": options.api_key}
        if options.retries != "default":
            settings["max_retries"] = int(options.retries)
        maker = with_any_httpx if options.mode == "analysis" else None
        self.clients = Clients(shared=options.mode in SHARED, maker=maker, **settings)
        self.intervention = Intervention(options)
        self._kept: list[LocalLLMClassifier] = []
        self._url = endpoint.base_url
        X, y = jets.load(DATA)
        chosen = [number % (len(y) - TRAINING) for number in range(options.jets)]
        self.asked, self.truth = X[chosen], y[chosen]
        self._training = X[-TRAINING:], y[-TRAINING:]

    def classifier(self, template: str, effort: str) -> LocalLLMClassifier:
        """Make a classifier, fitted."""
        options = self.options
        return LocalLLMClassifier(
            options.model,
            template,
            effort,
            self._url,
            options.api_key,
            strategy=self.strategy(self.clients),
            stream=options.stream,
        ).fit(*self._training)

    def ask(self, classifier: LocalLLMClassifier) -> jets.Floats:
        """Let a classifier judge all jets, and say how good it is."""
        self.tally.calls += len(self.asked)
        quark = classifier.predict(
            self.asked,
            max_concurrent=self.options.max_concurrent,
            progress=collect_once if self.options.collects_inside else silent,
        )
        say(
            f"{classifier.template_name:12} {classifier.reasoning_effort:6}  "
            f"accuracy {jets.accuracy(self.truth, quark):.3f}  "
            f"AUC {jets.auc(self.truth, quark):.3f}"
        )
        return quark

    def part_with(self, classifier: LocalLLMClassifier) -> None:
        """Do what happens to a classifier just before its user drops it."""
        self.intervention.drop()
        match self.options.keep:
            case "kept":
                self._kept.append(classifier)
            case "cyclic":
                classifier.itself = classifier

    def between(self) -> None:
        """Do what happens between one classifier and the next."""
        self.intervention.dropped()
        if self.options.collects_between:
            gc.collect()
        time.sleep(self.options.pause)

    def finish(self) -> None:
        """End what the classifiers had in common, as far as the strategy knows how."""
        self.strategy.finish(self.clients.left_open())


def play(options: Options, endpoint: Endpoint, tally: Tally) -> None:
    """Go through a mode from its start to its end; nothing of it stays referenced."""
    scene = Scene(options, endpoint, tally)
    scene.intervention.begin()
    try:
        MODES[options.mode](scene)
    finally:
        scene.finish()
    asyncio.set_event_loop(None)


def collected(scene: Scene) -> None:
    """Give each classifier a client of its own, and drop it when it has answered."""
    for number in range(scene.options.configurations):
        if number:
            scene.tally.dropped += scene.options.keep != "kept"
            scene.between()
        classifier = scene.classifier(*configuration(number))
        scene.ask(classifier)
        classifier.close()
        scene.part_with(classifier)
        del classifier


def reused(scene: Scene) -> None:
    """Hand one client from classifier to classifier; the last one ends with it."""
    last = scene.options.configurations - 1
    for number in range(last + 1):
        if number:
            scene.between()
        classifier = scene.classifier(*configuration(number))
        scene.ask(classifier)
        if number < last:
            classifier.release()
        else:
            classifier.close()
        scene.part_with(classifier)
        del classifier


def shared(scene: Scene) -> None:
    """Let two classifiers, both alive and each with its loop, ask one client in turns."""
    first, second = (scene.classifier(*configuration(number)) for number in (0, 1))
    for classifier in (first, second, first):
        scene.ask(classifier)
    first.release()
    second.close()


def closed_elsewhere(scene: Scene) -> None:
    """Close a client that nobody closed yet under a loop other than its own."""
    for number in range(scene.options.configurations):
        classifier = scene.classifier(*configuration(number))
        scene.ask(classifier)
        classifier.release()
    scene.finish()
    client = scene.clients.left_open()
    if client is not None:
        asyncio.run(client.close())


def analysis(scene: Scene) -> None:
    """Run the whole analysis: every template with every effort."""
    analyse(scene.classifier, scene.ask, scene.truth)


MODES: dict[str, Callable[[Scene], None]] = {
    "collected": collected,
    "reused": reused,
    "reused-retried": reused,
    "shared": shared,
    "closed-elsewhere": closed_elsewhere,
    "analysis": analysis,
}


def configuration(number: int) -> tuple[str, str]:
    """Give template and reasoning effort of a configuration; all pairs come before any repeats."""
    names = tuple(TEMPLATES)
    return names[number % len(names)], EFFORTS[(number + number // len(names)) % len(EFFORTS)]


def collect_once(done: int, _whole: int) -> None:
    """Collect garbage after the first answer, inside the running loop, others still under way."""
    if done == 1:
        gc.collect()
