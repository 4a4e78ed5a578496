"""Time the page of a matrix of 10,000 cells, with a diagnosis and 24 timelines beside it.

In a real Chromium: python -m bench.page
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.browser.test_report import FLAGS
from tests.support.diagnoses import document
from tests.support.pages import large_view
from tests.support.timelines import collected
from versect.report.html import Beside, page
from versect.report.html_diagnosis import diagnosis_of
from versect.report.html_timeline import sight

REPEATS = 5
TIMELINES = 24
TARGET = Path("results/bench/page.json")
LOADED = """() => {
  const [navigation] = performance.getEntriesByType('navigation');
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  return [paint.startTime, navigation.domContentLoadedEventStart];
}"""
TURNED = """async (selector) => {
  const before = performance.now();
  document.querySelector(selector).click();
  const drawn = performance.now() - before;
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return [drawn, performance.now() - before];
}"""
SCROLLED = """async () => {
  const grid = document.getElementById('grid');
  const frames = [];
  let last = performance.now();
  for (let step = 0; step < 60; step += 1) {
    grid.scrollTop += 90;
    await new Promise(requestAnimationFrame);
    frames.push(performance.now() - last);
    last = performance.now();
  }
  return Math.max(...frames);
}"""


def measured(browser: Browser, url: str) -> dict[str, float]:
    """Open the page once and give milliseconds of each thing that a reader waits for."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    try:
        opened = context.new_page()
        opened.goto(url)
        paint, loaded = opened.evaluate(LOADED)
        scrolled = opened.evaluate(SCROLLED)
        filtered = opened.evaluate(TURNED, "[data-filter=outcome] input")
        swapped = opened.evaluate(TURNED, "[data-swap]")
    finally:
        context.close()
    return {
        "first_paint": paint,
        "grid_drawn": loaded,
        "filter": filtered[0],
        "filter_painted": filtered[1],
        "swap_painted": swapped[1],
        "slowest_frame_scrolling": scrolled,
    }


def main() -> None:
    """Write medians and worst values to results/bench/page.json."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        view = large_view(folder)
        before = time.perf_counter()
        beside = Beside(
            diagnosis=diagnosis_of(document()),
            sights=tuple(sight(n, f"cell {n}", collected()) for n in range(1, TIMELINES + 1)),
        )
        text = page(view, beside, made="a bench")
        seconds = time.perf_counter() - before
        path = folder / "report.html"
        path.write_text(text, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            runs = [measured(browser, path.as_uri()) for _ in range(REPEATS)]
            version = browser.version
        finally:
            browser.close()
    found: dict[str, Any] = {
        "cells": len(view.cells),
        "timelines": TIMELINES,
        "bytes": len(text.encode()),
        "seconds_to_write": round(seconds, 2),
        "chromium": version,
        "repeats": REPEATS,
        "milliseconds": {
            key: {
                "median": round(statistics.median(run[key] for run in runs), 1),
                "worst": round(max(run[key] for run in runs), 1),
            }
            for key in runs[0]
        },
    }
    text = json.dumps(found, indent=1)
    TARGET.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
