"""``kconv migrate quarantine``: the rows that a run could not rewrite."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kconv._cli.database import DEFAULT_DB, outage
from kconv._cli.migrate_options import PlaceName
from kconv._cli.options import Apis, Db, Output, Report

if TYPE_CHECKING:
    from kconv.place import Place, Quarantined


class Action(StrEnum):
    """What to do with the quarantine."""

    LIST = "list"
    SHOW = "show"
    RETRY = "retry"


def quarantine(
    action: Annotated[Action, typer.Argument(help="list, show KEY or retry.")] = Action.LIST,
    key: Annotated[
        str,
        typer.Argument(
            metavar="[KEY]",
            help="For show: NAMESPACE/NAME, or RESOURCE.GROUP/NAMESPACE/NAME.",
            show_default=False,
        ),
    ] = "",
    db: Db = DEFAULT_DB,
    place: PlaceName = None,
    apis: Apis = None,
    output: Output = Report.TEXT,
) -> None:
    """List the rows that could not be rewritten, show one with its bytes, or try them again.

    They are stored as they were. A row leaves the quarantine when it is rewritten, written or
    deleted, or when `retry` finds that it is well and in the preferred version. `list` and `show`
    read only; `retry` ends with 1 if rows are left.
    """
    from kconv._cli.open_place import open_place
    from kconv._errors import UsageError

    if (action is Action.SHOW) != bool(key):
        raise UsageError("write `kconv migrate quarantine show KEY`, and no key for list and retry")
    # What is listed and shown needs no kinds.
    opened = open_place(place, db, apis=apis or (), kinds=action is Action.RETRY)
    try:
        if action is Action.LIST:
            _list(opened.quarantined(), output)
        elif action is Action.SHOW:
            _show(opened, key, output)
        else:
            _retry(opened, outage(db), output)
    finally:
        opened.close()


def _list(rows: list[Quarantined], output: Report) -> None:
    from kconv._cli.console import emit, emit_json, emit_table, say
    from kconv._cli.migrate_report import SHOWN, rows_as_json
    from kconv.place import OBJECTS, key_text

    if output is Report.JSON:
        emit_json({"rows": rows_as_json(rows)})
        return
    if not rows:
        emit("nothing is in quarantine")
        return
    emit_table(
        ("RESOURCE", "NAME", "IN", "VERSION", "REASON", "MESSAGE"),
        [
            (
                row.collection,
                key_text(row.key),
                "object" if row.section == OBJECTS else f"change {row.mark!s}",
                row.version,
                row.reason,
                row.message.splitlines()[0][:80] if row.message else "",
            )
            for row in rows[:SHOWN]
        ],
    )
    if len(rows) > SHOWN:
        say(f"and {len(rows) - SHOWN:,} more: -o json lists them all")


def _show(place: Place, key: str, output: Report) -> None:
    from kconv._cli.console import emit, emit_json
    from kconv._cli.migrate_report import row_lines, rows_as_json
    from kconv._errors import NotFound
    from kconv.place import key_text

    found = [
        row
        for row in place.quarantined()
        if key in (key_text(row.key), f"{row.collection}/{key_text(row.key)}")
    ]
    if not found:
        raise NotFound(f'"{key}" is not in quarantine: `kconv migrate quarantine` lists what is')
    if output is Report.JSON:
        documents = rows_as_json(found)
        for row, document in zip(found, documents, strict=True):
            document["data"] = _data(place, row)
            document["run"] = row.run
            document["since"] = row.since.isoformat()
        emit_json({"rows": documents})
        return
    for row in found:
        emit("\n".join(row_lines(row)))
        emit(f"  run {row.run}, {row.since:%Y-%m-%d %H:%M:%S} UTC")
        emit(f"  {_data(place, row)}")


def _data(place: Place, entry: Quarantined) -> str:
    """The row's bytes as text; what is no UTF-8 is escaped."""
    from kconv.place import Where

    row = place.row(Where(entry.collection, entry.section), entry.key)
    return "" if row is None else row.data.decode("utf-8", "backslashreplace")


def _retry(place: Place, outage: float, output: Report) -> None:
    from kconv._cli.console import emit, emit_json, say
    from kconv._cli.migrate_report import complain, complain_of, outcome_as_json, report
    from kconv._cli.migrate_report import rows_as_json as as_json
    from kconv._messages import count
    from kconv._pipeline import Pipeline
    from kconv_migrations import _migration as storage

    looked, outcomes = storage.QuarantineCheck(), list[Any]()
    any_there = bool(place.quarantined())
    if any_there:
        pipeline = Pipeline(place.scheme)
        looked = storage.check_quarantine(place, pipeline)
        if names := sorted({row.collection for row in looked.elsewhere}):
            targets = storage.plan(place, names)
            settings = storage.Settings(outage=outage)
            outcomes = list(storage.migrate(place, pipeline, targets, settings))
    left = place.quarantined()
    if output is Report.JSON:
        document: dict[str, Any] = {"resources": [outcome_as_json(each) for each in outcomes]}
        emit_json(document | {"released": as_json(looked.released), "left": as_json(left)})
    elif not any_there:
        emit("nothing is in quarantine")
    else:
        for name, number in sorted(Counter(row.collection for row in looked.released).items()):
            emit(f"{name}: {count(number, 'row')} well again, no longer in quarantine")
        for each in outcomes:
            report(each, dry_run=False, rate=0)
    complain_of(looked.wrong, "in the preferred version cannot be read; left as they were")
    complain(outcomes, dry_run=False)
    if looked.wrong:
        say("repair the code or the objects, then `kconv migrate quarantine retry`")
    if left or not all(each.done for each in outcomes):
        raise typer.Exit(1)
