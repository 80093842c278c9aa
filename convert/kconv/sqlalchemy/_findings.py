"""What a migration of a table does besides, and what it would meet: lines for people.

A run writes the document and the version of rows. Whatever else the model or the database has tied
to writes is found here and named, with what will become of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.orm import Mapper

from kconv.sqlalchemy._declaration import Declaration

_TRIGGERS: Final = text("""
SELECT tgname FROM pg_trigger
WHERE tgrelid = to_regclass(:name) AND NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 16 <> 0
ORDER BY tgname
""")
_SQLITE_TRIGGERS: Final = text("""
SELECT name FROM sqlite_master
WHERE type = 'trigger' AND tbl_name = :name AND upper(sql) LIKE '%UPDATE%' ORDER BY name
""")
_PUBLICATIONS: Final = text("""
SELECT p.pubname FROM pg_publication AS p
WHERE p.pubupdate AND (p.puballtables OR EXISTS (
    SELECT 1 FROM pg_publication_tables AS t
    WHERE t.pubname = p.pubname AND format('%I.%I', t.schemaname, t.tablename)::regclass
        = to_regclass(:name)
)) ORDER BY p.pubname
""")
_ROW_SECURITY: Final = text("SELECT row_security_active(CAST(to_regclass(:name) AS oid))")
_MAY_UPDATE: Final = text("SELECT has_table_privilege(to_regclass(:name), 'SELECT, UPDATE')")


def findings(connection: Connection, declared: Declaration) -> list[str]:
    """What there is about a collection's table, a line each."""
    name = declared.name
    try:
        found = [*_of_model(declared), *_of_database(connection, declared)]
    except NoSuchTableError:
        return [f"{name}: the database has no table {declared.table.fullname}"]
    return [f"{name}: {each}" for each in found]


def _of_model(declared: Declaration) -> Iterator[str]:
    for column in declared.table.columns:
        if column.onupdate is not None or column.server_onupdate is not None:
            yield f"{column.name} has an onupdate, which a run leaves out: it keeps its value"
    mapper = declared.mapper
    if isinstance(mapper, Mapper) and mapper.version_id_col is not None:
        counted = mapper.version_id_col.name
        yield (
            f"{counted} is the model's version_id_col, which a run does not count up: a session "
            "that has read a row before is not refused when it writes it"
        )
    if declared.version_column is not None:
        yield (
            "code that has read a row before the run and writes its document afterwards must write "
            f"{declared.version_column.name} with it"
        )


def _of_database(connection: Connection, declared: Declaration) -> Iterator[str]:
    table = declared.table
    postgresql = connection.dialect.name == "postgresql"
    # As the database has it: a driver doubles the percent signs of a statement.
    quoted = connection.dialect.identifier_preparer.format_table(table).replace("%%", "%")
    named = {"name": quoted if postgresql else table.name}
    inspector = inspect(connection)
    columns = inspector.get_columns(table.name, schema=table.schema)
    triggers = _TRIGGERS if postgresql else _SQLITE_TRIGGERS
    for trigger in connection.execute(triggers, named).scalars():
        tell = "; current_setting('kconv.run', true) tells it of a run" if postgresql else ""
        yield f"the trigger {trigger} fires for every row that is written{tell}"
    written = [declared.document.name]
    if declared.version_column is not None:
        written.append(declared.version_column.name)
    if declared.kept_name is not None:
        written.append(declared.kept_name)
    for column in columns:
        computed = column.get("computed")
        if computed and any(each in computed["sqltext"] for each in written):
            yield f"the generated column {column['name']} is computed anew from what is written"
    if postgresql:
        for publication in connection.execute(_PUBLICATIONS, named).scalars():
            yield f"the publication {publication} sends its subscribers every row that is written"
        if connection.execute(_ROW_SECURITY, named).scalar():
            yield (
                "row-level security is active for this user: rows that its policies hide are "
                "neither migrated nor counted, so that no proof holds for them"
            )
        if not connection.execute(_MAY_UPDATE, named).scalar():
            yield "this user may not read and update the table: a run would be denied"
    yield from _of_constraints(inspector, declared, written)
    yield from _of_indexes(inspector, declared)


def _of_constraints(inspector: Any, declared: Declaration, written: Sequence[str]) -> Iterator[str]:
    table = declared.table
    for key in inspector.get_foreign_keys(table.name, schema=table.schema):
        for column in set(key["constrained_columns"]) & set(written):
            yield (
                f"{column} has a foreign key to {key['referred_table']}: a version that is not "
                "there is refused"
            )
    for check in inspector.get_check_constraints(table.name, schema=table.schema):
        own = str(check["name"]).startswith("kconv_")
        if not own and any(each in check["sqltext"] for each in written):
            yield f"the CHECK constraint {check['name']} judges every row that is written"


def _of_indexes(inspector: Any, declared: Declaration) -> Iterator[str]:
    table, keys = declared.table, list(declared.key_names)
    primary = inspector.get_pk_constraint(table.name, schema=table.schema)["constrained_columns"]
    indexes = inspector.get_indexes(table.name, schema=table.schema)
    unique = [primary, *(each["column_names"] for each in indexes if each["unique"])]
    unique += [
        each["column_names"]
        for each in inspector.get_unique_constraints(table.name, schema=table.schema)
    ]
    if not any(each and set(each) <= set(keys) for each in unique):
        yield f"nothing in the database keeps the key ({', '.join(keys)}) unique"
    beginnings = [primary, *unique, *(each["column_names"] for each in indexes)]
    if not any(each[: len(keys)] == keys for each in beginnings):
        yield f"no index begins with ({', '.join(keys)}): every page reads the whole table"
    version = declared.version_column
    if version is None:
        yield "the version is in the documents: counting rows and proving reads all of them"
    elif not any(each[:1] == [version.name] for each in beginnings):
        yield f"no index begins with {version.name}: counting and proving reads the whole table"
