"""Databases as earlier releases made them: the statements that their revisions ran."""

from pathlib import Path

from sqlalchemy import Connection, inspect

from kconv._store.database import Database, parse_url
from kconv._store.table_revision import FORMER_TABLES

FORMER_REVISIONS = tuple(FORMER_TABLES)
_STATEMENTS = Path(__file__).with_name("former_tables")
_BLOB = {"sqlite": "x'7b7d'", "postgresql": "'\\x7b7d'::bytea"}
_KEY = "'batch', 'cronjobs', 'ns', 'a'"
_KEY_NAMES = "grp, resource, namespace, name"

# One row in each table, by the revision that the table came with.
_ROWS = {
    "0001": (
        "INSERT INTO storage_versions VALUES ('batch', 'cronjobs', 'batch/v1', true)",
        (
            f"INSERT INTO objects ({_KEY_NAMES}, uid, api_version, resource_version, data) "
            f"VALUES ({_KEY}, 'u', 'batch/v1', 7, {{blob}})"
        ),
        (
            f"INSERT INTO changes ({_KEY_NAMES}, uid, api_version, resource_version, data, type) "
            f"VALUES ({_KEY}, 'u', 'batch/v1', 7, {{blob}}, 'ADDED')"
        ),
        "UPDATE revision SET value = 9, compacted = 3",
    ),
    "0002": (
        "INSERT INTO servers VALUES ('s', '0.3', 'host', 1, 1.5, 2.5, '[]')",
        (
            "INSERT INTO runs (id, holder, host, pid, state, began, ended, expires, targets) "
            "VALUES ('r', 'x', 'host', 1, 'done', 1.5, 2.5, 3.5, '[]')"
        ),
        (
            f"INSERT INTO undo (run, {_KEY_NAMES}, resource_version, api_version, data, "
            "written_api_version, written_digest) "
            f"VALUES ('r', {_KEY}, 7, 'batch/v1beta1', {{blob}}, 'batch/v1', {{blob}})"
        ),
        (
            f"INSERT INTO quarantine (place, {_KEY_NAMES}, resource_version, api_version, run, "
            "since, reason, message, findings) "
            f"VALUES ('objects', {_KEY}, 7, 'batch/v1', 'r', 1.5, 'Invalid', 'bad', '[]')"
        ),
        "INSERT INTO clients VALUES ('2026-01-02', 'batch', 'v1', 'cronjobs', 'kubectl', 5)",
    ),
    "0003": (
        "INSERT INTO change_times VALUES (7, 1.5, 2)",
        "INSERT INTO duties VALUES ('compaction', 's', 1.5)",
        "INSERT INTO probes VALUES ('p', 1.5, {blob})",
        (
            f"INSERT INTO past ({_KEY_NAMES}, resource_version, until, uid, api_version, data) "
            f"VALUES ({_KEY}, 2, 7, 'u', 'batch/v1', {{blob}})"
        ),
    ),
}

Contents = dict[str, list[tuple[object, ...]]]


def make_former(url: str, revision: str, *, rows: bool = True) -> None:
    """Make the tables of an earlier release, with a row in each."""
    database = Database(parse_url(url), create=True)
    database.write(lambda connection: make_former_in(connection, revision, rows=rows))
    database.close()


def make_former_in(connection: Connection, revision: str, *, rows: bool = True) -> None:
    """As `make_former`, within a transaction."""
    kind = connection.dialect.name
    reached = FORMER_REVISIONS[: FORMER_REVISIONS.index(revision) + 1]
    for each in reached:
        text = (_STATEMENTS / f"{kind}-{each}.sql").read_text()
        for statement in text.removesuffix(";\n").split(";\n\n"):
            connection.exec_driver_sql(statement)
    for each in reached if rows else ():
        for statement in _ROWS[each]:
            connection.exec_driver_sql(statement.format(blob=_BLOB[kind]))


def contents(connection: Connection, prefix: str = "") -> Contents:
    """Every table whose name begins so, without that: its columns' names, and its rows."""
    found: Contents = {}
    for table in inspect(connection).get_table_names():
        if table.startswith(prefix):
            result = connection.exec_driver_sql(f"SELECT * FROM {table}")
            rows = sorted((tuple(row) for row in result), key=repr)
            found[table.removeprefix(prefix)] = [tuple(result.keys()), *rows]
    return found
