"""Opening a database whose tables are made where there are none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kconv._store import SqlStore, open_store


def open_or_create(url: str) -> SqlStore:
    """The store in the database at ``url``; the tables of an empty one are made.

    Raises `UsageError` for a URL that is none, `Unavailable`, and `TablesOutdated` for a database
    that has tables of another release, or of others.
    """
    # Alembic is for those only who have their tables made here.
    from kconv_migrations._tables import is_empty, upgrade

    if is_empty(url):
        upgrade(url)
    return open_store(url)


@contextmanager
def closed_on_failure(store: SqlStore | None) -> Iterator[None]:
    """Close a store that was opened for what is made within, where that is not made."""
    try:
        yield
    except BaseException:
        if store is not None:
            store.close()
        raise
