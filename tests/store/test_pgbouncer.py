"""PostgreSQL by way of PgBouncer: in transaction mode too, found out and not told."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from sqlalchemy import Connection

from fixtures.pgbouncer import PROGRAM, PgBouncer
from fixtures.postgres import PostgresServer
from kconv._errors import Unavailable, UsageError
from kconv._store import Key, SqlStore, open_store
from kconv._store.database import Database, parse_url
from kconv_migrations import _tables as db
from store.samples import GROUP, RESOURCE, TARGETS, V1, V1BETA1, cronjob, follow, running

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="PgBouncer is not installed")


@pytest.fixture(params=["", "options"], ids=["options refused", "options ignored"])
def pooled_url(
    request: pytest.FixtureRequest, postgres_server: PostgresServer, postgres_url: str
) -> Iterator[str]:
    """A database with tables, by way of PgBouncer in transaction mode."""
    name = postgres_url.partition("?")[0].rpartition("/")[2]
    pooler = PgBouncer(postgres_server, mode="transaction", ignored=request.param)
    try:
        pooler.wait(name)
        yield pooler.url(name)
    finally:
        pooler.stop()


@pytest.fixture
def store(pooled_url: str) -> Iterator[SqlStore]:
    db.upgrade(pooled_url)
    with closing(open_store(pooled_url)) as store:
        store.ensure([(GROUP, RESOURCE, V1)])
        yield store


def test_it_is_found_out(store: SqlStore, postgres_url: str) -> None:
    assert store._database.is_pooled
    with closing(open_store(postgres_url)) as direct:
        direct.look()
        assert not direct._database.is_pooled


def test_1600_calls_from_8_threads(store: SqlStore) -> None:
    def work(number: int) -> Callable[[], None]:
        def calls() -> None:
            for turn in range(40):
                key = cronjob(f"n{turn}", f"ns-{number}")
                made = store.create(key, uid="u", api_version=V1, data=b"{}")
                assert store.get(key) == made
                new = store.update(key, expected=made.resource_version, api_version=V1, data=b"[]")
                assert store.list(GROUP, RESOURCE, namespace=f"ns-{number}", limit=1).items
                store.delete(key, expected=new.resource_version, api_version=V1, data=b"{}")

        return calls

    with running(*(work(number) for number in range(8))):
        pass
    assert store.list(GROUP, RESOURCE).items == []
    assert store.head() == 1 + 8 * 40 * 3


def test_everything_else(store: SqlStore) -> None:
    store.can_write(5)
    made = [
        store.create(cronjob(f"n{number}"), uid="u", api_version=V1, data=b"{}")
        for number in range(20)
    ]
    store.prefer(GROUP, RESOURCE, V1BETA1)
    run = store.begin_run("me", TARGETS, 60)
    assert store.rewrite([(each, V1BETA1, b"2") for each in made], run=run.id, keep_undo=True) == 20
    log = store.scan_changes(GROUP, RESOURCE, other_than=V1BETA1, after=0, limit=100)
    assert store.rewrite_changes([(each.stored, V1BETA1, b"2") for each in log]) == 20
    assert store.drop(GROUP, RESOURCE, V1)
    images = store.undo_page(run.id, after=None, limit=100)
    assert len(store.restore(run.id, images, held=run.id).restored) == 20
    store.end_run(run.id, "done")
    assert store.compact(5) == 15
    position = follow(store).position
    store.delete(made[0].key, expected=made[0].resource_version, api_version=V1BETA1, data=b"{}")
    assert len(follow(store, position).changes) == 1
    assert store.bump().value > 10**9


def test_waits_for_locks_as_long_as_without(store: SqlStore, pooled_url: str) -> None:
    """The bound is set by each transaction, and stays in it."""
    shown = store._database.write(
        lambda connection: connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
    )
    assert shown == "10s"

    def settings(connection: Connection) -> list[object]:
        names = ("lock_timeout", "idle_in_transaction_session_timeout")
        return [connection.exec_driver_sql(f"SHOW {each}").scalar_one() for each in names]

    assert store._database.write_within(2, settings) == ["2s", "1min"]
    other = Database(parse_url(pooled_url))
    outside = other.peek(lambda it: it.exec_driver_sql("SHOW lock_timeout").scalar_one())
    assert outside == "0"
    other.close()


def test_options_of_the_users_own_are_refused_with_the_reason(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    name = postgres_url.partition("?")[0].rpartition("/")[2]
    pooler = PgBouncer(postgres_server, mode="transaction")
    try:
        pooler.wait(name)
        with pytest.raises((UsageError, Unavailable), match="takes no options") as caught:
            open_store(f"{pooler.url(name)}&options=-c%20work_mem%3D1MB")
        assert isinstance(caught.value, UsageError)
    finally:
        pooler.stop()


def test_key_with_every_character(store: SqlStore) -> None:
    key = Key(GROUP, RESOURCE, "a'b\"c", "%s $1 ? ünï")
    made = store.create(key, uid="u", api_version=V1, data=b"\x00\xff'\\")
    assert store.get(key) == made
