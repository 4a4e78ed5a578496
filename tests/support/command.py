"""The command line in a folder of a test's own: its index, its caches, nobody else's settings."""

import os

from versect.cli.main import run


def command(monkeypatch, capsys, work, url):
    """Give a function that runs a command line in ``work``: words in, status, stdout, stderr out.

    Caches lie beside ``work``, so that they serve all tests that share it; ``url`` is the index.
    """
    for name in os.environ:
        if name.startswith(("UV_", "PIP_", "GITHUB_", "VERSECT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(work / "no-settings"))
    monkeypatch.setenv("UV_CACHE_DIR", str(work.parent / "uv"))
    monkeypatch.setenv("UV_DEFAULT_INDEX", url)
    monkeypatch.setenv("VERSECT_CACHE", str(work.parent / "cache"))
    monkeypatch.setenv("VERSECT_ENGINE", "local")
    monkeypatch.chdir(work)

    def call(*words):
        status = run(list(words))
        said = capsys.readouterr()
        assert "Traceback" not in said.err, said.err
        return status, said.out, said.err

    return call
