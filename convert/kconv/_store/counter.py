"""The one row that says where the store is: resourceVersion, compaction, epoch, rewrites."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, select, update

from kconv._store.records import Look
from kconv._store.tables import revision

_LOOK: Final = select(revision.c.value, revision.c.compacted, revision.c.epoch, revision.c.rewrites)
_COUNT_REWRITE: Final = update(revision).values(rewrites=revision.c.rewrites + 1)


def look(connection: Connection) -> Look:
    """Where the store is."""
    return Look(*connection.execute(_LOOK).one())


def count_rewrite(connection: Connection) -> None:
    """Note that this transaction changes bytes of rows without a new resourceVersion.

    Call it last: like a write, it locks the counter's row, after rows and versions, until commit.
    """
    connection.execute(_COUNT_REWRITE)
