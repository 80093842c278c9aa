"""``kconv import openapi``: schema modules from an OpenAPI definition file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from kconv._codec.limits import FILE_LIMIT
from kconv._errors import UsageError
from kconv._importer import (
    DEFAULT_MAP,
    Change,
    Request,
    generate,
    parse_kind,
    plan,
    read_definitions,
    read_overlay,
    write,
)
from kconv._input import read_file


def import_openapi(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="OpenAPI v2 or v3 document, or bare definitions.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the package to write.")
    ],
    overlay: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE|DIR", help="YAML merged over the definitions, or a folder; repeatable."
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GROUP/VERSION,KIND", help="A kind to write; default: all. Repeatable."
        ),
    ] = None,
    definition: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A definition to write, by its full name. Repeatable."),
    ] = None,
    package: Annotated[
        str, typer.Option(metavar="NAME", help="Dotted name of the package DIR is.")
    ] = "",
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="PREFIX=PACKAGE",
            help="Package of the definitions with a prefix; outside of DIR it is only imported.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would change; write nothing.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if something would change.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that were not generated, too.")
    ] = False,
) -> None:
    """Write marshmallow schema modules from an OpenAPI definition file.

    Running it again changes nothing. Files that a person wrote are never replaced without
    --force: conversions, defaults and registration live beside the generated modules.
    """
    request = Request(
        package=package or package_name(out),
        kinds=[parse_kind(text) for text in kind or ()],
        names=list(definition or ()),
        mapping={**DEFAULT_MAP, **dict(_mapping(text) for text in map_ or ())},
        overlays=[
            read_overlay(read_file(path, FILE_LIMIT), str(path))
            for given in overlay or ()
            for path in _overlay_files(given)
        ],
    )
    definitions = read_definitions(read_file(file, FILE_LIMIT), str(file))
    changes = plan(generate(definitions, request), out, force=force)
    if dry_run or check:
        sys.stdout.writelines(change.diff() for change in changes)
    else:
        write(changes)
    report_changes(changes, pending=dry_run or check)
    if check and changes:
        raise typer.Exit(1)


def package_name(out: Path) -> str:
    """The dotted name of the package that a folder is: its own, behind those it lies in.

    Raises `UsageError` where the folder's name cannot be a package's.
    """
    folder = out.resolve()
    parts = [folder.name]
    while (folder.parent / "__init__.py").is_file():
        folder = folder.parent
        parts.insert(0, folder.name)
    if not all(part.isidentifier() for part in parts):
        raise UsageError(f'"{out}" cannot be a Python package; choose another --out or --package')
    return ".".join(parts)


def _overlay_files(given: Path) -> list[Path]:
    """A file itself, or the YAML files of a folder by name. Raises `UsageError` for none."""
    if not given.is_dir():
        return [given]
    found = sorted(given.glob("*.yaml"))
    if not found:
        raise UsageError(f'"{given}" has no *.yaml in it')
    return found


def _mapping(text: str) -> tuple[str, str]:
    prefix, equals, package = text.partition("=")
    if not equals or not prefix or not all(part.isidentifier() for part in package.split(".")):
        raise UsageError(f'--map: "{text}" is not PREFIX=PACKAGE')
    return prefix.removesuffix("."), package


def report_changes(changes: Sequence[Change], *, pending: bool) -> None:
    """Say which files changed, or would."""
    for change in changes:
        typer.echo(f"{change.action:7}{change.path}", err=True)
    if not changes:
        typer.echo("nothing to change", err=True)
    elif pending:
        typer.echo(f"{len(changes)} files would change", err=True)
