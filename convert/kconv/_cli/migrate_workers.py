"""Who converts the rows that a command is about: this process, or workers as well."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kconv._gvk import GroupResource
    from kconv._pipeline import Pipeline
    from kconv._store import Store
    from kconv_migrations._migration import Hands

FEW = 5000
"""Rows under which worker processes take longer to start than they save."""


@contextmanager
def executor_for(
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
    from kconv_migrations import _migration as storage

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
