"""The page in a real Chromium: what a person sees, does and hears of it."""

import json
import re
from functools import partial
from pathlib import Path

import pytest

from tests.report.test_site import one as site_entry
from tests.support.diagnoses import document as diagnosis
from tests.support.pages import HOSTILE, hostile_view, large_view, plain_view
from tests.support.timelines import collected, repeated
from tests.support.verdicts import searches
from versect.forensics.timeline_codec import encode
from versect.report import site
from versect.report.page import publish, publish_timeline

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FAILING = "py3.11-openai1.3.8-httpx0.27.2-strategy=loop"
VISIBLE_HOSTILE = re.sub("[\x1b\u202e]", "\ufffd", HOSTILE)
CONTRAST = """() => {
  const lit = (text) => {
    const c = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    c.fillStyle = text; c.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = c.getImageData(0, 0, 1, 1).data;
    const s = [r, g, b].map((v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return [.2126 * s[0] + .7152 * s[1] + .0722 * s[2], a];
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const [l, a] = lit(getComputedStyle(e).backgroundColor);
      if (a === 255) return l;
    }
    return 1;
  };
  const low = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility({opacityProperty: true})) continue;
    const [a, b] = [lit(getComputedStyle(e).color)[0], ground(e)].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) low.push([e.className, e.textContent, (a + .05) / (b + .05)]);
  }
  return low;
}"""
DRAWN = """() => {
  const lit = (text) => {
    const c = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    c.fillStyle = text; c.fillRect(0, 0, 1, 1);
    const [r, g, b] = c.getImageData(0, 0, 1, 1).data;
    const s = [r, g, b].map((v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * s[0] + .7152 * s[1] + .0722 * s[2];
  };
  const contrast = (a, b) => (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  const fill = (e) => lit(getComputedStyle(e).fill);
  return [...document.querySelectorAll('svg.lanes')].map((svg) => {
    const page = lit(getComputedStyle(document.body).backgroundColor);
    const lane = fill(svg.querySelector('.lane'));
    const low = [], upon = [];
    for (const e of svg.querySelectorAll('text')) {
      const mark = e.closest('.mark') && e.previousElementSibling;
      const ground = mark ? fill(mark) : e.matches('.name') ? lane : page;
      const found = contrast(fill(e), ground);
      if (found < 4.5) low.push([e.textContent, found]);
    }
    for (const e of svg.querySelectorAll('.arrow')) {
      const found = contrast(lit(getComputedStyle(e).stroke), lane);
      if (found < 3) low.push(['arrow', found]);
    }
    const flat = [...svg.querySelectorAll('.time, .name')].map((e) => [e.textContent, e.getBBox()]);
    const meet = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width
      && a.y < b.y + b.height && b.y < a.y + a.height;
    flat.forEach(([one, a], i) => flat.slice(i + 1).forEach(([other, b]) => {
      if (meet(a, b)) upon.push([one, other]);
    }));
    const marks = [...svg.querySelectorAll('.mark circle')].map((e) => e.cx.baseVal.value);
    for (const [one, a] of flat.filter(([, box]) => box.x < 60)) {
      if (a.x + a.width > Math.min(...marks) - 7) upon.push([one, 'marks']);
    }
    return {low, upon};
  });
}"""
UNNAMED = """() => [...document.querySelectorAll(
  'button, select, input, [role=grid], [role=dialog]')]
  .filter((e) => !(e.ariaLabel || e.textContent.trim() || e.labels?.length
    || e.getAttribute('aria-labelledby'))).map((e) => e.outerHTML)"""


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, tmp_path):
    """Opens the page of a view, or a page that is there; an error of its script fails the test."""
    contexts, errors = [], []

    def failed(error):  # playwright marks what it calls, and cannot mark a method of a list
        errors.append(error)

    def open_view(make, **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", failed)
        page.on("request", lambda r: r.url.startswith(("file:", "data:")) or errors.append(r.url))
        found = make(tmp_path)
        if not isinstance(found, Path):
            found = publish(tmp_path, found, made="now", say=errors.append)
        page.goto(found.as_uri())
        return page

    yield open_view
    for context in contexts:
        context.close()
    assert not errors


def whole(make=None):
    """Give a maker of a matrix with a diagnosis, timelines and a region beside it."""

    def made(folder):
        view = (make or plain_view)(folder)
        (folder / "timelines").mkdir(exist_ok=True)
        for number, timeline in ((8, collected()), (9, repeated(6))):
            cell = view.cells[number].id if number < len(view.cells) else f"another-{number}"
            path = folder / "timelines" / f"{cell}.json"
            path.write_text(encode(timeline, fingerprint=""))
        (folder / "diagnosis.json").write_text(json.dumps(diagnosis(HOSTILE)))
        for name, files in searches(HOSTILE).items():
            (folder / "bisect" / name).mkdir(parents=True, exist_ok=True)
            for file, document in files.items():
                (folder / "bisect" / name / file).write_text(json.dumps(document))
        return view

    return made


def shown(page):
    return page.locator("#grid .cell").count()


def test_filters_leave_the_cells_that_match_and_say_how_many(opened):
    page = opened(plain_view)
    assert shown(page) == 24
    page.click("[data-filter=openai] > summary")
    page.click("[data-filter=openai] label:has-text('1.3.7')")
    assert shown(page) == 16
    page.click("[data-filter=outcome] > summary")
    page.click("[data-filter=outcome] [data-every=off]")
    assert shown(page) == 0
    page.click("[data-filter=outcome] label:has-text('unresolved')")
    assert page.locator("#grid .cell").all_inner_texts() == ["? a"] * 4
    assert page.inner_text("#status") == "4 of 24 cells are shown."
    page.click("[data-reset]")
    assert shown(page) == 24


def test_axes_move_between_rows_and_columns_and_lines_are_sorted(opened):
    page = opened(plain_view)
    assert page.locator("#grid [role=row]").count() == 6 + 2
    page.click("[data-move=httpx]")
    assert page.locator("#grid [role=row]").count() == 3 + 3
    page.select_option("[data-order=rows]", "failures")
    labels = page.locator("#grid [role=rowheader]").all_inner_texts()
    assert labels == ["1.3.8", "3.0.0", "1.3.7"]
    page.select_option("[data-order=rows]", "reversed")
    assert page.locator("#grid [role=rowheader]").first.inner_text() == "3.0.0"
    page.click("[data-swap]")
    assert shown(page) == 24
    assert page.locator("#grid [role=rowheader]").count() == 8 * 3


def test_the_figures_shown_are_those_of_the_view(opened, tmp_path):
    page = opened(plain_view)
    view = plain_view(tmp_path)
    faces = page.eval_on_selector_all("#grid .cell", "es => es.map(e => [e.title, e.textContent])")
    assert dict(faces) == {cell.id: view.face(cell) for cell in view.cells}


def test_a_cell_opens_to_all_that_is_known_of_it(opened):
    page = opened(plain_view)
    page.click(f"#grid [title='{FAILING}']")
    text = page.inner_text("#drawer")
    for part in (
        FAILING,
        "failed: some.it broke",
        "sought-ending",
        "sha256:0123",
        "resolve 0.5 s, build 1.25 s, start 0.125 s, run 2 s",
        "123456 bytes",
        "it broke.py:7 in it broke",
        "said it broke",
        "1.3.7 → 1.3.8",
        "1.3.8 → 3.0.0",
        "has the same packages",
        f"versect reproduce studied {FAILING} --run",
    ):
        assert part in text, part
    page.click("#drawer a >> nth=0")
    assert FAILING not in page.inner_text("#drawer-title")


def test_a_link_in_a_cluster_opens_its_cell(opened):
    page = opened(plain_view)
    page.click(".cluster >> nth=0 >> summary")
    page.click(f".cells a:has-text('{FAILING}')")
    assert page.inner_text("#drawer-title") == FAILING
    page.reload()
    assert page.inner_text("#drawer-title") == FAILING


@pytest.mark.parametrize("clipboard", [True, False])
def test_the_command_is_copied_with_and_without_the_clipboard_interface(opened, clipboard):
    page = opened(plain_view, permissions=["clipboard-read", "clipboard-write"])
    page.click(f"#grid [title='{FAILING}']")
    if not clipboard:
        page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()) }")
    page.click("#drawer .copy")
    page.wait_for_function("document.getElementById('said').textContent === 'Copied'")
    held = page.evaluate("navigator.clipboard.readText()")
    assert held == f"versect reproduce studied {FAILING} --run"


