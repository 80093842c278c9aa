"""The change log in a SQL database: following it, compacting it, and what was before."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Column, Connection, select

from kconv._errors import UsageError
from kconv._store import changes, compaction, counter, duties, history
from kconv._store.compaction import LogSize, Retention
from kconv._store.database import Database
from kconv._store.group_commit import Writer
from kconv._store.history import History, Place
from kconv._store.protocol.objects import ChangeLog
from kconv._store.records import Change, Key, Look, Stored
from kconv._store.tables import revision

COMPACT_STEP: Final = 500
"""Changes that are forgotten in a transaction, during which writers wait."""

_DUTY: Final = "compaction"
_DUTY_SECONDS: Final = 60.0
_MOST: Final = 2**63 - 1


class SqlChangeLog(ChangeLog):
    """`kconv._store.protocol.ChangeLog` on SQLite or PostgreSQL."""

    _database: Database
    _writer: Writer

    def changes(
        self,
        after: int,
        *,
        group: str | None = None,
        resource: str | None = None,
        namespace: str | None = None,
        limit: int = 500,
    ) -> list[Change]:
        if after > _MOST:
            return []
        return self._database.peek(
            lambda connection: changes.since(connection, after, group, resource, namespace, limit)
        )

    def states_at(
        self,
        group: str,
        resource: str,
        version: int,
        *,
        namespace: str | None = None,
        after: Place | None = None,
        upto: Place | None = None,
        most: int = 5000,
    ) -> History:
        return self._database.read(
            lambda connection: history.states_at(
                connection,
                group,
                resource,
                version,
                namespace=namespace,
                after=after,
                upto=upto,
                most=most,
            )
        )

    def state_before(self, key: Key, version: int) -> Stored | None:
        return self._database.read(
            lambda connection: history.state_before(connection, key, version)
        )

    def look(self) -> Look:
        return self._database.peek(counter.look)

    def bump(self, by: int = counter.BUMP) -> Look:
        look = self._writer.alone(lambda connection: counter.bump(connection, by))
        self._cut(look.compacted)
        return look

    def head(self) -> int:
        return self._number(revision.c.value)

    def oldest(self) -> int:
        return self._number(revision.c.compacted)

    def compact(self, keep: int | Retention) -> int:
        retention = keep
        if isinstance(retention, int):
            if retention < 0:
                raise UsageError(f"cannot keep {keep} changes")
            retention = Retention(age=None, rows=retention, bytes=None)
        if retention.age is not None or retention.bytes is not None:
            self._writer.alone(lambda it: compaction.note(it, retention))
        return self._cut(self._database.read(lambda it: compaction.cut_for(it, retention)))

    def tend_log(self, holder: str, retention: Retention) -> int:
        def due(connection: Connection) -> bool:
            return not duties.is_anothers(connection, _DUTY, holder) and compaction.is_due(
                connection, retention
            )

        def begin(connection: Connection) -> bool:
            taken = duties.take(connection, _DUTY, holder, _DUTY_SECONDS)
            if taken:
                compaction.note(connection, retention)
            return taken

        if not self._database.read(due) or not self._writer.alone(begin):
            return 0
        return self._cut(self._database.read(lambda it: compaction.cut_for(it, retention)))

    def log_size(self) -> LogSize:
        return self._database.read(compaction.size)

    def _cut(self, upto: int) -> int:
        """Forget the changes up to a resourceVersion; returns how many there were."""
        if upto > self.oldest():
            self._writer.alone(lambda connection: compaction.begin(connection, upto))
        forgotten = self._in_steps(compaction.forget)
        self._in_steps(compaction.forget_past)
        return forgotten

    def _in_steps(self, forget: Callable[[Connection, int], int]) -> int:
        total = 0
        while True:
            began = time.monotonic()
            forgotten = self._writer.alone(lambda connection: forget(connection, COMPACT_STEP))
            total += forgotten
            if not forgotten:
                return total
            # Writers of other processes get their turns: one that tries to lock the SQLite file may
            # come too late each time, otherwise.
            time.sleep(time.monotonic() - began)

    def _number(self, column: Column[int]) -> int:
        value: int = self._database.peek(
            lambda connection: connection.execute(select(column)).scalar_one()
        )
        return value
