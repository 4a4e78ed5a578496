"""A folder that is replaced is whole at every moment, and nobody's files are lost."""

from pathlib import Path, PurePosixPath

import pytest

from versect.errors import StorageError, UsageError
from versect.report.tree import replace

MARKER = ".mark"


def files(*names, copied=None):
    for name in names:
        yield PurePosixPath(name), f"text of {name}"
    if copied is not None:
        yield PurePosixPath("copied"), copied


def listed(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def left_over(folder):
    return [p.name for p in folder.parent.iterdir() if p.name.startswith(f".{folder.name}.")]


def test_a_new_folder_takes_the_place_of_the_old_one(tmp_path):
    out, source = tmp_path / "out", tmp_path / "source"
    source.write_text("kept")
    replace(out, files("a", "b/c", copied=source), marker=MARKER)
    assert listed(out) == {"a", "b/c", "copied", MARKER}
    replace(out, files("d"), marker=MARKER)
    assert listed(out) == {"d", MARKER}
    assert (out / "d").read_text() == "text of d"
    assert left_over(out) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_what_is_half_written_replaces_nothing(tmp_path, error):
    out = tmp_path / "out"
    replace(out, files("a"), marker=MARKER)

    def broken():
        yield from files("x", "y")
        raise error

    with pytest.raises((KeyboardInterrupt, StorageError)):
        replace(out, broken(), marker=MARKER)
    assert listed(out) == {"a", MARKER}
    assert left_over(out) == []


def test_a_folder_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(UsageError, match="holds something else"):
        replace(tmp_path, files("a"), marker=MARKER)
    with pytest.raises(UsageError, match="holds something else"):
        replace(tmp_path / "mine", files("a"), marker=MARKER)
    assert (tmp_path / "mine").read_text() == "precious"


def test_an_empty_folder_is_taken(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    replace(out, files("a"), marker=MARKER)
    assert listed(out) == {"a", MARKER}


def test_a_folder_below_a_file_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot write"):
        replace(Path(tmp_path, "file", "out"), files("a"), marker=MARKER)
