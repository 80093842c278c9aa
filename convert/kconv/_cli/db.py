"""``kconv db``: the database's tables."""

from __future__ import annotations

import typer

from kconv._cli.command_groups import CommandGroup
from kconv._cli.database import DEFAULT_DB
from kconv._cli.options import Db, Output, Report

app = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Make, upgrade and describe the database's tables. What is stored: kconv migrate.",
)


@app.command()
def upgrade(db: Db = DEFAULT_DB) -> None:
    """Make the tables, or bring them up to this release. Running it again is harmless."""
    from kconv._cli.console import emit
    from kconv_migrations._tables import current
    from kconv_migrations._tables import upgrade as upgrade_tables

    before = current(db)
    after = upgrade_tables(db)
    emit(f"the tables are at revision {after}" + (", as before" if after == before else ""))


@app.command()
def current(db: Db = DEFAULT_DB, output: Output = Report.TEXT) -> None:
    """Say which revision the tables are at; ends with 1 where there are none."""
    from kconv._cli.console import emit, emit_json, say
    from kconv_migrations._tables import current as current_revision
    from kconv_migrations._tables import history as revisions

    revision, newest = current_revision(db), revisions()[-1].id
    if output is Report.JSON:
        emit_json({"revision": revision, "newest": newest})
    elif revision is not None:
        emit(f"{revision}" + (" (newest)" if revision == newest else f", newest is {newest}"))
    if revision is None:
        say("no tables: `kconv db upgrade` makes them")
        raise typer.Exit(1)


@app.command()
def history(db: Db = DEFAULT_DB, output: Output = Report.TEXT) -> None:
    """List the revisions of the tables, oldest first, and mark the database's own."""
    from kconv._cli.console import emit, emit_json
    from kconv_migrations._tables import current as current_revision
    from kconv_migrations._tables import history as revisions

    now = current_revision(db)
    if output is Report.JSON:
        emit_json(
            {
                "revisions": [
                    {"revision": each.id, "message": each.message, "current": each.id == now}
                    for each in revisions()
                ]
            }
        )
        return
    for each in revisions():
        emit(f"{'*' if each.id == now else ' '} {each.id}  {each.message}")
