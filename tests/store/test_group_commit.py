"""Writes that share a transaction stay each other's strangers."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from kconv._errors import (
    AlreadyExists,
    Conflict,
    KconvError,
    NotFound,
    TimedOut,
    Unavailable,
    VersionNotOnRecord,
)
from kconv._store import SqlStore, Stored, Write
from kconv._store.database import Database
from kconv._store.write_connection import outcomes_of
from store.samples import V1, V1BETA1, create, cronjob, running
from store.test_submit import creation

Outcome = Stored | BaseException


@contextmanager
def commits(database: Database) -> Iterator[list[object]]:
    """Collects one item for each transaction that commits."""
    seen: list[object] = []
    event.listen(database.engine, "commit", lambda connection: seen.append(connection))
    yield seen


def together(store: SqlStore, *writes: Callable[[], Stored]) -> list[Outcome]:
    """Have writes wait for the same turn, in this order; returns what became of each."""
    writer = store._writer
    outcomes: dict[int, Outcome] = {}
    holding, release = threading.Event(), threading.Event()

    def attempt(index: int) -> None:
        try:
            outcomes[index] = writes[index]()
        except (KconvError, ValueError) as error:
            outcomes[index] = error

    def hold(_: object) -> None:
        holding.set()
        assert release.wait(20)

    def queue() -> None:
        assert holding.wait(20)
        threads = []
        for index in range(len(writes)):
            threads.append(threading.Thread(target=attempt, args=(index,)))
            threads[-1].start()
            while len(writer._queue) < len(threads):
                threading.Event().wait(0.001)
        release.set()
        for thread in threads:
            thread.join(20)

    with running(lambda: writer.alone(hold), queue):
        pass
    return [outcomes[index] for index in range(len(writes))]


def test_waiting_writes_share_one_commit_in_the_order_they_came(store: SqlStore) -> None:
    names = [f"n{index}" for index in (3, 1, 2, 5, 4, 0)]
    with commits(store._database) as seen:
        outcomes = together(store, *(lambda name=name: create(store, name) for name in names))
    assert len(seen) <= 2, "the holder's and one for all writes"
    versions = [each.resource_version for each in outcomes if isinstance(each, Stored)]
    assert versions == list(range(versions[0], versions[0] + len(names)))


def test_refused_writes_do_not_hinder_the_others(store: SqlStore) -> None:
    made = create(store, "made")
    current = made.resource_version
    outcomes = together(
        store,
        lambda: create(store, "new"),
        lambda: create(store, "made"),
        lambda: create(store, "other", version=V1BETA1),
        lambda: store.update(cronjob("none"), expected=9, api_version=V1, data=b""),
        lambda: store.update(made.key, expected=current, api_version=V1, data=b"2"),
        lambda: store.delete(made.key, expected=current, api_version=V1, data=b""),
        lambda: create(store, "last"),
    )
    kinds = [type(each) for each in outcomes]
    assert kinds == [
        Stored,
        AlreadyExists,
        VersionNotOnRecord,
        NotFound,
        Stored,
        Conflict,
        Stored,
    ]
    stored = [each for each in outcomes if isinstance(each, Stored)]
    log = [each.stored for each in store.changes(current)]
    assert sorted(log, key=lambda each: each.resource_version) == log
    assert {each.key for each in log} == {each.key for each in stored}
    assert store.get(made.key).data == b"2"


def test_write_that_the_driver_cannot_take_fails_alone(store: SqlStore) -> None:
    outcomes = together(
        store,
        lambda: create(store, "first"),
        lambda: create(store, "lone surrogate \ud800"),
        lambda: create(store, "last"),
    )
    assert [type(each) for each in outcomes][::2] == [Stored, Stored]
    assert isinstance(outcomes[1], ValueError | KconvError)
    assert [each.stored.key.name for each in store.changes(0)] == ["first", "last"]


class OneAtATime:
    """A connection that takes no two writes, and on which each takes some seconds."""

    patience = 10.0

    def __init__(self, clock: list[float], ends: Sequence[Exception | None]) -> None:
        self.clock, self.ends = clock, ends
        self.tried = 0

    def write(self, writes: Sequence[Write], *, wait: bool = True) -> list[None]:
        if len(writes) > 1:
            raise ValueError("one of them cannot be written")
        end = self.ends[self.tried]
        self.tried += 1
        self.clock[0] += 4.0
        if end is not None:
            raise end
        return [None]


@pytest.mark.parametrize(
    ("ends", "tried"),
    [
        ([None, None], 2),
        ([ValueError("no"), None], 2),
        ([TimedOut("is locked", cause="is locked", may_be_done=True), None, None], 1),
        ([None, Unavailable("has gone"), None, None], 2),
        ([None, None, None, None, None], 3),
    ],
)
def test_writes_that_are_tried_one_by_one_take_as_long_as_one(
    ends: list[Exception | None], tried: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first that the database is not there for speaks for those after it."""
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    connection = OneAtATime(clock, ends)
    outcomes = outcomes_of(connection, [creation(f"n{at}") for at in range(len(ends))], wait=True)  # type: ignore[arg-type] # all that is asked of it
    assert outcomes is not None
    assert connection.tried == tried
    assert len(outcomes) == len(ends)
    for outcome in outcomes[tried:]:
        assert isinstance(outcome, Unavailable)
        assert not outcome.may_be_done
    refused = [each for each in outcomes if each is not None]
    assert len({id(each) for each in refused}) == len(refused)


def test_disappearing_database_fails_every_waiting_write(fresh_store: SqlStore) -> None:
    fresh_store._database.write(
        lambda connection: connection.execute(text("DROP TABLE kconv_changes"))
    )
    outcomes = together(
        fresh_store, *(lambda name=name: create(fresh_store, name) for name in "abc")
    )
    assert {getattr(each, "reason", None) for each in outcomes} == {"TablesOutdated"}
    assert fresh_store.list("batch", "cronjobs").items == []


def test_interrupted_caller_leaves_the_queue(store: SqlStore) -> None:
    writer = store._writer
    with writer._turn():
        writer._busy = True
        with pytest.raises(KeyboardInterrupt):
            _interrupted(store)
        assert not writer._queue
    assert create(store, "next").key == cronjob("next")


def _interrupted(store: SqlStore) -> None:
    with pytest.MonkeyPatch.context() as patch:

        def interrupt(*_: object) -> bool:
            raise KeyboardInterrupt

        patch.setattr(threading.Event, "wait", interrupt)
        create(store, "abandoned")
