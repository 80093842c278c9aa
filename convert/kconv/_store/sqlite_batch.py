"""A batch of writes on SQLite, by the driver's own cursor.

The transaction is the only writing one from its start, so that nothing is locked, and what has
been looked at stays as it is. Each statement finds its row by a whole key: with several keys in
one statement SQLite reads the whole table. None has a RETURNING, which takes SQLite ten times as
long as the update itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from kconv._store.records import Key, Stored
from kconv._store.refusals import Verdict, refusal
from kconv._store.tables import changes, objects, revision, storage_versions
from kconv._store.write import Outcome, Write

_KEY: Final = "grp = ? AND resource = ? AND namespace = ? AND name = ?"
FIND: Final = f"SELECT rowid, uid, api_version, resource_version, data FROM {objects} WHERE {_KEY}"
RELIED_ON: Final = f"SELECT resource_version FROM {objects} WHERE {_KEY}"
RECORDED: Final = (
    f"SELECT 1 FROM {storage_versions} WHERE grp = ? AND resource = ? AND api_version = ?"
)
COUNTER: Final = f"SELECT value FROM {revision} WHERE id = 1"
COUNT: Final = f"UPDATE {revision} SET value = ? WHERE id = 1"
INSERT: Final = (
    f"INSERT INTO {objects} "
    "(grp, resource, namespace, name, uid, api_version, resource_version, data) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
UPDATE: Final = f"UPDATE {objects} SET resource_version = ?, data = ? WHERE rowid = ?"
# Setting the version makes SQLite write the index that holds it, even where it is the same.
UPDATE_VERSION: Final = (
    f"UPDATE {objects} SET resource_version = ?, data = ?, api_version = ? WHERE rowid = ?"
)
DELETE: Final = f"DELETE FROM {objects} WHERE rowid = ?"
LOG: Final = (
    f"INSERT INTO {changes} "
    "(resource_version, type, grp, resource, namespace, name, uid, api_version, data, before) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
STATEMENTS: Final = (
    FIND,
    RELIED_ON,
    RECORDED,
    COUNTER,
    COUNT,
    INSERT,
    UPDATE,
    UPDATE_VERSION,
    DELETE,
    LOG,
)

_Found = tuple[int, str, str, int, bytes]
"""The row id, uid, apiVersion, resourceVersion and data of a row."""


def apply(connection: sqlite3.Connection, writes: Sequence[Write]) -> list[Outcome]:
    """Do what can be done of these writes, each to another key; one outcome per write.

    The transaction has begun, with ``BEGIN IMMEDIATE``. Where every write is refused, nothing has
    been written.
    """
    cursor = connection.cursor()
    judge = _Judge(cursor)
    outcomes: list[Outcome | None] = []
    accepted: list[tuple[int, Write, _Found | None]] = []
    for index, write in enumerate(writes):
        found, verdict = judge.verdict(write)
        if verdict is None:
            accepted.append((index, write, found))
            outcomes.append(None)
        else:
            outcomes.append(refusal(write, verdict))
    if accepted:
        for index, stored in _keep(cursor, accepted):
            outcomes[index] = stored
    cursor.close()
    return [outcome for outcome in outcomes if outcome is not None]


class _Judge:
    """Looks at what is there; what several writes ask for is looked up once."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._execute = cursor.execute
        self._recorded: dict[tuple[str, str, str], bool] = {}
        self._relied_on: dict[Key, int | None] = {}

    def verdict(self, write: Write) -> tuple[_Found | None, Verdict | None]:
        """The row that is there, and what stands against the write, if anything does."""
        if write.within is not None and not self._holds(*write.within):
            return None, "condition"
        found: _Found | None = self._execute(FIND, _parameters(write.key)).fetchone()
        if write.type == "ADDED":
            if found is not None:
                return found, "exists"
        elif found is None:
            return found, "absent"
        elif found[3] != write.expected or write.base not in (None, found[4]):
            return found, "conflict"
        if not self._on_record(write.version):
            return found, "unrecorded"
        return found, None

    def _holds(self, key: Key, resource_version: int) -> bool:
        if key not in self._relied_on:
            row = self._execute(RELIED_ON, _parameters(key)).fetchone()
            self._relied_on[key] = row[0] if row else None
        return self._relied_on[key] == resource_version

    def _on_record(self, version: tuple[str, str, str]) -> bool:
        if version not in self._recorded:
            found = self._execute(RECORDED, version).fetchone()
            self._recorded[version] = found is not None
        return self._recorded[version]


def _keep(
    cursor: sqlite3.Cursor, accepted: Sequence[tuple[int, Write, _Found | None]]
) -> list[tuple[int, Stored]]:
    """Write what was accepted, in the order in which the callers came."""
    number: int = cursor.execute(COUNTER).fetchone()[0]
    cursor.execute(COUNT, (number + len(accepted),))
    outcomes = []
    rows: dict[str, list[tuple[Any, ...]]] = {}
    log = []
    for index, write, found in accepted:
        number += 1
        key = _parameters(write.key)
        if found is None:
            uid, statement = write.uid, INSERT
            row: tuple[Any, ...] = (*key, uid, write.api_version, number, write.data)
        else:
            rowid, uid, api_version, _, _ = found
            if write.type == "DELETED":
                statement, row = DELETE, (rowid,)
            elif api_version == write.api_version:
                statement, row = UPDATE, (number, write.data, rowid)
            else:
                row = (number, write.data, write.api_version, rowid)
                statement = UPDATE_VERSION
        rows.setdefault(statement, []).append(row)
        log.append(
            (number, write.type, *key, uid, write.api_version, write.data, write.before),
        )
        stored = Stored(write.key, uid, write.api_version, number, write.data)
        outcomes.append((index, stored))
    for statement, each in rows.items():
        cursor.executemany(statement, each)
    cursor.executemany(LOG, log)
    return outcomes


def _parameters(key: Key) -> tuple[str, str, str, str]:
    return key.group, key.resource, key.namespace, key.name
