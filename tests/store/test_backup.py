"""Backups of SQLite, and putting one back, also under those who use the database."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, insert

from fixtures import prepared
from kconv._errors import CounterReset, Expired, KconvError, Unavailable, UsageError
from kconv._store import SqlStore, open_store
from kconv._store.database import Database, parse_url
from kconv._store.tables import storage_versions
from kconv_migrations import _tables as db
from store.samples import GROUP, RESOURCE, V1, create, cronjob, follow


@pytest.fixture
def url(sqlite_url: str) -> str:
    db.upgrade(sqlite_url)
    with closing(open_store(sqlite_url)) as store:
        store.ensure([(GROUP, RESOURCE, V1)])
    return sqlite_url


def test_there_and_back(url: str, tmp_path: Path) -> None:
    with closing(open_store(url)) as store:
        kept = create(store, "kept", data=b"kept")
        before, position = store.look(), follow(store).position
        made = db.backup(url, tmp_path / "backup.db")
        assert made.resource_version == before.value
        assert made.bytes == (tmp_path / "backup.db").stat().st_size
        lost = create(store, "lost")
        look = db.restore(url, tmp_path / "backup.db")
        assert store.look() == look, "the store that was open sees it"
        assert store.list(GROUP, RESOURCE).items == [kept]
        assert look.epoch != before.epoch
        assert look.value == look.compacted > lost.resource_version
        with pytest.raises(CounterReset):
            follow(store, position)
        with pytest.raises(Expired):
            store.changes(lost.resource_version)
        assert create(store, "new").resource_version > lost.resource_version
    assert [each.name for each in tmp_path.iterdir() if "." in each.name[:1]] == []


def test_backup_is_one_file_of_its_owner(url: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    db.backup(url, file)
    assert file.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(file)) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert {each.name for each in tmp_path.iterdir()} == {"backup.db", "kconv.db"}


def test_backup_of_a_database_that_is_written_to(url: str, tmp_path: Path) -> None:
    """All of it as of one moment: each resourceVersion up to the newest one, and its object."""
    over = threading.Event()

    def write() -> None:
        with closing(open_store(url)) as store:
            number = 0
            while not over.is_set():
                create(store, f"n{number}")
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            file = tmp_path / f"{number}.db"
            made = db.backup(url, file)
            with closing(open_store(f"sqlite:///{file}")) as copy:
                assert copy.head() == made.resource_version
                log = [each.stored for each in copy.changes(1, limit=10**6)]
                assert [each.resource_version for each in log] == list(range(2, copy.head() + 1))
                assert sorted(log, key=lambda each: each.key) == copy.list(GROUP, RESOURCE).items
    finally:
        over.set()
        writer.join()


def test_restore_where_nothing_is(url: str, tmp_path: Path) -> None:
    with closing(open_store(url)) as store:
        made = create(store, "a")
    db.backup(url, tmp_path / "backup.db")
    elsewhere = f"sqlite:///{tmp_path / 'new.db'}"
    db.restore(elsewhere, tmp_path / "backup.db", by=10)
    with closing(open_store(elsewhere)) as store:
        assert store.get(made.key) == made
        assert store.head() == made.resource_version + 10


def test_restore_of_an_older_release(tmp_path: Path, url: str) -> None:
    """A backup from before the tables had an epoch is brought up to this release on the way."""
    old = tmp_path / "old.db"
    database = Database(parse_url(f"sqlite:///{old}"), create=True)

    def make(connection: Connection) -> None:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(db.__file__).parent))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, "0002")
        row = {"grp": GROUP, "resource": RESOURCE, "api_version": V1, "preferred": True}
        connection.execute(insert(storage_versions), row)

    database.write(make)
    database.close()
    db.restore(url, old)
    with closing(open_store(url)) as store:
        create(store, "a")


def test_processes_that_are_open_see_it(url: str, tmp_path: Path) -> None:
    with closing(open_store(url)) as store:
        create(store, "a")
    db.backup(url, tmp_path / "backup.db")
    code = (
        "import sys; from kconv._store import open_store, Key\n"
        "store = open_store(sys.argv[1]); before = store.look(); print('ready', flush=True)\n"
        "sys.stdin.readline(); after = store.look()\n"
        "print(before.epoch != after.epoch, len(store.list('batch', 'cronjobs').items))"
    )
    with closing(open_store(url)) as store:
        create(store, "b")
    other = prepared.Popen(
        [sys.executable, "-c", code, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "ready\n"
        db.restore(url, tmp_path / "backup.db")
        other.stdin.write("\n")
        other.stdin.flush()
        assert other.stdout.readline() == "True 1\n"


def _garbage(file: Path) -> None:
    file.write_bytes(b"kind: CronJob\n" * 500)


def _cut_short(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])


def _another_programs(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as made:
        made.execute("CREATE TABLE theirs (id int)")
        made.commit()


@pytest.mark.parametrize("spoil", [_garbage, _cut_short, _another_programs])
def test_what_is_no_backup_changes_nothing(
    url: str, tmp_path: Path, spoil: object, store_of: SqlStore
) -> None:
    made = create(store_of, "a")
    before = store_of.look()
    file = tmp_path / "backup.db"
    db.backup(url, file)
    assert callable(spoil)
    spoil(file)
    with pytest.raises(KconvError):
        db.restore(url, file)
    assert (store_of.look(), store_of.get(made.key)) == (before, made)
    assert {each.name for each in tmp_path.iterdir()} <= {
        "backup.db",
        "kconv.db",
        "kconv.db-wal",
        "kconv.db-shm",
    }


@pytest.fixture
def store_of(url: str) -> object:
    store = open_store(url)
    yield store
    store.close()


def test_wrong_calls(url: str, tmp_path: Path, postgres_url: str) -> None:
    file = tmp_path / "kconv.db"
    with pytest.raises(UsageError, match="is there already"):
        db.backup(url, file)
    with pytest.raises(UsageError, match="is the database itself"):
        db.restore(url, file)
    with pytest.raises(UsageError, match="no such file"):
        db.restore(url, tmp_path / "none.db")
    with pytest.raises(UsageError, match="pg_dump"):
        db.backup(postgres_url, tmp_path / "backup.db")
    shutil.copy(file, tmp_path / "copy.db")
    with pytest.raises(UsageError, match="bump-revision"):
        db.restore(postgres_url, tmp_path / "copy.db")
    with pytest.raises(Unavailable, match="cannot write"):
        db.backup(url, tmp_path / "none" / "backup.db")
    with closing(open_store(url)) as store:
        assert not store.list(GROUP, RESOURCE).items
        with pytest.raises(KconvError):
            store.get(cronjob("a"))


def test_restore_waits_for_a_writer_and_gives_up(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backup.db"
    db.backup(url, file)
    monkeypatch.setattr("kconv_migrations._tables.backups.LOCK_TIMEOUT", 0.3)
    with closing(sqlite3.connect(tmp_path / "kconv.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="locked"):
            db.restore(url, file)
        holder.execute("ROLLBACK")
    db.restore(url, file)
