"""A version is dropped, or rows are rewritten, while others write."""

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import Connection

from kconv._errors import VersionNotOnRecord
from kconv._store import SqlStore, Stored, version_record
from kconv._store.database import Database
from kconv._store.rewrite import rewrite_changes
from kconv._store.write import Write
from kconv._store.write_batch import apply
from store.samples import GROUP, RESOURCE, TARGETS, V1, V1BETA1, create, cronjob, running


def test_drop_waits_for_a_write_that_has_not_committed(
    store: SqlStore, database: Database, reopen: Callable[[], SqlStore]
) -> None:
    store.prefer(GROUP, RESOURCE, V1BETA1)
    other = reopen()
    written, finish = threading.Event(), threading.Event()
    dropped: list[bool] = []

    def write(connection: Connection) -> None:
        apply(connection, [Write("ADDED", cronjob("a"), V1, b"", None, uid="u")])
        written.set()
        assert finish.wait(20)

    def drop() -> None:
        dropped.append(other.drop(GROUP, RESOURCE, V1))

    with running(lambda: database.write(write)):
        assert written.wait(20)
        with running(drop):
            time.sleep(0.2)
            assert dropped == [], "it cannot know yet"
            finish.set()
    assert dropped == [False]
    assert store.get(cronjob("a")).api_version == V1


def test_write_waits_for_a_drop_that_has_not_committed(
    store: SqlStore, database: Database, reopen: Callable[[], SqlStore]
) -> None:
    store.prefer(GROUP, RESOURCE, V1BETA1)
    other = reopen()
    dropped, finish = threading.Event(), threading.Event()

    def drop(connection: Connection) -> None:
        assert version_record.drop(connection, GROUP, RESOURCE, V1)
        dropped.set()
        assert finish.wait(20)

    def write() -> None:
        with pytest.raises(VersionNotOnRecord):
            create(other, "a", version=V1)

    with running(lambda: database.write(drop)):
        assert dropped.wait(20)
        with running(write):
            time.sleep(0.1)
            finish.set()
    assert store.list(GROUP, RESOURCE).items == []


def test_drop_and_write_at_the_same_time(store: SqlStore, reopen: Callable[[], SqlStore]) -> None:
    other = reopen()
    for attempt in range(25):
        store.prefer(GROUP, RESOURCE, V1)
        store.prefer(GROUP, RESOURCE, V1BETA1)
        kept, gone = _write_and_drop(store, other, f"n{attempt}")
        assert kept != gone, "either the write is kept or the version is gone"
        for each in store.scan_objects(GROUP, RESOURCE, other_than=V1BETA1, after=None, limit=9):
            store.delete(each.key, expected=each.resource_version, api_version=V1BETA1, data=b"")
        store.compact(0)
        assert store.drop(GROUP, RESOURCE, V1)


def _write_and_drop(writer: SqlStore, dropper: SqlStore, name: str) -> tuple[bool, bool]:
    start = threading.Barrier(2)
    kept: list[bool] = []
    gone: list[bool] = []

    def write() -> None:
        start.wait(10)
        try:
            create(writer, name, version=V1)
        except VersionNotOnRecord:
            kept.append(False)
        else:
            kept.append(True)

    def drop() -> None:
        start.wait(10)
        gone.append(dropper.drop(GROUP, RESOURCE, V1))

    with running(write, drop):
        pass
    return kept[0], gone[0]


def test_rewrite_under_writers_loses_nothing(
    store: SqlStore, reopen: Callable[[], SqlStore]
) -> None:
    """Writers count up in each object; what they counted must be there in the end."""
    names = [f"n{index:02}" for index in range(20)]
    for name in names:
        create(store, name, data=b"0")
    done = threading.Event()
    rewritten: list[int] = []

    def write(each: SqlStore, mine: list[str]) -> None:
        for number in range(1, 16):
            for name in mine:
                read = each.get(cronjob(name))
                preferred = each.storage_version(GROUP, RESOURCE)
                each.update(
                    read.key,
                    expected=read.resource_version,
                    api_version=preferred,
                    data=str(number).encode(),
                )

    def migrate(each: SqlStore) -> None:
        target = V1
        while not done.is_set():
            target = V1BETA1 if target == V1 else V1
            each.prefer(GROUP, RESOURCE, target)
            found = each.scan_objects(GROUP, RESOURCE, other_than=target, after=None, limit=100)
            items = [(item, target, item.data) for item in reversed(found)]
            rewritten.append(each.rewrite(items))

    def write_all() -> None:
        others = [store, reopen()]
        halves = [names[:10], names[10:]]
        with running(
            *(
                lambda each=each, mine=mine: write(each, mine)
                for each, mine in zip(others, halves, strict=True)
            )
        ):
            pass
        done.set()

    migrating = reopen()
    with running(write_all, lambda: migrate(migrating)):
        pass
    assert sum(rewritten) > 0
    log = store.changes(0, limit=10**6)
    assert len(log) == len(names) * 16, "a rewrite is no change"
    for name in names:
        mine = [each.stored for each in log if each.stored.key.name == name]
        assert [int(each.data) for each in mine] == list(range(16))
        current = store.get(cronjob(name))
        assert current.data == b"15"
        assert current.resource_version == mine[-1].resource_version


def test_rewrite_that_waits_for_a_writer_leaves_what_it_wrote(
    store: SqlStore, database: Database, reopen: Callable[[], SqlStore]
) -> None:
    made = create(store, "a", data=b"old")
    store.prefer(GROUP, RESOURCE, V1BETA1)
    other = reopen()
    run = other.begin_run("me", TARGETS, 60).id
    for keep_undo in (False, True):
        written, finish = threading.Event(), threading.Event()
        rewritten: list[int] = []

        def write(
            connection: Connection,
            stored: Stored,
            written: threading.Event,
            finish: threading.Event,
        ) -> None:
            key, number = stored.key, stored.resource_version
            apply(connection, [Write("MODIFIED", key, V1, b"mine", None, expected=number)])
            written.set()
            assert finish.wait(20)

        def rewrite(
            stored: Stored, rewritten: list[int] = rewritten, keep_undo: bool = keep_undo
        ) -> None:
            items = [(stored, V1BETA1, b"re-encoded")]
            rewritten.append(other.rewrite(items, run=run, keep_undo=keep_undo))

        current = store.get(made.key)
        work = partial(write, stored=current, written=written, finish=finish)
        with running(partial(database.write, work)):
            assert written.wait(20)
            with running(partial(rewrite, current)):
                time.sleep(0.2)
                assert rewritten == []
                finish.set()
        assert rewritten == [0]
        assert store.get(made.key).data == b"mine"
        assert other.undo_size(run).rows == 0


def test_rewrites_of_the_log_at_once(
    store: SqlStore, database: Database, reopen: Callable[[], SqlStore]
) -> None:
    create(store, "a", data=b"old")
    store.prefer(GROUP, RESOURCE, V1BETA1)
    change = store.changes(0)[0]
    other = reopen()
    written, finish = threading.Event(), threading.Event()
    rewritten: list[int] = []

    def first(connection: Connection) -> None:
        assert rewrite_changes(connection, [(change.stored, V1BETA1, b"first")], None) == 1
        written.set()
        assert finish.wait(20)

    def second() -> None:
        rewritten.append(other.rewrite_changes([(change.stored, V1BETA1, b"second")]))

    with running(lambda: database.write(first)):
        assert written.wait(20)
        with running(second):
            time.sleep(0.1)
            finish.set()
    assert rewritten == [0]
    assert store.changes(0)[0].stored.data == b"first"
