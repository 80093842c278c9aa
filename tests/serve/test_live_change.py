"""What watches share of a change that many of them are told of."""

import asyncio
from typing import Any, cast

from kconv._store import Change, Key, Stored
from kconv._verbs.memory import CachedRow
from kconv._verbs.watch.live_change import LiveChange

STORED = Stored(Key("", "configmaps", "default", "one"), "uid", "v1", 7, b"{}")


def test_the_state_before_is_read_once() -> None:
    asked: list[Stored] = []
    before = CachedRow(STORED)

    async def read(stored: Stored) -> CachedRow:
        asked.append(stored)
        await asyncio.sleep(0.01)
        return before

    async def work() -> None:
        change = LiveChange(Change("MODIFIED", STORED, None), cast("Any", CachedRow(STORED)))
        first, *others = [asyncio.ensure_future(change.last(read)) for _ in range(5)]
        await asyncio.sleep(0)
        first.cancel()
        assert await asyncio.gather(*others) == [before] * 4
        assert await change.last(read) is before
        assert asked == [STORED]

    asyncio.run(work())
