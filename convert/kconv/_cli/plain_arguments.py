"""The plainest command lines of the commands that are measured, read without Typer.

Loading Typer takes longer than converting a file does, and a tenth of a migration of thousands of
rows. Anything less plain, and every mistake, is left to Typer, which explains it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from math import inf
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from kconv._cli.database import DB_VARIABLE

APIS_VARIABLE: Final = "KCONV_APIS"


class Option(NamedTuple):
    """An option with a value: its name in Python, and what reads the value.

    ``read`` gives None for what is left to Typer. A ``repeated`` one may come several times,
    and makes a list; of others the last counts.
    """

    name: str
    read: Callable[[str], Any] = str
    repeated: bool = False


class Command(NamedTuple):
    """What may stand on a plain command line, by how it is written.

    ``positional`` is the name of what the arguments make up, if there may be any but those of
    ``subcommands``; of ``needed`` there has to be at least one. ``variables`` are read from the
    environment where the command line does not say.
    """

    values: Mapping[str, Option]
    flags: Mapping[str, str]
    needed: str | None = None
    positional: str | None = None
    subcommands: frozenset[str] = frozenset()
    variables: Mapping[str, str] = MappingProxyType({})


def _one_of(*choices: str) -> Callable[[str], str | None]:
    return lambda text: text if text in choices else None


def _integer(least: int, most: int) -> Callable[[str], int | None]:
    def read(text: str) -> int | None:
        plain = text.isascii() and text.isdecimal() and len(text) < 10
        return int(text) if plain and least <= int(text) <= most else None

    return read


_MANY: Final = 999_999_999


def _positive(text: str) -> float | None:
    plain = text.isascii() and text.replace(".", "", 1).isdecimal()
    return float(text) if plain and float(text) < inf else None


COMMANDS: Final[Mapping[str, Command]] = {
    "convert": Command(
        values={
            "-f": Option("files", repeated=True),
            "--filename": Option("files", repeated=True),
            "--output-version": Option("output_version", repeated=True),
            "--from": Option("from_version"),
            "--kind": Option("kind"),
            "--target": Option("target"),
            "--backup": Option("backup"),
            "--exclude": Option("exclude", repeated=True),
            "-o": Option("output", _one_of("yaml", "json", "github", "junit")),
            "--output": Option("output", _one_of("yaml", "json", "github", "junit")),
        },
        flags={
            "--in-place": "in_place",
            "--full": "full",
            "--diff": "diff",
            "--embedded": "embedded",
            "--check": "check",
            "--strict-files": "strict_files",
            "-q": "quiet",
            "--quiet": "quiet",
            "-v": "verbose",
            "--verbose": "verbose",
            "--strict": "strict",
            "--ignore-unknown": "ignore_unknown",
            "--dry-run": "dry_run",
        },
        needed="files",
    ),
    "migrate": Command(
        values={
            "--to": Option("to", repeated=True),
            "--db": Option("db"),
            "--place": Option("place"),
            "--batch-size": Option("batch_size", _integer(1, 5000)),
            "--batch-time": Option("batch_time"),
            "--rate": Option("rate", _positive),
            "--max-replica-lag": Option("max_replica_lag"),
            "--max-archive-backlog": Option("max_archive_backlog", _integer(0, _MANY)),
            "--max-lock-waits": Option("max_lock_waits", _integer(0, _MANY)),
            "--max-load": Option("max_load", _integer(0, _MANY)),
            "--limit": Option("limit", _integer(1, _MANY)),
            "--where": Option("where", repeated=True),
            "--max-failures": Option("max_failures"),
            "--workers": Option("workers", _integer(1, 64)),
            "--scheduler": Option("scheduler"),
            "--servers": Option("servers", repeated=True),
            "--group": Option("group", repeated=True),
            "--keep-undo": Option("keep_undo"),
            "-o": Option("output", _one_of("text", "json")),
            "--output": Option("output", _one_of("text", "json")),
        },
        flags={
            "--dry-run": "dry_run",
            "--no-undo": "no_undo",
            "--accept-loss": "accept_loss",
            "--validate": "validate",
            "--strict": "strict",
            "--yield-to-vacuum": "yield_to_vacuum",
            "--rewrite-references": "rewrite_references",
            "-q": "quiet",
            "--quiet": "quiet",
            "-v": "verbose",
            "--verbose": "verbose",
        },
        positional="names",
        subcommands=frozenset(
            {
                "run",
                "plan",
                "status",
                "gate",
                "pause",
                "resume",
                "rate",
                "verify",
                "quarantine",
                "runs",
                "undo",
                "drop-undo",
            }
        ),
        variables={"db": DB_VARIABLE},
    ),
}
"""Each command's options as its Typer application has them, but those that are seldom given.

``--apis``, ``--context``, ``--engine`` and ``--junit`` are left to Typer.

``convert`` makes what `kconv._cli.convert_files.convert_and_write` takes, ``migrate`` what
`kconv._cli.migrate_objects.migrate_and_report` does.
"""


def plain(arguments: Sequence[str]) -> tuple[str, dict[str, Any]] | None:
    """A command and what its function takes, by name; None to leave it to Typer."""
    command = COMMANDS.get(arguments[0]) if arguments else None
    if command is None or os.environ.get(APIS_VARIABLE):
        return None
    found: dict[str, Any] = {}
    rest = iter(arguments[1:])
    for argument in rest:
        if argument in command.flags:
            found[command.flags[argument]] = True
        elif option := command.values.get(argument):
            text = next(rest, "-?")
            value = None if text.startswith("-") and text != "-" else option.read(text)
            if value is None:
                return None
            if option.repeated:
                found.setdefault(option.name, []).append(value)
            else:
                found[option.name] = value
        elif (
            command.positional is None
            or argument.startswith("-")
            or not argument
            or argument in command.subcommands
        ):
            return None
        else:
            found.setdefault(command.positional, []).append(argument)
    if command.needed is not None and command.needed not in found:
        return None
    for name, variable in command.variables.items():
        if name not in found and os.environ.get(variable):
            found[name] = os.environ[variable]
    return arguments[0], found
