"""``kconv db``: the database's tables, backups of them, and their change log."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from kconv._cli.command_groups import CommandGroup
from kconv._cli.database import DEFAULT_DB
from kconv._cli.options import Db, Output, Report

app = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Make, upgrade and describe the database's tables. What is stored: kconv migrate.",
)


By = Annotated[
    int,
    typer.Option(
        "--by",
        min=1,
        metavar="N",
        help="What the newest resourceVersion goes up by; more than was given out meanwhile.",
    ),
]
BUMP = 1_000_000_000


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
    from kconv._store.database import parse_url
    from kconv._store.database_errors import without_password
    from kconv_migrations._tables import current as current_revision
    from kconv_migrations._tables import history as revisions

    revision, newest = current_revision(db), revisions()[-1].id
    if output is Report.JSON:
        emit_json({"revision": revision, "newest": newest})
    elif revision is not None:
        emit(f"{revision}" + (" (newest)" if revision == newest else f", newest is {newest}"))
    if revision is None:
        say(f"no tables: `kconv db upgrade --db {without_password(parse_url(db))}` makes them")
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


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to make.")], db: Db = DEFAULT_DB
) -> None:
    """Copy a SQLite database to a new file, as of one moment; servers go on meanwhile."""
    from kconv._cli.console import emit
    from kconv_migrations._tables import backup as make

    made = make(db, file)
    emit(f"{made.file}: {made.bytes:,} bytes, up to resourceVersion {made.resource_version}")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    db: Db = DEFAULT_DB,
    by: By = BUMP,
) -> None:
    """Put a backup in place of what a SQLite database holds, and begin a new epoch.

    Servers may be up: watches end, and clients list again. Of PostgreSQL, restore the database
    with its own tools and run kconv db bump-revision.
    """
    from kconv._cli.console import emit
    from kconv_migrations._tables import restore as put_back

    look = put_back(db, file, by=by)
    emit(f"restored from {file}; resourceVersions go on after {look.value}")


@app.command()
def compact(
    db: Db = DEFAULT_DB,
    keep_changes: Annotated[
        str, typer.Option(metavar="DURATION", help="Forget changes that are older: 10m, forever.")
    ] = "10m",
    keep_changes_rows: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Forget all but the newest so many.")
    ] = None,
    keep_changes_mib: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Forget what is beyond so many MiB.")
    ] = None,
) -> None:
    """Compact the change log now; kconv serve does it by itself.

    How old changes are is known as far as servers have noted it. Watches and lists that go on from
    before the cut get 410.
    """
    from kconv._cli.console import emit
    from kconv._durations import parse_duration
    from kconv._messages import count
    from kconv._store import Retention, open_store

    size = None if keep_changes_mib is None else keep_changes_mib * 1024 * 1024
    retention = Retention(parse_duration(keep_changes, "--keep-changes"), keep_changes_rows, size)
    with closing(open_store(db)) as store:
        emit(
            f"{count(store.compact(retention), 'change')} forgotten, {store.log_size().rows:,} kept"
        )


@app.command("bump-revision")
def bump_revision(db: Db = DEFAULT_DB, by: By = BUMP) -> None:
    """Begin a new epoch, for the database went back to an earlier state.

    The newest resourceVersion goes up and the change log is marked as compacted, so that none is
    used again. Watches end with 410, and clients list again. Running it without need costs them
    that.
    """
    from kconv._cli.console import emit
    from kconv._store import open_store

    with closing(open_store(db)) as store:
        emit(f"resourceVersions go on after {store.bump(by).value}")
