"""What many watches are told of gives way to requests, and goes on under any load."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kconv._gvk import GroupResource
from kconv._serve import in_flight
from kconv._serve.in_flight import InFlight
from kconv._settings import Limits
from kconv._store import Change, Key, Stored
from kconv._verbs.memory import CachedRow
from kconv._verbs.watch import Broadcaster
from kconv._verbs.watch.broadcaster import Subscription

RESOURCE = GroupResource("", "configmaps")
STORED = Stored(Key("", "configmaps", "default", "one"), "uid", "v1", 7, b"{}")
WATCHES = 500


class Told:
    """A broadcaster with many watches, and how many of them have been told of a change."""

    def __init__(self, give_way: Callable[[], Awaitable[None]], watches: int = WATCHES) -> None:
        memory = SimpleNamespace(listeners=[])
        self.broadcaster = Broadcaster(cast("Any", memory), give_way=give_way)
        self.watches = [Subscription(RESOURCE, "", 0) for _ in range(watches)]
        place = (RESOURCE.group, RESOURCE.resource)
        self.broadcaster._subscriptions[place] = dict.fromkeys(self.watches)

    def change(self) -> None:
        self.broadcaster.changed(Change("MODIFIED", STORED, None), CachedRow(STORED))

    def __len__(self) -> int:
        return sum(len(each._pending) for each in self.watches)


def test_requests_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_flight, "MOST_GIVEN_WAY", 60.0)

    async def work() -> None:
        flight = InFlight(Limits())
        watches = Told(flight.give_way)
        scopes: list[dict[str, Any]] = [{}, {}]
        for scope in scopes:
            flight.enter(scope, watch=False)
        watches.change()
        await asyncio.sleep(0.05)
        assert 0 < len(watches) < 20, "it began, and waits for them"
        flight.leave(scopes[0])
        await asyncio.sleep(0.05)
        assert len(watches) < 20
        flight.begin_body(scopes[1])  # a client that sends its body at leisure is not waited for
        deadline = time.monotonic() + 10
        while len(watches) < WATCHES:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)

    asyncio.run(work())


def test_it_goes_on_beside_a_request_that_lasts() -> None:
    async def work() -> None:
        flight = InFlight(Limits())
        watches = Told(flight.give_way)
        flight.enter({}, watch=False)
        began = time.monotonic()
        watches.change()
        while len(watches) < WATCHES:
            assert time.monotonic() < began + 30
            await asyncio.sleep(0)
        assert time.monotonic() - began >= 10 * in_flight.MOST_GIVEN_WAY, "it gave way meanwhile"

    asyncio.run(work())


@pytest.mark.parametrize("watches", [1, 3, 40])
def test_few_watches_keep_up_with_many_writes(watches: int) -> None:
    """Each way given may take two milliseconds: not one for each of thousands of changes."""
    changes, ways = 1_000, 0

    async def give_way() -> None:
        nonlocal ways
        ways += 1
        await asyncio.sleep(0)

    async def work() -> None:
        told = Told(give_way, watches)
        for _ in range(changes):
            told.change()
        assert told.broadcaster._sender is not None
        await told.broadcaster._sender
        assert len(told) == watches * changes

    asyncio.run(work())
    assert watches * changes / 100 < ways < watches * changes / 50
