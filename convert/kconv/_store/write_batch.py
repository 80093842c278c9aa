"""Applying a batch of writes in a transaction of SQLAlchemy's."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from kconv._store import postgresql_batch, sqlite_batch
from kconv._store.write import Outcome, Write

_POSTGRESQL: Final = postgresql_batch.STATEMENT.format(
    rows="%(rows)s", data="%(data)b", before="%(before)b", base="%(base)b"
)


def apply(connection: Connection, writes: Sequence[Write]) -> list[Outcome | None]:
    """Do what can be done of these writes, each to another key; one outcome per write.

    A write that is refused (`AlreadyExists`, `NotFound`, `Conflict`, `VersionNotOnRecord`,
    `ConditionFailed`) does not hinder the others. None is for one whose row another transaction
    has locked: it has not been written, and may be tried again.
    """
    if connection.dialect.name == "postgresql":
        data, before, base = postgresql_batch.arrays(writes)
        arguments = {"data": data, "before": before, "base": base}
        rows = {"rows": postgresql_batch.rows(writes).decode()}
        found = connection.exec_driver_sql(_POSTGRESQL, rows | arguments)
        answers: list[postgresql_batch.Answer] = [(row[0], *row[1:]) for row in found]
        return postgresql_batch.outcomes(writes, answers)
    if not connection.in_transaction():
        connection.begin()
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection), "the driver of `parse_url`"
    try:
        return list(sqlite_batch.apply(driver, writes))
    except sqlite3.Error as error:
        wrapped = DBAPIError.instance(None, None, error, sqlite3.Error, dialect=connection.dialect)
        raise wrapped from error
