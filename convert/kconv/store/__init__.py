"""Where objects are kept: on SQLite or PostgreSQL, in one preferred version per resource."""

from kconv.store.protocol import Store
from kconv.store.records import (
    Change,
    ChangeType,
    Count,
    Key,
    Page,
    StorageVersion,
    Stored,
)
from kconv.store.sql import SqlStore, open_store

__all__ = [
    "Change",
    "ChangeType",
    "Count",
    "Key",
    "Page",
    "SqlStore",
    "StorageVersion",
    "Store",
    "Stored",
    "open_store",
]