def test_the_grid_is_used_by_keyboard_alone(opened):
    page = opened(plain_view)
    page.focus("#grid")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    title = page.inner_text("#drawer-title")
    assert page.evaluate("document.activeElement.id") == "drawer"
    page.keyboard.press("Escape")
    assert not page.is_visible("#drawer")
    assert page.evaluate("document.activeElement.id") == "grid"
    active = page.get_attribute("#grid", "aria-activedescendant")
    assert page.get_attribute(f"#{active}", "title") == title
    assert (
        page.locator("#grid .active").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    )
    page.keyboard.press("Control+End")
    assert "openai3.0.0-httpx0.28.1" in page.locator("#grid .active").get_attribute("title")
    page.keyboard.press("Control+Home")
    assert "openai1.3.7-httpx0.27.2" in page.locator("#grid .active").get_attribute("title")


def test_hostile_texts_are_shown_and_do_nothing(opened):
    page = opened(hostile_view)
    assert page.locator("img").count() == 0
    page.click("#grid .cell >> nth=0")
    text = page.inner_text("#drawer", timeout=5000)
    assert page.locator("#drawer img, #drawer script").count() == 0
    assert text.count("<img src=x onerror=hit()>") > 5
    assert "\x1b" not in text
    assert "\u202e" not in text
    frame = page.locator("#drawer .frames bdi").first.text_content()
    assert frame == f"{VISIBLE_HOSTILE}.py:7"
    page.click("[data-filter=word] > summary", force=True)
    assert page.locator("[data-filter=word] bdi").first.text_content() == VISIBLE_HOSTILE


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_every_text_is_readable_and_nothing_is_wider_than_the_window(opened, scheme, width):
    page = opened(plain_view, color_scheme=scheme, viewport={"width": width, "height": 900})
    assert page.evaluate(CONTRAST) == []
    for summary in page.locator(".filter > summary").all():
        summary.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Escape")
    page.click(f"#grid [title='{FAILING}']")
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(UNNAMED) == []
    page.add_style_tag(content="#status { color: #777 !important; background: #888 }")
    assert [found[1] for found in page.evaluate(CONTRAST)] == ["All 24 cells are shown."]


