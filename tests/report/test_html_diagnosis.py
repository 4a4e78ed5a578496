"""A diagnosis on the page: every sentence of its document, its numbers unchanged, text as text."""

import json
import re

import pytest

from tests.support.diagnoses import CELLS, document
from tests.support.pages import HOSTILE, plain_view
from versect.report.html import Beside, page
from versect.report.html_diagnosis import diagnosis_of
from versect.report.page import publish


def shown(tmp_path, text="it"):
    found = diagnosis_of(json.loads(json.dumps(document(text))))
    return page(plain_view(tmp_path), Beside(diagnosis=found), made="now")


def sentences(part):
    """Give every sentence of a document, wherever it stands."""
    if isinstance(part, dict):
        if "weight" in part:
            yield part["text"]
        for value in part.values():
            yield from sentences(value)
    if isinstance(part, list):
        for value in part:
            yield from sentences(value)


def test_every_sentence_of_the_document_is_on_the_page(tmp_path):
    text = shown(tmp_path)
    found = list(sentences(document("it")))
    assert len(found) == 9
    for sentence in found:
        assert f"<bdi>{sentence}</bdi>" in text


@pytest.mark.parametrize(
    "part",
    [
        "3 of 20 (15.0 %; 10.0 to 45.0 %)",
        "failed 3, passed 17",
        "<bdi>requests</bdi> 32 to 64, <bdi>sockets</bdi> 0",
        "failed → passed 4",
        '<td class="passed">cured</td>',
        '<td class="otherwise" title="2 unclosed: it">hidden <small>2 unclosed: it</small></td>',
        '<td class="otherwise">cured 1, not cured 1</td>',
        '<td class="open">–</td>',
        "and 8 more in diagnosis.json",
        "versect diagnose x",
    ],
)
def test_its_figures_are_those_of_the_document(tmp_path, part):
    assert part in shown(tmp_path)


def test_only_the_remedy_recommended_is_called_so(tmp_path):
    text = shown(tmp_path)
    assert text.count(">recommended<") == 1
    assert re.search(r"explicit-close</bdi>.*?>recommended<", text, re.DOTALL)


def test_hostile_texts_become_no_elements(tmp_path):
    text = re.sub(r"<(script|style).*?</\1>", "", shown(tmp_path, HOSTILE), flags=re.DOTALL)
    assert "<img" not in text
    assert text.count("&lt;img src=x") > 12
    assert "{{7*7}}" in text


def test_one_that_cannot_be_read_is_named_and_left_out(tmp_path):
    said = []
    view = plain_view(tmp_path)
    for text in ("{", json.dumps({"when": {}}), json.dumps([1])):
        (tmp_path / "diagnosis.json").write_text(text)
        publish(tmp_path, view, made="now", say=said.append)
    assert len(said) == 3
    (tmp_path / "diagnosis.json").write_text(json.dumps(document()))
    written = publish(tmp_path, view, made="now", say=said.append).read_text()
    assert len(said) == 3
    assert 'href="#diagnosis"' in written
    assert CELLS[0] in written
