"""``versect init``: a study from a script, a command or a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from versect.cli.options import WithCommand, offline_option, place_options

_EXAMPLES = "\b\nExamples:" + "".join(
    f"\n  versect init {words}"
    for words in (
        "repro.py",
        "--traceback error.txt",
        "repro.py --traceback error.txt --lock requirements.txt",
        "--traceback - -- python -m pytest tests/test_client.py",
    )
)


@click.command(cls=WithCommand, epilog=_EXAMPLES)
@click.argument("script", required=False, type=click.Path(path_type=Path))
@click.option(
    "--traceback",
    "traceback_file",
    metavar="FILE",
    type=click.Path(allow_dash=True),
    help="What was printed when it failed: a traceback, pytest's output, a log; - reads it from "
    "standard input.",
)
@click.option(
    "--lock",
    "--requirements",
    "lock",
    metavar="FILE",
    type=click.Path(),
    help="What was installed when it failed: pip freeze, a lock, or the folder of an environment.",
)
@click.option(
    "--project",
    "projects",
    multiple=True,
    metavar="NAME",
    help="The suspect, in place of the likeliest; python for interpreters. Repeatable.",
)
@click.option(
    "--versions", metavar="SPEC", help="Its releases, in place of all up to the one that failed."
)
@click.option("--exception", metavar="TYPE", help="The failure is this exception.")
@click.option("--message", metavar="REGEX", help="... whose message matches this.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The study's file; by default study.toml here, or beside a script that lies elsewhere.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option("-y", "--yes", is_flag=True, help="Ask nothing: take the likeliest.")
@place_options
@offline_option
@click.pass_context
def init(ctx: click.Context, /, **options: Any) -> int:
    """Write a study, asking the least.

    What fails is SCRIPT, the COMMAND after --, or what the traceback shows. Its imports, its
    PEP 723 block, the calls of the traceback and the environment that they ran in say which
    projects matter and which releases were installed; the exception becomes the failure sought.

    On a terminal at most three questions are asked, each with an answer to accept. Everything
    that was assumed stands in the study and is said.
    """
    from versect.cli import initiating
    from versect.cli.options import command_of
    from versect.cli.wiring import Wiring

    wiring = Wiring(
        results=options["results"], cache=options["cache_folder"], offline=options["offline"]
    )
    return initiating.init(wiring, command_of(ctx), options)
