"""At which Alembic revision the tables are, also those of releases that gave them other names.

Alembic notes the revision in a table of kconv's own. Up to revision 0003 it was Alembic's usual
``alembic_version``, and the tables were called ``objects``, ``clients`` and so on: names that a
user's tables may have as well. So they are taken for kconv's only if all of them are there, each
with the columns that kconv gave it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, inspect, text

PREFIX: Final = "kconv_"
"""How the name of every table of kconv's begins, and of no table of anybody else."""

VERSION_TABLE: Final = f"{PREFIX}alembic_version"
FORMER_VERSION_TABLE: Final = "alembic_version"

_ROW: Final = "grp resource namespace name resource_version api_version data"
_RUN: Final = "id holder host pid state began ended expires targets"
_FIRST: Final = {
    "storage_versions": "grp resource api_version preferred",
    "objects": f"{_ROW} uid",
    "changes": f"{_ROW} uid type before",
    "revision": "id value compacted",
}
_SECOND: Final = _FIRST | {
    "servers": "id release host pid started seen decodes",
    "runs": _RUN,
    "undo": f"run {_ROW} written_api_version written_digest",
    "quarantine": (
        "place grp resource namespace name resource_version api_version run since reason message "
        "findings"
    ),
    "clients": "day grp version resource user_agent requests",
}
_THIRD: Final = _SECOND | {
    "revision": "id value compacted epoch rewrites",
    "runs": f"{_RUN} undo_until",
    "change_times": "resource_version moment bytes",
    "duties": "name holder until",
    "probes": "id moment data",
    "past": f"{_ROW} until uid",
}

FORMER_TABLES: Final = {
    revision: {table: frozenset(columns.split()) for table, columns in tables.items()}
    for revision, tables in (("0001", _FIRST), ("0002", _SECOND), ("0003", _THIRD))
}
"""The tables that had other names, with their columns, by revision."""


def table_revision(connection: Connection) -> str | None:
    """The revision that kconv's tables are at; None where there are none."""
    if inspect(connection).has_table(VERSION_TABLE):
        found = _versions(connection, VERSION_TABLE)
        return found[0] if found else None
    return former_revision(connection)


def former_revision(connection: Connection) -> str | None:
    """The revision of tables that have the names of earlier releases; None where none are."""
    inspector = inspect(connection)
    if inspector.has_table(VERSION_TABLE) or not inspector.has_table(FORMER_VERSION_TABLE):
        return None
    if [each["name"] for each in inspector.get_columns(FORMER_VERSION_TABLE)] != ["version_num"]:
        return None
    found = _versions(connection, FORMER_VERSION_TABLE)
    wanted = FORMER_TABLES.get(found[0]) if len(found) == 1 else None
    if wanted is None or not wanted.keys() <= set(inspector.get_table_names()):
        return None
    are_ours = all(
        {each["name"] for each in inspector.get_columns(table)} == columns
        for table, columns in wanted.items()
    )
    return found[0] if are_ours else None


def _versions(connection: Connection, table: str) -> list[str]:
    return list(connection.execute(text(f"SELECT version_num FROM {table}")).scalars())