def test_light_and_dark_are_switched_and_remembered(opened):
    page = opened(plain_view, color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.click("#theme")
    assert page.inner_text("#theme") == "Theme: dark"
    assert page.evaluate(ground) != light
    page.reload()
    assert page.inner_text("#theme") == "Theme: dark"
    page.click("#theme")
    assert page.evaluate(ground) == light


def test_ten_thousand_cells_are_drawn_as_far_as_they_are_seen(opened):
    page = opened(large_view)
    assert page.inner_text("#status") == "All 10000 cells are shown."
    assert page.get_attribute("#grid", "aria-rowcount") == "201"
    assert 0 < shown(page) < 3000
    page.focus("#grid")
    page.keyboard.press("Control+End")
    title = page.locator("#grid .active").get_attribute("title")
    assert title == "py3.12-httpx0.199.0-size=49"
    page.keyboard.press("Control+Home")
    page.click("[data-filter=outcome] > summary")
    page.click("[data-filter=outcome] label:has-text('passed')")
    assert re.fullmatch(r"\d+ of 10000 cells are shown\.", page.inner_text("#status"))


def test_the_plain_table_is_there_on_paper_and_without_a_script(opened, tmp_path):
    page = opened(plain_view)
    assert not page.is_visible(".plain table")
    page.emulate_media(media="print")
    assert page.is_visible(".plain table")
    assert not page.is_visible("#grid")
    page = opened(plain_view, java_script_enabled=False)
    assert page.is_visible(".plain table")
    assert not page.is_visible("#live")
    assert page.locator(".plain td").count() == len(plain_view(tmp_path).grid.rows) * 2


def test_heads_stay_above_their_columns(opened):
    page = opened(partial(large_view, rows=80), viewport={"width": 700, "height": 600})
    page.evaluate("document.getElementById('grid').scrollTo(900, 1500)")
    page.wait_for_function("document.querySelector('#grid [title$=\"size=25\"]') !== null")
    head = page.locator("#grid [role=columnheader][title='size 25']").bounding_box()
    cell = page.locator("#grid .cell[title$='size=25']").first.bounding_box()
    assert abs(head["x"] - cell["x"]) < 3
    assert page.locator("#grid .corner").bounding_box()["x"] < cell["x"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_all_that_stands_beside_the_matrix_is_readable_and_in_the_window(opened, scheme, width):
    page = opened(whole(), color_scheme=scheme, viewport={"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('main details').forEach((e) => { e.open = true })")
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    drawn = page.evaluate(DRAWN)
    assert len(drawn) == 2
    assert [found for picture in drawn for found in picture["low"]] == []
    assert [found for picture in drawn for found in picture["upon"]] == []


def test_hostile_texts_beside_the_matrix_are_shown_and_do_nothing(opened):
    page = opened(whole(hostile_view))
    page.evaluate("document.querySelectorAll('main details').forEach((e) => { e.open = true })")
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    text = page.inner_text("main")
    assert text.count("<img src=x onerror=hit()>") > 30
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_cell_leads_to_its_timeline_by_keyboard(opened):
    page = opened(whole())
    cell = page.locator("details.timeline > summary").nth(1).inner_text().strip()
    page.evaluate(f"location.hash = '#cell=' + encodeURIComponent({cell!r})")
    page.wait_for_selector("#drawer [data-lives]")
    page.focus("#drawer [data-lives]")
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('timeline-2').open")
    assert not page.is_visible("#drawer")
    assert page.evaluate("document.activeElement.parentElement.id") == "timeline-2"
    page.keyboard.press("Enter")
    assert not page.locator("#timeline-2").evaluate("e => e.open")


def test_a_picture_is_scrolled_by_keyboard_and_has_a_name(opened):
    page = opened(whole(), viewport={"width": 600, "height": 900})
    page.focus("#timeline-1 .scroll >> nth=0")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('#timeline-1 .scroll').scrollLeft > 0")
    picture = page.get_by_role("img", name="18 events on 2 event loops")
    assert picture.count() == 1


def test_the_numbers_in_a_picture_are_those_of_its_list(opened):
    page = opened(whole())
    page.click("#timeline-1 details.events > summary")
    above = page.locator("#timeline-1 svg .word").all_text_contents()
    listed = page.locator("#timeline-1 .told tbody td:first-child").all_inner_texts()
    numbers = [number for number in listed if number]
    assert [words.partition(":")[0] for words in above] == list(dict.fromkeys(numbers))


def test_the_plane_of_a_region_is_a_table_with_its_edge(opened):
    page = opened(whole())
    table = page.locator("table.plane")
    heads = table.locator("thead th").all_inner_texts()
    assert heads[1:] == ["1.0", "1.1", "1.2", "1.3"]
    assert table.locator("tbody th").all_inner_texts() == ["2.2", "2.1", "2.0"]
    failing = table.locator("td.fails")
    assert failing.count() == 4
    edge = table.locator("td.edge-left").first
    assert edge.evaluate("e => getComputedStyle(e).borderLeftWidth") == "3px"
    assert table.locator(".may-fail").count() == 0


def test_the_parts_of_a_page_are_led_to(opened):
    page = opened(whole())
    for name in ("Diagnosis", "Lives of loops and clients", "Searches"):
        page.get_by_role("navigation").get_by_role("link", name=name).click()
        place = page.evaluate("location.hash")
        assert page.locator(place).count() == 1


def test_on_paper_pictures_fit_and_keep_their_colours(opened):
    page = opened(whole(), viewport={"width": 700, "height": 900})
    page.emulate_media(media="print")
    assert not page.is_visible("nav.parts")
    width = page.locator("svg.lanes").first.evaluate("e => e.getBoundingClientRect().width")
    assert width <= 700
    exact = page.locator("svg.lanes").first.evaluate("e => getComputedStyle(e).printColorAdjust")
    assert exact == "exact"
    assert page.pdf()[:4] == b"%PDF"


def test_ten_thousand_cells_with_all_beside_them_are_drawn_as_far_as_they_are_seen(opened):
    page = opened(whole(large_view))
    assert page.inner_text("#status") == "All 10000 cells are shown."
    assert 0 < shown(page) < 3000


def site_of(folder):
    """Write the front page of a site with a hostile study, and give its path."""
    path = folder / "index.html"
    path.write_text(site.index([site_entry(name=HOSTILE), site_entry()], made="now"))
    return path


def trace_of(folder):
    return publish_timeline(folder, HOSTILE, collected(), made="now")


@pytest.mark.parametrize("make", [site_of, trace_of])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_without_a_script_are_readable_too(opened, make, scheme):
    page = opened(make, color_scheme=scheme, viewport={"width": 390, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true })")
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("img, script").count() == 0
