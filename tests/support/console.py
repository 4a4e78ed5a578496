"""Pages of the documentation as programs: their files are written, their commands run as written.

A fenced block of the kind ``console`` holds commands, each behind ``$ ``, and what they print;
``console docker`` is for machines with Docker. A block with ``title="NAME"`` is the file of that
name. A line ``...`` stands for any lines, and
``...`` within a line for any characters. Times in brackets are not compared.
"""

import re
import shlex
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>[\w-]*)(?P<rest>.*)$")
_SECONDS = re.compile(r"\(\d+\.\d s\)")
_END = "-- end of command --"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block."""

    line: int
    """Of its first line inside the fence."""
    kind: str
    needs: str
    """What follows the kind in a console block."""
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of a console block, and the output shown below it."""

    line: int
    text: str
    shown: tuple[str, ...]


def blocks(page: str) -> tuple[Block, ...]:
    """Give the fenced blocks of a Markdown page."""
    found, opened, start = [], None, 0
    lines = page.splitlines()
    for number, line in enumerate(lines):
        fence = _FENCE.match(line)
        if fence and opened is None:
            opened, start = fence, number + 1
        elif fence and not fence["kind"]:
            indent = len(opened["indent"])
            title = re.search(r'title="([^"]+)"', opened["rest"])
            found.append(
                Block(
                    line=start + 1,
                    kind=opened["kind"],
                    needs=opened["rest"].strip() if opened["kind"] == "console" else "",
                    title=title[1] if title else "",
                    text="".join(f"{one[indent:]}\n" for one in lines[start:number]),
                )
            )
            opened = None
    assert opened is None, f"a block that is opened in line {start} never ends"
    return tuple(found)


def commands(block: Block) -> tuple[Command, ...]:
    """Give the commands of a console block; one goes on after a backslash and in open quotes."""
    lines = block.text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    found = []
    for start, end in pairwise([*starts, len(lines)]):
        last, text = start, lines[start][2:]
        while last + 1 < end and (text.endswith("\\") or _is_open(text)):
            last += 1
            text = f"{text}\n{lines[last]}"
        found.append(
            Command(line=block.line + start, text=text, shown=tuple(lines[last + 1 : end]))
        )
    return tuple(found)


def _is_open(text):
    """Whether a quotation of a command has not ended yet."""
    try:
        shlex.split(text)
    except ValueError:
        return True
    return False


def matches(shown: tuple[str, ...], printed: str) -> bool:
    """Say whether a command printed what a page shows, all of it and nothing else."""
    parts = []
    for line in shown:
        words = (re.escape(_SECONDS.sub("(s)", word)) for word in line.split("..."))
        parts.append(r"(?:.*\n)*" if line.strip() == "..." else ".*".join(words) + r"\n")
    text = "".join(f"{_SECONDS.sub('(s)', line).rstrip()}\n" for line in printed.splitlines())
    return re.fullmatch("".join(parts), text) is not None


def follow(
    page: str, folder: Path, environment: dict[str, str], *, have: Sequence[str] = ()
) -> list[tuple[float, str]]:
    """Write a page's files and run its commands, from top to bottom, in one shell.

    Args:
        page: The Markdown.
        folder: Where commands begin; files go to where the shell is by then.
        environment: Of the shell.
        have: Needs of blocks that are met; a block that needs something else is left out.

    Returns:
        Of each command how many seconds it took, and its text.

    Raises:
        AssertionError: A command did not end with 0, or printed something else than is shown.

    """
    took, here = [], folder
    with subprocess.Popen(
        ["bash", "--noprofile", "--norc"],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            for block in blocks(page):
                if block.needs and block.needs not in have:
                    continue
                if block.title:
                    home = environment.get("HOME", "~")
                    path = here / re.sub(r"^~(?=/)", home, block.title)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(block.text, encoding="utf-8")
                for command in commands(block) if block.kind == "console" else ():
                    begun = time.monotonic()
                    status, here, printed = _ask(shell, command.text)
                    took.append((time.monotonic() - begun, command.text))
                    where = f"line {command.line}: $ {command.text}\n"
                    assert status == 0, f"{where}ended with {status} and printed\n{printed}"
                    shown = "\n".join(command.shown)
                    assert matches(command.shown, printed), (
                        f"{where}shown is\n{shown}\n\nprinted was\n{printed}"
                    )
        finally:
            shell.kill()
    return took


def _ask(shell, text):
    """Run a command in the shell; give its status, where the shell then is, and what it printed."""
    end = shlex.quote(_END)
    shell.stdin.write(f"{{ {text}\n}} </dev/null\nprintf '\\n%s %s %s\\n' {end} $? \"$PWD\"\n")
    shell.stdin.flush()
    printed = []
    for line in shell.stdout:
        if line.startswith(_END):
            status, here = line.removeprefix(_END).split(maxsplit=1)
            return int(status), Path(here.removesuffix("\n")), "".join(printed).removesuffix("\n")
        printed.append(line)
    raise AssertionError(f"the shell ended in: {text}\n{''.join(printed)}")


def without_blocks(page: str) -> str:
    """Give a page's text with fenced blocks, comments included, left out."""
    kept, opened = [], False
    for line in page.splitlines():
        if _FENCE.match(line):
            opened = not opened
        elif not opened:
            kept.append(line)
    return "\n".join(kept)
