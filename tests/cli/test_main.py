"""The command line itself: quick help, documented codes, generated reference."""

import subprocess
import sys
from pathlib import Path

from versect.errors import VersectError
from versect.model.outcome import Cause

ROOT = Path(__file__).parents[2]


def subclasses(kind):
    return {kind, *(deeper for sub in kind.__subclasses__() for deeper in subclasses(sub))}


def test_every_exit_code_is_documented():
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text()
    for error in subclasses(VersectError) - {VersectError}:
        assert f"| {error.exit_code} |" in page, error


def test_every_cause_is_documented():
    page = (ROOT / "docs" / "reference" / "matrix-json.md").read_text()
    assert all(f"`{cause}`" in page for cause in Cause)


def test_the_reference_of_commands_is_current():
    argv = [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom versect.cli.main import run\nrun(['--help'])\n"
        "heavy = {'rich', 'httpx2', 'cattrs', 'packaging', 'stamina', 'filelock'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
