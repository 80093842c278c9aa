"""Where objects are kept: on SQLite or PostgreSQL, in one preferred version per resource."""

from kconv.store.clients import ClientCount
from kconv.store.operations import Operations
from kconv.store.protocol import Store
from kconv.store.quarantine import Place, Quarantined
from kconv.store.records import (
    AsRead,
    Change,
    ChangeType,
    Count,
    Key,
    Page,
    Row,
    StorageVersion,
    Stored,
)
from kconv.store.runs import Ending, Run, RunState, RunTarget
from kconv.store.servers import Server
from kconv.store.sql import SqlStore, open_store
from kconv.store.undo import BeforeImage, Restored, UndoSize

__all__ = [
    "AsRead",
    "BeforeImage",
    "Change",
    "ChangeType",
    "ClientCount",
    "Count",
    "Ending",
    "Key",
    "Operations",
    "Page",
    "Place",
    "Quarantined",
    "Restored",
    "Row",
    "Run",
    "RunState",
    "RunTarget",
    "Server",
    "SqlStore",
    "StorageVersion",
    "Store",
    "Stored",
    "UndoSize",
    "open_store",
]
