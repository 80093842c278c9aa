"""What ``kconv migrate`` does, apart from its command line.

Nothing here needs Typer, which takes a fifth of the time that everything else takes to load.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from kconv._cli.console import emit, emit_json, say
from kconv._cli.database import DEFAULT_DB, outage
from kconv._cli.interrupted import Interrupted
from kconv._cli.migrate_report import (
    announce,
    complain,
    complain_of_references,
    outcome_as_json,
    referring_as_json,
    report,
    report_free_space,
    report_references,
    say_elsewhere,
)
from kconv._cli.open_place import open_place
from kconv._cli.progress import Meter
from kconv._durations import parse_duration
from kconv._errors import UsageError
from kconv._messages import duration
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv.place import Place
from kconv_migrations import _migration as storage


def migrate_and_report(
    names: Sequence[str] = (),
    to: Sequence[str] = (),
    db: str = DEFAULT_DB,
    *,
    group: Sequence[str] = (),
    place: str | None = None,
    engine: str = "kconv",
    dry_run: bool = False,
    batch_size: int = 1000,
    batch_time: str = "1s",
    rate: float = 0,
    max_replica_lag: str | None = None,
    max_archive_backlog: int | None = None,
    max_lock_waits: int | None = None,
    max_load: int | None = None,
    yield_to_vacuum: bool = False,
    limit: int | None = None,
    where: Sequence[str] = (),
    max_failures: str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    servers: Sequence[str] = (),
    no_undo: bool = False,
    keep_undo: str = "14d",
    accept_loss: bool = False,
    validate: bool = False,
    strict: bool = False,
    rewrite_references: bool = False,
    apis: Sequence[str] = (),
    output: str = "text",
    seen: list[storage.Outcome] | None = None,
    document: dict[str, Any] | None = None,
) -> int:
    """Rewrite what the command line names; returns the exit code.

    ``place`` is what `open_place` takes; ``engine`` is ``kconv`` or ``svm``; ``rate`` is in rows a
    second, 0 for no limit; ``output`` is ``text`` or ``json``. What became of each resource is
    added to ``seen``, and the JSON is put into ``document``, where one is given, in place of being
    printed. Raises `KconvError` for what cannot be begun, and `Interrupted`.
    """
    of_cluster = (place or "").startswith("cluster")
    if accept_loss and of_cluster:
        raise UsageError(
            "--accept-loss: objects of a cluster are converted by it, and not by kconv; take what "
            "would be lost off the objects, or add it to the version that is stored"
        )
    settings = storage.Settings(
        batch_size=batch_size,
        batch_seconds=batch_seconds(batch_time),
        rate=rate,
        dry_run=dry_run,
        undo=not no_undo,
        accept_loss=accept_loss,
        validate=validate,
        strict=strict,
        outage=outage(db),
        keep_undo=_seconds(keep_undo, "--keep-undo"),
        limits=limits(
            max_replica_lag, max_archive_backlog, max_lock_waits, max_load, yield_to_vacuum
        ),
        selection=storage.parse_conditions(where),
        most_rows=limit,
        vouched=storage.parse_vouched(servers),
        most_failures=None if max_failures is None else storage.parse_failure_limit(max_failures),
    )
    outcomes: list[storage.Outcome] = [] if seen is None else seen
    repaired: list[storage.CollectionReferences] = []
    runs: list[str] = []
    text = output == "text"
    groups = groups_of(names, to, group)
    # References may name versions of any group.
    wanted = None if rewrite_references else groups
    opened = storage.wait_for(
        lambda: open_place(place, db, groups=wanted, apis=apis, names=names),
        outage(db),
        _waiting(outage(db)),
    )
    try:
        if engine != "kconv" or of_cluster:
            _begin_with(engine, opened, dry_run)
        try:
            targets = storage.plan(opened, names, to, group)
        except UsageError:
            if place is not None:
                raise
            # The message lists what there is, so all groups must be loaded.
            with closing(open_place(None, db, apis=apis)) as whole:
                targets = storage.plan(whole, names, to, group)
        pipeline = Pipeline(opened.scheme)
        collections = [target.name for target in targets]
        with storage.executor_for(
            opened, pipeline, workers, collections, collections, cluster(scheduler, workers)
        ) as executor:
            if rewrite_references:
                # Without --to, the preferred version replaces all others.
                standing = () if to else storage.preferred_targets(opened, names, group)
                references = storage.outdated_references(opened, pipeline, [*standing, *targets])
            with Meter() as meter:

                def begun() -> None:
                    if text:
                        with meter.aside():
                            announce(targets, dry_run)
                            if of_cluster:
                                _say_compared(opened, collections)

                if not targets:
                    begun()
                    if text:
                        say_elsewhere(opened)
                for outcome in storage.migrate(
                    opened, pipeline, targets, settings, meter, executor, begun
                ):
                    outcomes.append(outcome)
                    if text:
                        with meter.aside():
                            report(outcome, dry_run, rate)
        if rewrite_references:
            looked = (
                storage.find_references(opened, pipeline, references)
                if dry_run
                else storage.rewrite_references(opened, pipeline, references, settings, runs.append)
            )
            for each in looked:
                repaired.append(each)
                if text:
                    report_references(each)
            if text and not repaired:
                emit("references: all of them name versions that stay")
            if text and any(each.rewritten for each in repaired):
                emit(f"references: run {runs[0]}")
        if text and not dry_run:
            report_free_space(opened)
    except KeyboardInterrupt:
        raise Interrupted("what is rewritten stays; `kconv migrate` goes on from here") from None
    finally:
        opened.close()
    if output == "json":
        made = {} if document is None else document
        made |= {"dryRun": dry_run, "run": outcomes[0].run if outcomes else ""}
        made |= {"resources": [outcome_as_json(each) for each in outcomes]}
        if rewrite_references:
            made["referencesRun"] = runs[0] if runs else ""
            made["references"] = [referring_as_json(each) for each in repaired]
        if document is None:
            emit_json(made)
    complain(outcomes, dry_run)
    complain_of_references(repaired)
    done = all(outcome.done for outcome in outcomes) and not any(each.failures for each in repaired)
    return 0 if done else 1


def _begin_with(engine: str, opened: Place, dry_run: bool) -> None:
    """Have a cluster's record of versions be right before it is read, and its migrator driven."""
    from kconv._cluster import ClusterPlace

    if not isinstance(opened, ClusterPlace):
        if engine != "kconv":
            raise UsageError("--engine svm goes with --place cluster")
    elif dry_run:
        opened.rehearses = True  # which writes nothing
    elif engine == "kconv":
        opened.put_back_versions()
    else:
        opened.drive_cluster()


