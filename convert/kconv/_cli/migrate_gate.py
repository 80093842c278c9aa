"""``kconv migrate gate``: whether a deploy may rely on a version being the only one stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kconv._cli.database import DEFAULT_DB
from kconv._cli.migrate_options import Names, PlaceName
from kconv._cli.options import Apis, Db, Output, Report, storage_targets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kconv.place import Run
    from kconv_migrations._migration import Gate


def gate(
    to: Annotated[
        list[str],
        typer.Option(
            metavar="GROUP=VERSION",
            help="The version that everything is to be in, such as batch=v1; repeatable.",
            autocompletion=storage_targets,
        ),
    ],
    names: Names = None,
    db: Db = DEFAULT_DB,
    place: PlaceName = None,
    apis: Apis = None,
    output: Output = Report.TEXT,
) -> None:
    """Say whether everything is stored in a version, and proven to be; ends with 1 if not.

    For deploys: nothing is written, and rows are counted only of what is not proven. A resource is
    proven where the version is the only one on record.
    """
    from kconv._cli.console import emit_json
    from kconv._cli.open_place import open_place
    from kconv_migrations import _migration as storage

    opened = open_place(place, db, apis=apis or ())
    try:
        found, run = storage.gates(opened, names or (), to)
    finally:
        opened.close()
    proven = all(each.proven for each in found)
    if output is Report.JSON:
        document: dict[str, Any] = {"proven": proven, "run": None if run is None else run.id}
        emit_json(document | {"resources": [_as_json(each) for each in found]})
    else:
        _print(found, run)
    if not proven:
        raise typer.Exit(1)


def _as_json(gate: Gate) -> dict[str, Any]:
    return {
        "resource": gate.target.name,
        "version": gate.target.api_version,
        "proven": gate.proven,
        "preferred": gate.preferred,
        "left": gate.left,
        "quarantined": gate.quarantined,
    }


def _print(found: Sequence[Gate], run: Run | None) -> None:
    from kconv._cli.console import emit, say
    from kconv._messages import count

    for each in found:
        name, version = each.target.name, each.target.api_version
        if each.proven:
            emit(f"{name}: {version}, proven" + ("" if each.preferred else " (nothing is stored)"))
            continue
        if each.preferred != version:
            emit(f"{name}: {each.preferred or 'nothing'} is preferred, not {version}")
        for other, rows in each.left.items():
            emit(f"{name}: {count(rows, 'row')} left in {other}, which is on record")
        if each.quarantined:
            emit(f"{name}: {count(each.quarantined, 'row')} in quarantine")
    if run is not None:
        say(f"run {run.id} is going on: `kconv migrate status`")
    elif any(each.quarantined for each in found):
        say("`kconv migrate quarantine` lists what could not be rewritten")
    elif not all(each.proven for each in found):
        say("`kconv migrate` with this --to does what is left")
