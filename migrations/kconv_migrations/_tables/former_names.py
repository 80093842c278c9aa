"""Tables of releases that gave them no prefix get the names that they have today.

Indexes, constraints and triggers as well, all in the transaction of the upgrade. On PostgreSQL that
changes the catalog only. SQLite cannot rename an index, and makes each anew; it keeps the names of
constraints, which are names in no namespace there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from kconv._store.table_revision import (
    FORMER_TABLES,
    FORMER_VERSION_TABLE,
    VERSION_TABLE,
    former_revision,
)
from kconv_migrations._tables import keep_past

_MADE_BY_A_LATER_RELEASE: Final = "00040000"
"""What stays in Alembic's usual table, where it was kconv's.

Releases up to revision 0003 look there, and must find a revision that they do not know: without one
they would take the database for empty and make their tables in it. Any number after 0003 would do;
this one is no revision that a user's own Alembic may have.
"""

_TRIGGERS: Final = ("keep_past_of_updated", "keep_past_of_deleted")
_WITH_TRIGGERS: Final = "0003"


def rename(connection: Connection, scripts: ScriptDirectory) -> None:
    """Rename the tables of an earlier release, if there are any; else nothing happens."""
    revision = former_revision(connection)
    if revision is None:
        return
    for statement in _statements(connection, revision):
        connection.exec_driver_sql(statement)
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    context.stamp(scripts, revision)
    connection.execute(
        text(f"UPDATE {FORMER_VERSION_TABLE} SET version_num = :later"),
        {"later": _MADE_BY_A_LATER_RELEASE},
    )


def _statements(connection: Connection, revision: str) -> Iterator[str]:
    kind = connection.dialect.name
    tables = sorted(FORMER_TABLES[revision])
    constraints = {table: _constraints(connection, table) for table in tables}
    indexes = {table: dict(_indexes(connection, table)) for table in tables}
    if kind == "postgresql":
        # A process that writes meanwhile has locks on several, and waits for all or for none.
        yield f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE"
    if revision == _WITH_TRIGGERS:
        yield from (_drop_trigger(kind, name) for name in _TRIGGERS)
        if kind == "postgresql":
            yield from (f"DROP FUNCTION {name}()" for name in _TRIGGERS)
    for table in tables:
        if kind == "postgresql":
            for name, new in constraints[table].items():
                yield f"ALTER TABLE {table} RENAME CONSTRAINT {name} TO {new}"
        yield f"ALTER TABLE {table} RENAME TO kconv_{table}"
        for name, definition in indexes[table].items():
            if kind == "postgresql":
                yield f"ALTER INDEX {name} RENAME TO {_renamed(name)}"
            else:
                yield f"DROP INDEX {name}"
                yield definition
    if revision == _WITH_TRIGGERS:
        yield from keep_past.CREATE[kind]


def _drop_trigger(kind: str, name: str) -> str:
    return f"DROP TRIGGER {name}" + (" ON objects" if kind == "postgresql" else "")


def _constraints(connection: Connection, table: str) -> dict[str, str]:
    """The constraints that kconv gave a table, and their names to be."""
    inspector = inspect(connection)
    new = {f"pk_{table}": f"pk_kconv_{table}"}
    for key in inspector.get_foreign_keys(table):
        referred = key["referred_table"]
        new[f"fk_{table}_{referred}"] = f"fk_kconv_{table}_kconv_{referred}"
    for check in inspector.get_check_constraints(table):
        name = str(check["name"])
        if name.startswith(f"ck_{table}_"):
            new[name] = _renamed(name)
    return new


def _indexes(connection: Connection, table: str) -> Iterator[tuple[str, str]]:
    """The indexes that kconv gave a table, and for SQLite how each is made under its new name."""
    for index in inspect(connection).get_indexes(table):
        name = str(index["name"])
        if not name.startswith((f"ix_{table}_", f"uq_{table}_")):
            continue
        definition = ""
        if connection.dialect.name == "sqlite":
            statement = text("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = :name")
            definition = str(connection.execute(statement, {"name": name}).scalar_one())
            definition = re.sub(
                rf"\b{name} ON {table}\b", f"{_renamed(name)} ON kconv_{table}", definition
            )
        yield name, definition


def _renamed(name: str) -> str:
    kind, _, rest = name.partition("_")
    return f"{kind}_kconv_{rest}"
