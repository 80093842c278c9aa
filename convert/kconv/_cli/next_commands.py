"""The commands that messages name next, with the options that were given to this one.

A message is written where nobody knows the command line: "`kconv db upgrade` makes them". Typed so,
it would look at another database than the one it speaks of, and say that all is well.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Final

from kconv._cli.database import DB_VARIABLE

DB: Final = "--db"
PLACE: Final = "--place"
APIS: Final = "--apis"
CONFIG: Final = "--config"
_CONTEXT: Final = "--context"

_WHERE: Final = (DB, PLACE)
TAKES: Final[Mapping[str, Sequence[str]]] = {
    "check": (APIS,),
    "convert": (APIS,),
    "db": (DB,),
    "doctor": (DB, CONFIG, APIS),
    "export crd": (APIS,),
    "export jsonschema": (APIS,),
    "export openapi": (APIS,),
    "lock": (APIS,),
    "migrate": (*_WHERE, APIS),
    "migrate drop-undo": _WHERE,
    "migrate pause": _WHERE,
    "migrate rate": _WHERE,
    "migrate resume": _WHERE,
    "migrate runs": _WHERE,
    "serve": (DB, CONFIG, APIS),
    "ui": (*_WHERE, APIS),
    "versions": (APIS,),
    "webhook doctor": (APIS,),
    "webhook install": (APIS,),
    "webhook manifests": (APIS,),
    "webhook serve": (APIS,),
}
"""What of the command line goes on to which command, by its first words; the longest ones count."""

_COMMAND: Final = re.compile(r"`kconv((?: [a-z]+(?:-[a-z]+)*)+)([^`]*)`")

_given: Final[dict[str, list[str]]] = {}
_of_settings: Final[dict[str, str]] = {}


def note(arguments: Sequence[str]) -> None:
    """Take what was given from a command line; what was noted before is forgotten."""
    _given.clear()
    _of_settings.clear()
    context = ""
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            break
        name, joined, value = argument.partition("=")
        if name not in (DB, PLACE, APIS, CONFIG, _CONTEXT):
            continue
        value = value if joined else next(rest, "")
        if name == _CONTEXT:
            context = value
        elif name == APIS:
            _given.setdefault(APIS, []).append(value)
        else:
            _given[name] = [value]
    if context and _given.get(PLACE) == ["cluster"]:
        _given[PLACE] = [f"cluster:{context}"]


def note_place(name: str | None) -> None:
    """Note the place of several that what is said from now on is about."""
    if name is not None:
        _given[PLACE] = [name]


def note_database(url: str, origin: tuple[str, str]) -> None:
    """Note the database that settings of ``kconv serve`` name, where other commands read none."""
    source, where = origin
    if source == "file" or (source == "environment" and where != DB_VARIABLE):
        _of_settings[DB] = url


def with_given_options(text: str) -> str:
    """A text, each command in it (between backquotes) with the options that were given."""
    if not (_given or _of_settings) or "`kconv " not in text:
        return text
    return _COMMAND.sub(lambda found: f"`{_extended(found[1].strip(), found[2])}`", text)


def next_command(command: str) -> str:
    """A command, as `with_given_options` has it."""
    return with_given_options(f"`{command}`")[1:-1]


def _extended(words: str, rest: str) -> str:
    from kconv._settings import without_secrets

    takes: Sequence[str] = ()
    for start in (words.rsplit(" ", left)[0] for left in range(words.count(" ") + 1)):
        if start in TAKES:
            takes = TAKES[start]
            break
    options = [
        f"{name} {shlex.quote(without_secrets(value))}"
        for name in takes
        if not re.search(rf"{name}\b", rest)
        for value in _given.get(name, ())
    ]
    # Commands that read the settings, read of the database there.
    if DB in takes and CONFIG not in takes and DB not in _given and DB not in rest:
        options += [
            f"{name} {shlex.quote(without_secrets(url))}" for name, url in _of_settings.items()
        ]
    return " ".join(["kconv", words, *options]) + rest
