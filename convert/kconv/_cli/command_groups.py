"""Groups of commands: loaded when they are needed, options allowed before their names."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from kconv._cli.verbosity import add_verbosity

Command = TyperCommand | TyperGroup

Modules = dict[str, tuple[str, str]]
"""For each command its module and what the group's help says about it."""


class ReaderGone(Exception):
    """The reader of standard output closed it, as ``head`` does."""


class LazyGroup(TyperGroup):
    """A group whose commands are imported when they are called.

    ``modules`` says for each command which module holds its ``app``, and what ``--help`` of the
    group says about it, so that listing the commands imports none of them.
    """

    modules: ClassVar[Modules] = {}

    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order they are listed in."""
        return list(self.modules)

    def get_command(self, ctx: Any, cmd_name: str) -> Command | None:
        """The command of that name; while help is written, a stand-in with its help only."""
        found = self.modules.get(cmd_name)
        if found is None:
            return None
        module, summary = found
        if self._listing:
            return TyperCommand(cmd_name, help=summary)
        if cmd_name not in self.commands:
            app: typer.Typer = import_module(module).app
            command = get_command(app)
            command.name = cmd_name
            add_verbosity(command)  # type: ignore[arg-type]  # what get_command() gave
            self.commands[cmd_name] = command
        return self.commands[cmd_name]  # type: ignore[return-value]  # what get_command() gave

    def invoke(self, ctx: Any) -> Any:
        """Run the command; `ReaderGone` if the reader of its output closed it."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            raise ReaderGone from None
        return result

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help of the group."""
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False


class DefaultCommand(TyperCommand):
    """What a group does without a subcommand: it is called by the group's own name."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the line of usage, in which the command has no name."""
        called = " ".join(ctx.command_path.split())
        formatter.write_usage(called, " ".join(self.collect_usage_pieces(ctx)))


class CommandGroup(TyperGroup):
    """A group whose subcommand may stand behind options, and may be left out.

    ``default`` names the subcommand (hidden, called by the group's own name) that runs when none
    is given, so that ``kconv migrate cronjobs.batch`` and ``kconv migrate --db URL status`` both
    work.
    """

    default: str | None = None

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the subcommand's name first, then parse as usual."""
        position = self._position(args)
        if position is not None:
            args = [args[position], *args[:position], *args[position + 1 :]]
        elif self.default is not None:
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the subcommand; the default one has the name of the group."""
        name, command, rest = super().resolve_command(ctx, args)
        return ("" if name == self.default else name), command, rest

    def _position(self, args: list[str]) -> int | None:
        """Where the first argument that is no option, nor the value of one, names a subcommand."""
        valued = self._options_with_values()
        skip = False
        for position, argument in enumerate(args):
            if skip:
                skip = False
            elif argument == "--":
                return None
            elif argument in valued:
                skip = True
            elif not argument.startswith("-"):
                known = argument in self.commands and argument != self.default
                return position if known or self.default is None else None
        return None

    def _options_with_values(self) -> set[str]:
        return {
            name
            for command in self.commands.values()
            for parameter in command.params
            if not getattr(parameter, "is_flag", True)
            for name in parameter.opts
        }
