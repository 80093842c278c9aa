"""A store on each kind of database."""

from collections.abc import Callable, Iterator

import pytest

from kconv.store import SqlStore, open_store
from kconv_migrations import db
from store.samples import GROUP, RESOURCE, V1


@pytest.fixture
def upgraded_url(database_url: str) -> str:
    """The URL of a database with tables and nothing in them."""
    db.upgrade(database_url)
    return database_url


@pytest.fixture
def reopen(upgraded_url: str) -> Iterator[Callable[[], SqlStore]]:
    """Opens another store on the test's database, as another server would."""
    opened: list[SqlStore] = []

    def open_another() -> SqlStore:
        opened.append(open_store(upgraded_url))
        return opened[-1]

    yield open_another
    for each in opened:
        each.close()


@pytest.fixture
def store(reopen: Callable[[], SqlStore]) -> SqlStore:
    """A store that prefers batch/v1 for cronjobs."""
    opened = reopen()
    opened.ensure([(GROUP, RESOURCE, V1)])
    return opened
