"""A run waits while the database is under more pressure than it may be."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest

from cli.samples import Ended
from fixtures.postgres import PostgresServer
from fixtures.until import until
from kconv._errors import UsageError
from kconv._pipeline import Pipeline
from kconv._store import SqlStore, StorePlace, open_store
from kconv._store.pressure import WHAT
from kconv.place import Place, Pressure, Replica, Where
from kconv_migrations._migration import Limits, Settings, migrate, plan
from kconv_migrations._migration import throttle as throttle_module
from kconv_migrations._migration.throttle import ReplicaLag, Throttle
from migrate.samples import NEW, installed, placed, rows, seed

Run = Callable[..., Ended]
CRONJOBS = Where("cronjobs.batch")


def pressed(monkeypatch: pytest.MonkeyPatch, *found: Pressure) -> list[float]:
    """Have the place say one thing after the other; returns when it was asked."""
    asked: list[float] = []
    left = list(found)

    def say(self: StorePlace, where: Where, wanted: frozenset[str]) -> Pressure:
        asked.append(time.monotonic())
        return left.pop(0) if len(left) > 1 else left[0]

    monkeypatch.setattr(StorePlace, "pressure", say)
    monkeypatch.setattr(throttle_module, "EVERY", 0.0)
    return asked


@pytest.mark.parametrize(
    ("limits", "found", "why"),
    [
        (
            Limits(lock_waits=2),
            Pressure(lock_waits=3),
            "sessions that wait for a lock: 3, more than 2",
        ),
        (Limits(load=0), Pressure(load=1), "sessions at work: 1, more than 0"),
        (
            Limits(archive_backlog=5),
            Pressure(archive_backlog=9),
            "files of the log that wait for the archive: 9, more than 5",
        ),
        (
            Limits(replica_lag=5.0),
            Pressure(replicas=(Replica("a", 1, 0), Replica("b", 9, 0))),
            "replica b is 9 s behind, more than 5 s",
        ),
        (
            Limits(vacuum=True),
            Pressure(vacuumed="kconv_objects"),
            "kconv_objects is being vacuumed",
        ),
    ],
)
def test_a_run_waits_and_goes_on(
    store: SqlStore,
    pipeline: Pipeline,
    monkeypatch: pytest.MonkeyPatch,
    limits: Limits,
    found: Pressure,
    why: str,
) -> None:
    seed(store, pipeline, 3)
    asked = pressed(monkeypatch, Pressure(), found, found, Pressure())
    waited: list[str] = []
    place = placed(store)
    targets = plan(place, ["cronjobs.batch"], ["batch=v1"])
    settings = Settings(limits=limits)
    (outcome,) = migrate(
        place, pipeline, targets, settings, lambda progress: waited.append(progress.waiting)
    )
    assert outcome.done
    assert why in waited
    assert waited[-1] == ""
    assert len(asked) >= 4


@pytest.mark.parametrize(
    "found",
    [
        Pressure(lock_waits=2, load=2, archive_backlog=2, replicas=(Replica("a", 2, 0),)),
        Pressure(),
    ],
)
def test_what_is_within_the_limits(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, found: Pressure
) -> None:
    pressed(monkeypatch, found)
    limits = Limits(replica_lag=2.0, archive_backlog=2, lock_waits=2, load=2, vacuum=True)
    assert Throttle(placed(store), limits).reason(CRONJOBS) == ""


def test_nobody_asks_without_limits(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = pressed(monkeypatch, Pressure(lock_waits=99))
    throttle = Throttle(placed(store), Limits())
    throttle.check(CRONJOBS)
    assert (throttle.reason(CRONJOBS), asked) == ("", [])


def test_a_replica_that_stands_still() -> None:
    """It says how long the last it replayed took to come, and no more."""
    lag = ReplicaLag()
    still = Replica("r", 0.1, 500)
    assert lag.of(Pressure(replicas=(still,), log_position=500), 10.0) == ("r", 0.1)
    assert lag.of(Pressure(replicas=(still,), log_position=900), 11.0) == ("r", 0.1)
    assert lag.of(Pressure(replicas=(still,), log_position=900), 15.0) == ("r", 4.0)
    assert lag.of(Pressure(replicas=(still,), log_position=950), 17.0) == ("r", 6.0)
    on = Replica("r", 0.1, 920)
    assert lag.of(Pressure(replicas=(on,), log_position=950), 20.0) == ("r", 3.0)
    assert lag.of(Pressure(log_position=950), 20.0) == ("", 0.0)


OPTIONS = [
    ("--max-replica-lag", "5s"),
    ("--max-archive-backlog", "5"),
    ("--max-lock-waits", "5"),
    ("--max-load", "5"),
    ("--yield-to-vacuum",),
]


@pytest.mark.parametrize("option", OPTIONS)
def test_sqlite_has_none(
    sqlite_url: str, option: tuple[str, ...], capfd: pytest.CaptureFixture[str], pipeline: Pipeline
) -> None:
    from kconv._cli.run import run
    from kconv_migrations._tables import upgrade

    upgrade(sqlite_url)
    store = open_store(sqlite_url)
    try:
        seed(store, pipeline, 1)
        assert run(["migrate", "--to", "batch=v1", "--db", sqlite_url, *option]) == 2
        assert f"{option[0]}: SQLite has none" in capfd.readouterr().err
        assert store.runs() == []
    finally:
        store.close()


class Nowhere(Place):
    """A place that says nothing of what it is under."""


def test_a_place_may_have_none() -> None:
    found = Nowhere().pressure(CRONJOBS, frozenset({"load"}))  # type: ignore[abstract]  # no more of it is asked
    assert found.unknown == {"load": "this place has none"}


@pytest.fixture
def place(postgres_tables_url: str) -> Iterator[StorePlace]:
    store = open_store(postgres_tables_url)
    yield StorePlace(store, installed(), {"batch"})
    store.close()


def connect(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


class TestPostgresql:
    """What PostgreSQL itself says."""

    def test_quiet(self, place: StorePlace) -> None:
        found = place.pressure(CRONJOBS, frozenset(WHAT))
        assert found.lock_waits == 0
        assert found.load == 0
        assert found.replicas == ()
        assert found.log_position > 0
        assert found.vacuumed == ""
        assert set(found.unknown) == {"archive_backlog"}

    def test_only_what_is_wanted(self, place: StorePlace) -> None:
        assert place.pressure(CRONJOBS, frozenset({"load"})) == Pressure(load=0)

    def test_archiving_is_off(self, place: StorePlace) -> None:
        with pytest.raises(UsageError, match=r"--max-archive-backlog: .*archive_mode is off"):
            Throttle(place, Limits(archive_backlog=1)).check(CRONJOBS)

    def test_lock_waits_and_load(self, place: StorePlace, postgres_tables_url: str) -> None:
        with connect(postgres_tables_url) as holder, connect(postgres_tables_url) as waiter:
            holder.execute("BEGIN")
            holder.execute("LOCK TABLE kconv_runs")
            thread = threading.Thread(target=waiter.execute, args=("SELECT FROM kconv_runs",))
            with _started(thread, holder):
                wanted = frozenset({"lock_waits", "load"})
                until(lambda: place.pressure(CRONJOBS, wanted).lock_waits)
                found = place.pressure(CRONJOBS, wanted)
                assert (found.lock_waits, found.load) == (1, 1)
                throttle = Throttle(place, Limits(lock_waits=0))
                throttle.check(CRONJOBS)
                assert throttle.reason(CRONJOBS) == "sessions that wait for a lock: 1, more than 0"
        assert place.pressure(CRONJOBS, wanted).lock_waits == 0

    def test_vacuum(self, place: StorePlace, postgres_tables_url: str) -> None:
        with connect(postgres_tables_url) as admin, connect(postgres_tables_url) as vacuum:
            admin.execute(
                "INSERT INTO kconv_storage_versions VALUES ('batch', 'cronjobs', 'batch/v1', true)"
            )
            admin.execute(
                "INSERT INTO kconv_objects SELECT 'batch', 'cronjobs', 'n', 'c-' || n, 'u', "
                "'batch/v1', n, '\\x00' FROM generate_series(1, 20000) AS n"
            )
            admin.execute("DELETE FROM kconv_objects WHERE resource_version % 2 = 0")
            vacuum.execute("SET vacuum_cost_delay = '50ms'")
            vacuum.execute("SET vacuum_cost_limit = 20")
            thread = threading.Thread(target=_quietly, args=(vacuum, "VACUUM kconv_objects"))
            thread.start()
            try:
                wanted = frozenset({"vacuum"})
                until(lambda: place.pressure(CRONJOBS, wanted).vacuumed)
                assert place.pressure(CRONJOBS, wanted).vacuumed == "kconv_objects"
                assert place.pressure(Where("cronjobs.batch", "changes"), wanted).vacuumed == ""
                throttle = Throttle(place, Limits(vacuum=True))
                assert throttle.reason(CRONJOBS) == "kconv_objects is being vacuumed"
            finally:
                vacuum.cancel()
                thread.join()

    def test_who_may_not_see_is_told_so(
        self, postgres_tables_url: str, postgres_server: PostgresServer
    ) -> None:
        with connect(postgres_tables_url) as admin, connect(postgres_tables_url):
            admin.execute("DROP ROLE IF EXISTS nobodys")
            admin.execute("CREATE ROLE nobodys LOGIN")
            admin.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO nobodys")
            store = open_store(postgres_tables_url.replace("postgres@", "nobodys@"))
            try:
                found = placed(store).pressure(CRONJOBS, frozenset({"load", "vacuum"}))
                assert set(found.unknown) == {"load", "vacuum"}
                assert all("pg_monitor" in why for why in found.unknown.values())
                admin.execute("GRANT pg_monitor TO nobodys")
                found = placed(store).pressure(CRONJOBS, frozenset({"load", "vacuum"}))
                assert found.unknown == {}
            finally:
                store.close()
                admin.execute("DROP OWNED BY nobodys")
                admin.execute("DROP ROLE nobodys")


def _quietly(connection: "psycopg.Connection[tuple[object, ...]]", statement: str) -> None:
    with suppress(psycopg.errors.QueryCanceled):
        connection.execute(statement.encode())


@contextmanager
def _started(
    thread: threading.Thread, holder: "psycopg.Connection[tuple[object, ...]]"
) -> Iterator[None]:
    thread.start()
    try:
        yield
    finally:
        holder.execute("ROLLBACK")
        thread.join()


def test_the_command_line(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 3)
    if store._url.startswith("sqlite"):
        pytest.skip("SQLite has none of it, see above")
    options = ["--max-replica-lag", "5s", "--max-lock-waits", "5", "--max-load", "50"]
    ended = kconv("migrate", "--to", "batch=v1", *options, "--yield-to-vacuum")
    assert ended.code == 0, ended.err
    assert rows(store) == {NEW: (3, 3)}
    assert kconv("migrate", "--max-replica-lag", "five").code == 2
