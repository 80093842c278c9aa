"""``kconv migrate``: rewrite what is stored in the preferred version; its subcommands."""

from __future__ import annotations

from typing import Annotated

import typer

from kconv.cli.groups import CommandGroup
from kconv.cli.migrate_options import Names, Rate, To, Workers, groups_of, hands_for, outage
from kconv.cli.migrate_plan import plan
from kconv.cli.migrate_quarantine import quarantine
from kconv.cli.migrate_runs import drop_undo, runs, undo
from kconv.cli.migrate_status import status
from kconv.cli.migrate_verify import verify
from kconv.cli.options import DEFAULT_DB, Apis, Db, Output, Report


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
    epilog="`kconv migrate plan` says what would happen, `kconv migrate status` what is stored.",
)
def run(
    names: Names = None,
    to: To = None,
    db: Db = DEFAULT_DB,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Convert and validate every row, report, write nothing."),
    ] = False,
    batch_size: Annotated[
        int, typer.Option(min=1, max=5000, metavar="N", help="Rows in a transaction.")
    ] = 1000,
    rate: Rate = 0,
    workers: Workers = None,
    no_undo: Annotated[
        bool, typer.Option("--no-undo", help="Keep no before-images: faster, no way back.")
    ] = False,
    accept_loss: Annotated[
        bool,
        typer.Option(
            "--accept-loss",
            help="Let go what the new version cannot hold, where the API's author says why.",
        ),
    ] = False,
    validate: Annotated[
        bool,
        typer.Option(
            "--validate",
            help="Report rows that break a rule of their group as well; --dry-run always does.",
        ),
    ] = False,
    rewrite_references: Annotated[
        bool,
        typer.Option(
            "--rewrite-references",
            help="Afterwards, rewrite references that name versions which give way.",
        ),
    ] = False,
    apis: Apis = None,
    output: Output = Report.TEXT,
) -> None:
    """Rewrite stored objects in the preferred version, beside running servers.

    Objects keep their resourceVersions and no watch hears of it. Rows that cannot be converted
    go into quarantine and stay as they are. Ends with the proof: the old version leaves the
    record in the transaction that sees no row left in it. Run it again after any interruption.
    """
    from kconv.cli.console import emit_json
    from kconv.cli.migrate_report import (
        announce,
        complain,
        outcome_as_json,
        referring_as_json,
        report,
        report_references,
    )
    from kconv.cli.progress import Meter
    from kconv.errors import UsageError
    from kconv.pipeline import Pipeline
    from kconv.scheme import load_scheme
    from kconv.store import open_store
    from kconv_migrations import storage

    store = open_store(db)
    outcomes: list[storage.Outcome] = []
    repaired: list[storage.Referring] = []
    text = output is Report.TEXT
    groups = groups_of(names, to)
    try:
        # References may name versions of any group.
        scheme = load_scheme(None if rewrite_references else groups, apis or ())
        try:
            targets = storage.plan(store, scheme, names or (), to or ())
        except UsageError:
            # What it says there is must be all that there is.
            targets = storage.plan(store, load_scheme(apis=apis or ()), names or (), to or ())
        pipeline = Pipeline(scheme)
        resources = [target.resource for target in targets]
        with hands_for(store, pipeline, workers, apis, groups, resources) as hands:
            settings = storage.Settings(
                batch_size=batch_size,
                rate=rate,
                dry_run=dry_run,
                undo=not no_undo,
                accept_loss=accept_loss,
                validate=validate,
                outage=outage(db),
            )
            if rewrite_references:
                references = storage.references_of(store, pipeline, targets)
            if text:
                announce(targets, dry_run)
            with Meter() as meter:
                for outcome in storage.migrate(store, pipeline, targets, settings, meter, hands):
                    outcomes.append(outcome)
                    if text:
                        report(outcome, dry_run, rate)
        if rewrite_references and not dry_run:
            for each in storage.rewrite_references(store, pipeline, references, settings):
                repaired.append(each)
                if text:
                    report_references(each)
    except KeyboardInterrupt:
        _say_interrupted()
        raise typer.Exit(130) from None
    finally:
        store.close()
    if output is Report.JSON:
        document = {"dryRun": dry_run, "run": outcomes[0].run if outcomes else ""}
        document |= {"resources": [outcome_as_json(each) for each in outcomes]}
        if rewrite_references:
            document["references"] = [referring_as_json(each) for each in repaired]
        emit_json(document)
    complain(outcomes, dry_run)
    if not all(outcome.done for outcome in outcomes) or any(each.failures for each in repaired):
        raise typer.Exit(1)


def _say_interrupted() -> None:
    from kconv.cli.console import say

    say("interrupted: what is rewritten stays; `kconv migrate` goes on from here")


app.command()(plan)
app.command()(status)
app.command()(verify)
app.command()(quarantine)
app.command()(runs)
app.command()(undo)
app.command("drop-undo")(drop_undo)
