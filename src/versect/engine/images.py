"""The image of each Python: reused, fetched from a registry, or made from a local interpreter."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Final

from versect.env.probing import CODE, Facts, facts
from versect.model.environment import Target
from versect.model.outcome import Cause
from versect.model.trial import NotRun
from versect.run.process import Finished, Processes

_PULL_PATIENCE: Final = 300.0
_BUILD_PATIENCE: Final = 900.0
_CLIENT_PATIENCE: Final = 60.0
_DEFAULT: Final = "python:{python}-slim"

Find = Callable[[str], Facts | None]


def recipe_folder() -> Path:
    """Give the folder with the Dockerfile: in the package, or in the checkout around it."""
    packaged = Path(str(files("versect").joinpath("engine/docker")))
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "docker"


class Images:
    """Images for cells; each Python is prepared once, several side by side if asked so."""

    def __init__(  # noqa: PLR0913 - where images can come from
        self,
        program: str,
        *,
        environment: Mapping[str, str],
        client: Mapping[str, str],
        interpreter: Find,
        remedy: Callable[[str], str],
        memory: Path,
        processes: Processes,
        say: Callable[[str], None],
    ) -> None:
        self._program = program
        self._wanted = environment.get("VERSECT_PYTHON_IMAGE", _DEFAULT)
        self._client = client
        self._interpreter = interpreter
        self._remedy = remedy
        self._memory = memory
        self._processes = processes
        self._say = say
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._made: dict[str, Target | NotRun] = {}
        self._refused: str | None = None

    def target(self, python: str) -> Target | NotRun:
        """Give the interpreter of an image for ``major.minor``, preparing the image first."""
        with self._guard:
            lock = self._locks.setdefault(python, threading.Lock())
        with lock:
            if python not in self._made:
                self._made[python] = self._prepare(python)
            return self._made[python]

    def _prepare(self, python: str) -> Target | NotRun:
        tag = f"versect/python:{python}-{self._recipe(python)}"
        digest = self._digest(tag)
        if digest is None:
            failure = self._fetch(python, tag) and self._make(python, tag)
            if failure:
                return NotRun(cause=Cause.IMAGE_UNAVAILABLE, detail=failure)
            digest = self._digest(tag)
        if digest is None:
            return NotRun(cause=Cause.ENGINE_ERROR, detail=f"the image {tag} is gone again")
        found = self._facts(digest)
        if found is None:
            return NotRun(cause=Cause.ENGINE_ERROR, detail=f"the image {tag} has no working Python")
        return Target(
            python=python,
            version=found.version,
            executable=found.executable,
            magic=found.magic,
            cache_tag=found.cache_tag,
            platform=found.platform,
            image=digest,
        )

    def _recipe(self, python: str) -> str:
        """Digest what an image is made of, as far as it is known beforehand."""
        digest = hashlib.sha256(self._wanted.format(python=python).encode())
        for name in ("Dockerfile", "base.py"):
            digest.update((recipe_folder() / name).read_bytes())
        return digest.hexdigest()[:12]

    def _digest(self, tag: str) -> str | None:
        done = self._run("image", "inspect", "--format", "{{.Id}}", tag)
        words = done.stdout.decode(errors="replace").strip()
        if done.status != 0 or not words:
            return None
        return words if words.startswith("sha256:") else f"sha256:{words}"

    def _fetch(self, python: str, tag: str) -> str:
        """Make the image from a registry's; give what failed, or nothing."""
        source = self._wanted.format(python=python)
        if self._refused is not None:
            return self._refused
        local = self._run("image", "inspect", "--format", "{{.Id}}", source)
        if local.status != 0:
            done = self._run("pull", "--quiet", source, patience=_PULL_PATIENCE)
            if done.status != 0:
                last = done.words.splitlines()[-1] if done.words else f"status {done.status}"
                self._refused = f"{self._program} could not pull {source}: {last}"
                return self._refused
        self._say(f"py{python}: making the image from {source}")
        return self._build(source, tag)

    def _make(self, python: str, tag: str) -> str:
        """Make the image from an interpreter of this machine; give what failed, or nothing."""
        found = self._interpreter(python)
        if found is None:
            return f"{self._refused}; and {self._remedy(python)}"
        wanted = self._wanted.format(python=python)
        self._say(f"py{python}: wanted the image {wanted}; {self._refused}; making one from "
                  f"{found.executable} ({found.version})")  # fmt: skip
        script = recipe_folder() / "base.py"
        base = f"versect/base:{python}-{found.version}"
        archive = self._memory.parent / f"base-{python}-{os.getpid()}.tar"
        try:
            archive.parent.mkdir(parents=True, exist_ok=True)
            argv = ["sh", "-c", 'exec "$0" "$1" "$2" >"$3"', found.executable, str(script)]
            made = self._processes.run(
                [*argv, found.executable, str(archive)],
                env=self._client,
                timeout=_BUILD_PATIENCE,
            )
            if made.status != 0:
                return f"{script} failed: {made.words[-500:]}"
            done = self._run("import", str(archive), base, patience=_BUILD_PATIENCE)
            if done.status != 0:
                return f"{self._program} import failed: {done.words[-500:]}"
        except OSError as error:
            return f"cannot write {archive}: {error.strerror}"
        finally:
            archive.unlink(missing_ok=True)
        return self._build(base, tag)

    def _build(self, source: str, tag: str) -> str:
        done = self._run(
            *("build", "--quiet", "--network", "none", "--build-arg", f"PYTHON_IMAGE={source}"),
            *("--label", f"versect.source={source}", "--tag", tag, str(recipe_folder())),
            patience=_BUILD_PATIENCE,
        )
        return "" if done.status == 0 else f"{self._program} build failed: {done.words[-500:]}"

    def _facts(self, digest: str) -> Facts | None:
        """Ask the image's interpreter what it is; remembered by digest."""
        try:
            known = json.loads(self._memory.read_text(encoding="utf-8"))
            return Facts(**{**known[digest], "libc": tuple(known[digest]["libc"])})
        except (OSError, ValueError, KeyError, TypeError):
            pass
        done = self._run(
            *("run", "--rm", "--network", "none", digest, "python3", "-I", "-S", "-c", CODE)
        )
        found = facts(done.stdout) if done.status == 0 else None
        if found is not None:
            self._remember(digest, found)
        return found

    def _remember(self, digest: str, found: Facts) -> None:
        with self._guard:
            try:
                known = json.loads(self._memory.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                known = {}
            known[digest] = asdict(found)
            try:
                temporary = self._memory.with_suffix(f".{os.getpid()}")
                temporary.write_text(json.dumps(known), encoding="utf-8")
                temporary.replace(self._memory)
            except OSError:
                return  # it is only a memory

    def _run(self, *words: str, patience: float = _CLIENT_PATIENCE) -> Finished:
        return self._processes.run([self._program, *words], env=self._client, timeout=patience)
