"""``kconv migrate runs``, ``undo`` and ``drop-undo``: past runs, and how to undo them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kconv._cli.database import DEFAULT_DB
from kconv._cli.options import Apis, Db, Output, Report

if TYPE_CHECKING:
    from kconv._store import Run

RunId = Annotated[str, typer.Argument(metavar="RUN", help="Its id: `kconv migrate runs`.")]


def runs(db: Db = DEFAULT_DB, output: Output = Report.TEXT) -> None:
    """List the runs, the newest first, and what their before-images take."""
    from kconv._cli.console import emit, emit_json, emit_table
    from kconv._cli.run_table import run_as_json, run_rows
    from kconv._store import open_store

    store = open_store(db)
    try:
        found = store.runs()
        if output is Report.JSON:
            listed = [run_as_json(each, store.undo_size(each.id)) for each in found]
            emit_json({"runs": listed})
        elif not found:
            emit("no run yet")
        else:
            emit_table(*run_rows(store, found))
    finally:
        store.close()


def _refuse_unknown(run: Run, apis: list[str] | None) -> None:
    """Refuse to bring back a version of a known resource that this code could not read."""
    from kconv._errors import UsageError
    from kconv._gvk import GroupResource
    from kconv._scheme import load_scheme

    kinds = {kind.group_resource: kind for kind in load_scheme(apis=apis or ()).kinds}
    for target in run.targets:
        kind = kinds.get(GroupResource(target.group, target.resource))
        known = [spoke.api_version for spoke in kind.spokes] if kind is not None else []
        if known and target.before and target.before[0] not in known:
            raise UsageError(
                f"this code no longer has {target.before[0]}: nothing could read what undoing "
                f"run {run.id} would bring back; undo it with the release that has it"
            )


def undo(run: RunId, db: Db = DEFAULT_DB, apis: Apis = None, output: Output = Report.TEXT) -> None:
    """Restore what a run replaced, and prefer the old version again.

    Objects that were written or deleted since are left as they are and listed; the exit code is
    then 1. Refused if this code no longer has the old version.
    """
    from kconv._cli.console import emit, emit_json, say
    from kconv._cli.interrupted import Interrupted
    from kconv._cli.migrate_report import SHOWN, key_name
    from kconv._messages import count
    from kconv._store import Key, open_store
    from kconv_migrations import _migration as storage

    store = open_store(db)
    try:
        _refuse_unknown(store.run(run), apis)
        done = storage.undo(store, run)
    except KeyboardInterrupt:
        raise Interrupted("what is restored stays; the same command goes on") from None
    finally:
        store.close()
    if output is Report.JSON:
        emit_json(
            {
                "run": run,
                "restored": done.restored,
                "written": [_key_as_json(key) for key in done.written],
                "deleted": [_key_as_json(key) for key in done.deleted],
                "preferred": done.preferred,
                "left": [
                    {"resource": resource, "version": version, "rows": rows}
                    for (resource, version), rows in done.left.items()
                ],
            }
        )
    else:
        for resource, version in done.preferred.items():
            emit(f"{resource}: {version} is preferred again")
        emit(f"{count(done.restored, 'object')} restored")
    others: list[tuple[str, list[Key]]] = [("written", done.written), ("deleted", done.deleted)]
    for how, keys in others:
        for key in keys[:SHOWN]:
            say(f"{key.qualified} {key_name(key)}: not restored, {how} since")
        if len(keys) > SHOWN:
            say(f"and {len(keys) - SHOWN:,} more {how} since: -o json lists them all")
    for (resource, version), rows in done.left.items():
        say(f"{resource}: {count(rows, 'row')} left in {version}; `kconv migrate` rewrites them")
    if done.written or done.deleted:
        say(f"`kconv migrate drop-undo {run}` forgets what was not restored")
        raise typer.Exit(1)


def drop_undo(run: RunId, db: Db = DEFAULT_DB) -> None:
    """Forget a run's before-images; it cannot be undone afterwards."""
    from kconv._cli.console import emit
    from kconv._messages import count
    from kconv._store import open_store
    from kconv_migrations import _migration as storage

    store = open_store(db)
    try:
        dropped = storage.drop_undo(store, run)
    finally:
        store.close()
    emit(f"{count(dropped, 'before-image')} dropped")


def _key_as_json(key: Any) -> dict[str, str]:
    return {"resource": key.qualified, "namespace": key.namespace, "name": key.name}
