"""One look tells whether anything has changed since another."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event

from kconv._store import SqlStore, Store, Stored, open_store
from kconv_migrations import _tables as db
from store.samples import TARGETS, V1, V1BETA1, create

WRITES: dict[str, Callable[[Store, Stored], object]] = {
    "create": lambda store, made: create(store, "b"),
    "update": lambda store, made: store.update(
        made.key, expected=made.resource_version, api_version=V1, data=b"2"
    ),
    "delete": lambda store, made: store.delete(
        made.key, expected=made.resource_version, api_version=V1, data=b""
    ),
}
REWRITES: dict[str, Callable[[Store, Stored], object]] = {
    "rewrite": lambda store, made: store.rewrite([(made, V1, b"2")]),
    "rewrite of two versions": lambda store, made: store.rewrite(
        [(made, V1BETA1, b"2"), (create(store, "b"), V1, b"2")]
    ),
    "rewrite of changes": lambda store, made: store.rewrite_changes([(made, V1BETA1, b"2")]),
}
NEITHER: dict[str, Callable[[Store, Stored], object]] = {
    "get": lambda store, made: store.get(made.key),
    "rewrite of nothing": lambda store, made: store.rewrite([]),
    "rewrite of what is not there": lambda store, made: store.rewrite([(_older(made), V1, b"2")]),
    "changes that are not there": lambda store, made: store.rewrite_changes(
        [(_older(made), V1BETA1, b"2")]
    ),
    "preference": lambda store, made: store.prefer("batch", "cronjobs", V1BETA1),
    "run": lambda store, made: store.begin_run("me", TARGETS, 5),
}


def _older(made: Stored) -> Stored:
    return Stored(made.key, made.uid, made.api_version, made.resource_version + 50, made.data)


def _made(store: SqlStore) -> Stored:
    store.prefer("batch", "cronjobs", V1BETA1)
    store.prefer("batch", "cronjobs", V1)
    return create(store, "a")


@pytest.mark.parametrize("what", WRITES)
def test_a_write_gives_a_resource_version(store: SqlStore, what: str) -> None:
    made = _made(store)
    before = store.look()
    WRITES[what](store, made)
    after = store.look()
    assert after.value == before.value + 1 == store.head()
    assert (after.epoch, after.rewrites) == (before.epoch, before.rewrites)


@pytest.mark.parametrize("what", REWRITES)
def test_a_rewrite_is_counted_once(store: SqlStore, what: str) -> None:
    made = _made(store)
    before = store.look()
    REWRITES[what](store, made)
    after = store.look()
    assert (after.epoch, after.rewrites) == (before.epoch, before.rewrites + 1)


@pytest.mark.parametrize("what", NEITHER)
def test_what_changes_no_row_changes_no_look(store: SqlStore, what: str) -> None:
    made = _made(store)
    before = store.look()
    NEITHER[what](store, made)
    assert store.look() == before


def test_an_undo_is_a_rewrite(store: SqlStore) -> None:
    made = _made(store)
    run = store.begin_run("me", TARGETS, 5)
    store.rewrite([(made, V1BETA1, b"2")], run=run.id, keep_undo=True)
    before = store.look()
    images = store.undo_page(run.id, after=None, limit=10)
    assert store.restore(run.id, images).restored
    assert store.look().rewrites == before.rewrites + 1
    create(store, "b")
    store.update(made.key, expected=made.resource_version, api_version=V1, data=b"3")
    before = store.look()
    assert not store.restore(run.id, images).restored
    assert store.look() == before


def test_compaction_shows(store: SqlStore) -> None:
    _made(store)
    create(store, "b")
    before = store.look()
    store.compact(1)
    after = store.look()
    assert after.compacted == store.oldest() > before.compacted
    assert (after.value, after.epoch, after.rewrites) == (before.value, before.epoch, 0)


def test_the_counter_is_the_last_row_that_a_rewrite_locks(store: SqlStore) -> None:
    """Writers lock rows, then versions, then the counter: another order would be a deadlock."""
    made = _made(store)
    run = store.begin_run("me", TARGETS, 5)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(" ".join(statement.split()))

    event.listen(store._database.engine, "before_cursor_execute", note)
    store.rewrite([(made, V1BETA1, b"2")], run=run.id, keep_undo=True)
    assert statements.pop().startswith("UPDATE kconv_revision SET rewrites")
    assert not any("UPDATE kconv_revision" in each for each in statements)
    images = store.undo_page(run.id, after=None, limit=10)
    store.restore(run.id, images)
    assert statements.pop().startswith("UPDATE kconv_revision SET rewrites")
    assert not any("UPDATE kconv_revision" in each for each in statements)


def test_each_database_has_an_epoch_of_its_own(tmp_path: Path) -> None:
    epochs = set()
    for name in "ab":
        url = f"sqlite:///{tmp_path / name}.db"
        db.upgrade(url)
        store = open_store(url)
        epochs.add(store.look().epoch)
        store.close()
    assert len(epochs) == 2
