"""What every index must do: over HTTP, in folders, recorded."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.indexes import RECORDED, Answer, answering, configuration
from versect.errors import UnknownProject
from versect.index.client import SimpleIndex
from versect.index.recorded import RecordedIndex


@pytest.fixture(params=["json over HTTP", "html over HTTP", "folders", "recorded"])
def index(request, tmp_path):
    """Give an index that knows anyio and nothing else."""
    if request.param == "recorded":
        shutil.copy(RECORDED / "anyio.json", tmp_path)
        shutil.copy(RECORDED / "anyio.html", tmp_path)
        yield RecordedIndex.from_folder(tmp_path)
        return
    if request.param == "folders":
        (tmp_path / "anyio").mkdir()
        shutil.copy(RECORDED / "anyio.html", tmp_path / "anyio" / "index.html")
        yield SimpleIndex(configuration(str(tmp_path)), tmp_path / "pages", print)
        return
    ending = request.param.partition(" ")[0]
    kind = "text/html" if ending == "html" else "application/vnd.pypi.simple.v1+json"
    body = (RECORDED / f"anyio.{ending}").read_text()
    with answering(Answer(body, kind=kind, only="/simple/anyio/")) as server:
        made = SimpleIndex(configuration(server.url), tmp_path / "pages", print)
        yield made
        made.close()


def test_a_project_has_its_releases_in_order(index):
    project = index.project("anyio")
    assert project.name == "anyio"
    versions = [release.version for release in project.releases]
    assert versions == sorted(versions)
    assert [str(release.version) for release in project.releases if release.yanked] == ["4.6.2"]
    assert all(len(release.files) == 2 for release in project.releases)
    assert all(release.uploaded for release in project.releases)


def test_an_unknown_project_is_an_error_with_its_name(index):
    with pytest.raises(UnknownProject, match="no-such-project"):
        index.project("no-such-project")


def test_several_threads_may_ask_at_once(index):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(index.project, ["anyio"] * 16))
    assert all(answer is answers[0] for answer in answers)
