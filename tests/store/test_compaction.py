"""Compaction by age and size, by one server at a time, that no list and no migration notices."""

import random
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from kconv._errors import Expired, UsageError
from kconv._store import Key, Retention, SqlStore, Stored, compaction, duties
from kconv._store import clock as database_clock
from kconv._store.database import Database
from store.samples import GROUP, RESOURCE, V1, V1BETA1, create, cronjob, running

HOUR = Retention(age=timedelta(hours=1), rows=None, bytes=None)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets the database's clock go on by so many seconds."""
    passed = 0.0

    def go_on(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    for module in (compaction, duties):
        monkeypatch.setattr(module, "now", lambda it: database_clock.now(it) + passed)
    return go_on


def _log(store: SqlStore) -> list[str]:
    return [each.stored.key.name for each in store.changes(store.oldest(), limit=10_000)]


def test_what_is_old_goes(store: SqlStore, clock: Callable[[float], None]) -> None:
    create(store, "a")
    create(store, "b")
    assert store.tend_log("me", HOUR) == 0
    clock(1800)
    create(store, "c")
    assert store.tend_log("me", HOUR) == 0
    assert _log(store) == ["a", "b", "c"]
    clock(1900)
    assert store.tend_log("me", HOUR) == 2
    assert _log(store) == ["c"]
    create(store, "d")
    clock(1900)
    store.tend_log("me", HOUR)
    clock(4000)
    store.tend_log("me", HOUR)
    assert _log(store) == ["d"], "lists of now page on"


def test_what_was_deleted_goes_even_if_nothing_happens_any_more(
    store: SqlStore, database: Database, clock: Callable[[float], None]
) -> None:
    made = create(store, "secret", data=b"s3cret")
    store.tend_log("me", HOUR)
    clock(4000)
    store.tend_log("me", HOUR)
    store.delete(made.key, expected=made.resource_version, api_version=V1, data=b"s3cret")
    store.tend_log("me", HOUR)
    clock(4000)
    store.tend_log("me", HOUR)
    assert _log(store) == []
    for table in ("objects", "changes", "past"):
        statement = text(f"SELECT data FROM kconv_{table}")
        rows = database.read(lambda it, statement=statement: it.execute(statement).all())  # type: ignore[misc]  # of this turn
        assert rows == []


def test_rows_over_the_bound_go(store: SqlStore) -> None:
    for number in range(30):
        create(store, f"n{number:02}")
    assert store.tend_log("me", Retention(age=None, rows=10, bytes=None)) == 20
    assert _log(store) == [f"n{number}" for number in range(20, 30)]
    assert store.log_size().rows == 10


def test_bytes_over_the_bound_go(store: SqlStore, clock: Callable[[float], None]) -> None:
    bound = Retention(age=None, rows=None, bytes=100_000)
    for number in range(60):
        create(store, f"n{number}", data=b"x" * 10_000)
        clock(compaction.MOST_BETWEEN)
        store.tend_log("me", bound)
        assert store.log_size().bytes <= 100_000
    assert 5 <= len(_log(store)) <= 10
    assert _log(store)[-1] == "n59"


def test_size_tells_rows_bytes_and_age(store: SqlStore, clock: Callable[[float], None]) -> None:
    assert store.log_size() == compaction.LogSize(0, 0, 0.0)
    for number in range(5):
        create(store, f"n{number}", data=b"x" * 100)
    store.tend_log("me", HOUR)
    clock(90)
    size = store.log_size()
    assert (size.rows, size.bytes) == (5, 500)
    assert 90 <= size.age < 100


def test_many_bytes_are_estimated(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "COUNTED", 50)
    monkeypatch.setattr(compaction, "_SAMPLE", 10)
    for number in range(100):
        create(store, f"n{number}", data=b"x" * (100 if number >= 50 else 0))
    store.tend_log("me", HOUR)
    assert store.log_size().bytes == 100 * 100


def test_one_server_at_a_time(
    reopen: Callable[[], SqlStore], store: SqlStore, clock: Callable[[float], None]
) -> None:
    other = reopen()
    bound = Retention(age=None, rows=1, bytes=None)

    def forgotten(which: SqlStore, name: str) -> int:
        create(store, f"n{store.head()}")
        create(store, f"n{store.head()}")
        return which.tend_log(name, bound)

    assert forgotten(store, "one") > 0
    assert forgotten(other, "two") == 0
    assert forgotten(store, "one") > 0
    clock(61)  # the first one is gone
    assert forgotten(other, "two") > 0
    assert forgotten(store, "one") == 0


def test_servers_that_begin_at_once(reopen: Callable[[], SqlStore], store: SqlStore) -> None:
    stores = [reopen() for _ in range(4)]
    for number in range(20):
        create(store, f"n{number}")
    done: list[int] = []
    bound = Retention(age=None, rows=5, bytes=None)

    def tend(which: SqlStore, name: str) -> Callable[[], None]:
        return lambda: done.append(which.tend_log(name, bound))

    with running(*(tend(each, str(place)) for place, each in enumerate(stores))):
        pass
    assert sorted(done) == [0, 0, 0, 15]


def test_notes_do_not_pile_up(
    store: SqlStore, database: Database, clock: Callable[[float], None]
) -> None:
    """Kept for two days, the log is noted once a minute; for ten minutes, every five seconds."""

    def notes(age: timedelta) -> int:
        before = database.read(count)
        for number in range(24):
            create(store, f"{age}-{number}")
            store.tend_log("me", Retention(age=age, rows=None, bytes=None))
            clock(5)
        return database.read(count) - before

    def count(connection: Connection) -> int:
        rows = connection.exec_driver_sql("SELECT count(*) FROM kconv_change_times").scalar_one()
        return int(rows)

    assert notes(timedelta(minutes=10)) == 24
    assert notes(timedelta(days=2)) <= 3


def test_an_idle_server_writes_nothing(store: SqlStore, database: Database) -> None:
    create(store, "a")
    store.tend_log("me", HOUR)

    def state() -> object:
        return database.read(
            lambda it: [
                it.exec_driver_sql(f"SELECT * FROM kconv_{table}").all()
                for table in ("duties", "change_times", "revision")
            ]
        )

    before = state()
    assert store.tend_log("me", HOUR) == 0
    assert state() == before


@pytest.mark.parametrize(
    "bad",
    [{"age": timedelta(seconds=-1)}, {"rows": -1}, {"bytes": -5}],
)
def test_bounds_that_make_no_sense(bad: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Retention(**bad)  # type: ignore[arg-type]  # as a caller may give them


@pytest.mark.parametrize("keeps", [(0, 3), (8, 15, 40)])
def test_every_list_newer_than_the_cut_can_be_put_together(
    store: SqlStore, keeps: tuple[int, ...]
) -> None:
    """A model: what the keys were at each resourceVersion, whatever was compacted meanwhile."""
    chosen = random.Random(7)
    now: dict[Key, Stored] = {}
    was: dict[int, dict[Key, Stored]] = {}
    spaces, names = ("a", "b", "c"), [f"n{n}" for n in range(6)]
    for step in range(300):
        key = cronjob(chosen.choice(names), chosen.choice(spaces))
        data, old = f"{step}".encode(), now.get(key)
        if old is None:
            now[key] = store.create(key, uid=f"u{step}", api_version=V1, data=data)
        elif chosen.random() < 0.3:
            store.delete(key, expected=old.resource_version, api_version=V1, data=data)
            del now[key]
        else:
            now[key] = store.update(key, expected=old.resource_version, api_version=V1, data=data)
        was[store.head()] = dict(now)
        if chosen.random() < 0.1:
            store.compact(chosen.choice(keeps))
        if step % 3 == 0:
            _check(store, was, chosen)
    assert any(version <= store.oldest() for version in was)


def _check(store: SqlStore, was: dict[int, dict[Key, Stored]], chosen: random.Random) -> None:
    oldest = store.oldest()
    # Mostly those that are a little newer than the cut, where the log alone does not tell.
    near = [each for each in was if oldest - 2 <= each <= oldest + 12]
    version = chosen.choice(near or sorted(was)[-80:])
    namespace = chosen.choice([None, "a", "b"])
    after = chosen.choice([None, ("a", "n3"), ("b", "n0")])
    upto = chosen.choice([None, ("b", "n4"), ("c", "n1")])
    if namespace is not None:
        after = (namespace, "n1") if after else None
        upto = (namespace, "n4") if upto else None
    if version <= oldest:
        with pytest.raises(Expired):
            store.states_at(GROUP, RESOURCE, version)
        return
    found = store.states_at(GROUP, RESOURCE, version, namespace=namespace, after=after, upto=upto)
    assert (found.unknown, found.end) == ((), None)
    listed = {each.key: each for each in store.list(GROUP, RESOURCE).items}
    for key, state in found.states.items():
        listed.pop(key, None)
        if state is not None:
            listed[key] = state

    def within(key: Key) -> bool:
        place = (key.namespace, key.name)
        return (
            (namespace is None or key.namespace == namespace)
            and (after is None or place > after)
            and (upto is None or place <= upto)
        )

    wanted = {key: each for key, each in was[version].items() if within(key)}
    assert {key: each for key, each in listed.items() if within(key)} == wanted


def test_a_part_with_many_changed_keys_ends_early(store: SqlStore) -> None:
    for number in range(9):
        create(store, f"n{number}")
    version = store.head()
    for number in range(9):
        create(store, f"m{number}")
    found = store.states_at(GROUP, RESOURCE, version, most=4)
    assert found.end == ("default", "m3")
    assert [key.name for key in found.states] == ["m0", "m1", "m2", "m3"]
    found = store.states_at(GROUP, RESOURCE, version, after=found.end, most=100)
    assert found.end is None
    assert len(found.states) == 5, "the others have not changed since"


def test_past_states_keep_no_version_on_record(store: SqlStore) -> None:
    made = create(store, "a")
    create(store, "b")
    store.compact(0)
    store.prefer(GROUP, RESOURCE, V1BETA1)
    store.update(made.key, expected=made.resource_version, api_version=V1BETA1, data=b"")
    other = store.get(cronjob("b"))
    store.delete(other.key, expected=other.resource_version, api_version=V1BETA1, data=b"")
    assert store.drop(GROUP, RESOURCE, V1)
    found = store.states_at(GROUP, RESOURCE, store.oldest() + 1)
    assert found.unknown == (cronjob("b"),), "it is not shown in a version that is gone"


def test_writers_are_not_held_up(store: SqlStore, reopen: Callable[[], SqlStore]) -> None:
    """Each step is short, and writers of other processes get at the database in between."""
    for number in range(1200):
        create(store, f"x{number}")
    other = reopen()
    longest = 0.0
    done: list[int] = []
    with running(lambda: done.append(store.compact(0))) as threads:
        number = 0
        while threads[0].is_alive() and number < 2000:
            began = time.monotonic()
            create(other, f"y{number}")
            longest = max(longest, time.monotonic() - began)
            number += 1
    assert done[0] > 1000
    assert longest < 2
