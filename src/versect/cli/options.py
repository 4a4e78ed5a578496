"""Options that several commands share, and how they become a study."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from versect.cli import completing
from versect.errors import UsageError
from versect.select.shards import Shard, shard_of
from versect.source.draft import Draft
from versect.source.flags import lay, selector
from versect.source.load import find, from_command

_COMMAND: Final = "versect.command"

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class WithCommand(click.Command):
    """A command whose words after ``--`` are somebody else's command line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Set aside what follows ``--``."""
        if "--" in args:
            at = args.index("--")
            ctx.meta[_COMMAND] = tuple(args[at + 1 :])
            args = args[:at]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Let the shell complete what is somebody else's command line."""
        if _COMMAND in ctx.meta:
            return [CompletionItem(incomplete, type="file")]
        return super().shell_complete(ctx, incomplete)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Show that a command line may follow."""
        return [*super().collect_usage_pieces(ctx), "[-- COMMAND...]"]


def stacked(*options: Decorator) -> Decorator:
    """Put several options on a command, shown in the order given."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


study_options = stacked(
    click.argument("study", required=False, shell_complete=completing.studies),
    click.option("--name", help="Name of the study; its results lie in a folder of this name."),
    click.option(
        "--python", "pythons", multiple=True, metavar="3.X", help="Interpreter; repeatable."
    ),
    click.option(
        "--axis",
        "axes",
        multiple=True,
        metavar="NAME=CHOICES",
        help="Releases of a project (openai='>=1.50,<2' or httpx=0.27.2,0.28.1), or values of a "
        "parameter; repeatable.",
    ),
    click.option(
        "--parameter",
        "parameters",
        multiple=True,
        metavar="NAME=VALUES",
        help="A parameter of the reproduction: {NAME} in its words, VERSECT_NAME in its "
        "environment; repeatable.",
    ),
    click.option(
        "--every",
        type=click.Choice(["release", "patch-latest", "minor-latest"]),
        help="Thin out the ranges given with --axis.",
    ),
    click.option(
        "--limit", type=click.IntRange(min=1), help="At most so many releases of each --axis."
    ),
    click.option("--pre", is_flag=True, help="Pre-releases take part in --axis ranges."),
    click.option("--yanked", is_flag=True, help="Yanked releases take part in --axis ranges."),
    click.option(
        "--require",
        "requires",
        multiple=True,
        help="A further requirement of every cell; repeatable.",
    ),
    click.option(
        "--include",
        multiple=True,
        metavar="AXIS=VALUES[;...]",
        help="Only cells like this take part; repeatable.",
    ),
    click.option(
        "--exclude",
        multiple=True,
        metavar="AXIS=VALUES[;...]",
        help="Cells like this are left out; repeatable.",
    ),
    click.option(
        "--resolution",
        type=click.Choice(["period", "today"]),
        help="Resolve the rest as when the newest pin was new, or with today's releases.",
    ),
    click.option("--cut-off", metavar="DATE", help="Use no file uploaded later."),
    click.option(
        "--build", multiple=True, metavar="PROJECT", help="May be built from source; repeatable."
    ),
    click.option("--exception", metavar="TYPE", help="The failure is this exception."),
    click.option("--message", metavar="REGEX", help="... whose message matches this."),
    click.option("--text", metavar="REGEX", help="The failure is output that matches this."),
    click.option(
        "--exit-code", "exit_codes", type=int, multiple=True, help="The failure is this status."
    ),
    click.option("--signal", metavar="SIGSEGV", help="The failure is a death by this signal."),
    click.option("--hang", is_flag=True, help="The failure is running into --timeout."),
    click.option("--timeout", type=float, metavar="SECONDS", help="Wall-clock limit of a cell."),
    click.option("--memory", metavar="SIZE", help="Memory limit of a cell, such as 512M."),
)

place_options = stacked(
    click.option(
        "--results",
        type=click.Path(path_type=Path, file_okay=True),
        default="results",
        show_default=True,
        envvar="VERSECT_RESULTS",
        help="Folder of all results.",
    ),
    click.option(
        "--cache",
        "cache_folder",
        type=click.Path(path_type=Path),
        envvar="VERSECT_CACHE",
        help="Folder of environments, locks and indexes.",
    ),
)

engine_option = click.option(
    "--engine",
    type=click.Choice(["auto", "docker", "podman", "local"]),
    default="auto",
    show_default=True,
    envvar="VERSECT_ENGINE",
    help="Where cells run; auto takes a container engine that answers, else local.",
)

jobs_option = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    show_default="number of processors",
    help="Cells that run at once.",
)


def _shard(_ctx: click.Context, _param: click.Parameter, value: str | None) -> Shard | None:
    return None if value is None else shard_of(value)


shard_option = click.option(
    "--shard",
    callback=_shard,
    metavar="N/SHARDS",
    help="Only this part of the cells; 'versect plan' shares them out.",
)

offline_option = click.option("--offline", is_flag=True, help="Use only what is cached.")

running_options = stacked(engine_option, jobs_option, place_options, offline_option)
"""Where, how and with what trials are made."""


def command_of(ctx: click.Context) -> tuple[str, ...]:
    """Give the words after ``--`` of a command that is ``WithCommand``."""
    command: tuple[str, ...] = ctx.meta.get(_COMMAND, ())
    return command


def draft_of(ctx: click.Context, results: Path, options: dict[str, Any]) -> Draft:
    """Make the draft of a study from the shared options.

    Raises:
        UsageError: Neither a study nor a command is given, or both.
        StudyError: The study or an option has faults.

    """
    command = command_of(ctx)
    study: str | None = options["study"]
    if study and command:
        raise UsageError(
            f"both a study ({study}) and a command are given",
            remedy="give one of them; a study names its own command",
        )
    if command:
        draft = from_command(command, Path.cwd())
    elif study:
        draft = find(study, Path.cwd(), results)
    else:
        raise UsageError(
            "nothing to run: neither a study nor a command is given",
            remedy="versect run event-loop, versect run path/to/study.toml, "
            "or versect run --python 3.12 --axis httpx='>=0.27' -- python repro.py",
        )
    table = lay(
        draft.table,
        keys=_table(options),
        parameters=options["parameters"],
        axes=options["axes"],
        thinning=_given({key: options[key] for key in ("every", "limit", "pre", "yanked")}),
    )
    return replace(draft, table=_with_python(table))


def _with_python(table: dict[str, Any]) -> dict[str, Any]:
    """Give a study that names no interpreter the one that runs versect."""
    if table.get("python"):
        return table
    mine = f"3.{sys.version_info.minor}"
    click.echo(f"Python {mine}, as versect itself; choose with --python", err=True)
    return {**table, "python": [mine]}


def _table(options: dict[str, Any]) -> dict[str, Any]:
    """Give the keys of a study that the options set."""
    table = {
        "name": options["name"],
        "python": list(options["pythons"]),
        "requires": list(options["requires"]),
        "include": [selector(text) for text in options["include"]],
        "exclude": [selector(text) for text in options["exclude"]],
        "resolution": options["resolution"],
        "cut-off": options["cut_off"],
        "build": list(options["build"]),
        "failure": _given(
            {
                "exception": options["exception"],
                "message": options["message"],
                "text": options["text"],
                "exit-codes": list(options["exit_codes"]),
                "signal": options["signal"],
                "timeout": options["hang"],
            }
        ),
        "limits": _given({"timeout": options["timeout"], "memory": options["memory"]}),
    }
    return _given(table)


def _given(table: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if value not in (None, [], {}, False)}
