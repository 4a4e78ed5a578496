"""An environment as it lies on disk: a farm of hard links to layers, and what it looked like."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from versect.env import disk, layout
from versect.env.inject import PTH_LINE, PTH_NAME
from versect.env.layer import Layer
from versect.model.environment import Environment

MANIFEST: Final = ".versect.json"
"""What the store writes down of an environment, at its top."""

_FOLDER: Final = "folder"


def lay(built: Path, environment: Environment, layers: Sequence[Layer]) -> dict[str, str]:
    """Lay out an environment.

    Args:
        built: A new folder on the layers' file system, to be moved to the environment's root.
        environment: What it becomes.
        layers: Its distributions. Of two files with one name the first layer's is taken.

    Returns:
        The states of everything in it, as ``states`` gives them. That of a link is what the
        layer's file was when it was made: what somebody wrote into it since then will show.

    Raises:
        OSError: A layer went away, or the folder cannot be written.

    """
    target = environment.target
    below = layout.site_packages(target.python)
    site, scripts = built / below, built / "bin"
    for folder in (site, scripts):
        folder.mkdir(parents=True)
    (built / "pyvenv.cfg").write_text(layout.pyvenv_cfg(target), encoding="utf-8")
    for name in ("python", "python3", f"python{target.python}"):
        (scripts / name).symlink_to(target.executable)
    laid: dict[str, str] = {}
    for layer in layers:
        _link(layer, str(site), laid)
        _add_scripts(layer, scripts, site, environment.python)
    (site / PTH_NAME).unlink(missing_ok=True)  # a wheel's own is a link to its layer
    (site / PTH_NAME).write_text(PTH_LINE, encoding="utf-8")
    made = {f"{below}/{name}": state for name, state in laid.items()}
    for name in ("bin", below, *map(str, Path(below).parents[:-1])):
        made[name] = _FOLDER
    for path in (built / "pyvenv.cfg", site / PTH_NAME, *scripts.iterdir()):
        made[str(path.relative_to(built))] = disk.state(path.lstat())
    return made


def states(root: Path) -> Iterator[tuple[str, str]]:
    """Give everything in an environment, its store's manifest aside, with its state.

    Thousands of files are looked at before and after every trial.
    """
    waiting = [(str(root), "")]
    while waiting:
        folder, prefix = waiting.pop()
        with os.scandir(folder) as found:
            for entry in found:
                name = f"{prefix}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, f"{name}/"))
                    yield name, _FOLDER
                elif name != MANIFEST:
                    yield name, disk.state(entry.stat(follow_symlinks=False))


def _link(layer: Layer, site: str, laid: dict[str, str]) -> None:
    """Link the files of a layer, and their bytecode, below site-packages.

    Texts instead of paths: an environment has thousands of files, and laying them is most of the
    time that it takes to make one.
    """
    package_called_bin = "bin/__init__.py" in layer.files
    for name, state in layer.files.items():
        if not package_called_bin and name.startswith("bin/"):
            continue
        if _linked(f"{layer.root}/{name}", name, state, site, laid):
            found = layer.compiled.get(name)
            if found is not None:
                cached, state_of_cached = found
                _linked(f"{layer.bytecode}/{cached}", cached, state_of_cached, site, laid)


def _linked(source: str, name: str, state: str, site: str, laid: dict[str, str]) -> bool:
    _make_folder(name.rpartition("/")[0], site, laid)
    target = f"{site}/{name}"
    try:
        linked = disk.link(source, target)
    except FileExistsError:  # two distributions with one file
        return False
    laid[name] = state if linked else disk.state(os.lstat(target))
    return True


def _make_folder(name: str, site: str, laid: dict[str, str]) -> None:
    if name and name not in laid:
        _make_folder(name.rpartition("/")[0], site, laid)
        os.mkdir(f"{site}/{name}")  # noqa: PTH102 - hundreds
        laid[name] = _FOLDER


def _add_scripts(layer: Layer, folder: Path, site: Path, python: str) -> None:
    """Write the scripts of a distribution so that they start this environment's interpreter."""
    entry_points = [name for name in layer.files if name.endswith(".dist-info/entry_points.txt")]
    for name in entry_points:
        text = (site / name).read_text(encoding="utf-8", errors="replace")
        for script, code in layout.scripts(text, python):
            _write_script(folder / script, code.encode())
    if "bin/__init__.py" in layer.files:
        return
    for name in layer.files:
        if name.startswith("bin/") and name.count("/") == 1:
            target = folder / name.removeprefix("bin/")
            if not target.exists():
                content = (layer.root / name).read_bytes()
                _write_script(target, layout.rebased(content, python) or content)


def _write_script(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o755)
