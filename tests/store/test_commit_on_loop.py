"""Writes to SQLite that an event loop commits itself, and when it leaves them to the thread."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from kconv._errors import Unavailable
from kconv._store import SqlStore, Stored, Write, group_commit
from kconv._store.database import sqlite_file
from kconv._store.write_statistics import WriteTally
from store.samples import V1, cronjob, longest_turn
from store.test_submit import creation, run

SLOW = 0.1


@pytest.fixture
def sqlite_store(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> SqlStore:
    if not store._database.sqlite:
        pytest.skip("only SQLite is written to on the loop")
    # Whatever the disk of the machine takes.
    monkeypatch.setattr(group_commit, "_PROMPT", 1.0)
    return store


@contextmanager
def write_lock(store: SqlStore) -> Iterator[Callable[[], object]]:
    """Another process' lock on the file; yields what gives it back."""
    file = sqlite_file(store._database.url)
    with closing(sqlite3.connect(str(file), isolation_level=None, check_same_thread=False)) as own:
        own.execute("BEGIN IMMEDIATE")
        yield lambda: own.execute("ROLLBACK")


def test_no_thread_is_needed(sqlite_store: SqlStore) -> None:
    async def work() -> None:
        for number in range(5):
            await sqlite_store.submit(creation(f"n{number}"))

    run(work)
    assert sqlite_store._writer._thread is None
    assert len(sqlite_store.changes(0)) == 5


def test_writes_that_are_ready_together_share_a_commit(sqlite_store: SqlStore) -> None:
    async def one(number: int) -> None:
        await sqlite_store.submit(creation(f"n{number}"))

    async def work() -> None:
        await sqlite_store.submit(creation("first"))
        before = sqlite_store.write_statistics()
        await asyncio.gather(*map(one, range(16)))
        after = sqlite_store.write_statistics()
        assert (after.commits - before.commits, after.writes - before.writes) == (1, 16)

    run(work)


def test_writes_that_are_on_their_way_share_a_commit(sqlite_store: SqlStore) -> None:
    """Those of requests that have come, and are read, decoded and judged in turns of the loop."""

    async def one(number: int) -> None:
        for _ in range(number % 3):
            await asyncio.sleep(0)
        await sqlite_store.submit(creation(f"n{number}"))

    async def work() -> None:
        before = sqlite_store.write_statistics().commits
        await asyncio.gather(*map(one, range(16)))
        assert sqlite_store.write_statistics().commits - before == 1

    run(work)


