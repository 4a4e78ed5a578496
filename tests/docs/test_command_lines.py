"""Every ``versect ...`` that a page shows parses: its command is there, and so are its options."""

import re
import shlex
import tomllib

import click
import pytest

from tests.support.console import blocks, commands, without_blocks
from tests.support.documents import ROOT, pages
from versect.cli.main import cli

GENERATED = "docs/reference/commands.md"
TAUGHT = frozenset({"README.md", "docs"})
OF_OTHERS = frozenset(
    {
        "--bridge",
        "--exclude-newer",
        "--init",
        "--internal",
        "--network",
        "--read-only",
        "--runtime",
        "--target",
    }
)
"""Options of uv, pip, docker and others that pages speak of."""


def parse(words, *, strict):
    """Parse a command line without running it; raises what click raises.

    Not strict are fragments in running text: they may lack arguments and hold placeholders.
    """
    context = click.Context(cli, info_name="versect")
    command, rest = cli, list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        found = command.get_command(context, name)
        if found is None:
            raise click.UsageError(f"no such command: {name}")
        command = found
    try:
        with command.make_context("versect", rest, parent=context):
            pass
    except click.exceptions.Exit:  # --help and --version
        return
    except (click.BadParameter, click.BadOptionUsage) as error:
        if strict and "does not exist" not in error.format_message():
            raise


def split(line):
    """Give the words of each ``versect`` command in a shell line, redirections left out."""
    reader = shlex.shlex(line, posix=True, punctuation_chars=True)
    reader.commenters = "#"
    reader.whitespace_split = True
    found, words = [], []
    for word in [*reader, ";"]:
        if set(word) <= set(";|&<>()"):
            found.append(words)
            words = []
        else:
            words.append(word)
    programs = [words[words.index("versect") + 1 :] for words in found if "versect" in words[:3]]
    return [[word for word in one if word != "..."] for one in programs]


def shown(path):
    """Give line and text of everything that a page shows as a shell would be given it."""
    for block in blocks((ROOT / path).read_text(encoding="utf-8")):
        if block.kind == "console" and "\n$ " in f"\n{block.text}":
            yield from ((one.line, one.text.replace("\\\n", " ")) for one in commands(block))
        elif block.kind in {"console", "sh", "bash", "shell", "yaml", ""}:
            text = block.text.replace("\\\n", " ")
            for number, line in enumerate(text.splitlines()):
                if found := re.match(r"\s*(?:- )?(?:run: )?(?P<line>versect .*)", line):
                    yield block.line + number, found["line"]


@pytest.mark.parametrize("path", pages(), ids=str)
def test_every_command_line_of_a_block_parses(path):
    for number, line in shown(path):
        for words in split(line):
            try:
                parse(words, strict=True)
            except click.UsageError as error:
                pytest.fail(
                    f"{path}:{number}: versect {shlex.join(words)}: {error.format_message()}"
                )


@pytest.mark.parametrize("path", [p for p in pages() if str(p) != GENERATED], ids=str)
def test_every_command_in_running_text_parses(path):
    text = without_blocks((ROOT / path).read_text(encoding="utf-8"))
    for fragment in re.findall(r"`(versect [^`]*)`", text):
        for words in split(fragment):
            try:
                parse(words, strict=False)
            except click.UsageError as error:
                pytest.fail(f"{path}: {fragment}: {error.format_message()}")


def options():
    """Give every option of every command."""
    context = click.Context(cli, info_name="versect")
    waiting, found = [cli], {"--help", "--version"}
    while waiting:
        command = waiting.pop()
        found.update(o for p in command.params for o in (*p.opts, *p.secondary_opts))
        if isinstance(command, click.Group):
            names = command.list_commands(context)
            waiting += [command.get_command(context, name) for name in names]
    return found


@pytest.mark.parametrize(
    "path", [p for p in pages() if p.parts[0] in {"README.md", "docs"}], ids=str
)
def test_every_option_in_running_text_is_one(path):
    text = without_blocks((ROOT / path).read_text(encoding="utf-8"))
    named = set(re.findall(r"`(--[a-z][a-z-]+)", text)) - OF_OTHERS
    assert sorted(named - options()) == []


@pytest.mark.parametrize("path", pages(), ids=str)
def test_every_toml_block_is_toml(path):
    for block in blocks((ROOT / path).read_text(encoding="utf-8")):
        if block.kind == "toml":
            tomllib.loads(block.text)


@pytest.mark.parametrize(
    "line",
    ["versect rum study.toml", "versect run --axes x=1", "versect bisect -j many", "versect blame"],
)
def test_a_line_that_is_wrong_would_be_seen(line):
    (words,) = split(line)
    with pytest.raises(click.UsageError):
        parse(words, strict=True)


def test_a_line_is_taken_apart_as_a_shell_would():
    line = "cd x && versect run --axis 'a=>=1' # why\n| tee log; versect check s || echo $?"
    assert split(line) == [["run", "--axis", "a=>=1"], ["check", "s"]]
