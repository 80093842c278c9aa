"""The connections of a process: how many there are, from where, and which take too long."""

from __future__ import annotations

import asyncio
import logging
import resource
import time
from collections import Counter
from collections.abc import Callable, Collection
from typing import Protocol

from kconv._serve.connection_counts import OwnCount
from kconv._settings import Limits

CHECK_SECONDS = 1.0
"""How often every connection is looked at; a time limit is kept to within this."""

RESERVED_DESCRIPTORS = 64
"""Descriptors left for the database, files and whatever else is open."""

CALM_SECONDS = 10.0
"""How long something must not have happened before it is said once more."""

FEW = 100
"""Connections at most, below which the limit of open files is worth a line at the start."""

_log = logging.getLogger(__name__)


class Connection(Protocol):
    """What is asked of a connection."""

    address: str
    idle_since: float
    transport: asyncio.Transport

    @property
    def quiet(self) -> bool:
        """Whether no request is being answered."""

    def check(self, now: float) -> None:
        """Close it if its client has let too much time pass."""


class Place:
    """The place of one connection among those that there may be."""

    __slots__ = ("_connections", "address")

    def __init__(self, connections: Connections, address: str) -> None:
        self._connections: Connections | None = connections
        self.address = address

    def release(self) -> None:
        """Give the place back; later calls do nothing."""
        if self._connections is not None:
            connections, self._connections = self._connections, None
            connections.give_back(self.address)


class Connections:
    """Counts connections, handshakes included, and looks after them once a second.

    ``open_ones`` is the set that the HTTP server keeps of those whose handshake is done.
    """

    def __init__(self, limits: Limits, open_ones: Collection[Connection]) -> None:
        self.limits = limits
        self.most = min(limits.max_connections, _descriptors() - RESERVED_DESCRIPTORS)
        self.most = max(self.most, 8)
        self.most_per_address = limits.max_connections_per_address or max(self.most // 2, 1)
        self.now = time.monotonic()
        """The time, as of the last look."""
        self.count = 0
        self.refusals: Counter[str] = Counter()
        """Connections that were closed by the server, and refused ones, by reason."""
        self.on_release: Callable[[], None] = lambda: None
        self.own_count: OwnCount | None = None
        """Where several processes share a port, what they know of each other."""
        self._open = open_ones
        self._by_address: Counter[str] = Counter()
        self._said: dict[str, float] = {}
        """When an address was refused last; under no address, when room was made for any."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look after the connections, in the running loop."""
        self.now = time.monotonic()
        if self.most < min(FEW, self.limits.max_connections):
            _log.warning(
                "no more than %d connections may be open, for no more than %d files may: "
                "raise the limit (ulimit -n)",
                self.most,
                _descriptors(),
            )
        self._task = asyncio.get_running_loop().create_task(self._run(), name="kconv-connections")

    def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    @property
    def full(self) -> bool:
        """Whether there is no place left."""
        return self.count >= self.most

    def take(self, address: str) -> Place | None:
        """A place for a connection from an address; None where it has too many, and none idle."""
        if self._by_address[address] >= self.most_per_address and not self._make_room_of(address):
            self.refused("too_many_from_one_address")
            self._say(
                address,
                "connections from %s are closed: it has %d, the most that one address may have "
                "(max_connections_per_address)",
                address,
                self.most_per_address,
            )
            return None
        self._by_address[address] += 1
        self._count(1)
        return Place(self, address)

    def give_back(self, address: str) -> None:
        """A connection from an address has ended."""
        self._count(-1)
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]
        self.on_release()

    @property
    def has_more(self) -> bool:
        """Whether another process, which shares the port, has fewer."""
        return self.own_count is not None and self.own_count.has_more

    def begin(self) -> None:
        """Let the others know that connections are accepted here."""
        self._count(0)

    def end(self) -> None:
        """Let the others know that none are accepted here any more."""
        if self.own_count is not None:
            self.own_count.leave()
            self.own_count = None

    def _count(self, by: int) -> None:
        self.count += by
        if self.own_count is not None:
            self.own_count.put(self.count)

    def make_room(self) -> bool:
        """Close the connections that have been idle for longest; whether there were any."""
        closed = self._close_idle(self._open, self.most)
        if closed:
            self._say(
                "",
                "connections that have been idle for longest are closed: %d are open, the most "
                "there may be",
                self.count,
            )
        return closed

    def _make_room_of(self, address: str) -> bool:
        """The same among those from one address; once a look, where there were none."""
        if self._said.get(address) == self.now:
            return False
        own = [each for each in self._open if each.address == address]
        return self._close_idle(own, self.most_per_address)

    def _close_idle(self, among: Collection[Connection], most: int) -> bool:
        idle = sorted(
            (each for each in among if each.quiet and not each.transport.is_closing()),
            key=lambda each: each.idle_since,
        )
        closed = [
            each
            for each in idle[: max(most // 50, 1)]
            if each.idle_since < self.now - CHECK_SECONDS
        ]
        for each in closed:
            self.refused("idle_when_full")
            each.transport.abort()
        return bool(closed)

    def _say(self, about: str, message: str, *arguments: object) -> None:
        """Log what happens again and again once, until it has stopped for a while."""
        if about not in self._said:
            _log.warning(message, *arguments)
        self._said[about] = self.now

    def refused(self, reason: str) -> None:
        """Count a connection or a request that the server did not go on with."""
        self.refusals[reason] += 1

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            self.now = now = time.monotonic()
            self._said = {
                about: last for about, last in self._said.items() if now - last < CALM_SECONDS
            }
            for each in list(self._open):
                try:
                    each.check(now)
                except Exception:  # noqa: BLE001 - one connection must not end the watch over all
                    _log.exception("a connection could not be checked")


def raise_descriptor_limit() -> None:
    """Let this process open as many descriptors as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError) as error:
            _log.warning("the limit of %d open files cannot be raised: %s", soft, error)


def _descriptors() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 30 if soft == resource.RLIM_INFINITY else soft
