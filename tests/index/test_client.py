"""The index over HTTP against a real server that behaves and misbehaves."""

import json
import socket
import time
from dataclasses import replace

import pytest

from tests.support.indexes import Answer, answering, configuration, page
from tests.support.wheels import make_sdist, make_wheel
from versect.errors import IndexUnavailable, UnknownProject
from versect.index.client import SimpleIndex
from versect.index.fetch import Patience

ONE = page("thing-1.0.tar.gz")
TWO = page("thing-1.0.tar.gz", "thing-2.0.tar.gz")
LOGIN = Answer("<title>Sign in</title><form><input></form>", kind="text/html")
DOWN = Answer("later", status=503, kind="text/plain")


class Asker:
    """Asks indexes for ``thing`` as one process after another would, with one cache."""

    def __init__(self, folder):
        self.folder = folder
        self.said = []
        self.time = 1_000_000.0
        self.patience = Patience(timeout=5.0, attempts=3, first_wait=0.0, longest_wait=1.5)

    def ask(self, *urls, **said):
        index = SimpleIndex(
            configuration(*urls, **said),
            self.folder,
            self.said.append,
            now=lambda: self.time,
            patience=self.patience,
        )
        try:
            return [str(release.version) for release in index.project("thing").releases]
        finally:
            index.close()


@pytest.fixture
def asker(tmp_path):
    return Asker(tmp_path / "pages")


def test_json_is_asked_for_first(asker):
    with answering(Answer(ONE)) as server:
        assert asker.ask(server.url) == ["1.0"]
    (request,) = server.requests
    assert request[":path"] == "/simple/thing/"
    assert request["accept"].startswith("application/vnd.pypi.simple.v1+json, ")
    assert "text/html;q=0.01" in request["accept"]
    assert "gzip" in request["accept-encoding"]


def test_a_project_is_asked_for_once(tmp_path):
    with answering(Answer(ONE)) as server:
        index = SimpleIndex(configuration(server.url), tmp_path, print)
        assert index.project("thing") is index.project("thing")
        index.close()
    assert len(server.requests) == 1


def test_without_caching_headers_a_page_is_fresh_for_ten_minutes(asker):
    with answering(Answer(ONE), Answer(TWO)) as server:
        assert asker.ask(server.url) == ["1.0"]
        asker.time += 599
        assert asker.ask(server.url) == ["1.0"]
        asker.time += 2
        assert asker.ask(server.url) == ["1.0", "2.0"]
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("said", "seconds"), [("max-age=30, public", 30), ("no-cache", 0), ("max-age=3600", 3600)]
)
def test_an_index_may_say_how_long_a_page_is_fresh(asker, said, seconds):
    headers = {"cache-control": said}
    with answering(Answer(ONE, headers=headers), Answer(TWO)) as server:
        asker.ask(server.url)
        asker.time += seconds - 1
        assert asker.ask(server.url) == (["1.0"] if seconds else ["1.0", "2.0"])
        asker.time += 2
        assert asker.ask(server.url) == ["1.0", "2.0"]


def test_an_etag_is_revalidated_and_the_page_is_fresh_again(asker):
    with answering(Answer(ONE, headers={"etag": '"a"'})) as server:
        asker.ask(server.url)
        asker.time += 601
        assert asker.ask(server.url) == ["1.0"]
        asker.time += 599
        assert asker.ask(server.url) == ["1.0"]
    assert [request.get("if-none-match") for request in server.requests] == [None, '"a"']


def test_last_modified_is_sent_back(asker):
    moment = "Tue, 24 Nov 2026 13:53:56 GMT"
    with answering(Answer(ONE, headers={"last-modified": moment})) as server:
        asker.ask(server.url)
        asker.time += 601
        asker.ask(server.url)
    assert server.requests[1]["if-modified-since"] == moment


def test_a_passing_fault_is_asked_through_and_said(asker):
    with answering(DOWN, DOWN, Answer(ONE)) as server:
        assert asker.ask(server.url) == ["1.0"]
    assert len(server.requests) == 3
    assert asker.said == [f"{server.url}/thing/: 503 Service Unavailable; trying again"] * 2


