"""``-q`` and ``-v``, which every command takes."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from kconv._cli.console import speak


def _quiet(given: bool) -> None:
    if given:
        speak(-1)


def _verbose(given: bool) -> None:
    if given:
        speak(1)


_app = typer.Typer(add_completion=False, rich_markup_mode=None)


@_app.command()
def _options(
    quiet: Annotated[
        bool,
        typer.Option(
            "-q",
            "--quiet",
            callback=_quiet,
            is_eager=True,
            help="Print results and errors, and nothing else.",
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "-v",
            "--verbose",
            callback=_verbose,
            is_eager=True,
            help="Also print log lines, where an error was raised, and how long it took.",
        ),
    ] = False,
) -> None:
    """What every command takes."""


def common_options() -> list[Any]:
    """Both, as parameters of a command whose function does not get them."""
    found = [each for each in get_command(_app).params if each.name in ("quiet", "verbose")]
    for each in found:
        each.expose_value = False
    return found


def add_verbosity(command: TyperCommand | TyperGroup) -> None:
    """Give a command, or each one of a group, those of the two that it does not have itself."""
    if isinstance(command, TyperGroup):
        for below in command.commands.values():
            if isinstance(below, TyperCommand | TyperGroup):
                add_verbosity(below)
        return
    taken = {name for each in command.params for name in each.opts}
    command.params += [each for each in common_options() if not taken & {*each.opts}]
