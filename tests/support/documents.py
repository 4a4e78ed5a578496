"""The Markdown pages of the repository."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = (".", "docs", "bench", "data", "docker", "results/bench", "results/truth", "src")


def pages():
    """Give every page that is written by hand or generated for readers, relative to the root."""
    found = {
        path.relative_to(ROOT)
        for folder in FOLDERS
        for path in (ROOT / folder).glob("*.md" if folder == "." else "**/*.md")
    }
    return sorted(found)
