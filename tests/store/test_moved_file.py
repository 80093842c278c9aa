"""A SQLite file that is moved, deleted or replaced under whoever uses it takes no more writes."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
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


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
def test_nothing_is_answered_without_the_log(
    opened: SqlStore, file: Path, suffix: str, call: str
) -> None:
    """What was acknowledged before is in the database once it is closed."""
    beside = file.with_name(f"{file.name}{suffix}")
    beside.unlink()
    for _ in range(2):
        with pytest.raises(Unavailable, match="has lost its write-ahead log") as caught:
            CALLS[call](opened)
        assert str(caught.value.cause).startswith("has lost its write-ahead log")
    opened.close()
    with closing(open_store(f"sqlite:///{file}")) as again:
        assert [each.key.name for each in again.list(GROUP, RESOURCE).items] == ["before"]
        create(again, "after")


def test_a_log_that_went_with_its_last_connection_is_missed_by_nobody(
    opened: SqlStore, file: Path
) -> None:
    log = file.with_name(f"{file.name}-wal")
    before = log.stat().st_ino
    log.with_name("keeper").hardlink_to(log)  # so that no other file takes its number
    opened.close()
    assert not log.exists()
    create(opened, "after")
    assert log.stat().st_ino != before
    create(opened, "another")
    assert len(opened.list(GROUP, RESOURCE).items) == 3


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
