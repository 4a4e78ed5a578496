"""Projects made up for tests, strategies for them, and a Simple index that misbehaves as told."""

import contextlib
import http.server
import json
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from versect.index.configuration import IndexConfiguration
from versect.index.location import Source
from versect.model.release import Project, Release, ReleaseFile
from versect.model.study import Every, ProjectAxis

RECORDED = Path(__file__).parents[1] / "recorded" / "index"
JSON = "application/vnd.pypi.simple.v1+json"


def file(filename, *, requires_python="", yanked=None, uploaded=None):
    """Give a file; ``yanked`` is the reason, None for none."""
    return ReleaseFile(
        filename=filename,
        url=f"https://files.example/{filename}",
        hashes={},
        requires_python=SpecifierSet(requires_python) if requires_python else None,
        yanked=yanked is not None,
        yanked_reason=yanked or "",
        uploaded=uploaded,
    )


def wheel(version, tag="py3-none-any", **said):
    """Give a wheel of the project ``thing``."""
    return file(f"thing-{version}-{tag}.whl", **said)


def sdist(version, **said):
    """Give a source archive of the project ``thing``."""
    return file(f"thing-{version}.tar.gz", **said)


def release(version, *files):
    """Give a release; with no files named, one with a wheel for everything."""
    return Release(version=Version(version), files=files or (wheel(version),))


def thing(*releases):
    """Give the project ``thing`` with these releases."""
    return Project(
        name=canonicalize_name("thing"), releases=tuple(sorted(releases, key=lambda r: r.version))
    )


def axis(*choices, every=Every.RELEASE, limit=None, pre=False, yanked=False):
    """Give an axis of ``thing``: versions, and specifiers where they look like ones."""
    return ProjectAxis(
        project=canonicalize_name("thing"),
        extras=frozenset(),
        choices=tuple(Version(c) if c[:1].isdigit() else SpecifierSet(c) for c in choices),
        every=every,
        limit=limit,
        pre=pre,
        yanked=yanked,
    )


_DAY = datetime(2024, 1, 1, tzinfo=UTC)
_numbers = st.integers(0, 4)
versions = st.builds(
    lambda major, minor, micro, tail: f"{major}.{minor}.{micro}{tail}",
    _numbers,
    _numbers,
    _numbers,
    st.sampled_from(["", "", "", "a1", "rc1", ".post1", ".dev0"]),
)


@st.composite
def releases(draw, version):
    """Give a release with any mix of files."""
    said = {
        "requires_python": draw(st.sampled_from(["", ">=3.8", ">=3.12", "<3.12", "!=3.12.0"])),
        "yanked": draw(st.sampled_from([None, None, "", "broken"])),
        "uploaded": draw(st.none() | st.integers(0, 60).map(lambda d: _DAY + timedelta(days=d))),
    }
    tags = ["py3-none-any", "cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-win_amd64"]
    wheels = [wheel(version, tag, **said) for tag in draw(st.lists(st.sampled_from(tags)))]
    files = [*wheels, *([sdist(version, **said)] if draw(st.booleans()) else [])]
    if files and draw(st.booleans()):
        files[0] = replace(files[0], yanked=False, requires_python=None)
    return Release(version=Version(version), files=tuple(files))


@st.composite
def projects(draw):
    """Give the project ``thing`` with up to twenty releases."""
    chosen = draw(st.lists(versions, max_size=20, unique_by=Version))
    return thing(*(draw(releases(version)) for version in chosen))


@dataclass
class Answer:
    """What the server says to one request."""

    body: str = ""
    status: int = 200
    kind: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before anything is said."""
    only: str = ""
    """The one path that is answered; all others are 404. Empty for every path."""


@contextlib.contextmanager
def answering(*answers):
    """Serve these answers in turn, the last one for ever; give the server.

    ``server.url`` is the index; ``server.requests`` the headers of each request, the path among
    them as ``:path``. An answer with an ``etag`` header is 304 to who has it already.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            answer = answers[min(len(server.requests), len(answers) - 1)]
            said = {name.lower(): value for name, value in self.headers.items()}
            server.requests.append({":path": self.path, **said})
            server.interrupted.wait(answer.delay)
            etag = answer.headers.get("etag")
            known = etag is not None and said.get("if-none-match") == etag
            body = b"" if known else answer.body.encode()
            status = 404 if answer.only not in {"", self.path} else 304 if known else answer.status
            with contextlib.suppress(ConnectionError):  # the client may have given up by now
                self.send_response(status)
                self.send_header("content-type", answer.kind)
                self.send_header("content-length", str(len(body)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.requests = []
    server.interrupted = threading.Event()
    server.url = f"http://127.0.0.1:{server.server_port}/simple"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.interrupted.set()
        server.shutdown()
        thread.join()
        server.server_close()


def configuration(*urls, find_links=(), offline=False, union=False):
    """Give a configuration of these indexes."""
    return IndexConfiguration(
        indexes=tuple(Source(url=url, origin="test") for url in urls),
        default=urls[-1] if urls else None,
        find_links=tuple(Source(url=str(link), origin="test") for link in find_links),
        absent=(),
        offline=offline,
        union=union,
        origin="pip",
        strategy="",
        network=(),
    )


def page(*filenames, name="thing", **said):
    """Give a JSON page that lists these files."""
    files = [
        {"filename": filename, "url": f"https://files.example/{filename}", "hashes": {}, **said}
        for filename in filenames
    ]
    return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": files})
