"""What the server and the migration ask of a store, in parts that each fit on a screen."""

from __future__ import annotations

from typing import Protocol

from kconv._store.protocol.migration import BeforeImages, EncodedRows, Quarantine
from kconv._store.protocol.objects import ChangeLog, Objects
from kconv._store.protocol.reader import Reader, RowsRead, Snapshot
from kconv._store.protocol.servers import Clients, Servers
from kconv._store.protocol.versions import VersionRecord
from kconv.place._protocol import Runs

__all__ = ["Operations", "Reader", "RowsRead", "Snapshot", "Store"]


class Operations(Servers, Runs, BeforeImages, Quarantine, Clients, Protocol):
    """What operating a store needs besides its objects and their versions."""


class Store(Objects, ChangeLog, VersionRecord, EncodedRows, Operations, Protocol):
    """Objects, their change log, the versions they are encoded in, and what operating it needs.

    Calls block and may come from any thread. Any call may raise `Unavailable`.
    """

    def close(self) -> None:
        """Give back the connections. A later call opens new ones."""
        ...
