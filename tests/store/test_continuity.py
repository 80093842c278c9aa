"""A database that goes back to an earlier state is noticed, whatever it has been given since."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, text

from kconv._errors import CounterReset, Expired, UsageError
from kconv._store import Position, SqlStore, Stored
from kconv._store.database import Database
from store.samples import TARGETS, V1, V1BETA1, create, follow


def _position(store: SqlStore) -> Position:
    return follow(store).position


def _back_to(database: Database, value: int) -> None:
    """What a restored backup or a replica that lagged looks like: later rows are not there."""

    def cut(connection: Connection) -> None:
        for table in ("objects", "changes"):
            connection.execute(text(f"DELETE FROM kconv_{table} WHERE resource_version > {value}"))
        connection.execute(text(f"UPDATE kconv_revision SET value = {value}"))

    database.write(cut)


def test_what_is_followed_is_the_log(store: SqlStore) -> None:
    position = _position(store)
    made = [create(store, f"n{index}") for index in range(7)]
    seen: list[Stored] = []
    complete = False
    while not complete:
        followed = follow(store, position, limit=3)
        seen += [each.stored for each in followed.changes]
        assert len(followed.changes) <= 3
        position, complete = followed.position, followed.complete
    assert seen == made
    assert position.value == store.head()
    assert follow(store, position).position is position
    later = create(store, "later")
    assert [each.stored for each in follow(store, position).changes] == [later]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_complete_says_whether_there_is_more(store: SqlStore, limit: int) -> None:
    position = _position(store)
    create(store, "a")
    create(store, "b")
    followed = follow(store, position, limit=limit)
    assert followed.complete == (limit >= 2)


SINCE: dict[str, Callable[[SqlStore, int], object]] = {
    "nothing since": lambda store, back: None,
    "less since": lambda store, back: [create(store, f"new{n}") for n in range(back - 1)],
    "more since": lambda store, back: [create(store, f"new{n}") for n in range(back + 3)],
    "the same names since": lambda store, back: [
        create(store, f"n{n + 2}", data=b"another") for n in range(back + 3)
    ],
}


@pytest.mark.parametrize("since", SINCE)
def test_a_database_that_went_back_is_noticed(
    store: SqlStore, database: Database, since: str
) -> None:
    for index in range(2):
        create(store, f"n{index}")
    head = store.head()
    for index in range(3):
        create(store, f"n{index + 2}")
    position = _position(store)
    _back_to(database, head)
    SINCE[since](store, 3)
    with pytest.raises(CounterReset):
        follow(store, position)


def test_as_much_as_before_is_noticed_with_the_next_change(
    store: SqlStore, database: Database
) -> None:
    """Where nobody looked meanwhile, and the counter stands where it stood."""
    head = store.head()
    create(store, "a")
    position = _position(store)
    _back_to(database, head)
    create(store, "b")
    create(store, "c")
    with pytest.raises(CounterReset, match="is another change now"):
        follow(store, position)


def test_a_counter_that_went_back_is_noticed_where_the_log_is_empty(
    store: SqlStore, database: Database
) -> None:
    create(store, "a")
    store.bump(500)
    position = _position(store)
    assert position.last is None
    database.write(lambda it: it.execute(text("UPDATE kconv_revision SET value = value - 100")))
    with pytest.raises(CounterReset):
        follow(store, position)


def test_what_happens_every_day_is_not_taken_for_it(store: SqlStore) -> None:
    store.prefer("batch", "cronjobs", V1BETA1)
    made = create(store, "a")
    steps: list[Callable[[], object]] = [
        lambda: store.rewrite([(made, V1BETA1, b"2")]),
        lambda: store.rewrite_changes([(made, V1BETA1, b"2")]),
        lambda: store.compact(0),
        lambda: create(store, "b"),
        lambda: store.compact(1),
        lambda: create(store, "c"),
        lambda: store.begin_run("me", TARGETS, 5),
    ]
    position = _position(store)
    for step in steps:
        step()
        position = follow(store, position).position
    assert position.value == store.head()


def test_a_position_that_the_log_no_longer_reaches(store: SqlStore) -> None:
    position = _position(store)
    for name in "abc":
        create(store, name)
    store.compact(1)
    with pytest.raises(Expired) as caught:
        follow(store, position)
    assert not isinstance(caught.value, CounterReset)


def test_a_bump_begins_an_epoch(store: SqlStore) -> None:
    made = create(store, "a")
    before, position = store.look(), _position(store)
    after = store.bump(500)
    assert after == store.look()
    assert after.epoch != before.epoch
    assert after.value == after.compacted == before.value + 500
    assert after.rewrites > before.rewrites
    for version in (0, made.resource_version, before.value, after.value - 1):
        with pytest.raises(Expired):
            store.changes(version)
    with pytest.raises(CounterReset):
        follow(store, position)
    assert store.get(made.key) == made
    assert create(store, "b").resource_version == after.value + 1
    assert len(store.changes(after.value)) == 1
    position = _position(store)
    create(store, "c")
    assert len(follow(store, position).changes) == 1


def test_a_position_at_a_bump_goes_on(store: SqlStore) -> None:
    create(store, "a")
    store.bump(500)
    position = _position(store)
    later = create(store, "b")
    followed = follow(store, position)
    assert [each.stored for each in followed.changes] == [later]


@pytest.mark.parametrize("by", [0, -5, 2**63 - 1])
def test_a_bump_goes_up(store: SqlStore, by: int) -> None:
    before = store.look()
    with pytest.raises(UsageError):
        store.bump(by)
    assert store.look() == before


def test_a_bump_leaves_no_old_change_behind(store: SqlStore, database: Database) -> None:
    made = create(store, "secret", data=b"secret")
    store.delete(made.key, expected=made.resource_version, api_version=V1, data=b"secret")
    store.bump(1)
    left = database.read(
        lambda connection: connection.execute(
            text("SELECT count(*) FROM kconv_changes")
        ).scalar_one()
    )
    assert left == 0
