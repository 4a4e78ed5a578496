"""``versect completion``: what a shell needs to complete versect's commands."""

from __future__ import annotations

from typing import Final

import click

_WHERE: Final = (
    '\b\nbash  ~/.bashrc                            eval "$(versect completion bash)"'
    '\nzsh   ~/.zshrc, after compinit             eval "$(versect completion zsh)"'
    "\nfish  ~/.config/fish/completions/versect.fish  versect completion fish > THE FILE"
)


@click.command(epilog=_WHERE)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script with which SHELL completes versect (bash 4.4 or later, zsh, fish).

    Commands, options and their choices, studies (built-in ones, those in RESULTS, files), the
    projects of a study and the ids of its cells are completed.
    """
    from click.shell_completion import ShellComplete, get_completion_class

    from versect.cli.main import cli

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"{shell} is not supported by click")
    # The class's own ``source`` of bash starts a bash to look at its version.
    click.echo(ShellComplete.source(found(cli, {}, "versect", "_VERSECT_COMPLETE")))
