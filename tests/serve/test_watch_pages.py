"""Watches over more than a page of objects and of changes: each event once, in order."""

import asyncio
import itertools
from collections.abc import Callable

import httpx

from kconv._gvk import GroupResource
from kconv._store import SqlStore
from kconv._store.records import Key
from kconv._verbs.memory import Follower
from kconv._verbs.watch import Broadcaster
from serve.conftest import BOTH, Running
from serve.samples import CONFIGMAPS, configmap, created, patched
from serve.test_watch import Live, events, live, short

__all__ = ["live"]

pytestmark = BOTH

THINGS = GroupResource("", "configmaps")


def write(store: SqlStore, number: int, namespace: str = "default") -> int:
    key = Key("", "configmaps", namespace, f"cm{number:02}")
    return store.create(key, uid=str(number), api_version="v1", data=b"{}").resource_version


def test_reader_advances_over_pages(store: SqlStore) -> None:
    store.ensure([("", "configmaps", "v1")])

    async def watch() -> tuple[list[int], list[int]]:
        memory = Follower(store, page=2)
        await memory.start()
        broadcaster = Broadcaster(memory, page=2)
        everywhere = await broadcaster.subscribe(THINGS, "")
        here = await broadcaster.subscribe(THINGS, "default")
        elsewhere = await broadcaster.subscribe(GroupResource("", "secrets"), "")
        written = [await asyncio.to_thread(write, store, number) for number in range(7)]
        written.append(await asyncio.to_thread(write, store, 8, "other"))
        broadcaster.wake()
        seen: list[int] = []
        async with asyncio.timeout(10):
            while len(seen) < len(written):
                seen += [each.stored.resource_version for each in await everywhere.take(1)]
        # Long enough for the reader to read the last page once more, if it did.
        await asyncio.sleep(0.3)
        seen += [each.stored.resource_version for each in await everywhere.take(0.01)]
        assert [each.stored.resource_version for each in await here.take(0.01)] == written[:-1]
        assert await elsewhere.take(0.01) == []
        for each in (everywhere, here, elsewhere):
            broadcaster.unsubscribe(each)
        assert broadcaster.watchers == 0
        memory.stop()
        return seen, written

    seen, written = asyncio.run(watch())
    assert seen == written


def test_requests_have_turns_while_many_watches_are_told(store: SqlStore) -> None:
    """A few are told in each turn of the loop; the more, the more changes wait."""
    store.ensure([("", "configmaps", "v1")])
    write(store, 1)
    (change,) = store.changes(0, group="", resource="configmaps", namespace=None, limit=1)

    async def told_in_each_turn(changes: int) -> list[int]:
        memory = Follower(store)
        await memory.start()
        broadcaster = Broadcaster(memory)
        watches = [await broadcaster.subscribe(THINGS, "") for _ in range(80)]
        for _ in range(changes):
            broadcaster.changed(change, memory.of_log(change))
        seen = [0]
        while seen[-1] < changes * len(watches):
            await asyncio.sleep(0)
            seen.append(sum(len(each._pending) for each in watches))
        for each in watches:
            broadcaster.unsubscribe(each)
        memory.stop()
        return [after - before for before, after in itertools.pairwise(seen)]

    assert set(asyncio.run(told_in_each_turn(1))) <= {0, 8}
    several = asyncio.run(told_in_each_turn(12))
    assert max(several) == 64
    assert several[-1] <= 8


def test_initial_events_and_what_came_after_in_pages(
    client: httpx.Client, running: Running
) -> None:
    running.server._server.broadcaster.page = 2
    start = created(client, CONFIGMAPS, configmap("first"))["metadata"]["resourceVersion"]
    names = [f"cm{number}" for number in range(7)]
    for name in names:
        created(client, CONFIGMAPS, configmap(name))
    patched(client, f"{CONFIGMAPS}/cm3", {"data": {"a": "c"}})
    assert short(events(client, CONFIGMAPS)) == [("ADDED", name) for name in (*names, "first")]
    since = [*(("ADDED", name) for name in names), ("MODIFIED", "cm3")]
    assert short(events(client, CONFIGMAPS, resourceVersion=start)) == since


def test_live_events_in_pages(
    serve: Callable[..., Running], running: Running, live: Callable[..., Live]
) -> None:
    running.server._server.broadcaster.page = 3
    watches = [live(running.url, CONFIGMAPS, **params) for params in ({}, {"labelSelector": "a"})]
    expected = []
    with serve().client() as client:
        for number in range(8):
            created(client, CONFIGMAPS, configmap(f"cm{number}", labels={"a": "b"}))
            expected.append(("ADDED", f"cm{number}"))
        client.delete(f"{CONFIGMAPS}/cm4")
        expected.append(("DELETED", "cm4"))
        for watch in watches:
            assert watch.wait_for(len(expected)) == expected
        patched(client, f"{CONFIGMAPS}/cm5", {"data": {"a": "c"}})
        for watch in watches:
            assert watch.wait_for(len(expected) + 1) == [*expected, ("MODIFIED", "cm5")]
