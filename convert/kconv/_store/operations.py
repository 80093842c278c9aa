"""What operating a store needs besides objects: fleet, runs, before-images, quarantine, clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from kconv._store.clients import ClientCount
from kconv._store.quarantine import Quarantined
from kconv._store.records import Key
from kconv._store.runs import Ending, Run, RunTarget
from kconv._store.servers import Server
from kconv._store.undo import BeforeImage, Restored, UndoSize


class Operations(Protocol):
    """The part of `kconv._store.Store` for servers that share it and for those who migrate it.

    Moments, leases and days go by the database's clock. Any call may raise `Unavailable`.
    """

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

    def servers(self, within: float) -> list[Server]:
        """The servers seen in the last ``within`` seconds, the first started first."""
        ...

    def begin_run(self, holder: str, targets: Sequence[RunTarget], lease: float) -> Run:
        """Begin a migration run, held by this process for ``lease`` seconds.

        ``holder`` says who it is for people. Raises `Conflict` when another run is going on,
        saying who holds it since when and how long its lease still goes. A run whose lease has
        expired is taken over: it becomes ``interrupted``.
        """
        ...

    def renew_run(self, run_id: str, lease: float) -> None:
        """Hold a run for ``lease`` seconds from now. Raises `Conflict` when it is lost."""
        ...

    def end_run(self, run_id: str, state: Ending) -> bool:
        """End a run; False when it was no longer held."""
        ...

    def run(self, run_id: str) -> Run:
        """One run. Raises `NotFound`."""
        ...

    def runs(self) -> list[Run]:
        """Every run, the newest first."""
        ...

    def undo_size(self, run_id: str) -> UndoSize:
        """How many before-images of a run there are, and their bytes."""
        ...

    def undo_page(self, run_id: str, *, after: Key | None, limit: int) -> list[BeforeImage]:
        """Before-images of a run by key, from after a key; a page ends at some 16 MiB."""
        ...

    def restore(
        self,
        run_id: str,
        items: Sequence[BeforeImage],
        *,
        live: float | None = None,
        held: str | None = None,
    ) -> Restored:
        """Put back, in one transaction, the objects that still are what the run wrote.

        They keep their resourceVersions and the change log gets no entries. Their before-images
        are forgotten, those of the others stay. A version that has left the record since comes
        back on it, though not as the preferred one: `Conflict` when a server seen within ``live``
        seconds cannot decode it, or when ``held``, the run that does this, is no longer held.
        """
        ...

    def drop_undo(self, run_id: str) -> int:
        """Forget the before-images of a run; returns how many there were."""
        ...

    def quarantine(self, entries: Sequence[Quarantined]) -> None:
        """Record rows that a run could not rewrite.

        An entry vanishes when its row is written, rewritten or deleted.
        """
        ...

    def quarantined(
        self, group: str | None = None, resource: str | None = None
    ) -> list[Quarantined]:
        """The rows in quarantine, by key and resourceVersion."""
        ...

    def release(self, entries: Sequence[Quarantined]) -> int:
        """Take rows out of quarantine as they are; returns how many were in it."""
        ...

    def count_requests(self, requests: Mapping[tuple[str, str, str, str], int]) -> None:
        """Add to today's counts; keys are (group, version, resource, user agent).

        User agents are cut at 200 characters, days over 90 are deleted, and where a day has
        10,000 counts, further user agents share one.
        """
        ...

    def clients(self, group: str, version: str, *, since_days: int) -> list[ClientCount]:
        """Who called a version today or in the ``since_days`` days before, most requests first."""
        ...
