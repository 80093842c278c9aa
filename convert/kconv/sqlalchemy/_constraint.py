"""The CHECK constraint by which PostgreSQL forbids versions that are off the record."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, Connection, column

from kconv._errors import StoreError
from kconv._store.database import Database
from kconv.sqlalchemy._declaration import Declaration
from kconv.sqlalchemy._versions import UNSTAMPED

VIOLATED: Final = "23514"
"""PostgreSQL's code for a row that breaks a CHECK constraint."""


def name_of(declared: Declaration) -> str:
    """The constraint's name."""
    return f"kconv_{declared.name}_version"[:63]


def allow(connection: Connection, declared: Declaration, labels: Collection[str]) -> None:
    """Have the database refuse rows in other versions than these, from now on.

    It looks at no row that is there (NOT VALID), and has the table to itself for a moment.
    """
    version = declared.version_column
    assert version is not None, "as the declaration was checked"
    values = [value for label in labels for value in declared.values_of(label)]
    condition: ColumnElement[bool] = column(version.name, version.type).in_(values)
    if UNSTAMPED not in labels:
        condition = condition & column(version.name).is_not(None)
    said = condition.compile(
        dialect=connection.dialect, compile_kwargs={"literal_binds": True}
    ).string
    table, constraint = _names(connection, declared)
    connection.exec_driver_sql(
        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint}, "
        f"ADD CONSTRAINT {constraint} CHECK ({said}) NOT VALID"
    )


def validate(connection: Connection, declared: Declaration) -> None:
    """Have the database look at every row; writers go on meanwhile.

    Raises the driver's error where a row breaks the constraint.
    """
    table, constraint = _names(connection, declared)
    connection.exec_driver_sql(f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")


def prove(
    database: Database, declared: Declaration, allowed: Collection[str], before: Collection[str]
) -> bool:
    """Have the database refuse versions that are not allowed, and prove that no row is in one.

    Where a row is, the ones ``before`` are allowed again.
    """
    database.write(lambda connection: allow(connection, declared, allowed))
    try:
        database.write(lambda connection: validate(connection, declared))
    except StoreError as error:
        database.write(lambda connection: allow(connection, declared, before))
        if getattr(getattr(error.__cause__, "orig", None), "sqlstate", "") != VIOLATED:
            raise
        return False
    return True


def _names(connection: Connection, declared: Declaration) -> tuple[str, str]:
    preparer = connection.dialect.identifier_preparer
    return preparer.format_table(declared.table), preparer.quote(name_of(declared))
