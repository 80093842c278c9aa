"""One migration run at a time."""

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from kconv._errors import Conflict, NotFound, UsageError
from kconv._store import SqlStore
from store.samples import GROUP, RESOURCE, TARGETS, V1, V1BETA1, create


def test_run_is_begun_renewed_and_ended(store: SqlStore) -> None:
    run = store.begin_run("me@here", TARGETS, 60)
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{4}", run.id)
    assert (run.holder, run.pid, run.state, run.ended) == ("me@here", os.getpid(), "running", None)
    assert list(run.targets) == [(f"{RESOURCE}.{GROUP}", (V1,), V1BETA1)]
    assert 55 < run.lease <= 60
    store.renew_run(run.id, 600)
    assert 590 < store.run(run.id).lease <= 600
    assert store.end_run(run.id, "done")
    assert not store.end_run(run.id, "failed"), "it has ended"
    ended = store.run(run.id)
    assert (ended.state, ended.lease) == ("done", 0.0)
    assert ended.ended is not None
    assert ended.ended >= ended.began
    with pytest.raises(Conflict, match=f"{run.id} is no longer held"):
        store.renew_run(run.id, 60)


def test_second_run_is_told_who_holds_the_first(
    store: SqlStore, reopen: Callable[[], SqlStore]
) -> None:
    run = store.begin_run("me@here", TARGETS, 60)
    message = (
        rf"{run.id} is going on: me@here \(process {os.getpid()} on .* since \d{{4}}.* \d+ sec"
    )
    with pytest.raises(Conflict, match=message):
        reopen().begin_run("you", TARGETS, 60)
    store.end_run(run.id, "interrupted")
    later = reopen().begin_run("you", [], 60)
    assert [each.id for each in store.runs()] == [later.id, run.id]


def test_expired_lease_is_taken_over(store: SqlStore, pass_time: Callable[[float], None]) -> None:
    first = store.begin_run("dead", TARGETS, 10)
    pass_time(11)
    assert store.run(first.id).lease < 0
    second = store.begin_run("heir", TARGETS, 10)
    assert store.run(first.id).state == "interrupted"
    assert store.run(second.id).state == "running"
    with pytest.raises(Conflict):
        store.renew_run(first.id, 10)
    assert not store.end_run(first.id, "done")


def test_expired_lease_that_nobody_took_can_be_renewed(
    store: SqlStore, pass_time: Callable[[float], None]
) -> None:
    run = store.begin_run("slow", TARGETS, 10)
    pass_time(11)
    store.renew_run(run.id, 10)
    with pytest.raises(Conflict, match="slow"):
        store.begin_run("other", TARGETS, 10)


def test_run_that_was_lost_writes_nothing(store: SqlStore) -> None:
    made = create(store, "a")
    run = store.begin_run("me", TARGETS, 60)
    store.prefer(GROUP, RESOURCE, V1BETA1)
    store.end_run(run.id, "interrupted")
    with pytest.raises(Conflict, match="no longer held"):
        store.rewrite([(made, V1BETA1, b"new")], run=run.id)
    with pytest.raises(Conflict, match="no longer held"):
        store.rewrite_changes([(store.changes(0)[0].stored, V1BETA1, b"new")], run=run.id)
    assert store.get(made.key) == made


def test_runs_begun_at_once(store: SqlStore, reopen: Callable[[], SqlStore]) -> None:
    def begin(each: SqlStore) -> str:
        try:
            return each.begin_run("me", TARGETS, 60).id
        except Conflict:
            return ""

    with ThreadPoolExecutor(4) as pool:
        begun = list(pool.map(begin, [reopen() for _ in range(4)]))
    assert sum(map(bool, begun)) == 1
    assert [each.id for each in store.runs()] == [max(begun)]


def test_unknown_run_and_senseless_lease(store: SqlStore) -> None:
    with pytest.raises(NotFound, match='no run "20260101-000000-abcd"'):
        store.run("20260101-000000-abcd")
    with pytest.raises(UsageError, match="0 seconds"):
        store.begin_run("me", TARGETS, 0)
