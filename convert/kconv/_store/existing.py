"""What is in a database before anything is opened, or made, there.

Making kconv's tables needs Alembic, which takes long to load; seeing that they are there does not.
"""

from __future__ import annotations

from sqlalchemy import inspect

from kconv._store.database import Database, parse_url, sqlite_file
from kconv._store.table_revision import table_revision


def revision_at(url: str) -> str | None:
    """The revision that kconv's tables are at; None when there are none.

    Raises `UsageError`, `Unavailable`.
    """
    database = _existing(url)
    if database is None:
        return None
    try:
        return database.read(table_revision)
    finally:
        database.close()


def is_empty(url: str) -> bool:
    """Whether the database holds no table at all, or its file is not there yet.

    Raises `UsageError`, `Unavailable`.
    """
    database = _existing(url)
    if database is None:
        return True
    try:
        return database.read(lambda connection: not inspect(connection).get_table_names())
    finally:
        database.close()


def _existing(url: str) -> Database | None:
    parsed = parse_url(url)
    file = sqlite_file(parsed)
    if file is not None and not file.exists():
        return None
    return Database(parsed)
