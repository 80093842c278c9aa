"""``kconv migrate``: rewrite what is stored in the preferred version; its subcommands."""

from __future__ import annotations

from typing import Annotated

import typer

from kconv._cli.command_groups import CommandGroup, DefaultCommand
from kconv._cli.database import DEFAULT_DB
from kconv._cli.migrate_gate import gate
from kconv._cli.migrate_options import (
    BatchTime,
    Conditions,
    Contexts,
    Engine,
    EngineName,
    Groups,
    Junit,
    KeepUndo,
    Limit,
    MaxArchiveBacklog,
    MaxFailures,
    MaxLoad,
    MaxLockWaits,
    MaxReplicaLag,
    Names,
    PlaceName,
    Rate,
    Scheduler,
    Servers,
    To,
    Workers,
    YieldToVacuum,
)
from kconv._cli.migrate_plan import plan
from kconv._cli.migrate_quarantine import quarantine
from kconv._cli.migrate_runs import drop_undo, runs, undo
from kconv._cli.migrate_status import status
from kconv._cli.migrate_steer import pause, rate, resume
from kconv._cli.migrate_verify import verify
from kconv._cli.options import Apis, Db, Output, Report


class MigrateGroup(CommandGroup):
    """``kconv migrate`` without a subcommand runs the migration."""

    default = "run"


app = typer.Typer(cls=MigrateGroup, add_completion=False, rich_markup_mode=None)


@app.callback()
def migrate() -> None:
    """Change the storage version and rewrite stored objects."""


@app.command(
    "run",
    cls=DefaultCommand,
    hidden=True,
    epilog="`kconv migrate plan` says what would happen, `kconv migrate status` what is stored.",
)
def run(
    names: Names = None,
    group: Groups = None,
    to: To = None,
    db: Db = DEFAULT_DB,
    place: PlaceName = None,
    context: Contexts = None,
    engine: EngineName = Engine.KCONV,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Convert and validate every row, report, write nothing."),
    ] = False,
    batch_size: Annotated[
        int, typer.Option(min=1, max=5000, metavar="N", help="Rows in a transaction.")
    ] = 1000,
    batch_time: BatchTime = "1s",
    rate: Rate = 0,
    max_replica_lag: MaxReplicaLag = None,
    max_archive_backlog: MaxArchiveBacklog = None,
    max_lock_waits: MaxLockWaits = None,
    max_load: MaxLoad = None,
    yield_to_vacuum: YieldToVacuum = False,
    limit: Limit = None,
    where: Conditions = None,
    max_failures: MaxFailures = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    servers: Servers = None,
    no_undo: Annotated[
        bool, typer.Option("--no-undo", help="Keep no before-images: faster, but cannot be undone.")
    ] = False,
    keep_undo: KeepUndo = "14d",
    accept_loss: Annotated[
        bool,
        typer.Option(
            "--accept-loss",
            help="Accept losses that the API's author has declared.",
        ),
    ] = False,
    validate: Annotated[
        bool,
        typer.Option(
            "--validate",
            help="Also report rows that fail validation; --dry-run always does.",
        ),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Leave rows in quarantine that would not be valid in the new version: they could "
            "be read and not written.",
        ),
    ] = False,
    rewrite_references: Annotated[
        bool,
        typer.Option(
            "--rewrite-references",
            help="Afterwards, rewrite references to the versions that are replaced; without --to, "
            "references to any version but the preferred one.",
        ),
    ] = False,
    apis: Apis = None,
    output: Output = Report.TEXT,
    junit: Junit = None,
) -> None:
    """Rewrite stored objects in the preferred version, beside running servers.

    Objects keep their resourceVersions, and watches see no events. Rows that cannot be converted
    are quarantined and left unchanged. At the end the old version is dropped from the record, in
    the transaction that proves that no row is left in it. Run it again after any interruption.
    """
    from kconv._cli.migrate_contexts import migrate_contexts

    code = migrate_contexts(
        context or (),
        place,
        names=names or (),
        to=to or (),
        db=db,
        group=group or (),
        engine=engine.value,
        dry_run=dry_run,
        batch_size=batch_size,
        batch_time=batch_time,
        rate=rate,
        max_replica_lag=max_replica_lag,
        max_archive_backlog=max_archive_backlog,
        max_lock_waits=max_lock_waits,
        max_load=max_load,
        yield_to_vacuum=yield_to_vacuum,
        limit=limit,
        where=where or (),
        max_failures=max_failures,
        workers=workers,
        scheduler=scheduler,
        servers=servers or (),
        no_undo=no_undo,
        keep_undo=keep_undo,
        accept_loss=accept_loss,
        validate=validate,
        strict=strict,
        rewrite_references=rewrite_references,
        apis=apis or (),
        output=output.value,
        junit=junit,
    )
    if code:
        raise typer.Exit(code)


app.command()(plan)
app.command()(status)
app.command()(gate)
app.command()(pause)
app.command()(resume)
app.command("rate")(rate)
app.command()(verify)
app.command()(quarantine)
app.command()(runs)
app.command()(undo)
app.command("drop-undo")(drop_undo)
