"""Options that the commands of ``kconv migrate`` share, and the workers that they ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from kconv.cli.options import resources, storage_targets

if TYPE_CHECKING:
    from kconv.pipeline import Pipeline
    from kconv.store import Store
    from kconv_migrations.storage import Hands, Target

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
        help="Processes that convert; 1: this one. Default: one for each processor.",
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
    targets: Sequence[Target] | None,
    workers: int | None,
    apis: Sequence[str] | None,
) -> Iterator[Hands]:
    """Who converts the rows that are not in their targets' versions; all rows if None."""
    from kconv_migrations import storage

    wanted = None if targets is None else {each.resource: each.api_version for each in targets}
    rows = 0
    for each in storage.status(store):
        for version in each.versions:
            if wanted is None or wanted.get(each.resource, version.api_version) != (
                version.api_version
            ):
                rows += version.rows
    count = workers or (1 if rows < FEW else storage.default_workers())
    if count == 1:
        yield storage.InProcess(pipeline)
        return
    groups = None if targets is None else {each.resource.group for each in targets}
    with storage.Workers(count, groups, apis or ()) as hands:
        yield hands
