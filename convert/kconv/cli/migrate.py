"""``kconv migrate``: rewrite what is stored in the preferred version; ``kconv migrate status``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kconv.cli.groups import CommandGroup
from kconv.cli.options import (
    DEFAULT_DB,
    Apis,
    Db,
    Output,
    Report,
    resources,
    storage_targets,
)

if TYPE_CHECKING:
    from kconv_migrations.storage import Failure, Outcome, ResourceStatus, Target

SHOWN = 20
"""Failures that are told one by one; ``-o json`` has all of them."""


class MigrateGroup(CommandGroup):
    """``kconv migrate`` without a subcommand runs the migration."""

    default = "run"


app = typer.Typer(cls=MigrateGroup, add_completion=False, rich_markup_mode="markdown")


@app.callback()
def migrate() -> None:
    """Flip the storage version and rewrite what is stored."""


@app.command(
    "run",
    hidden=True,
    epilog="`kconv migrate status` counts the rows of each resource by encoded version.",
)
def run(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RESOURCE.GROUP",
            help="Only these, such as cronjobs.batch; default: all.",
            autocompletion=resources,
            show_default=False,
        ),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GROUP=VERSION",
            help="Prefer this version, such as batch=v1, for the group's resources that have it; "
            "repeatable. Default: finish what the record prefers.",
            autocompletion=storage_targets,
        ),
    ] = None,
    db: Db = DEFAULT_DB,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Convert every row, report, write nothing.")
    ] = False,
    batch_size: Annotated[
        int, typer.Option(min=1, max=5000, metavar="N", help="Rows in a transaction.")
    ] = 200,
    rate: Annotated[
        float, typer.Option(min=0, metavar="N", help="At most so many rows a second; 0: no limit.")
    ] = 0,
    apis: Apis = None,
    output: Output = Report.TEXT,
) -> None:
    """Rewrite stored objects in the preferred version, beside running servers.

    Objects keep their resourceVersions and no watch hears of it. Ends with the proof: the old
    version leaves the record in the transaction that sees no row left in it. Run it again after
    any interruption.
    """
    from kconv.cli.console import emit_json
    from kconv.cli.progress import Meter
    from kconv.pipeline import Pipeline
    from kconv.scheme import load_scheme
    from kconv.store import open_store
    from kconv_migrations import storage

    scheme = load_scheme(apis=apis or ())
    store = open_store(db)
    try:
        targets = storage.plan(store, scheme, names or (), to or ())
        text = output is Report.TEXT
        if text:
            _announce(targets, dry_run)
        settings = storage.Settings(batch_size=batch_size, rate=rate, dry_run=dry_run)
        outcomes = []
        with Meter() as meter:
            pipeline = Pipeline(scheme)
            for outcome in storage.migrate(store, pipeline, targets, settings, meter):
                outcomes.append(outcome)
                if text:
                    _report(outcome, dry_run)
    except KeyboardInterrupt:
        _say_interrupted()
        raise typer.Exit(130) from None
    finally:
        store.close()
    if output is Report.JSON:
        emit_json({"dryRun": dry_run, "resources": [_as_json(each) for each in outcomes]})
    _complain(outcomes)
    if not all(outcome.done for outcome in outcomes):
        raise typer.Exit(1)


@app.command()
def status(db: Db = DEFAULT_DB, output: Output = Report.TEXT) -> None:
    """Count the rows of each resource by encoded version; list the versions on record."""
    from kconv.cli.console import emit_json, emit_table, say
    from kconv.store import open_store
    from kconv_migrations.storage import status as storage_status

    store = open_store(db)
    try:
        found = storage_status(store)
    finally:
        store.close()
    if output is Report.JSON:
        emit_json({"resources": [_status_as_json(each) for each in found]})
        return
    emit_table(
        ("RESOURCE", "VERSION", "OBJECTS", "CHANGES", "PREFERRED"),
        [
            (
                str(each.resource),
                version.api_version,
                f"{version.objects:,}",
                f"{version.changes:,}",
                "yes" if version.preferred else "-",
            )
            for each in found
            for version in each.versions
        ],
    )
    unsettled = [str(each.resource) for each in found if not each.settled]
    if unsettled:
        say(f"not settled: {', '.join(unsettled)}; `kconv migrate` finishes it")


def _announce(targets: Sequence[Target], dry_run: bool) -> None:
    from kconv.cli.console import emit

    if not targets:
        emit("nothing to do: every resource has one version on record")
    for target in targets:
        flip = f"{target.before or 'nothing'} -> {target.api_version}"
        verb = "would flip" if dry_run else "flipped"
        emit(
            f"{target.resource}: "
            + (f"{flip}, {verb}" if target.flips else f"{target.api_version}, preferred already")
        )


def _report(outcome: Outcome, dry_run: bool) -> None:
    from kconv.cli.console import emit
    from kconv.cli.message import count

    rows = f"{count(outcome.objects, 'object')} and {count(outcome.changes, 'change')}"
    seconds = outcome.seconds
    speed = (outcome.objects + outcome.changes) / seconds if seconds else 0
    name = outcome.target.resource
    if dry_run:
        emit(f"{name}: {rows} would be rewritten, {len(outcome.failures)} cannot be")
        return
    if outcome.objects or outcome.changes:
        emit(f"{name}: {rows} rewritten in {seconds:.1f} s ({speed:,.0f} rows/s)")
    elif outcome.done:
        emit(f"{name}: nothing to rewrite")
    if outcome.raced:
        emit(f"{name}: {count(outcome.raced, 'row')} written by somebody else meanwhile")
    for version in outcome.dropped:
        emit(f"{name}: 0 rows left in {version}; dropped from the record")


def _complain(outcomes: Sequence[Outcome]) -> None:
    """Tell, on standard error, of every row that could not be rewritten and what is left."""
    from kconv.cli.console import complain, say
    from kconv.cli.message import count

    failures = [failure for outcome in outcomes for failure in outcome.failures]
    if failures:
        lines = [f"error: {count(len(failures), 'row')} cannot be converted; left as they were"]
        for failure in failures[:SHOWN]:
            lines.extend(f"  {line}" for line in _failure_lines(failure))
        if len(failures) > SHOWN:
            lines.append(f"  and {len(failures) - SHOWN} more: -o json lists them all")
        complain("\n".join(lines))
    for outcome in outcomes:
        for version, rows in outcome.kept.items():
            left = f"{count(rows, 'row')} left in {version}, which stays on record"
            say(f"{outcome.target.resource}: {left}")
            if not outcome.failures:
                say("a writer still uses it: is a server of an older release running?")


def _failure_lines(failure: Failure) -> list[str]:
    from kconv.cli.message import problem_lines

    key = failure.stored.key
    name = f"{key.namespace}/{key.name}" if key.namespace else key.name
    head, *rest = problem_lines(failure.error)
    what = failure.stored.api_version
    if failure.where == "changes":
        what = f"change {failure.stored.resource_version}, {what}"
    return [f"{key.qualified} {name} ({what}): {head}", *rest]


def _as_json(outcome: Outcome) -> dict[str, Any]:
    target = outcome.target
    return {
        "resource": str(target.resource),
        "before": target.before,
        "version": target.api_version,
        "flipped": target.flips,
        "objects": outcome.objects,
        "changes": outcome.changes,
        "raced": outcome.raced,
        "dropped": outcome.dropped,
        "left": outcome.kept,
        "failures": [_failure_as_json(failure) for failure in outcome.failures],
        "seconds": round(outcome.seconds, 3),
    }


def _failure_as_json(failure: Failure) -> dict[str, Any]:
    from kconv.paths import format_path

    key, error = failure.stored.key, failure.error
    return {
        "resource": key.qualified,
        "namespace": key.namespace,
        "name": key.name,
        "version": failure.stored.api_version,
        "resourceVersion": str(failure.stored.resource_version),
        "in": failure.where,
        "reason": error.reason,
        "message": error.message,
        "findings": [
            {"path": format_path(each.path), "reason": each.reason, "message": each.message}
            for each in error.findings
        ],
    }


def _status_as_json(each: ResourceStatus) -> dict[str, Any]:
    return {
        "resource": str(each.resource),
        "preferred": each.preferred,
        "settled": each.settled,
        "versions": [
            {
                "version": version.api_version,
                "preferred": version.preferred,
                "objects": version.objects,
                "changes": version.changes,
            }
            for version in each.versions
        ],
    }


def _say_interrupted() -> None:
    from kconv.cli.console import say

    say("interrupted: what is rewritten stays; `kconv migrate` goes on from here")
