"""The one row that says where the store is: resourceVersion, compaction, epoch, rewrites."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, select, text, update

from kconv._errors import UsageError
from kconv._store.records import HIGHEST, Look
from kconv._store.tables import revision

BUMP: Final = 1_000_000_000
"""What the counter goes up by when it may have gone back: more than was written since a backup."""

COLUMNS: Final = (revision.c.value, revision.c.compacted, revision.c.epoch, revision.c.rewrites)

# A replica that takes over, and a recovery up to some moment, begin another timeline. It is no part
# of the row, for nobody writes it then.
_TIMELINE: Final = text(
    "CASE WHEN pg_is_in_recovery() THEN '' "
    "ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END AS timeline"
)
LOOK: Final = {
    "sqlite": select(*COLUMNS),
    "postgresql": select(*COLUMNS, _TIMELINE),
}
"""The statement whose row `as_look` takes, by dialect."""
_COUNT_REWRITE: Final = update(revision).values(rewrites=revision.c.rewrites + 1)


def look(connection: Connection) -> Look:
    """Where the store is."""
    return as_look(connection.execute(LOOK[connection.dialect.name]).one())


def as_look(row: Sequence[Any]) -> Look:
    """The look of a row that holds `COLUMNS`, and on PostgreSQL the timeline."""
    value, compacted, epoch, rewrites, *timeline = row
    return Look(value, compacted, "/".join([epoch, *timeline]), rewrites)


def count_rewrite(connection: Connection) -> None:
    """Note that this transaction changes bytes of rows without a new resourceVersion.

    Call it last: like a write, it locks the counter's row, after rows and versions, until commit.
    """
    connection.execute(_COUNT_REWRITE)


def bump(connection: Connection, by: int) -> Look:
    """Begin a new epoch: the counter goes up, and no change from before it can be read any more."""
    if by < 1:
        raise UsageError(f"the resourceVersion cannot go up by {by}")
    raised = revision.c.value + by
    if connection.execute(select(revision.c.value)).scalar_one() > HIGHEST - by:
        raise UsageError(f"no resourceVersion is higher than {HIGHEST}: give a smaller number")
    connection.execute(
        update(revision).values(
            value=raised,
            compacted=raised,
            epoch=secrets.token_hex(16),
            rewrites=revision.c.rewrites + 1,
        )
    )
    return look(connection)