def test_retry_after_is_obeyed(asker):
    wait = replace(DOWN, status=429, headers={"retry-after": "1"})
    with answering(wait, Answer(ONE)) as server:
        started = time.monotonic()
        assert asker.ask(server.url) == ["1.0"]
        assert time.monotonic() - started >= 1.0


def test_an_index_that_asks_for_too_much_patience_is_given_up(asker):
    wait = replace(DOWN, status=429, headers={"retry-after": "3600"})
    with (
        answering(wait) as server,
        pytest.raises(IndexUnavailable, match="429 Too Many Requests"),
    ):
        asker.ask(server.url)
    assert len(server.requests) == 1


def test_an_index_that_stays_down_is_an_error_with_place_and_remedy(asker):
    with answering(DOWN) as server, pytest.raises(IndexUnavailable) as caught:
        asker.ask(server.url)
    assert f"{server.url}/thing/" in str(caught.value)
    assert "--offline" in caught.value.remedy
    assert len(server.requests) == asker.patience.attempts


@pytest.mark.parametrize("fault", [DOWN, LOGIN, Answer("{"), Answer("", status=200)])
def test_a_stale_page_is_better_than_none(asker, fault):
    with answering(Answer(ONE), *[fault] * 3, Answer(TWO)) as server:
        asker.ask(server.url)
        asker.time += 7200
        assert asker.ask(server.url) == ["1.0"]
        assert asker.said[-1].startswith("warning: no usable answer from http://127.0.0.1")
        assert asker.said[-1].endswith("using its page of 120 minutes ago")
        while len(server.requests) < 4:
            asker.ask(server.url)
        assert asker.ask(server.url) == ["1.0", "2.0"], "the stale page passed for a fresh one"


def test_nobody_listens(asker):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(IndexUnavailable, match="no answer from"):
            asker.ask(f"http://127.0.0.1:{port}/simple")


def test_a_slow_index_runs_into_the_time_limit(asker):
    asker.patience = Patience(timeout=0.1, attempts=2, first_wait=0.0)
    with (
        answering(Answer(ONE, delay=30)) as server,
        pytest.raises(IndexUnavailable, match="timed out"),
    ):
        asker.ask(server.url)


def test_the_next_index_is_asked_when_one_lacks_the_project(asker):
    with answering(Answer(status=404)) as empty, answering(Answer(ONE)) as server:
        assert asker.ask(empty.url, server.url) == ["1.0"]


def test_nobody_has_the_project(asker):
    with (
        answering(Answer(status=404)) as server,
        pytest.raises(UnknownProject, match=r"'thing' \(asked: http://127"),
    ):
        asker.ask(server.url)


def test_the_first_index_wins_unless_all_count(asker):
    with answering(Answer(ONE)) as one, answering(Answer(TWO)) as two:
        assert asker.ask(one.url, two.url) == ["1.0"]
        assert two.requests == []
        assert asker.ask(one.url, two.url, union=True) == ["1.0", "2.0"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (LOGIN, "'Sign in'"),
        (Answer("{"), "not valid JSON"),
        (Answer("x", kind="image/png"), "image/png"),
    ],
)
def test_what_is_no_index_page_is_never_kept(asker, answer, words):
    with answering(answer, Answer(ONE)) as server:
        with pytest.raises(IndexUnavailable, match=words):
            asker.ask(server.url)
        assert asker.ask(server.url) == ["1.0"]


def test_refused_credentials_are_named_and_never_shown(asker):
    with answering(Answer(status=401)) as server, pytest.raises(IndexUnavailable) as caught:
        asker.ask(server.url.replace("://", "://me:s3cret@"))
    assert "401" in str(caught.value)
    assert "password" in caught.value.remedy
    assert "s3cret" not in f"{caught.value} {asker.said}"
    assert server.requests[0]["authorization"].startswith("Basic ")


def test_credentials_are_not_written_into_the_cache(asker):
    with answering(Answer(ONE)) as server:
        asker.ask(server.url.replace("://", "://me:s3cret@"))
    assert all("s3cret" not in path.read_text() for path in asker.folder.iterdir())