def _say_compared(opened: Place, collections: Sequence[str]) -> None:
    """Tell, on standard error, how versions of a cluster's objects are compared."""
    from kconv._cluster import ClusterPlace

    if isinstance(opened, ClusterPlace):
        for line in filter(None, map(opened.how_compared, collections)):
            say(line)


def cluster(
    scheduler: str | None, workers: int | None
) -> tuple[str, Callable[[Scheme], str]] | None:
    """The Dask cluster that a command line names, for `executor_for`. Raises `UsageError`."""
    if scheduler is None:
        return None
    if workers is not None:
        raise UsageError("--workers is for this machine, and --scheduler has workers of its own")
    from kconv._check.lock import digest_of

    return scheduler, digest_of


def batch_seconds(text: str) -> float:
    """What a transaction is to take at most."""
    return _seconds(text, "--batch-time") or math.inf


def limits(
    max_replica_lag: str | None,
    max_archive_backlog: int | None,
    max_lock_waits: int | None,
    max_load: int | None,
    yield_to_vacuum: bool,
) -> storage.Limits:
    """From which pressure on a run waits, as a command line says it."""
    return storage.Limits(
        None if max_replica_lag is None else _seconds(max_replica_lag, "--max-replica-lag"),
        max_archive_backlog,
        max_lock_waits,
        max_load,
        yield_to_vacuum,
    )


def _seconds(text: str, what: str) -> float | None:
    found = parse_duration(text, what)
    return None if found is None else found.total_seconds()


def _waiting(seconds: float) -> Callable[[str], None]:
    """What says why nothing happens yet and how long that may take, once for each reason."""
    said: set[str] = set()

    def waiting(why: str) -> None:
        if why and why not in said:
            say(f"waiting for up to {duration(seconds)}: {why}")
        elif said and not why:
            say("going on")
        said.add(why)

    return waiting


def groups_of(
    names: Sequence[str], to: Sequence[str], groups: Sequence[str] = ()
) -> set[str] | None:
    """The API groups that a command line names; None for all."""
    found = {*groups}
    found |= {name.partition("=")[0] for name in to}
    found |= {name.partition(".")[2] for name in names}
    return {"" if name == "core" else name for name in found} or None
