"""The image of each Python: reused, fetched from a registry, or made from a local interpreter."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from versect.engine import oci
from versect.engine.traits import Traits
from versect.env.probing import CODE, Facts, facts
from versect.model.environment import Target
from versect.model.outcome import Cause
from versect.model.trial import NotRun
from versect.run.process import Finished, Processes

_PULL_PATIENCE: Final = 300.0
_BUILD_PATIENCE: Final = 900.0
_CLIENT_PATIENCE: Final = 60.0
_DEFAULT: Final = "python:{python}-slim"
_NO_SUCH: Final = re.compile(
    r"manifest.*(unknown|not found)|no matching manifest|short-name", re.IGNORECASE
)
"""A registry's words for an image that it does not have: it may well have the next one."""

SOURCE_LABEL: Final = "versect.source"
"""What an image was made from: a registry's image, by digest where it has one, or a base."""
INTERPRETER_LABEL: Final = "versect.interpreter"
"""The version of this machine's interpreter that is in an image; missing in a registry's."""

Find = Callable[[str], Facts | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that the engine has."""

    digest: str
    labels: Mapping[str, str]
    repository_digest: str | None
    """``python@sha256:...``, under which every machine gets the very same image."""


def image(answer: bytes) -> Image | None:
    """Read ``image inspect``; None when it is none."""
    try:
        (document,) = json.loads(answer)
        digest = str(document["Id"])
        config = document.get("Config") or {}
        return Image(
            digest=digest if digest.startswith("sha256:") else f"sha256:{digest}",
            labels=dict(config.get("Labels") or {}),
            repository_digest=next(iter(document.get("RepoDigests") or ()), None),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def recipe_folder() -> Path:
    """Give the folder with the Dockerfile: in the package, or in the checkout around it."""
    packaged = Path(str(files("versect").joinpath("engine/docker")))
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "docker"


class Images:
    """Images for cells; each Python is prepared once, several side by side if asked so."""

    def __init__(  # noqa: PLR0913 - where images can come from
        self,
        traits: Traits,
        *,
        environment: Mapping[str, str],
        client: Mapping[str, str],
        interpreter: Find,
        remedy: Callable[[str], str],
        memory: Path,
        processes: Processes,
        say: Callable[[str], None],
    ) -> None:
        self._traits = traits
        self._program = traits.program
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
        have = self._inspect(tag)
        if have is None or self._outdated(python, have):
            failure = self._fetch(python, tag)
            if failure:
                failure = self._make(python, tag, failure)
            if failure and have is None:
                return NotRun(cause=Cause.IMAGE_UNAVAILABLE, detail=failure)
            if failure:
                self._say(f"py{python}: using the image as it is: {failure}")
            have = self._inspect(tag)
        if have is None:
            return NotRun(cause=Cause.ENGINE_ERROR, detail=f"the image {tag} is gone again")
        found = self._facts(have.digest)
        if isinstance(found, NotRun):
            return found
        return Target(
            python=python,
            version=found.version,
            executable=found.executable,
            magic=found.magic,
            cache_tag=found.cache_tag,
            platform=found.platform,
            image=have.digest,
        )

    def _outdated(self, python: str, have: Image) -> bool:
        """Whether an image holds an interpreter that this machine has another version of now."""
        inside = have.labels.get(INTERPRETER_LABEL)
        if inside is None:
            return False
        found = self._interpreter(python)
        return found is not None and found.version != inside

    def _recipe(self, python: str) -> str:
        """Digest what an image is made of, as far as it is known beforehand."""
        digest = hashlib.sha256(self._wanted.format(python=python).encode())
        for name in ("Dockerfile", "base.py"):
            digest.update((recipe_folder() / name).read_bytes())
        return digest.hexdigest()[:12]

    def _inspect(self, name: str) -> Image | None:
        done = self._run("image", "inspect", name)
        return image(done.stdout) if done.status == 0 else None

    def _fetch(self, python: str, tag: str) -> str:
        """Make the image from a registry's; give what failed, or nothing."""
        source = self._wanted.format(python=python)
        have = self._inspect(source)
        if have is None:
            refusal = self._refused or self._pull(source)
            if refusal:
                return f"{self._program} could not pull {source}: {refusal}"
            have = self._inspect(source)
        self._say(f"py{python}: making the image from {source}")
        named = have.repository_digest if have else None
        return self._build(source, tag, {SOURCE_LABEL: named or source})

    def _pull(self, source: str) -> str:
        """Pull an image; give what failed, or nothing. A registry out of reach is asked once."""
        done = self._run("pull", "--quiet", source, patience=_PULL_PATIENCE)
        if done.status == 0:
            return ""
        said = done.words.splitlines()
        words = said[-1] if said else f"status {done.status}"
        if done.timed_out:
            words = f"not done in {_PULL_PATIENCE:g} s"
        if not _NO_SUCH.search(words):
            self._refused = words
        return words

    def _make(self, python: str, tag: str, refusal: str) -> str:
        """Make the image from an interpreter of this machine; give what failed, or nothing."""
        found = self._interpreter(python)
        if found is None:
            return (
                f"{refusal}; and {self._remedy(python)}; or name a registry that answers, as in "
                "VERSECT_PYTHON_IMAGE='mirror/python:{python}-slim'"
            )
        self._say(f"py{python}: {refusal}; making the image from {found.executable} "
                  f"({found.version})")  # fmt: skip
        archive = self._memory.parent / f"base-{python}-{os.getpid()}.tar"
        try:
            archive.parent.mkdir(parents=True, exist_ok=True)
            failure = self._archive(found, archive)
            if failure:
                return failure
            with archive.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()[:12]
            base = f"versect/base:{python}-{content}"
            if self._inspect(base) is None:  # the same interpreter gives the same bytes
                done = self._run("import", str(archive), base, patience=_BUILD_PATIENCE)
                if done.status != 0:
                    return f"{self._program} import failed: {done.words[-500:]}"
        except OSError as error:
            return f"cannot write {archive}: {error.strerror}"
        finally:
            archive.unlink(missing_ok=True)
        labels = {SOURCE_LABEL: base, INTERPRETER_LABEL: found.version}
        return self._build(base, tag, labels)

    def _archive(self, found: Facts, archive: Path) -> str:
        """Write a root file system around an interpreter; give what failed, or nothing."""
        script = recipe_folder() / "base.py"
        argv = ["sh", "-c", 'exec "$0" "$1" "$0" >"$2"', found.executable, str(script)]
        made = self._processes.run([*argv, str(archive)], env=self._client, timeout=_BUILD_PATIENCE)
        return "" if made.status == 0 else f"{script} failed: {made.words[-500:]}"

    def _build(self, source: str, tag: str, labels: Mapping[str, str]) -> str:
        labelled = (w for name, value in labels.items() for w in ("--label", f"{name}={value}"))
        done = self._run(
            *("build", "--quiet", "--network", "none", "--build-arg", f"PYTHON_IMAGE={source}"),
            *(*labelled, "--tag", tag, str(recipe_folder())),
            patience=_BUILD_PATIENCE,
        )
        return "" if done.status == 0 else f"{self._program} build failed: {done.words[-500:]}"

    def _facts(self, digest: str) -> Facts | NotRun:
        """Ask the image's interpreter what it is; remembered by digest."""
        try:
            known = json.loads(self._memory.read_text(encoding="utf-8"))
            return Facts(**{**known[digest], "libc": tuple(known[digest]["libc"])})
        except (OSError, ValueError, KeyError, TypeError):
            pass
        argv = oci.facts_argv(
            ("python3", "-I", "-S", "-c", CODE), image=digest, traits=self._traits
        )
        done = self._processes.run(argv, env=self._client, timeout=_CLIENT_PATIENCE)
        found = facts(done.stdout) if done.status == 0 else None
        if found is None:
            detail = f"no working Python in the image {digest}: {done.words[-500:]}"
            return NotRun(cause=Cause.ENGINE_ERROR, detail=detail)
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
                self._memory.parent.mkdir(parents=True, exist_ok=True)
                temporary = self._memory.with_suffix(f".{os.getpid()}")
                temporary.write_text(json.dumps(known), encoding="utf-8")
                temporary.replace(self._memory)
            except OSError:
                return  # it is only a memory

    def _run(self, *words: str, patience: float = _CLIENT_PATIENCE) -> Finished:
        return self._processes.run([self._program, *words], env=self._client, timeout=patience)
