"""The part of a store for those who share it: the servers that are up, and their clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from kconv.place import ClientCount, Server


class Servers(Protocol):
    """The servers that are up, by the database's clock."""

    def register(self, server: Server) -> None:
        """Note a server that starts, in place of one with the same id.

        Call it after `ensure` and before serving. Servers not seen for an hour are forgotten.
        Raises `CannotDecode` when a version on record is not among those it decodes; that check
        and a flip by `prefer` wait for each other.
        """
        ...

    def heartbeat(self, server_id: str) -> bool:
        """Note that a server is up; False when it was forgotten and has to register again.

        Raises `CannotDecode` when a resource that it knows has, since it was last seen, got a
        version on record that it cannot decode: it must stop serving.
        """
        ...

    def unregister(self, server_id: str) -> None:
        """Forget a server that stops; one that is not registered is no error."""
        ...

    def can_write(self, seconds: float) -> None:
        """Write something, and remove it again: what fails would fail for every write.

        Raises `Unavailable`, whose ``cause`` says why, also where a lock that each write needs does
        not become free in so many seconds. It takes a few milliseconds: call it beside requests.
        """
        ...

    def take_duty(self, name: str, holder: str, seconds: float) -> bool:
        """Take what one process at a time does, or go on with it, for so many seconds.

        False while it is somebody else's.
        """
        ...

    def give_up_duty(self, name: str, holder: str) -> None:
        """Leave a duty to the others; nothing if it is somebody else's."""
        ...

    def servers(self, within: float) -> list[Server]:
        """The servers seen in the last ``within`` seconds, the first started first."""
        ...


class Clients(Protocol):
    """Who calls which version, by the day."""

    def count_requests(self, requests: Mapping[tuple[str, str, str, str], int]) -> None:
        """Add to today's counts; keys are (group, version, resource, user agent).

        User agents are cut at 200 characters, days over 90 are deleted, and where a day has
        10,000 counts, further user agents share one.
        """
        ...

    def clients(self, group: str, version: str, *, since_days: int) -> list[ClientCount]:
        """Who called a version today or in the ``since_days`` days before, most requests first."""
        ...
