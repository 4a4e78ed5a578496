"""Files are the old ones or the new ones."""

import pytest

from versect.errors import StorageError
from versect.report.write import write


def test_a_file_appears_with_its_folder(tmp_path):
    write(tmp_path / "a" / "b.md", "text\ud800")
    assert (tmp_path / "a" / "b.md").read_text().startswith("text")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b.md"]


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "file").write_text("old")
    with pytest.raises(StorageError, match="cannot write") as caught:
        write(tmp_path / "file" / "x.md", "new")
    assert caught.value.remedy
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
