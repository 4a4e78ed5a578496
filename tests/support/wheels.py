"""Tiny wheels, source archives and indexes made on the spot, so that tests need no network."""

import base64
import contextlib
import csv
import hashlib
import http.server
import io
import json
import tarfile
import threading
import zipfile
from pathlib import Path

from packaging.utils import canonicalize_name

_EPOCH = (2020, 1, 1, 0, 0, 0)


def make_wheel(  # each option is one thing that a wheel may say or hold
    folder,
    name,
    version,
    *,
    files=None,
    requires=(),
    requires_python=None,
    tag="py3-none-any",
    entry_points="",
    data=None,
):
    """Write a wheel and give its path.

    Args:
        folder: Where it goes; made if need be.
        name: The project.
        version: Its release.
        files: Path below site-packages to text or bytes; one small module by default.
        requires: ``Requires-Dist`` lines.
        requires_python: ``Requires-Python``.
        tag: The wheel's tag, ``cp312-cp312-manylinux_2_17_x86_64``.
        entry_points: The text of ``entry_points.txt``.
        data: Path below ``{name}-{version}.data`` to text or bytes: ``scripts/tool``.

    """
    stem = f"{name.replace('-', '_')}-{version}"
    contents = dict(files if files is not None else {f"{_module(name)}.py": _code(version)})
    contents |= {f"{stem}.data/{path}": content for path, content in (data or {}).items()}
    info = f"{stem}.dist-info"
    contents[f"{info}/METADATA"] = _metadata(name, version, requires, requires_python)
    contents[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n"
    )
    if entry_points:
        contents[f"{info}/entry_points.txt"] = entry_points
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        rows = []
        for member, content in sorted(contents.items()):
            data_ = content.encode() if isinstance(content, str) else content
            archive.writestr(_member(member, executable="/scripts/" in member), data_)
            rows.append((member, f"sha256={_url_digest(data_)}", len(data_)))
        record = io.StringIO()
        csv.writer(record, lineterminator="\n").writerows([*rows, (f"{info}/RECORD", "", "")])
        archive.writestr(_member(f"{info}/RECORD"), record.getvalue())
    return path


def make_sdist(folder, name, version, *, requires=(), static=True, backend="raise SystemExit(7)\n"):
    """Write a source archive and give its path.

    Args:
        folder: Where it goes; made if need be.
        name: The project.
        version: Its release.
        requires: Its requirements.
        static: Whether its metadata may be believed without running code (PEP 643).
        backend: The code of its build backend; by default it fails, so that nobody runs it unseen.

    """
    stem = f"{name.replace('-', '_')}-{version}"
    metadata = _metadata(name, version, requires if static else (), None)
    if not static:
        metadata = metadata.replace("Metadata-Version: 2.2", "Metadata-Version: 2.1")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}.tar.gz"
    members = {
        "PKG-INFO": metadata,
        "backend.py": backend,
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
        'backend-path = ["."]\n',
        f"{_module(name)}.py": _code(version),
    }
    with tarfile.open(path, "w:gz") as archive:
        for member, content in members.items():
            entry = tarfile.TarInfo(f"{stem}/{member}")
            entry.size = len(content.encode())
            archive.addfile(entry, io.BytesIO(content.encode()))
    return path


def index_pages(folder, *, requires_python=None, yanked=None, uploaded=None):
    """Write a Simple index over a folder's wheels and archives; give its ``file://`` URL.

    Args:
        folder: Holds the files; the pages go into its ``simple``.
        requires_python: File name to specifier.
        yanked: File name to reason.
        uploaded: File name to upload time (ISO 8601); read by ``served`` only.

    """
    pages = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in {".whl", ".gz"}:
            project = canonicalize_name(path.name.split("-")[0])
            file = {
                "filename": path.name,
                "url": path.as_uri(),
                "hashes": {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()},
                "requires-python": (requires_python or {}).get(path.name),
                "yanked": (yanked or {}).get(path.name, False),
                "upload-time": (uploaded or {}).get(path.name),
                "size": path.stat().st_size,
            }
            said = {key: value for key, value in file.items() if value is not None}
            pages.setdefault(project, []).append(said)
    for project, files in pages.items():
        page = folder / "simple" / project
        page.mkdir(parents=True, exist_ok=True)
        (page / "index.html").write_text("\n".join(map(_anchor, files)))
        (page / "index.json").write_text(
            json.dumps({"meta": {"api-version": "1.1"}, "name": project, "files": files})
        )
    return (folder / "simple").as_uri()


@contextlib.contextmanager
def served(folder, *, status=None, cache=None, credentials=None):
    """Serve a folder's index pages and files over HTTP on the loopback; give the index's URL.

    With ``status`` every request is answered with it. The requests are counted in ``.requests``
    of what is given. ``cache`` is the ``Cache-Control`` of every answer. ``credentials``, as in
    ``user:password``, are demanded of every request.
    """

    encoded = base64.b64encode((credentials or "").encode()).decode()
    wanted = f"Basic {encoded}" if credentials else None

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            server.requests.append(self.path)
            if status:
                self.send_error(status)
                return
            if wanted and self.headers["authorization"] != wanted:
                self.send_response(401)
                self.send_header("www-authenticate", 'Basic realm="packages"')
                self.send_header("content-length", "0")
                self.end_headers()
                return
            path = folder / self.path.lstrip("/")
            if path.is_dir():
                document = json.loads((path / "index.json").read_text())
                for file in document["files"]:
                    file["url"] = f"{server.root}/{file['filename']}"
                kind, body = "application/vnd.pypi.simple.v1+json", json.dumps(document).encode()
            elif path.is_file():
                kind, body = "application/octet-stream", path.read_bytes()
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            if cache:
                self.send_header("cache-control", cache)
            self.end_headers()
            self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - the standard library's name

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.requests = []
    server.root = f"http://127.0.0.1:{server.server_port}"
    server.url = f"{server.root}/simple"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _module(name):
    return name.replace("-", "_").replace(".", "_")


def _code(version):
    return f'VERSION = "{version}"\n'


def _metadata(name, version, requires, requires_python):
    lines = ["Metadata-Version: 2.2", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Python: {requires_python}"] if requires_python else []
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    return "\n".join(lines) + "\n"


def _member(name, *, executable=False):
    info = zipfile.ZipInfo(name, date_time=_EPOCH)
    info.external_attr = (0o100755 if executable else 0o100644) << 16
    return info


def _url_digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _anchor(file):
    required, yanked = file.get("requires-python"), file["yanked"]
    attributes = f' data-requires-python="{required.replace(">", "&gt;")}"' if required else ""
    attributes += f' data-yanked="{yanked}"' if yanked else ""
    url = f"{file['url']}#sha256={file['hashes']['sha256']}"
    return f'<a href="{url}"{attributes}>{file["filename"]}</a><br>'


def digest_of(path: Path) -> str:
    """Give a file's SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
