"""The beginning of a run: all flips or none, a database that is away yet, one that is read-only."""

import threading
import time
from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest

from cli.samples import Ended
from fixtures.postgres import PostgresServer
from kconv._errors import Conflict, Unavailable
from kconv._pipeline import Pipeline
from kconv._store import Server, SqlStore, open_store
from kconv_migrations._migration import migrate, plan, wait_for
from kconv_migrations._tables import upgrade
from migrate.samples import NEW, OLD, placed, rows, seed

Run = Callable[..., Ended]
SHORT = "options=-c%20lock_timeout%3D300"


def _admin(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


@pytest.fixture
def two(postgres_url: str) -> str:
    """A database with two resources of a group, both in the old version."""
    upgrade(postgres_url)
    with closing(open_store(postgres_url)) as store:
        store.ensure([("batch", "cronjobs", OLD), ("batch", "jobs", OLD)])
    return postgres_url


@pytest.mark.parametrize("locked", ["cronjobs", "jobs"])
def test_all_are_flipped_or_none_where_a_row_of_the_record_is_locked(
    two: str, pipeline: Pipeline, locked: str
) -> None:
    with closing(open_store(f"{two}&{SHORT}")) as store, _admin(two) as admin:
        before = store.storage_versions()
        versions = [("batch", "cronjobs", NEW), ("batch", "jobs", NEW)]
        with admin.transaction():
            admin.execute(
                "SELECT 1 FROM kconv_storage_versions WHERE resource = %s FOR UPDATE", [locked]
            )
            with pytest.raises(Unavailable, match="is locked"):
                store.prefer_all(versions)
        assert store.storage_versions() == before
        store.prefer_all(versions)
        assert [each for each in store.storage_versions() if each.preferred] != before


def test_all_are_flipped_or_none_where_a_server_cannot_follow(store: SqlStore) -> None:
    store.ensure([("batch", "cronjobs", OLD), ("batch", "jobs", OLD)])
    decodes = (
        ("batch", "cronjobs", OLD),
        ("batch", "cronjobs", NEW),
        ("batch", "jobs", OLD),
    )
    store.register(Server(id="s", release="1", host="h", pid=1, decodes=decodes))
    before = store.storage_versions()
    with pytest.raises(Conflict, match=r"jobs\.batch"):
        store.prefer_all([("batch", "cronjobs", NEW), ("batch", "jobs", NEW)], live=60)
    assert store.storage_versions() == before


def test_a_run_flips_in_one_transaction(two: str, pipeline: Pipeline) -> None:
    """A run over both: with the second row locked, the first is as it was."""
    with closing(open_store(two)) as seeding:
        seed(seeding, pipeline, 3)
    with closing(open_store(f"{two}&{SHORT}")) as store, _admin(two) as admin:
        targets = plan(placed(store), ["cronjobs.batch", "jobs.batch"], ["batch=v1"])
        if len(targets) < 2:
            pytest.fail("both are to be flipped")
        before = store.storage_versions()
        with admin.transaction():
            admin.execute("SELECT 1 FROM kconv_storage_versions WHERE resource = 'jobs' FOR UPDATE")
            with pytest.raises(Unavailable):
                list(migrate(placed(store), pipeline, targets))
        assert store.storage_versions() == before


@pytest.fixture
def stoppable(postgres_server: PostgresServer) -> object:
    yield postgres_server
    postgres_server.stop()
    postgres_server.start()


def test_a_run_waits_for_a_database_that_is_away_when_it_begins(
    kconv: Run, two: str, pipeline: Pipeline, stoppable: PostgresServer
) -> None:
    with closing(open_store(two)) as store:
        seed(store, pipeline, 5)
    stoppable.stop()
    starting = threading.Timer(1.5, stoppable.start)
    starting.start()
    ended = kconv("migrate", "cronjobs.batch", "--to", "batch=v1", "--db", two)
    starting.join()
    assert ended.code == 0
    waiting, going_on = ended.err.splitlines()
    assert waiting.startswith("waiting for up to 1 min 0 s: cannot reach the database")
    assert going_on == "going on"
    with closing(open_store(two)) as store:
        assert rows(store)[NEW] == (5, 5)


def test_it_waits_no_longer_than_it_says() -> None:
    began = time.monotonic()
    said: list[str] = []

    def away() -> None:
        raise Unavailable("the database is away")

    with pytest.raises(Unavailable):
        wait_for(away, 0.6, said.append)
    assert 0.5 < time.monotonic() - began < 5
    assert said[0] == "the database is away"


def test_it_does_not_wait_for_a_full_disk() -> None:
    def full() -> None:
        raise Unavailable("full", cause="cannot grow: the disk is full")

    began = time.monotonic()
    with pytest.raises(Unavailable):
        wait_for(full, 60)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("what", ["run", "server"])
def test_a_database_that_is_read_only_by_default(
    kconv: Run, two: str, pipeline: Pipeline, what: str
) -> None:
    """Neither a run nor a server does anything; both say why, at once."""
    with closing(open_store(two)) as store:
        seed(store, pipeline, 5)
        before = store.look()
    name = two.partition("?")[0].rpartition("/")[2]
    with _admin(two) as admin:
        admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'.encode())
        began = time.monotonic()
        command = ["migrate", "cronjobs.batch", "--to", "batch=v1"]
        if what == "server":
            command = ["serve", "--port", "0"]
        ended = kconv(*command, "--db", two)
        assert time.monotonic() - began < 30
        assert ended.code == 3
        assert "is read-only: connect to the primary server, or let this user write" in ended.err
    with closing(open_store(two)) as store:
        assert store.look() == before
        assert store.runs() == []
        assert rows(store) == {OLD: (5, 5)}
