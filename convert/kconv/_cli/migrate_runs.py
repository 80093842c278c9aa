"""``kconv migrate runs``, ``undo`` and ``drop-undo``: past runs, and how to undo them."""

from __future__ import annotations

from typing import Annotated

import typer

from kconv._cli.database import DEFAULT_DB
from kconv._cli.migrate_options import (
    BatchTime,
    Context,
    MaxArchiveBacklog,
    MaxLoad,
    MaxLockWaits,
    MaxReplicaLag,
    PlaceName,
    Rate,
    YieldToVacuum,
)
from kconv._cli.options import Apis, Db, Output, Report

_PAGE = 200

RunId = Annotated[str, typer.Argument(metavar="RUN", help="Its id: `kconv migrate runs`.")]


def runs(db: Db = DEFAULT_DB, place: PlaceName = None, output: Output = Report.TEXT) -> None:
    """List the runs, the newest first, and what their before-images take."""
    from kconv._cli.console import emit, emit_json, emit_table
    from kconv._cli.open_place import open_place
    from kconv._cli.run_table import run_as_json, run_rows

    opened = open_place(place, db, kinds=False)
    try:
        found = opened.runs()
        if output is Report.JSON:
            listed = [run_as_json(each, opened.undo_size(each.id)) for each in found]
            emit_json({"runs": listed})
        elif not found:
            emit("no run yet")
        else:
            emit_table(*run_rows(opened, found))
    finally:
        opened.close()


def undo(
    run: RunId,
    db: Db = DEFAULT_DB,
    place: PlaceName = None,
    context: Context = None,
    batch_time: BatchTime = "1s",
    rate: Rate = 0,
    max_replica_lag: MaxReplicaLag = None,
    max_archive_backlog: MaxArchiveBacklog = None,
    max_lock_waits: MaxLockWaits = None,
    max_load: MaxLoad = None,
    yield_to_vacuum: YieldToVacuum = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what objects were before; restore nothing.")
    ] = False,
    apis: Apis = None,
    output: Output = Report.TEXT,
) -> None:
    """Restore what a run replaced, and prefer the old version again.

    Objects that were written or deleted since, or that the database refuses to take back, are left
    as they are and listed; the exit code is then 1. Refused if this code no longer has the old
    version. With --dry-run, the objects as they were before are printed, as YAML or JSON.
    """
    from kconv._cli.console import complain, emit, emit_json, say
    from kconv._cli.interrupted import Interrupted
    from kconv._cli.migrate_objects import batch_seconds, limits
    from kconv._cli.migrate_report import SHOWN, name_as_json
    from kconv._cli.open_place import in_context, open_place
    from kconv._messages import count
    from kconv.place import RowName, key_text
    from kconv_migrations import _migration as storage

    if dry_run:
        _print_images(run, db, in_context(place, context), output)
        return
    settings = storage.Settings(
        batch_seconds=batch_seconds(batch_time),
        rate=rate,
        limits=limits(
            max_replica_lag, max_archive_backlog, max_lock_waits, max_load, yield_to_vacuum
        ),
    )
    opened = open_place(in_context(place, context), db, apis=apis or ())
    try:
        storage.refuse_unreadable(opened, run)
        done = storage.undo(opened, run, settings=settings)
    except KeyboardInterrupt:
        raise Interrupted("what is restored stays; the same command goes on") from None
    finally:
        opened.close()
    if output is Report.JSON:
        emit_json(
            {
                "run": run,
                "restored": done.restored,
                "written": [name_as_json(*each) for each in done.written],
                "deleted": [name_as_json(*each) for each in done.deleted],
                "refused": [{**name_as_json(*name), "message": why} for name, why in done.refused],
                "preferred": done.preferred,
                "left": [
                    {"resource": resource, "version": version, "rows": rows}
                    for (resource, version), rows in done.left.items()
                ],
            }
        )
    else:
        for resource, version in done.preferred.items():
            again = "is preferred again" if resource in done.flipped else "stays preferred"
            emit(f"{resource}: {version} {again}")
        emit(f"{count(done.restored, 'object')} restored")
    others: list[tuple[str, list[RowName]]] = [("written", done.written), ("deleted", done.deleted)]
    for how, rows in others:
        for name, key in rows[:SHOWN]:
            complain(f"{name} {key_text(key)}: not restored, {how} since")
        if len(rows) > SHOWN:
            complain(f"and {len(rows) - SHOWN:,} more {how} since: -o json lists them all")
    for (name, key), why in done.refused[:SHOWN]:
        complain(f"{name} {key_text(key)}: not restored, refused: {why}")
    if len(done.refused) > SHOWN:
        complain(f"and {len(done.refused) - SHOWN:,} more refused: -o json lists them all")
    for (resource, version), left in done.left.items():
        say(f"{resource}: {count(left, 'row')} left in {version}; `kconv migrate` rewrites them")
    if done.written or done.deleted or done.refused:
        say(f"`kconv migrate drop-undo {run}` forgets what was not restored")
        raise typer.Exit(1)


def _print_images(run: str, db: str, place: str | None, output: Report) -> None:
    """Print a run's before-images: documents of YAML, or one of JSON."""
    from kconv._cli.console import emit_bytes, emit_json
    from kconv._cli.migrate_report import name_as_json
    from kconv._cli.open_place import open_place
    from kconv._codec import json, yaml
    from kconv._errors import UsageError

    found = []
    opened = open_place(place, db, kinds=False)
    try:
        opened.run(run)
        page = opened.images(run, after=None, limit=_PAGE)
        while page.last is not None:
            for name, image in page.images:
                document = json.decode(image.data)
                if output is Report.JSON:
                    found.append(
                        {**name_as_json(*name), "version": image.version, "object": document}
                    )
                else:
                    emit_bytes(b"---\n" + yaml.encode(document))
            page = opened.images(run, after=page.last, limit=_PAGE)
        if output is Report.JSON:
            emit_json({"run": run, "images": found})
        elif not opened.undo_size(run).rows:
            raise UsageError(f"run {run} has no before-images")
    finally:
        opened.close()


def drop_undo(run: RunId, db: Db = DEFAULT_DB, place: PlaceName = None) -> None:
    """Forget a run's before-images; it cannot be undone afterwards."""
    from kconv._cli.console import emit
    from kconv._cli.open_place import open_place
    from kconv._messages import count
    from kconv_migrations import _migration as storage

    opened = open_place(place, db, kinds=False)
    try:
        dropped = storage.drop_undo(opened, run)
    finally:
        opened.close()
    emit(f"{count(dropped, 'before-image')} dropped")
