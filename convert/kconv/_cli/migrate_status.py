"""``kconv migrate status``: what is stored, and whether a version may leave the code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kconv._cli.database import DEFAULT_DB
from kconv._cli.migrate_options import Context, PlaceName
from kconv._cli.options import Apis, Db, Output, Report, output_versions

if TYPE_CHECKING:
    from kconv.place import Place, Run
    from kconv_migrations._migration import CollectionStatus, Verdict, VersionStatus

    Unknown = tuple[str, VersionStatus]

SHOWN_RUNS = 5
"""How many runs are shown; ``kconv migrate runs`` has all of them."""


def status(
    may_drop: Annotated[
        list[str] | None,
        typer.Option(
            "--may-drop",
            metavar="GROUP/VERSION",
            help="Check whether the code may drop this version; exit 1 if not. Repeatable.",
            autocompletion=output_versions,
        ),
    ] = None,
    days: Annotated[
        int, typer.Option(min=1, max=90, metavar="N", help="How many days back clients count.")
    ] = 7,
    db: Db = DEFAULT_DB,
    place: PlaceName = None,
    context: Context = None,
    apis: Apis = None,
    output: Output = Report.TEXT,
) -> None:
    """Count rows by encoded version, show runs, and say which versions may be deleted."""
    from kconv._cli.console import emit_json
    from kconv._cli.migrate_report import say_undecodable
    from kconv._cli.open_place import in_context, open_place
    from kconv._cli.run_table import run_as_json
    from kconv._gvk import GroupVersion
    from kconv._pipeline import Pipeline
    from kconv_migrations import _migration as storage

    opened = open_place(in_context(place, context), db, apis=apis or ())
    try:
        pipeline = Pipeline(opened.scheme)
        found = storage.status(opened)
        unknown = storage.undecodable(found)
        if may_drop:
            versions = [GroupVersion.parse(each) for each in may_drop]
            references = True
        else:
            versions = storage.removable(opened, found)
            references = storage.are_few(found)
        verdicts = [
            storage.may_drop(opened, pipeline, version, days=days, references=references)
            for version in versions
        ]
        runs = [] if may_drop else opened.runs()
        sizes = {run.id: opened.undo_size(run.id) for run in runs}
        if output is Report.JSON:
            document: dict[str, Any] = {"mayDrop": [_verdict_as_json(each) for each in verdicts]}
            if not may_drop:
                document["resources"] = [_status_as_json(each, unknown) for each in found]
                document["runs"] = [run_as_json(each, sizes[each.id]) for each in runs]
                document["quarantined"] = len(opened.quarantined())
            emit_json(document)
        elif may_drop:
            _print_verdicts(verdicts, days)
        else:
            _print(opened, found, runs, verdicts, references)
            for name, version in unknown:
                say_undecodable(name, version)
    finally:
        opened.close()
    if may_drop and not all(each.may for each in verdicts):
        raise typer.Exit(1)


def _print(
    place: Place,
    found: Sequence[CollectionStatus],
    runs: Sequence[Run],
    verdicts: Sequence[Verdict],
    references: bool,
) -> None:
    from kconv._cli.console import emit, emit_gap, emit_table, say
    from kconv._cli.run_table import going_on, run_rows
    from kconv._cli.stored_table import stored_table
    from kconv._messages import count

    if found:
        emit_table(*stored_table(found))
    else:
        from kconv._cli.migrate_report import say_elsewhere

        say("no objects are stored")
        say_elsewhere(place)
    if runs:
        emit_gap()
        emit_table(*run_rows(place, runs[:SHOWN_RUNS]))
    for run in runs:
        if run.state == "running" and run.lease > 0:
            emit(going_on(run))
    if verdicts:
        emit_gap()
        # What converts by itself has versions in no code that is anybody's to delete from.
        of_code = any(each.collection.converts for each in found)
        emit_table(
            ("VERSION", "MAY BE DELETED FROM THE CODE" if of_code else "MAY GO"),
            [
                (
                    str(each.version),
                    "yes"
                    if each.may
                    else f"no: {each.reasons[0]}"
                    + (
                        f" (and {len(each.reasons) - 1} more: --may-drop {each.version})"
                        if len(each.reasons) > 1
                        else ""
                    ),
                )
                for each in verdicts
            ],
        )
    if not references:
        from kconv_migrations._migration import MANY

        say(f"over {MANY:,} objects: references are counted by --may-drop GROUP/VERSION only")
    quarantined = len(place.quarantined())
    if quarantined:
        say(f"{count(quarantined, 'row')} in quarantine: `kconv migrate quarantine`")
    unsettled = [each.name for each in found if not each.settled]
    if unsettled:
        say(f"not settled: {', '.join(unsettled)}; `kconv migrate` finishes it")


def _print_verdicts(verdicts: Sequence[Verdict], days: int) -> None:
    from kconv._cli.console import emit

    for each in verdicts:
        if each.may:
            emit(f"{each.version}: yes, nothing holds it")
        else:
            emit(f"{each.version}: no")
        for reason in each.reasons:
            emit(f"  {reason}")
        if len(each.clients) > 1:
            for client in each.clients[:10]:
                emit(f"    {client.user_agent}: {client.requests:,}, last on {client.last}")
        for note in each.notes:
            emit(f"  note: {note}")


def _verdict_as_json(each: Verdict) -> dict[str, Any]:
    return {
        "version": str(each.version),
        "may": each.may,
        "reasons": list(each.reasons),
        "notes": list(each.notes),
        "clients": [
            {
                "resource": client.resource,
                "userAgent": client.user_agent,
                "requests": client.requests,
                "last": client.last.isoformat(),
            }
            for client in each.clients
        ],
    }


def _status_as_json(each: CollectionStatus, unknown: Sequence[Unknown]) -> dict[str, Any]:
    return {
        "resource": each.name,
        "preferred": each.preferred,
        "settled": each.settled,
        "versions": [
            {
                "version": version.api_version,
                "preferred": version.preferred,
                **{
                    section.name: version.sections.get(section.name, 0)
                    for section in each.collection.sections
                },
                "decodable": (each.name, version) not in unknown,
            }
            for version in each.versions
        ],
    }
