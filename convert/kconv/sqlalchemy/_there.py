"""Whether a database has the tables of collections, looked at before anything is made in it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, inspect

from kconv._errors import UsageError
from kconv._settings import without_secrets
from kconv._store.database import Database, parse_url, sqlite_file
from kconv._store.table_revision import PREFIX
from kconv.sqlalchemy._declaration import Declaration

_MOST_NAMED = 10


def check_tables(collections: Sequence[Declaration], url: str) -> None:
    """Raises `UsageError` for a table that is not there: most likely it is another database."""
    parsed = parse_url(url)
    file = sqlite_file(parsed)
    names = ", ".join(dict.fromkeys(each.table.fullname for each in collections))
    if file is not None and not file.exists():
        raise UsageError(f"no table {names} in {without_secrets(url)}: there is no such file")
    database = Database(parsed)
    try:
        missing, there = database.read(lambda connection: _looked_up(connection, collections))
    finally:
        database.close()
    if missing:
        listed = ", ".join(there[:_MOST_NAMED]) + (", …" if len(there) > _MOST_NAMED else "")
        has = f"it has {listed}" if there else "it has none"
        raise UsageError(
            f"no table {', '.join(missing)} in {without_secrets(url)}: {has}; "
            "--db names the database"
        )


def _looked_up(
    connection: Connection, collections: Sequence[Declaration]
) -> tuple[list[str], list[str]]:
    """The tables that are not there, and, if there are such, those of the user's that are."""
    inspector = inspect(connection)
    tables = {each.table.fullname: each.table for each in collections}
    missing = [
        name for name, each in tables.items() if not inspector.has_table(each.name, each.schema)
    ]
    names = inspector.get_table_names() if missing else []
    return missing, sorted(name for name in names if not name.startswith(PREFIX))
