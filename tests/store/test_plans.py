"""Every statement of the store finds its rows by an index, whatever the statistics say.

One that reads a large table from end to end takes a thousand times as long on a large database as
on that of a test, and nothing else would show it.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from fixtures.postgres import PostgresServer
from kconv._store import Key, Place, Quarantined, Retention, SqlStore, Store, Stored, open_store
from kconv._store.database import Database, parse_url
from kconv._store.pressure import WHAT as PRESSURES
from kconv._store.write import Write
from kconv_migrations import _tables as db
from store.plans import ROWS, Plan, filling, postgresql_plans, removed_rows, sqlite_plans
from store.samples import GROUP, RESOURCE, TARGETS, V1, V1BETA1, cronjob, follow, running, server


@dataclass
class Filled:
    """A store with `ROWS` objects, changes and before-images, a twentieth of the run ``run``."""

    store: SqlStore
    run: str
    plans: Callable[[], AbstractContextManager[list[Plan]]]

    def some(self, count: int = 3) -> list[Stored]:
        return self.store.list(GROUP, RESOURCE, namespace="ns-50", limit=count).items


def _filled(url: str, server: PostgresServer | None, rows: int = ROWS) -> Filled:
    db.upgrade(url)
    store = open_store(url)
    store.ensure([(GROUP, RESOURCE, V1), ("", "namespaces", "v1")])
    store.prefer(GROUP, RESOURCE, V1BETA1)
    store.prefer(GROUP, RESOURCE, V1)
    run = store.begin_run("me", TARGETS, 600).id
    store.end_run(run, "done")
    database = Database(parse_url(url))
    kind = "sqlite" if database.sqlite else "postgresql"

    def fill(connection: object) -> None:
        for statement in filling(kind, run, rows):
            connection.exec_driver_sql(statement)  # type: ignore[attr-defined]  # a Connection

    database.write(fill)
    database.close()
    if server is None:
        return Filled(store, run, lambda: sqlite_plans(store))
    return Filled(store, run, lambda: postgresql_plans(store, server))


def _all_done(filled: Filled) -> Iterator[Filled]:
    yield filled
    filled.store.close()


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    file = tmp_path_factory.mktemp("plans") / "kconv.db"
    yield from _all_done(_filled(f"sqlite:///{file}", None))


@pytest.fixture(scope="module")
def on_postgresql(postgres_server: PostgresServer) -> Iterator[Filled]:
    name = postgres_server.create_database()
    url = postgres_server.url(name)
    db.upgrade(url)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as admin:
        # Statistics come when the test says so.
        for table in ("kconv_objects", "kconv_changes", "kconv_undo"):
            admin.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)".encode())
    yield from _all_done(_filled(url, postgres_server))
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql", "postgresql with statistics"])
def filled(request: pytest.FixtureRequest) -> Filled:
    """Each database; PostgreSQL without statistics, as after a bulk load, and with them."""
    kind, _, statistics = request.param.partition(" ")
    found: Filled = request.getfixturevalue(f"on_{kind}")
    if statistics:
        url = found.store._url.replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("ANALYZE")
    return found


def _writes(filled: Filled) -> None:
    """One write alone, and many at once, which share a transaction."""
    store = filled.store
    namespace = store.create(
        Key("", "namespaces", "", f"writes-{store.head()}"), uid="n", api_version="v1", data=b"{}"
    )
    within = (namespace.key, namespace.resource_version)

    def many(number: int) -> Callable[[], None]:
        def write() -> None:
            for turn in range(4):
                key = cronjob(f"w-{number}-{turn}", namespace.key.name)
                store.write(Write("ADDED", key, V1, b"{}", uid="u", within=within))
                key = cronjob(f"w-{number}-{turn}", "ns-1")
                made = store.create(key, uid="u", api_version=V1, data=b"{}")
                new = store.update(
                    key, expected=made.resource_version, api_version=V1, data=b"[]", before=b"{}"
                )
                store.write(Write("DELETED", key, V1, b"{}", expected=new.resource_version))
                made = store.create(key, uid="u", api_version=V1, data=b"{}")
                store.delete(key, expected=made.resource_version, api_version=V1, data=b"{}")

        return write

    many(100)()
    with running(*(many(number) for number in range(8))):
        pass


def _rewrites(filled: Filled) -> None:
    store = filled.store
    run = store.begin_run("me", TARGETS, 600).id
    old = store.scan_objects(GROUP, RESOURCE, other_than=V1, after=None, limit=50)
    assert store.rewrite([(each, V1, b"{}") for each in old], run=run, keep_undo=True) == 50
    assert store.rewrite([(each, V1BETA1, b"{}") for each in old], run=run) == 0
    log = store.scan_changes(GROUP, RESOURCE, other_than=V1, after=0, limit=50)
    assert store.rewrite_changes([(each.stored, V1, b"{}") for each in log], run=run) == 50
    images = store.undo_page(run, after=None, limit=50)
    assert len(store.restore(run, images[:1], held=run).restored) == 1
    assert len(store.restore(run, images[1:], held=run).restored) == 49
    store.renew_run(run, 60)
    store.steer_run(run, paused=False, rate=5)
    store.report_run(run, done=1, total=2, waiting="")
    store.end_run(run, "done")


def _before_images(filled: Filled) -> None:
    store, run = filled.store, filled.run
    assert store.undo_size(run).rows == ROWS // 20
    page = store.undo_page(run, after=None, limit=10)
    page = store.undo_page(run, after=page[-1].key, limit=10)
    assert len(page) == 10
    names = [(each.key.namespace, each.key.name) for each in page]
    assert sorted(store.find_undo(run, GROUP, RESOURCE, names), key=lambda each: each.key) == page
    # They say that the run wrote something else: nothing is restored.
    store.restore(run, page)
    store.restore(run, page[:1])


def _quarantine(filled: Filled) -> None:
    store = filled.store
    places: tuple[Place, Place] = ("objects", "changes")
    entries = [
        Quarantined(filled.run, row.key, row.resource_version, row.api_version, place, "r", "m")
        for row in filled.some()
        for place in places
    ]
    store.quarantine(entries)
    assert len(store.quarantined(GROUP, RESOURCE)) == len(store.quarantined()) == 6
    assert store.release(entries[:2]) == 2
    store.quarantine(entries)
    store.rewrite([(row, row.api_version, row.data) for row in filled.some()])
    store.rewrite_changes([(row, row.api_version, row.data) for row in filled.some()])
    assert store.quarantined() == []


def _reads(filled: Filled) -> None:
    store, (row, *_) = filled.store, filled.some()
    assert store.get(row.key) == row
    store.list(GROUP, RESOURCE, namespace="ns-1")
    store.list(GROUP, RESOURCE, namespace="ns-50", limit=5, after=("ns-50", "cron-50"))
    head = store.head()
    assert store.oldest() <= head == store.look().value
    for after in (store.oldest(), head // 2, head - 3):
        store.changes(after, limit=5)
        store.changes(after, group=GROUP, resource=RESOURCE, limit=5)
        store.changes(after, group=GROUP, resource=RESOURCE, namespace="ns-1", limit=5)
    for where in (None, ("ns-50", "cron-50")):
        found = store.states_at(GROUP, RESOURCE, head - 500, after=where, most=100)
        assert found.end is not None
        store.states_at(GROUP, RESOURCE, head - 500, namespace="ns-50", after=where, most=100)
        store.states_at(GROUP, RESOURCE, head - 500, after=where, upto=("ns-50", "cron-5050"))
    assert store.state_before(row.key, row.resource_version) is None
    position = follow(store).position
    key = Key("", "namespaces", "", "followed")
    made = store.create(key, uid="", api_version="v1", data=b"")
    assert len(follow(store, position).changes) == 1
    assert store.snapshot("", "namespaces", 2**20) is not None
    store.delete(key, expected=made.resource_version, api_version="v1", data=b"")
    asyncio.run(_read_on_a_loop(store, row.key))


async def _read_on_a_loop(store: SqlStore, key: Key) -> None:
    reader = store.open_reader()
    try:
        look = await reader.look()
        assert len((await reader.changes(look.value - 5, 3)).changes) == 3
        assert len((await reader.rows([key, cronjob("none")])).rows) == 2
    finally:
        reader.close()


def _scans(filled: Filled) -> None:
    store = filled.store
    store.scan_objects(GROUP, RESOURCE, other_than=V1, after=None, limit=5)
    store.scan_objects(GROUP, RESOURCE, other_than=V1, after=("ns-50", "cron-50"), limit=5)
    store.scan_objects(GROUP, RESOURCE, other_than="", after=("ns-50", "cron-50"), limit=5)
    until = ("ns-51", "cron-51")
    for run in ("", filled.run):
        store.scan_objects(
            GROUP, RESOURCE, other_than=V1, after=("ns-50", "cron-50"), limit=5, until=until,
            passing_over=run,
        )  # fmt: skip
        store.scan_changes(
            GROUP, RESOURCE, other_than="", after=5, limit=5, until=ROWS, passing_over=run
        )
    store.scan_changes(GROUP, RESOURCE, other_than=V1, after=0, limit=5)
    store.scan_changes(GROUP, RESOURCE, other_than="", after=ROWS // 2, limit=5)
    for after in (None, ("ns-50", "cron-50")):
        store.objects_boundary(GROUP, RESOURCE, other_than=V1, after=after, rows=100)
    store.changes_boundary(GROUP, RESOURCE, other_than=V1, after=ROWS // 2, rows=100)


def _record(filled: Filled) -> None:
    store = filled.store
    store.ensure([("", "configmaps", "v1"), ("", "configmaps", "v1")])
    assert store.storage_version(GROUP, RESOURCE) == V1
    store.prefer_all([(GROUP, RESOURCE, V1BETA1)], live=60)
    store.prefer(GROUP, RESOURCE, V1, live=60)
    assert not store.drop(GROUP, RESOURCE, V1BETA1)
    store.prefer("", "configmaps", "v2")
    assert store.drop("", "configmaps", "v1")
    assert len(store.storage_versions()) >= 4


def _operations(filled: Filled) -> None:
    store = filled.store
    versions = [(each.group, each.resource, each.api_version) for each in store.storage_versions()]
    store.register(replace(server("s"), decodes=tuple(versions)))
    assert store.heartbeat("s")
    store.can_write(5)
    store.servers(60)
    store.heartbeat("none")
    store.unregister("none")
    assert store.take_duty("duty", "s", 60)
    assert not store.take_duty("duty", "none", 60)
    store.give_up_duty("duty", "s")
    store.count_requests({("batch", "v1", "cronjobs", "kubectl"): 3})
    store.clients("batch", "v1", since_days=7)
    store.runs()
    store.run(filled.run)


def _counts(filled: Filled) -> None:
    """What says how many rows there are, and pages, which say how many objects remain."""
    store = filled.store
    assert sum(each.objects for each in store.counts()) >= ROWS - 1000
    page = store.list(GROUP, RESOURCE, limit=5)
    assert page.remaining >= ROWS - 1000
    store.list(GROUP, RESOURCE, limit=5, after=page.next)


def _clear(filled: Filled) -> None:
    """What takes rows away, of the log and of what was before."""
    store = filled.store
    run = store.begin_run("me", TARGETS, 600).id
    rows = filled.some(50)
    assert store.rewrite([(each, each.api_version, b"1") for each in rows], run=run, keep_undo=True)
    store.end_run(run, "done")
    assert store.drop_undo(run) == 50
    run = store.begin_run("me", TARGETS, 600, keep_undo=0).id
    assert store.rewrite([(each, each.api_version, b"2") for each in rows], run=run, keep_undo=True)
    store.end_run(run, "done")
    assert store.expire_undo() == 50
    store.reclaimable()
    store.pressure("objects", frozenset(PRESSURES))
    assert store.compact(store.head() - store.oldest() - 50) >= 49
    oldest = store.oldest()
    for key in [each.stored.key for each in store.changes(oldest, limit=5)]:
        row = store.get(key)
        store.update(key, expected=row.resource_version, api_version=row.api_version, data=b"new")
    bound = Retention(age=timedelta(0), rows=store.head() - oldest - 50, bytes=2**40)
    assert store.tend_log("me", replace(bound, age=None)) > 0
    store.tend_log("another", bound)
    store.log_size()


_IN_VAIN = 500
"""Rows that a step may read and leave out, on PostgreSQL: it read no index from end to end."""

SCENES: dict[str, Callable[[Filled], None]] = {
    "reads": _reads,
    "writes": _writes,
    "rewrites": _rewrites,
    "before-images": _before_images,
    "quarantine": _quarantine,
    "scans": _scans,
    "record": _record,
    "operations": _operations,
    "clearing": _clear,
}


@pytest.mark.parametrize("scene", SCENES)
def test_every_statement_finds_its_rows_by_an_index(filled: Filled, scene: str) -> None:
    with filled.plans() as plans:
        SCENES[scene](filled)
    assert plans, "nothing was traced"
    slow = [f"{plan.reads_all}: {plan.statement[:300]}" for plan in plans if plan.reads_all]
    assert slow == []
    assert [plan for plan in plans if removed_rows(plan) > _IN_VAIN] == []


@pytest.mark.parametrize("rows", [0, 500])
def test_plans_that_are_made_of_few_rows_are_good_for_many(
    postgres_server: PostgresServer, rows: int
) -> None:
    """Sessions that write live for months, and keep the plans of their first day."""
    name = postgres_server.create_database()
    filled = _filled(postgres_server.url(name), postgres_server, rows)
    with filled.plans() as plans:
        _writes(filled)
    filled.store.close()
    postgres_server.drop_database(name)
    assert plans
    assert [f"{plan.reads_all}: {plan.statement[:99]}" for plan in plans if plan.reads_all] == []


def test_counting_all_rows_reads_all(filled: Filled) -> None:
    """Those statements that are meant to; and the tests above would see one that is not."""
    with filled.plans() as plans:
        _counts(filled)
    found = [plan.statement for plan in plans if plan.reads_all]
    assert len(found) >= 2
    assert all("count(*)" in statement for statement in found)


_NOT_TRACED = {"close", "has_row_locks", "bump", "submit"}
"""No statement, twice; those of the counter and of a compaction; a write nobody waits for."""


def test_every_call_of_a_store_is_in_a_scene() -> None:
    """A call that is added later comes to be traced, too."""
    calls = {name for name in dir(Store) if not name.startswith("_")}
    source = Path(__file__).read_text()
    not_traced = {name for name in calls - _NOT_TRACED if f"store.{name}(" not in source}
    assert not_traced == set()
