"""What the store's tests write."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kconv._store import (
    Followed,
    Key,
    Position,
    RunTarget,
    Server,
    SqlStore,
    Store,
    Stored,
    begin,
)

GROUP = "batch"
RESOURCE = "cronjobs"
V1 = "batch/v1"
V1BETA1 = "batch/v1beta1"
TARGETS = [RunTarget(f"{RESOURCE}.{GROUP}", (V1,), V1BETA1)]


def cronjob(name: str, namespace: str = "default") -> Key:
    return Key(GROUP, RESOURCE, namespace, name)


def create(
    store: Store, name: str, *, namespace: str = "default", data: bytes = b"{}", version: str = V1
) -> Stored:
    key = cronjob(name, namespace)
    return store.create(key, uid=f"uid-{name}", api_version=version, data=data)


def server(name: str, *versions: str) -> Server:
    decodes = tuple((GROUP, RESOURCE, version) for version in versions)
    return Server(id=name, release="1.2", host=f"host-of-{name}", pid=7, decodes=decodes)


@contextmanager
def running(*functions: Callable[[], None]) -> Iterator[list[threading.Thread]]:
    """Run functions in threads; at the end wait for them and raise what one raised."""
    failures: list[BaseException] = []

    def guarded(function: Callable[[], None]) -> None:
        try:
            function()
        except BaseException as error:  # noqa: BLE001 - raised again below, in the test
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(each,)) for each in functions]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        for thread in threads:
            thread.join(30)
    assert not any(thread.is_alive() for thread in threads), "a thread hangs"
    if failures:
        raise failures[0]


def follow(store: SqlStore, position: Position | None = None, *, limit: int = 500) -> Followed:
    """What a server reads of the log after a position; None is that of who has seen everything."""

    async def read() -> Followed:
        reader = store.open_reader()
        try:
            if position is not None:
                found = await reader.changes(position.value, limit + 2)
                return position.follow(found, limit)
            newest = await reader.look()
            begun = begin(await reader.changes(newest.value, 1))
            return Followed([], begun, complete=True)
        finally:
            reader.close()

    return asyncio.run(read())


async def longest_turn() -> float:
    """How long the event loop took to come back at most, in twenty tries, in seconds."""
    longest = 0.0
    for _ in range(20):
        began = time.monotonic()
        await asyncio.sleep(0.005)
        longest = max(longest, time.monotonic() - began)
    return longest
