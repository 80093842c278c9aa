"""Whether writes would succeed, and what is said where they would not."""

import os
import pwd
import resource
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, event, text

from fixtures.postgres import PostgresServer
from kconv._errors import Denied, Unavailable
from kconv._store import SqlStore, open_store
from kconv._store.database import Database, parse_url
from kconv._store.tables import probes
from kconv_migrations import _tables as db
from store.samples import GROUP, RESOURCE, V1, create


def _left(database: Database) -> int:
    return len(database.read(lambda connection: connection.execute(probes.select()).all()))


def test_a_sound_database_takes_writes_and_keeps_nothing(
    store: SqlStore, database: Database
) -> None:
    before = store.look()
    store.can_write(2)
    assert store.look() == before
    assert _left(database) == 0


def test_what_a_killed_check_left_goes_later(store: SqlStore, database: Database) -> None:
    old = {"id": "x", "moment": time.time() - 7200, "data": b""}
    database.write(lambda connection: connection.execute(probes.insert(), old))
    store.can_write(2)
    assert _left(database) == 0


def test_a_lock_that_writes_need(store: SqlStore, database: Database) -> None:
    _refused_under("UPDATE kconv_revision SET value = value", store, database)


@pytest.mark.parametrize("lock", ["objects IN SHARE MODE", "changes IN ACCESS EXCLUSIVE MODE"])
def test_a_locked_table(postgres_url: str, lock: str) -> None:
    db.upgrade(postgres_url)
    with closing(open_store(postgres_url)) as store:
        database = Database(parse_url(postgres_url))
        _refused_under(f"LOCK TABLE kconv_{lock}", store, database)
        database.close()


def _refused_under(lock: str, store: SqlStore, database: Database) -> None:
    def hold(connection: Connection) -> None:
        connection.execute(text(lock))
        began = time.monotonic()
        with pytest.raises(Unavailable, match="is locked by another process") as caught:
            store.can_write(0.3)
        assert 0.2 < time.monotonic() - began < 3
        assert caught.value.cause == "is locked by another process"

    database.write(hold)
    store.can_write(2)


def test_its_patience_is_for_it_alone(store: SqlStore, database: Database) -> None:
    """A later write on the same connection waits as long as ever."""

    def hold(connection: Connection) -> None:
        connection.execute(text("UPDATE kconv_revision SET value = value"))
        with pytest.raises(Unavailable):
            store.can_write(0.05)

    database.write(hold)
    statement = "PRAGMA busy_timeout" if database.sqlite else "SHOW lock_timeout"
    patience = store._database.write(
        lambda connection: connection.exec_driver_sql(statement).scalar_one()
    )
    assert patience == (10_000 if database.sqlite else "10s")


def _read_only(store: SqlStore) -> None:
    statement = "PRAGMA query_only = ON"
    if not store._database.sqlite:
        statement = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"

    def run(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(statement)
        connection.commit()

    event.listen(store._database.engine, "connect", run)
    store.close()


def test_read_only(store: SqlStore) -> None:
    _read_only(store)
    with pytest.raises(Unavailable, match="is read-only") as caught:
        store.can_write(1)
    assert caught.value.cause == "is read-only"


def test_away(postgres_url: str, stoppable: PostgresServer) -> None:
    db.upgrade(postgres_url)
    with closing(open_store(postgres_url)) as store:
        store.can_write(2)
        stoppable.stop()
        with pytest.raises(Unavailable, match="cannot reach") as caught:
            store.can_write(1)
        assert caught.value.cause == "cannot be reached"
        stoppable.start()
        store.can_write(2)


@pytest.fixture
def reader(postgres_url: str) -> Iterator[str]:
    """The URL of a database for a user who may only read it."""
    db.upgrade(postgres_url)
    with closing(psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True)) as admin:
        admin.execute("CREATE ROLE reader LOGIN")
        admin.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        yield postgres_url.replace("postgres@", "reader@")
        admin.execute("DROP OWNED BY reader")
        admin.execute("DROP ROLE reader")


def test_denied(reader: str) -> None:
    with closing(open_store(reader)) as store:
        with pytest.raises(Denied) as caught:
            store.can_write(1)
        assert caught.value.cause == "denies access"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB, where the tests may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m,mode=0777", "tmpfs", str(folder)]
    if os.geteuid() != 0 or not shutil.which("mount") or subprocess.run(mount).returncode:
        pytest.skip("a full disk needs the right to mount one")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def on_small_disk(small_disk: Path, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """The URL of a database on a small disk, by kind."""

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{small_disk / 'kconv.db'}"
        server: PostgresServer = request.getfixturevalue("postgres_server")
        # The server's own user must get at it.
        for folder in (small_disk, *list(small_disk.parents)[:4]):
            folder.chmod(folder.stat().st_mode | 0o055)
        (small_disk / "space").mkdir()
        if os.geteuid() == 0:
            os.chown(small_disk / "space", pwd.getpwnam("nobody").pw_uid, -1)
        server._run(f"CREATE TABLESPACE small LOCATION '{small_disk / 'space'}'")
        server._run("CREATE DATABASE on_small TABLESPACE small")

        def drop() -> None:
            server.drop_database("on_small")
            server._run("DROP TABLESPACE small")

        request.addfinalizer(drop)
        return server.url("on_small")

    return make


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_full_disk(kind: str, on_small_disk: Callable[[str], str], small_disk: Path) -> None:
    url = on_small_disk(kind)
    db.upgrade(url)
    with closing(open_store(url)) as store:
        store.ensure([(GROUP, RESOURCE, V1)])
        store.can_write(2)
        filler = small_disk / "filler"
        _fill(filler)
        with pytest.raises(Unavailable, match="the disk is full") as caught:
            store.can_write(2)
        assert caught.value.cause == "cannot grow: the disk is full"
        with pytest.raises(Unavailable, match="the disk is full"):
            create(store, "a", data=os.urandom(100_000))
        filler.unlink()
        store.can_write(2)
        create(store, "a", data=os.urandom(100_000))


def test_why_a_file_cannot_be_opened(small_disk: Path) -> None:
    """SQLite itself says "disk I/O error" and "unable to open database file" here."""
    url = f"sqlite:///{small_disk / 'kconv.db'}"
    db.upgrade(url)
    filler = small_disk / "filler"
    _fill(filler)
    with pytest.raises(Unavailable, match="the disk is full: make room"):
        open_store(url)
    filler.unlink()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        with pytest.raises(Unavailable, match="too many files are open"):
            open_store(url)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    for left in small_disk.glob("kconv.db-*"):
        left.unlink()
    remount = ["mount", "-o"]
    subprocess.run([*remount, "remount,ro", str(small_disk)], check=True)
    with pytest.raises(Unavailable, match="is read-only"):
        open_store(url)
    subprocess.run([*remount, "remount,rw", str(small_disk)], check=True)
    open_store(url).close()


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
