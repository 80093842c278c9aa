"""Where objects are kept: on SQLite or PostgreSQL, in one preferred version per resource."""

from kconv._store.compaction import LogSize, Retention
from kconv._store.continuity import ChangesRead, Followed, Position, begin
from kconv._store.history import History
from kconv._store.objects import not_found
from kconv._store.place import StorePlace
from kconv._store.protocol import Operations, Reader, RowsRead, Snapshot, Store
from kconv._store.quarantine import Place, Quarantined
from kconv._store.records import (
    ROW_BYTES,
    AsRead,
    Change,
    ChangeType,
    Count,
    Key,
    Look,
    Page,
    Row,
    StorageVersion,
    Stored,
)
from kconv._store.sql import SqlStore, open_store
from kconv._store.undo import BeforeImage, Restored
from kconv._store.write import Write
from kconv._store.write_statistics import WriteStatistics
from kconv.place import ClientCount, Ending, Reclaimable, Run, RunState, RunTarget, Server, UndoSize

__all__ = [
    "ROW_BYTES",
    "AsRead",
    "BeforeImage",
    "Change",
    "ChangeType",
    "ChangesRead",
    "ClientCount",
    "Count",
    "Ending",
    "Followed",
    "History",
    "Key",
    "LogSize",
    "Look",
    "Operations",
    "Page",
    "Place",
    "Position",
    "Quarantined",
    "Reader",
    "Reclaimable",
    "Restored",
    "Retention",
    "Row",
    "RowsRead",
    "Run",
    "RunState",
    "RunTarget",
    "Server",
    "Snapshot",
    "SqlStore",
    "StorageVersion",
    "Store",
    "StorePlace",
    "Stored",
    "UndoSize",
    "Write",
    "WriteStatistics",
    "begin",
    "not_found",
    "open_store",
]
