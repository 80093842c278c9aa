"""Options that the commands of ``kconv migrate`` share, and the workers that they ask for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from kconv.cli.options import resources, storage_targets

if TYPE_CHECKING:
    from kconv.gvk import GroupResource
    from kconv.pipeline import Pipeline
    from kconv.store import Store
    from kconv_migrations.storage import Hands

SHOWN = 20
"""Rows that are told one by one; ``-o json`` has all of them."""

FEW = 5000
"""Rows under which worker processes take longer to start than they save."""

OUTAGE = 60.0
"""Seconds for which a run waits for a PostgreSQL that went away."""

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RESOURCE.GROUP",
        help="Only these, such as cronjobs.batch; default: all.",
        autocompletion=resources,
        show_default=False,
    ),
]

To = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GROUP=VERSION",
        help="Prefer this version, such as batch=v1, for the group's resources that have it; "
        "repeatable. Default: finish what the record prefers.",
        autocompletion=storage_targets,
    ),
]

Rate = Annotated[
    float,
    typer.Option("--rate", min=0, metavar="N", help="At most so many rows a second; 0: no limit."),
]

Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        max=64,
        metavar="N",
        help="Processes, this one among them. Default: one for each processor, up to 4.",
        show_default=False,
    ),
]


def outage(url: str) -> float:
    """For how long to wait for a database that goes away: a SQLite file does not come back."""
    return 0.0 if url.startswith("sqlite") else OUTAGE


@contextmanager
def hands_for(
    store: Store,
    pipeline: Pipeline,
    workers: int | None,
    apis: Sequence[str] | None,
    groups: Collection[str] | None = None,
    resources: Sequence[GroupResource] = (),
) -> Iterator[Hands]:
    """Who converts the rows of some groups, of all if None: this process where they are few.

    Workers start at once and prepare for ``resources``, so that they are up when there is
    something to do.
    """
    from kconv_migrations import storage

    rows = sum(
        each.objects + each.changes
        for each in (store.counts() if workers is None else ())
        if groups is None or each.group in groups
    )
    count = workers or (1 if rows < FEW else storage.default_workers())
    if count == 1:
        yield storage.InProcess(store, pipeline)
        return
    # No copy of this process is to have its connections.
    store.close()
    with storage.Workers(count, store, pipeline, groups, apis or (), resources) as hands:
        yield hands


def groups_of(names: Sequence[str] | None, to: Sequence[str] | None) -> set[str] | None:
    """The API groups that a command line speaks of; None for all."""
    found = {name.partition("=")[0] for name in to or ()}
    found |= {name.partition(".")[2] for name in names or ()}
    return {"" if name == "core" else name for name in found} or None
