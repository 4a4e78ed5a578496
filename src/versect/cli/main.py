"""The ``versect`` command: subcommands are loaded when they are called, so that --help is quick."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from typing import TYPE_CHECKING, Final

import click

from versect import __version__
from versect.errors import InternalError, VersectError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

INTERRUPTED: Final = 130

_COMMANDS: Final = {
    "run": ("versect.cli.run", "Run a study and write its compatibility table."),
    "bisect": ("versect.cli.bisect", "Find the release that brought the failure, or mended it."),
    "explain": ("versect.cli.explain", "Find the lines of a release that bring the failure."),
    "blame": ("versect.cli.blame", "Find the project that differs between what works and fails."),
    "accept": ("versect.cli.accept", "Make what a study's cells do now its baseline."),
    "check": (
        "versect.cli.check",
        "Run what is new, compare with the baseline, bisect what broke.",
    ),
    "history": ("versect.cli.history", "Show when cells changed, and what else changed with them."),
    "diff": ("versect.cli.diff", "Show what two runs left known that is not the same."),
    "diagnose": (
        "versect.cli.diagnose",
        "Say when, why and where a study fails, and what helps.",
    ),
    "trace": ("versect.cli.trace", "Record the lives of event loops, clients and connections."),
    "plan": ("versect.cli.plan", "Share a study's cells out among machines."),
    "merge": ("versect.cli.merge", "Bring together what several machines tried."),
    "reproduce": ("versect.cli.reproduce", "Print, or run, the exact command of one cell."),
    "report": ("versect.cli.report", "Write the table again from stored trials, running nothing."),
    "show": ("versect.cli.show", "Open a study's page in the browser."),
    "site": ("versect.cli.site", "Write the pages of all studies for a web server."),
    "query": ("versect.cli.query", "Answer a question in SQL over stored trials."),
    "releases": ("versect.cli.releases", "Show a project's releases and why some are dropped."),
    "images": ("versect.cli.images", "Make the container images of interpreters."),
    "init": ("versect.cli.init", "Write a study from a script, a command or a traceback."),
    "doctor": ("versect.cli.doctor", "Say what this machine can do, and what to install."),
    "completion": ("versect.cli.completion", "Print what a shell needs to complete versect."),
    "cache": ("versect.cli.cache", "Show and prune environments, locks and indexes kept on disk."),
}


class _Commands(click.Group):
    """A group that knows its commands' summaries without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(_COMMANDS[cmd_name][0]), cmd_name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Complete the names of commands without importing them, and the options of the group."""
        from click.shell_completion import CompletionItem

        named = [(n, words) for n, (_, words) in _COMMANDS.items() if n.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*(CompletionItem(name, help=words) for name, words in named), *options]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 2 wrong request, 3 index, 4 engine, 5 store, 6 tool, 7 storage, "
    "12 some cells could not be tried, 20-22 what check found, 70 a bug in versect, "
    "130 interrupted.",
)
@click.version_option(__version__, prog_name="versect")
def cli() -> None:
    """Find out which release broke it.

    versect runs a minimal reproduction over Python versions, releases of any projects and
    parameters, each combination in an environment of its own, and says where it fails.
    """


def main() -> None:
    """Run the command line and end the process with the documented exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; every error becomes words on stderr and an exit code."""
    try:
        result = cli.main(arguments, prog_name="versect", standalone_mode=False)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads any more
        return 0
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last line of defence
        return _explained(error)
    return result if isinstance(result, int) else 0


def _explained(error: BaseException) -> int:
    """Say on stderr what went wrong and give the exit code that goes with it."""
    match error:
        case click.exceptions.Exit(exit_code=code):
            return code
        case click.ClickException(exit_code=code):
            error.show()
            return code
        case click.Abort() | KeyboardInterrupt():
            _say("interrupted: every finished trial is kept; the same command goes on from there")
            return INTERRUPTED
        case VersectError(remedy=remedy, exit_code=code):
            _say(f"error: {error}")
            if remedy:
                _say(f"hint: {remedy}")
            return code
        case _:
            traceback.print_exception(error)
            _say("error: this is a bug in versect; every finished trial is kept")
            _say("hint: please report it with the lines above")
            return InternalError.exit_code


def _say(words: str) -> None:
    click.echo(words, err=True)
