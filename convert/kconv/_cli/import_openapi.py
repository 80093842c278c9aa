"""``kconv import openapi``: schema modules from an OpenAPI definition file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kconv._cli.import_options import (
    Check,
    DryRun,
    Force,
    Out,
    Package,
    carry_out,
    package_name,
)
from kconv._codec.limits import FILE_LIMIT
from kconv._errors import UsageError
from kconv._importer import (
    DEFAULT_MAP,
    Request,
    generate,
    parse_kind,
    read_definitions,
    read_overlay,
)
from kconv._input import read_file


def import_openapi(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="OpenAPI v2 or v3 document, or bare definitions.")
    ],
    out: Out,
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
    package: Package = "",
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="PREFIX=PACKAGE",
            help="Package of the definitions with a prefix; outside of DIR it is only imported.",
        ),
    ] = None,
    dry_run: DryRun = False,
    check: Check = False,
    force: Force = False,
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
    generated = generate(definitions, request)
    changed = carry_out(generated, out, pending=dry_run or check, force=force)
    if check and changed:
        raise typer.Exit(1)


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
