"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from kconv._cli.database import DB_VARIABLE
from kconv._cli.plain_arguments import APIS_VARIABLE


class Report(StrEnum):
    """The format of a command's report."""

    TEXT = "text"
    JSON = "json"


Db = Annotated[
    str,
    typer.Option(
        "--db",
        metavar="URL",
        envvar=DB_VARIABLE,
        help="Database: sqlite:///FILE or postgresql://USER@HOST/NAME.",
    ),
]

Apis = Annotated[
    list[str] | None,
    typer.Option(
        "--apis",
        metavar="MODULE:FUNCTION",
        envvar=APIS_VARIABLE,
        help="Load this API package too, beside those that are installed; repeatable.",
    ),
]

Output = Annotated[
    Report,
    typer.Option("-o", "--output", help="json: one document on standard output."),
]


def output_versions(incomplete: str) -> list[str]:
    """Complete a group/version from what is installed."""
    return [text for text in _group_versions() if text.startswith(incomplete)]


def storage_targets(incomplete: str) -> list[str]:
    """Complete GROUP=VERSION from what is installed."""
    found = []
    for text in _group_versions():
        group, _, version = text.rpartition("/")
        found.append(f"{group or 'core'}={version}")
    return [text for text in found if text.startswith(incomplete)]


def resources(incomplete: str) -> list[str]:
    """Complete RESOURCE.GROUP from what is installed."""
    from kconv._scheme import load_scheme

    names = sorted(str(kind.group_resource) for kind in load_scheme().kinds)
    return [name for name in names if name.startswith(incomplete)]


def _group_versions() -> list[str]:
    from kconv._gvk import GroupVersion
    from kconv._scheme import load_scheme

    scheme = load_scheme()
    return [
        str(GroupVersion(group, version))
        for group in scheme.groups()
        for version in scheme.versions(group)
    ]
