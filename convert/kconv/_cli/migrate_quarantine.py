"""``kconv migrate quarantine``: the rows that a run could not rewrite."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kconv._cli.database import DEFAULT_DB, outage
from kconv._cli.migrate_options import Context, PlaceName
from kconv._cli.options import Apis, Db, Output, Report

if TYPE_CHECKING:
    from kconv.place import Place, Quarantined


class Action(StrEnum):
    """What to do with the quarantine."""

    LIST = "list"
    SHOW = "show"
    RETRY = "retry"
    EXPORT = "export"
    REPAIR = "repair"


NAMING = {Action.SHOW, Action.REPAIR}
CONVERTING = {Action.RETRY, Action.REPAIR}


LONGEST = 200
"""Characters of a message in the list; `kconv migrate quarantine show` has all of it."""


def quarantine(
    action: Annotated[
        Action, typer.Argument(help="list, show KEY, retry, export, or repair FILE.")
    ] = Action.LIST,
    key: Annotated[
        str,
        typer.Argument(
            metavar="[KEY|FILE]",
            help="For show: NAMESPACE/NAME, or RESOURCE.GROUP/NAMESPACE/NAME. For repair: what "
            "export wrote, with each object repaired; - is standard input.",
            show_default=False,
        ),
    ] = "",
    db: Db = DEFAULT_DB,
    place: PlaceName = None,
    context: Context = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="For repair: check every line, write nothing.")
    ] = False,
    accept_loss: Annotated[
        bool,
        typer.Option(
            "--accept-loss", help="For repair: accept losses that the API's author has declared."
        ),
    ] = False,
    apis: Apis = None,
    output: Output = Report.TEXT,
) -> None:
    """List the rows that could not be rewritten, show one, try them again, or repair them.

    They are stored as they were. A row leaves the quarantine when it is rewritten, written or
    deleted, or when `retry` finds that it is well and in the preferred version. `list` and `show`
    read only; `retry` ends with 1 if rows are left.

    `export` writes a line of JSON for each row; in `object` is what it holds. `repair` takes lines
    back whose objects have been repaired: it checks all of them, and writes them in the preferred
    version, each if its row is still as it was exported. It ends with 1 if a line was not taken.
    """
    from kconv._cli.migrate_repair import export, repair
    from kconv._cli.open_place import in_context, open_place
    from kconv._errors import UsageError
    from kconv_migrations._migration import Settings

    if (action in NAMING) != bool(key):
        raise UsageError(
            "write `kconv migrate quarantine show KEY` or `repair FILE`; the others take neither"
        )
    if (dry_run or accept_loss) and action is not Action.REPAIR:
        raise UsageError("--dry-run and --accept-loss are for `kconv migrate quarantine repair`")
    # What is listed and shown needs no kinds.
    opened = open_place(in_context(place, context), db, apis=apis or (), kinds=action in CONVERTING)
    code = 0
    try:
        if action is Action.LIST:
            _list(opened, opened.quarantined(), output)
        elif action is Action.SHOW:
            _show(opened, key, output)
        elif action is Action.EXPORT:
            code = export(opened)
        elif action is Action.REPAIR:
            settings = Settings(dry_run=dry_run, accept_loss=accept_loss, outage=outage(db))
            code = repair(opened, key, settings, as_json=output is Report.JSON)
        else:
            _retry(opened, outage(db), output)
    finally:
        opened.close()
    if code:
        raise typer.Exit(code)


def _list(place: Place, rows: list[Quarantined], output: Report) -> None:
    from kconv._cli.console import emit, emit_json, emit_table, say
    from kconv._cli.migrate_report import SHOWN, rows_as_json, say_elsewhere
    from kconv._errors import shortened
    from kconv.place import OBJECTS, key_text

    if output is Report.JSON:
        emit_json({"rows": rows_as_json(rows)})
        return
    if not rows:
        emit("nothing is in quarantine")
        say_elsewhere(place)
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
                shortened(row.message.splitlines()[0], LONGEST) if row.message else "",
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
    stays = "left as it was" if len(looked.wrong) == 1 else "left as they were"
    complain_of(looked.wrong, f"in the preferred version cannot be read; {stays}")
    complain(outcomes, dry_run=False)
    if looked.wrong:
        say("repair the code or the objects, then `kconv migrate quarantine retry`")
    if left or not all(each.done for each in outcomes):
        raise typer.Exit(1)
