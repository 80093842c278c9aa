"""What operating a store needs, in a SQL database."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from kconv._store import (
    clients,
    duties,
    free_space,
    pressure,
    quarantine,
    runs,
    servers,
    undo,
    write_check,
)
from kconv._store.database import Database
from kconv._store.group_commit import Writer
from kconv._store.protocol import Operations
from kconv._store.quarantine import Quarantined
from kconv._store.records import Key
from kconv._store.tables import changes, objects
from kconv._store.undo import BeforeImage, Restored
from kconv.place import (
    OBJECTS,
    ClientCount,
    Ending,
    Pressure,
    Reclaimable,
    Run,
    RunTarget,
    Server,
    UndoSize,
)

_DROP_STEP: Final = 1000


class SqlOperations(Operations):
    """`kconv._store.protocol.Operations` on SQLite or PostgreSQL."""

    _database: Database
    _writer: Writer

    def register(self, server: Server) -> None:
        self._writer.alone(lambda connection: servers.register(connection, server))

    def heartbeat(self, server_id: str) -> bool:
        return self._writer.alone(lambda connection: servers.heartbeat(connection, server_id))

    def unregister(self, server_id: str) -> None:
        self._writer.alone(lambda connection: servers.unregister(connection, server_id))

    def can_write(self, seconds: float) -> None:
        write_check.check(self._database, seconds)

    def take_duty(self, name: str, holder: str, seconds: float) -> bool:
        if self._database.read(lambda it: duties.is_anothers(it, name, holder)):
            return False
        return self._writer.alone(lambda it: duties.take(it, name, holder, seconds))

    def give_up_duty(self, name: str, holder: str) -> None:
        self._writer.alone(lambda it: duties.give_up(it, name, holder))

    def servers(self, within: float) -> list[Server]:
        return self._database.read(lambda connection: servers.alive(connection, within))

    def begin_run(
        self,
        holder: str,
        targets: Sequence[RunTarget],
        lease: float,
        *,
        keep_undo: float | None = None,
    ) -> Run:
        return self._writer.alone(
            lambda connection: runs.begin(connection, holder, targets, lease, keep_undo)
        )

    def renew_run(self, run_id: str, lease: float) -> None:
        self._writer.alone(lambda connection: runs.renew(connection, run_id, lease))

    def end_run(self, run_id: str, state: Ending) -> bool:
        return self._writer.alone(lambda connection: runs.end(connection, run_id, state))

    def steer_run(
        self, run_id: str, *, paused: bool | None = None, rate: float | None = None
    ) -> Run:
        return self._writer.alone(lambda connection: runs.steer(connection, run_id, paused, rate))

    def report_run(
        self, run_id: str, *, done: int, total: int, waiting: str, raced: int | None = None
    ) -> Run:
        return self._writer.alone(
            lambda connection: runs.report(connection, run_id, done, total, waiting, raced)
        )

    def run(self, run_id: str) -> Run:
        return self._database.read(lambda connection: runs.get(connection, run_id))

    def runs(self) -> list[Run]:
        return self._database.read(runs.known)

    def undo_size(self, run_id: str) -> UndoSize:
        return self._database.peek(lambda it: undo.size(it, run_id), takes_long=True)

    def undo_page(self, run_id: str, *, after: Key | None, limit: int) -> list[BeforeImage]:
        return self._database.peek(lambda connection: undo.page(connection, run_id, after, limit))

    def find_undo(
        self, run_id: str, group: str, resource: str, names: Sequence[tuple[str, str]]
    ) -> list[BeforeImage]:
        return self._database.peek(
            lambda connection: undo.find(connection, run_id, group, resource, names)
        )

    def restore(
        self,
        run_id: str,
        items: Sequence[BeforeImage],
        *,
        live: float | None = None,
        held: str | None = None,
    ) -> Restored:
        return self._writer.alone(
            lambda connection: undo.restore(connection, run_id, items, live, held)
        )

    def drop_undo(self, run_id: str) -> int:
        total = 0
        # In steps, so that writers get their turns in between.
        while forgotten := self._writer.alone(
            lambda connection: undo.drop(connection, run_id, _DROP_STEP)
        ):
            total += forgotten
        return total

    def expire_undo(self) -> int:
        def drop(connection: Connection) -> int:
            run = runs.undo_is_over(connection)
            return undo.drop(connection, run, _DROP_STEP) if run is not None else 0

        total = 0
        while self._database.read(runs.undo_is_over) is not None:
            began = time.monotonic()
            total += self._writer.alone(drop)
            time.sleep(time.monotonic() - began)
        return total

    def pressure(self, section: str, wanted: frozenset[str]) -> Pressure:
        table = objects if section == OBJECTS else changes
        return self._database.read(lambda it: pressure.read(it, [table.name], wanted))

    def reclaimable(self) -> Reclaimable:
        return self._database.read(free_space.reclaimable)

    def quarantine(self, entries: Sequence[Quarantined]) -> None:
        self._writer.alone(lambda connection: quarantine.add(connection, entries))

    def quarantined(
        self, group: str | None = None, resource: str | None = None
    ) -> list[Quarantined]:
        return self._database.peek(
            lambda connection: quarantine.entries(connection, group, resource)
        )

    def release(self, entries: Sequence[Quarantined]) -> int:
        return self._writer.alone(lambda connection: quarantine.remove(connection, entries))

    def count_requests(self, requests: Mapping[tuple[str, str, str, str], int]) -> None:
        self._writer.alone(lambda connection: clients.count(connection, requests))

    def clients(self, group: str, version: str, *, since_days: int) -> list[ClientCount]:
        return self._database.read(
            lambda connection: clients.counted(connection, group, version, since_days)
        )
