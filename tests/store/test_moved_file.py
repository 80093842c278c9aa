"""A SQLite file that is moved, deleted or replaced under whoever uses it takes no more writes."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kconv._errors import Unavailable
from kconv._store import SqlStore, Store, open_store
from kconv_migrations import _tables as db
from store.samples import GROUP, RESOURCE, V1, create, cronjob


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "kconv.db"
    db.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def opened(file: Path) -> Iterator[SqlStore]:
    store = open_store(f"sqlite:///{file}")
    store.ensure([(GROUP, RESOURCE, V1)])
    create(store, "before")
    yield store
    store.close()


def _moved(file: Path) -> None:
    file.rename(file.with_name("elsewhere.db"))


def _deleted(file: Path) -> None:
    file.unlink()


def _replaced(file: Path) -> None:
    shutil.copy(file, file.with_name("other.db"))
    file.with_name("other.db").replace(file)


WAYS = [_moved, _deleted, _replaced]
CALLS: dict[str, Callable[[Store], object]] = {
    "create": lambda store: create(store, "after"),
    "get": lambda store: store.get(cronjob("before")),
    "look": lambda store: store.look(),
    "heartbeat": lambda store: store.heartbeat("s"),
    "can_write": lambda store: store.can_write(1),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_answered_from_a_file_that_is_not_there(
    opened: SqlStore, file: Path, way: Callable[[Path], None], call: str
) -> None:
    way(file)
    with pytest.raises(Unavailable, match="was moved, replaced or removed") as caught:
        CALLS[call](opened)
    assert caught.value.cause == "was moved, replaced or removed"


def test_a_file_that_is_put_back_is_used_again(opened: SqlStore, file: Path) -> None:
    _moved(file)
    with pytest.raises(Unavailable):
        create(opened, "a")
    file.with_name("elsewhere.db").rename(file)
    create(opened, "a")
    assert len(opened.list(GROUP, RESOURCE).items) == 2


def test_a_restore_replaces_no_file(opened: SqlStore, file: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{file}"
    db.backup(url, tmp_path / "backup.db")
    db.restore(url, tmp_path / "backup.db")
    create(opened, "after")