def test_who_writes_alone_waits_for_nobody(sqlite_store: SqlStore) -> None:
    async def work() -> None:
        for number in range(3):
            future = sqlite_store.submit(creation(f"n{number}"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert future.done()

    run(work)


def test_writes_that_never_end_are_committed(sqlite_store: SqlStore) -> None:
    async def work() -> None:
        futures = []
        for number in range(0, 150, 2):
            for name in (f"n{number}", f"n{number + 1}"):
                futures.append(sqlite_store.submit(creation(name)))
            await asyncio.sleep(0)
        assert futures[0].done()
        await asyncio.gather(*futures)

    run(work)


def test_first_of_writes_that_trickle_in_waits_for_few(sqlite_store: SqlStore) -> None:
    """One write a turn: each is a reason to wait for the next, and in each turn there is work."""

    async def work() -> None:
        await asyncio.gather(*(sqlite_store.submit(creation(f"e{at}")) for at in range(2)))
        futures: list[asyncio.Future[Stored]] = []
        while len(futures) < 100 and not any(each.done() for each in futures):
            futures.append(sqlite_store.submit(creation(f"n{len(futures)}")))
            await asyncio.sleep(0)
        assert futures[0].done()
        assert len(futures) < 20
        await asyncio.gather(*futures)

    run(work)


def test_writes_to_one_object_keep_their_order(sqlite_store: SqlStore) -> None:
    async def work() -> None:
        made = await sqlite_store.submit(creation("a"))
        version = made.resource_version
        futures = [
            sqlite_store.submit(
                Write("MODIFIED", made.key, V1, b"%d" % number, expected=version + number)
            )
            for number in range(5)
        ]
        outcomes = await asyncio.gather(*futures)
        assert [each.data for each in outcomes] == [b"%d" % number for number in range(5)]

    run(work)
    assert sqlite_store._writer._thread is None


def test_loop_goes_on_while_another_process_holds_the_lock(sqlite_store: SqlStore) -> None:
    async def work() -> None:
        await sqlite_store.submit(creation("first"))
        with write_lock(sqlite_store) as release:
            future = sqlite_store.submit(creation("waits"))
            longest = await longest_turn()
            assert not future.done()
            release()
            await future
        assert longest < 5  # the lock would be waited for, for ten seconds

    run(work)
    assert sqlite_store.get(cronjob("waits")).data == b"{}"


def test_slow_commits_are_left_to_the_thread(
    sqlite_store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = sqlite_store._writer._connection
    original = connection.write
    threads: list[str] = []

    def slow(*arguments: object, **named: object) -> object:
        threads.append(threading.current_thread().name)
        time.sleep(SLOW)
        return original(*arguments, **named)  # type: ignore[arg-type]  # passed on as they are

    async def work() -> None:
        monkeypatch.setattr(group_commit, "_PROMPT", SLOW / 5)
        for number in range(6):
            await sqlite_store.submit(creation(f"slow{number}"))
        assert threads[-1] == "kconv-writer"
        monkeypatch.setattr(connection, "write", original)
        # Quick enough, however busy the machine is.
        monkeypatch.setattr(group_commit, "_PROMPT", 60.0)
        for number in range(200):
            await sqlite_store.submit(creation(f"quick{number}"))
        monkeypatch.setattr(connection, "write", slow)
        await sqlite_store.submit(creation("last"))
        assert threads[-1] != "kconv-writer"

    monkeypatch.setattr(connection, "write", slow)
    run(work)


def test_commits_that_compute_for_long_stay_on_the_loop(
    sqlite_store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = sqlite_store._writer._connection.write

    def slow(*arguments: object, **named: object) -> object:
        time.sleep(SLOW)
        return original(*arguments, **named)  # type: ignore[arg-type]  # passed on as they are

    async def work() -> None:
        for number in range(6):
            await sqlite_store.submit(creation(f"n{number}"))

    monkeypatch.setattr(group_commit, "_PROMPT", SLOW / 5)
    monkeypatch.setattr(sqlite_store._writer._connection, "write", slow)
    # As if all the time that passes were spent computing.
    monkeypatch.setattr(time, "thread_time", time.perf_counter)
    run(work)
    assert sqlite_store._writer._thread is None


def test_disk_that_is_not_prompt_is_tried_ever_more_rarely() -> None:
    tally = WriteTally()
    tries = 0
    for _ in range(2_000):
        if tally.is_prompt(0.001):
            tries += 1
            tally.waited(0.05, 0.001)
        tally.committed(1, 0.05)
    assert 5 < tries < 15
    while not tally.is_prompt(0.001):
        tally.committed(1, 0.05)
    tally.waited(0.0002, 0.001)
    assert tally.is_prompt(0.001)


def test_turn_that_was_announced_on_a_loop_that_ended_is_not_lost(sqlite_store: SqlStore) -> None:
    async def submit() -> None:
        _ = sqlite_store.submit(creation("abandoned"))

    loop = asyncio.new_event_loop()
    loop.run_until_complete(submit())
    loop.close()

    async def work() -> None:
        await sqlite_store.submit(creation("another"))

    run(work)
    assert sqlite_store.get(cronjob("another")).data == b"{}"


def test_blocking_caller_does_not_overtake_a_write_of_a_loop(sqlite_store: SqlStore) -> None:
    async def work() -> None:
        future = sqlite_store.submit(creation("a"))
        await asyncio.to_thread(sqlite_store._writer.write, creation("b"))
        await future

    run(work)
    assert [each.stored.key.name for each in sqlite_store.changes(0)] == ["a", "b"]


def test_turn_is_given_back_by_a_commit_that_was_interrupted(
    sqlite_store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: object, **_named: object) -> object:
        raise KeyboardInterrupt

    async def submit() -> None:
        await sqlite_store.submit(creation("a"))

    with monkeypatch.context() as patched:
        patched.setattr(sqlite_store._writer._connection, "write", interrupted)
        loop = asyncio.new_event_loop()
        task = loop.create_task(submit())
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(task)
        with pytest.raises(Unavailable, match="interrupted"):
            loop.run_until_complete(task)
        loop.close()

    async def work() -> None:
        await sqlite_store.submit(creation("b"))

    run(work)
    assert sqlite_store.get(cronjob("b")).data == b"{}"


@pytest.mark.parametrize("left_behind", [False, True])
def test_loop_that_ends_after_its_write_keeps_no_other_waiting(
    sqlite_store: SqlStore, monkeypatch: pytest.MonkeyPatch, left_behind: bool
) -> None:
    """Another loop's write came during its commit, and perhaps one of its own before that."""
    connection, came = sqlite_store._writer._connection, threading.Event()
    write = connection.write

    async def another() -> None:
        future = sqlite_store.submit(creation("another"))
        came.set()
        await future

    def beside(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(connection, "write", write)
        if left_behind:
            _ = sqlite_store.submit(creation("left behind"))
        thread.start()
        assert came.wait(20)
        return write(*arguments, **named)

    async def first() -> None:
        # Of two that are ready together a loop learns to wait for more than one.
        await asyncio.gather(*(sqlite_store.submit(creation(name)) for name in "ab"))

    thread = threading.Thread(target=run, args=[another], daemon=True)
    monkeypatch.setattr(connection, "write", beside)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(first())
    loop.close()
    thread.join(20)
    assert not thread.is_alive()
    assert len(sqlite_store.changes(0)) == (4 if left_behind else 3)
