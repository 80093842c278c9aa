"""Options that the commands of ``kconv migrate`` share, and the workers that they ask for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from kconv.cli.options import resources, storage_targets

if TYPE_CHECKING:
    from kconv.pipeline import Pipeline
    from kconv.store import Store
    from kconv_migrations.rows.workers import Hands

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


Choose = Callable[["Store", Callable[[], "Pipeline"]], "Hands"]
"""Who converts the rows of a store: worker processes, or this one, by a pipeline made then."""


@contextmanager
def hands_for(
    workers: int | None, apis: Sequence[str] | None, groups: Collection[str] | None = None
) -> Iterator[Choose]:
    """Worker processes for the rows of some groups, of all if None.

    Enter it before anything heavy is imported: a worker starts at once, so that it is up when
    there is something to do. Where rows turn out to be few, it is let go.
    """
    from kconv_migrations.rows.workers import InProcess, Workers, default_workers

    count = workers or default_workers()
    if count == 1:
        yield lambda _, pipeline: InProcess(pipeline())
        return
    with Workers(count, groups, apis or ()) as ready:

        def chosen(store: Store, pipeline: Callable[[], Pipeline]) -> Hands:
            if workers is not None or _rows(store, groups) >= FEW:
                return ready
            ready.close()
            return InProcess(pipeline())

        yield chosen


def _rows(store: Store, groups: Collection[str] | None) -> int:
    return sum(
        each.objects + each.changes
        for each in store.counts()
        if groups is None or each.group in groups
    )


def groups_of(names: Sequence[str] | None, to: Sequence[str] | None) -> set[str] | None:
    """The API groups that a command line speaks of; None for all."""
    found = {name.partition("=")[0] for name in to or ()}
    found |= {name.partition(".")[2] for name in names or ()}
    return {"" if name == "core" else name for name in found} or None
