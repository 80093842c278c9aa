"""``kconv convert``: manifests in other versions."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from kconv._cli.options import Apis, output_versions

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class Format(StrEnum):
    """How objects are written."""

    YAML = "yaml"
    JSON = "json"
    GITHUB = "github"
    JUNIT = "junit"


@app.command(no_args_is_help=True)
def convert(
    files: Annotated[
        list[str] | None,
        typer.Option("-f", "--filename", metavar="FILE|DIR|-", help="What to convert; repeatable."),
    ] = None,
    output_version: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GROUP/VERSION",
            help="Version to convert to; default: the preferred one. Repeatable, one per group.",
            autocompletion=output_versions,
        ),
    ] = None,
    from_version: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="GROUP/VERSION",
            help="Version of documents, which do not say it; with --kind.",
        ),
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="Kind of documents; with --from.")
    ] = None,
    output: Annotated[
        Format | None,
        typer.Option(
            "-o",
            "--output",
            help="yaml (default), or json: one document, a List if many. With --check: json, "
            "github or junit.",
        ),
    ] = None,
    in_place: Annotated[
        bool,
        typer.Option(
            "--in-place",
            help="Edit the files whose objects are in another version: comments, order and layout "
            "stay, and only what the conversion changes is written.",
        ),
    ] = False,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="With --in-place: write objects in full, with their defaults, without comments.",
        ),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what --in-place changes; alone, write nothing.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Find what a release does not serve, and end with 1 if there is any."
        ),
    ] = False,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="RELEASE",
            help="Convert only what this release of Kubernetes does not serve, such as 1.25; for "
            "--check the newest that is known by default.",
        ),
    ] = None,
    embedded: Annotated[
        bool,
        typer.Option(
            "--embedded",
            help="Convert objects inside objects, too: last-applied annotations, and the current "
            "releases of Helm in Secrets and ConfigMaps.",
        ),
    ] = False,
    backup: Annotated[
        str | None,
        typer.Option(
            "--backup",
            metavar="DIR",
            help="Copy files there before they are edited; with "
            "--embedded to .kconv-backup by default.",
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            "--exclude", metavar="PATTERN", help="Leave out, as .gitignore does; repeatable."
        ),
    ] = None,
    strict_files: Annotated[
        bool,
        typer.Option(
            "--strict-files", help="Fail on files in folders that are no manifests to convert."
        ),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Name every file that is passed over.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Fail on unknown and duplicate fields, invalid values, and any loss."
        ),
    ] = False,
    ignore_unknown: Annotated[
        bool, typer.Option("--ignore-unknown", help="Leave objects of unknown kinds as they are.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Convert and report, but write nothing.")
    ] = False,
    apis: Apis = None,
) -> None:
    """Convert manifests: YAML and JSON, several documents, List kinds, whole folders.

    All objects are converted before any is written: if one fails, nothing is written.

    `kconv convert -f old.yaml --output-version batch/v1`

    Documents without apiVersion and kind do not say what they are:
    `kconv convert -f order.json --from shop.example.com/v1 --kind Order --apis shop:register`
    """
    from kconv._cli.convert_files import convert_and_write

    code = convert_and_write(
        files or (),
        output_version or (),
        output,
        from_version=from_version,
        kind=kind,
        in_place=in_place,
        full=full,
        diff=diff,
        check=check,
        target=target,
        exclude=exclude or (),
        embedded=embedded,
        backup=backup,
        strict_files=strict_files,
        verbose=verbose,
        strict=strict,
        ignore_unknown=ignore_unknown,
        dry_run=dry_run,
        apis=apis or (),
    )
    raise typer.Exit(code)