def test_netrc_gives_credentials(asker, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password s3cret\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with answering(Answer(ONE)) as server:
        asker.ask(server.url)
    assert server.requests[0]["authorization"].startswith("Basic ")


def test_the_usual_netrc_counts_as_for_uv_and_pip_though_others_may_read_it(
    asker, tmp_path, monkeypatch
):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password s3cret\n")
    (tmp_path / ".netrc").chmod(0o644)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)
    with answering(Answer(ONE)) as server:
        asker.ask(server.url)
    assert server.requests[0]["authorization"].startswith("Basic ")


def test_offline_asks_nobody(asker):
    with answering(Answer(ONE)) as server:
        with pytest.raises(IndexUnavailable, match="offline"):
            asker.ask(server.url, offline=True)
        asker.ask(server.url)
        asker.time += 1e9
        assert asker.ask(server.url, offline=True) == ["1.0"]
    assert len(server.requests) == 1


def test_a_broken_certificate_file_is_explained_and_stops_nobody_offline(
    asker, monkeypatch, tmp_path
):
    with answering(Answer(ONE)) as server:
        asker.ask(server.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
        assert asker.ask(server.url, offline=True) == ["1.0"]
        asker.time += 601
        with pytest.raises(IndexUnavailable) as caught:
            asker.ask(server.url)
    assert "SSL_CERT_FILE" in caught.value.remedy


@pytest.mark.parametrize("url", ["ftp://index.example/simple", "http://index.example:port/simple"])
def test_an_impossible_url_is_explained_at_once(asker, url):
    with pytest.raises(IndexUnavailable, match="no answer from"):
        asker.ask(url)
    assert asker.said == []


def test_a_cache_that_cannot_be_written_is_only_a_slower_one(tmp_path):
    (tmp_path / "file").write_text("")
    asker = Asker(tmp_path / "file")
    with answering(Answer(ONE)) as server:
        assert asker.ask(server.url) == ["1.0"]


def test_a_damaged_cache_is_as_good_as_none(asker):
    with answering(Answer(ONE)) as server:
        asker.ask(server.url)
        for path in asker.folder.iterdir():
            path.write_text(path.read_text()[:-20])
        assert asker.ask(server.url) == ["1.0"]
    assert len(server.requests) == 2


def test_folders_are_indexes_and_links(asker, tmp_path):
    make_wheel(tmp_path / "wheels", "thing", "3.0")
    make_sdist(tmp_path / "wheels", "other-thing", "9.0")
    (tmp_path / "index" / "thing").mkdir(parents=True)
    (tmp_path / "index" / "thing" / "index.html").write_text(
        '<a href="../../files/thing-1.0.tar.gz#sha256=aa">thing-1.0.tar.gz</a>'
    )
    (tmp_path / "links.html").write_text('<a href="thing-2.0.tar.gz">here</a>')
    index = (tmp_path / "index").as_uri()
    links = (tmp_path / "wheels", (tmp_path / "links.html").as_uri())
    assert asker.ask(index) == ["1.0"]
    assert asker.ask(str(tmp_path / "index"), find_links=links) == ["1.0", "2.0", "3.0"]
    assert asker.ask(find_links=links, offline=True) == ["2.0", "3.0"]


def test_a_page_of_links_may_be_on_a_server(asker):
    body = '<a href="thing-2.0.tar.gz">a</a><a href="other-1.0.tar.gz">b</a>'
    with answering(Answer(body, kind="text/html")) as server:
        assert asker.ask(find_links=[f"{server.url}/links.html"]) == ["2.0"]


def test_folders_that_are_not_there_are_passed_over_with_words(asker, tmp_path):
    with answering(Answer(ONE)) as server:
        missing = (tmp_path / "gone").as_uri()
        assert asker.ask(missing, server.url, find_links=[tmp_path / "nothing"]) == ["1.0"]
    (words,) = asker.said
    assert f"{tmp_path}/nothing (test)" in words


def test_a_kept_page_says_nothing_of_the_machine(asker):
    with answering(Answer(ONE)) as server:
        asker.ask(server.url)
    (path,) = asker.folder.iterdir()
    assert json.loads(path.read_text())["url"] == f"{server.url}/thing/"
