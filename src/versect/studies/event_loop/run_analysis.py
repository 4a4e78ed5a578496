"""The whole analysis: every template with every reasoning effort, one after another.

    python run_analysis.py --base-url http://localhost:11434/v1 --model llama3.1 --output out/

Each configuration has a classifier of its own, closed before the next one is made. Writes the
accuracy and the AUC of each as analysis.json and the ROC curves as roc.svg.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import jets
import numpy as np
from classifier import LocalLLMClassifier
from roc import picture
from templates import TEMPLATES

EFFORTS = ("low", "medium", "high")


class Result(NamedTuple):
    """How good one configuration is."""

    template: str
    effort: str
    accuracy: float
    auc: float
    quark: jets.Floats
    """The probability of each jet to be a quark jet, (jets,)."""


def analyse(
    make: Callable[[str, str], LocalLLMClassifier],
    ask: Callable[[LocalLLMClassifier], jets.Floats],
    truth: jets.Floats,
) -> list[Result]:
    """Go through all configurations.

    Args:
        make: Gives a fitted classifier for a template and an effort.
        ask: Lets a classifier judge the jets.
        truth: 1 for quark jets, 0 for gluon jets, (jets,).

    """
    results = []
    for template, effort in progress([(t, e) for t in TEMPLATES for e in EFFORTS]):
        with make(template, effort) as classifier:
            quark = ask(classifier)
        good = jets.accuracy(truth, quark), jets.auc(truth, quark)
        results.append(Result(template, effort, *good, quark))
    return results


def progress(configurations: list[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Give them with a progress bar; tqdm comes with openai until 3."""
    try:
        from tqdm import tqdm
    except ImportError:
        return _counted(configurations)
    return tqdm(configurations, unit="configuration", file=sys.stderr)


def _counted(configurations: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for number, (template, effort) in enumerate(configurations, start=1):
        sys.stderr.write(f"{number} of {len(configurations)}: {template}, {effort}\n")
        yield template, effort


def write(results: list[Result], truth: jets.Floats, folder: Path) -> None:
    """Write the table and the picture."""
    folder.mkdir(parents=True, exist_ok=True)
    table = [
        {"template": r.template, "effort": r.effort, "accuracy": r.accuracy, "auc": r.auc}
        for r in results
    ]
    (folder / "analysis.json").write_text(json.dumps(table, indent=1) + "\n")
    curves = {
        f"{r.template}, {r.effort}: AUC {r.auc:.3f}": jets.roc(truth, r.quark) for r in results
    }
    (folder / "roc.svg").write_text(picture(curves))


def main() -> None:
    """Run it against an endpoint."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--api-key", default="none")
    parser.add_argument("--model", required=True)
    parser.add_argument("--jets", type=int, default=100, help="how many to ask about")
    parser.add_argument("--training", type=int, default=64, help="how many to fit to")
    parser.add_argument("--max-concurrent", type=int, default=10)
    parser.add_argument("--data", type=Path, default=Path(__file__).with_name("qg_jets.npz"))
    parser.add_argument("--output", type=Path, default=Path())
    options = parser.parse_args()

    X, y = jets.load(options.data)
    asked, truth = X[: options.jets], y[: options.jets]

    def make(template: str, effort: str) -> LocalLLMClassifier:
        where = options.base_url, options.api_key
        classifier = LocalLLMClassifier(options.model, template, effort, *where)
        return classifier.fit(X[-options.training :], y[-options.training :])

    def ask(classifier: LocalLLMClassifier) -> jets.Floats:
        return np.asarray(classifier.predict(asked, max_concurrent=options.max_concurrent))

    results = analyse(make, ask, truth)
    write(results, truth, options.output)
    for result in results:
        sys.stdout.write(
            f"{result.template:12} {result.effort:6}  accuracy {result.accuracy:.3f}  "
            f"AUC {result.auc:.3f}\n"
        )


if __name__ == "__main__":
    main()
