"""Writes that are handed over from event loops."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection

from kconv._errors import (
    AlreadyExists,
    ConditionFailed,
    Conflict,
    NotFound,
    TooManyRequests,
)
from kconv._store import Key, SqlStore, Stored, Write
from store.samples import GROUP, RESOURCE, V1, create, cronjob, running

NAMESPACES = ("", "namespaces", "v1")


def creation(name: str, *, within: tuple[Key, int] | None = None) -> Write:
    return Write("ADDED", cronjob(name), V1, b"{}", uid=f"uid-{name}", within=within)


@contextmanager
def held(store: SqlStore) -> Iterator[None]:
    """Keep the turn, so that what is written meanwhile waits; every write then shares a batch."""
    holding, release = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        holding.set()
        assert release.wait(20)

    with running(lambda: store._writer.alone(hold)):
        assert holding.wait(20)
        try:
            yield
        finally:
            release.set()


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(30):
            await work()

    asyncio.run(bounded())


def test_outcomes_come_as_from_the_blocking_calls(store: SqlStore) -> None:
    async def work() -> None:
        made = await store.submit(creation("a"))
        assert made == store.get(cronjob("a"))
        with pytest.raises(AlreadyExists, match='"a" already exists'):
            await store.submit(creation("a"))
        with pytest.raises(NotFound):
            await store.submit(Write("DELETED", cronjob("b"), V1, b"", expected=1))
        gone = await store.submit(
            Write("DELETED", made.key, V1, b"last", expected=made.resource_version)
        )
        assert store.changes(made.resource_version)[0].stored == gone

    run(work)


def test_a_batch_is_handed_back_in_one_call(store: SqlStore) -> None:
    async def work() -> None:
        loop = asyncio.get_running_loop()
        calls: list[object] = []
        original = loop.call_soon_threadsafe

        def count(*arguments: object, **named: object) -> object:
            calls.append(arguments)
            return original(*arguments, **named)  # type: ignore[arg-type]  # passed on as they are

        loop.call_soon_threadsafe = count  # type: ignore[assignment, method-assign]  # counts
        before = store.write_statistics()
        with held(store):
            futures = [store.submit(creation(f"n{number}")) for number in range(30)]
            assert store.write_statistics().queued == 30
        made = await asyncio.gather(*futures)
        first = made[0].resource_version
        assert [each.resource_version for each in made] == list(range(first, first + 30))
        assert len(calls) == 1
        after = store.write_statistics()
        assert (after.commits - before.commits, after.writes - before.writes) == (1, 30)
        assert (after.queued, after.queued_bytes, after.last_writes) == (0, 0, 30)
        assert 0 < after.last_seconds <= after.seconds

    run(work)


def test_loops_of_several_threads_share_a_batch(store: SqlStore) -> None:
    made: list[Stored] = []

    def one(number: int) -> None:
        async def work() -> None:
            made.append(await store.submit(creation(f"n{number}")))

        run(work)

    with (
        running(*(lambda number=number: one(number) for number in range(4))),
        held(store),
    ):
        pass
    assert len(made) == len(store.changes(0)) == 4


def test_cancelled_write_is_not_written(store: SqlStore) -> None:
    async def work() -> None:
        with held(store):
            futures = [store.submit(creation(name)) for name in ("a", "b", "c")]
            futures[1].cancel()
        await asyncio.gather(futures[0], futures[2])
        assert [each.stored.key.name for each in store.changes(0)] == ["a", "c"]
        assert store.write_statistics().queued_bytes == 0

    run(work)


def test_write_that_is_cancelled_during_the_commit_hurts_nobody(store: SqlStore) -> None:
    async def work() -> None:
        loop = asyncio.get_running_loop()
        first = store.submit(creation("a"))
        second = store.submit(creation("b"))
        loop.call_soon(first.cancel)
        await second
        await store.submit(creation("c"))

    run(work)


def test_closed_loop_hurts_nobody(store: SqlStore) -> None:
    async def submit() -> None:
        _ = store.submit(creation("abandoned"))

    def abandon() -> None:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(submit())
        loop.close()

    async def work() -> None:
        with held(store):
            await asyncio.to_thread(abandon)
            beside = store.submit(creation("beside"))
        await beside
        await store.submit(creation("another"))

    run(work)
    create(store, "next")
    assert len(store.changes(0)) == 4


def test_full_queue_refuses_at_once(store: SqlStore) -> None:
    async def work() -> None:
        store._writer.most_queued = 3
        with held(store):
            futures = [store.submit(creation(f"n{number}")) for number in range(3)]
            with pytest.raises(TooManyRequests, match="3 writes"):
                _ = store.submit(creation("over"))
        await asyncio.gather(*futures)
        store._writer.most_queued_bytes = 10
        with held(store):
            large = store.submit(Write("ADDED", cronjob("large"), V1, b"x" * 100, uid="u"))
            with pytest.raises(TooManyRequests, match="200 bytes"):
                _ = store.submit(creation("over"))
        await large
        assert (await store.submit(creation("over"))).key == cronjob("over")
        assert store.write_statistics().refused == 2

    run(work)


def test_close_does_what_is_queued_and_the_store_opens_again(store: SqlStore) -> None:
    others = {*threading.enumerate()}

    async def work() -> None:
        futures = [store.submit(creation(f"n{number}")) for number in range(20)]
        store.close()
        names = [thread.name for thread in threading.enumerate() if thread not in others]
        assert "kconv-writer" not in names
        assert len(await asyncio.gather(*futures)) == 20
        await store.submit(creation("after"))

    run(work)


def test_thread_ends_with_a_store_that_nobody_holds(reopen: Callable[[], SqlStore]) -> None:
    store = reopen()
    store.ensure([(GROUP, RESOURCE, V1)])

    async def work() -> None:
        with held(store):
            future = store.submit(creation("a"))
        await future

    run(work)
    thread = store._writer._thread
    assert thread is not None
    assert thread.is_alive()
    store._writer = type(store._writer)(store._database)
    thread.join(10)
    assert not thread.is_alive()


def namespace(store: SqlStore, name: str) -> Stored:
    store.ensure([NAMESPACES])
    return store.create(Key("", "namespaces", "", name), uid="u", api_version="v1", data=b"{}")


def test_write_that_relies_on_another_object(store: SqlStore) -> None:
    async def work() -> None:
        made = namespace(store, "default")
        active = (made.key, made.resource_version)
        first = await store.submit(creation("a", within=active))
        store.update(made.key, expected=made.resource_version, api_version="v1", data=b"2")
        head = store.head()
        for write in (
            creation("b", within=active),
            creation("c", within=(Key("", "namespaces", "", "none"), 5)),
            Write("MODIFIED", first.key, V1, b"", expected=first.resource_version, within=active),
        ):
            with pytest.raises(ConditionFailed, match="has been modified or deleted"):
                await store.submit(write)
        assert store.head() == head

    run(work)


@pytest.mark.parametrize("change", ["MODIFIED", "DELETED"])
def test_order_in_a_batch_decides_what_holds(store: SqlStore, change: str) -> None:
    async def work() -> None:
        made = namespace(store, "default")
        active = (made.key, made.resource_version)
        with held(store):
            early = store.submit(creation("early", within=active))
            end = Write(
                "DELETED" if change == "DELETED" else "MODIFIED",
                made.key,
                "v1",
                b"",
                expected=made.resource_version,
            )
            ended = store.submit(end)
            late = store.submit(creation("late", within=active))
            other = store.submit(creation("other"))
        await asyncio.gather(early, ended, other)
        with pytest.raises(ConditionFailed):
            await late
        assert early.result().resource_version < ended.result().resource_version

    run(work)


def test_write_that_builds_on_bytes_which_a_migration_has_changed(store: SqlStore) -> None:
    async def work() -> None:
        made = await store.submit(creation("a"))
        assert store.rewrite([(made, V1, b"{ }")]) == 1
        for what in ("MODIFIED", "DELETED"):
            write = Write(what, made.key, V1, b"1", expected=made.resource_version, base=made.data)
            with pytest.raises(Conflict):
                await store.submit(write)
        assert store.get(made.key).data == b"{ }"
        later = Write("MODIFIED", made.key, V1, b"1", expected=made.resource_version, base=b"{ }")
        assert (await store.submit(later)).data == b"1"

    run(work)
