"""``kconv check``: what the code breaks of what a release promised."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kconv._cli.database import DEFAULT_DB
from kconv._cli.lock import Groups
from kconv._cli.options import Apis, Db

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class Form(StrEnum):
    """How the check reports."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


@app.command()
def check(
    against: Annotated[
        str,
        typer.Option(
            metavar="LOCK_DIR|GIT_REV",
            help="The base: a folder of lock files, or the lock folder at a commit, tag or branch. "
            "Default: the lock folder as it is.",
            show_default=False,
        ),
    ] = "",
    lock: Annotated[Path, typer.Option(metavar="DIR", help="The project's lock folder.")] = Path(
        "lock"
    ),
    release: Annotated[
        str,
        typer.Option(
            metavar="RELEASE",
            help="The release in the making, such as 1.4: versions whose deprecation ends with it "
            "may be removed.",
            show_default=False,
        ),
    ] = "",
    stored: Annotated[
        bool,
        typer.Option(
            "--stored",
            help="Instead, check that this code can decode every row of the database.",
        ),
    ] = False,
    db: Db = DEFAULT_DB,
    apis: Apis = None,
    group: Groups = None,
    golden: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="The folder of golden files: what a release noted that its objects convert to, "
            "they must convert to now.",
        ),
    ] = Path("tests/golden"),
    output: Annotated[
        Form,
        typer.Option(
            "-o", "--output", help="json: one document; github: annotations of a workflow."
        ),
    ] = Form.TEXT,
) -> None:
    """Compare the schemas in the code with those released; exit 1 if anything breaks.

    Stable versions must not break. Beta versions may, in a new version and after a deprecation
    window. Alpha versions may always. `kconv lock` accepts the code as the new base.
    """
    from kconv._check.project import check as check_project
    from kconv._cli.console import emit, emit_json
    from kconv._cli.lock import selected
    from kconv._errors import UsageError

    if stored:
        if against or release or output is Form.GITHUB:
            raise UsageError(
                "--stored reads a database: it takes --db, --apis, --group and -o text|json"
            )
        from kconv._cli.check_stored import check_database

        check_database(db, apis or [], groups=group, as_json=output is Form.JSON)
        return
    from kconv._check import render
    from kconv._check.sources import source_of

    scheme, groups = selected(apis, group)
    report = check_project(scheme, against=against, folder=lock, groups=groups, release=release)
    if golden.is_dir():
        from dataclasses import replace

        from kconv._pipeline import Pipeline
        from kconv.testing._converted import findings

        converted = findings(Pipeline(scheme), golden, scheme.groups())
        report = replace(report, findings=tuple(sorted([*report.findings, *converted])))
    if output is Form.JSON:
        emit_json(render.as_json(report))
    elif output is Form.GITHUB:
        emit(render.as_github(report, lambda finding: source_of(scheme, finding)))
    else:
        emit(render.as_text(report))
    if report.breaks:
        raise typer.Exit(1)
