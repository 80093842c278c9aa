"""Databases of earlier releases get today's names; those of other programs are left alone."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Connection, inspect, text

from kconv._errors import TablesOutdated
from kconv._store import Key, open_store
from kconv._store.database import Database, parse_url
from kconv._store.table_revision import FORMER_TABLES, VERSION_TABLE
from kconv._store.tables import TABLES_REVISION
from kconv_migrations import _tables as db
from kconv_migrations._tables import keep_past
from store.former import FORMER_REVISIONS, Contents, contents, make_former, make_former_in
from store.samples import GROUP, RESOURCE, V1, create

OBJECT = Key(GROUP, RESOURCE, "ns", "a")
SCHEMA = {
    "sqlite": "SELECT type, name, tbl_name, sql FROM sqlite_master",
    "postgresql": """
        SELECT 'relation', relname::text, relkind::text, oid::text FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace
        UNION ALL
        -- NOT NULL (n) has a name since PostgreSQL 18, which none but its column knows.
        SELECT 'constraint', conname, conrelid::regclass::text, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND contype <> 'n'
        UNION ALL
        SELECT 'trigger', tgname, tgrelid::regclass::text, pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL
        SELECT 'function', proname, '', prosrc FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace
    """,
}

Schema = set[tuple[object, ...]]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(parse_url(database_url), create=True)
    yield made
    made.close()


def schema(connection: Connection) -> Schema:
    """Everything that has a name in the database."""
    statement = SCHEMA[connection.dialect.name]
    return {tuple(row) for row in connection.exec_driver_sql(statement)}


def names(connection: Connection) -> set[tuple[object, ...]]:
    """Names alone, but for the constraints of SQLite, which are part of a table's text."""
    return {row[:2] for row in schema(connection) if not str(row[1]).startswith("sqlite_")}


@pytest.mark.parametrize("revision", FORMER_REVISIONS)
def test_nothing_is_lost(database: Database, database_url: str, revision: str) -> None:
    make_former(database_url, revision)
    before = database.read(contents)
    assert set(before) == {*FORMER_TABLES[revision], "alembic_version"}
    assert all(len(rows) == 2 for rows in before.values()), "a row in each"
    assert db.current(database_url) == revision
    wanted = rf"older release .revision {revision}, this one needs {TABLES_REVISION}"
    with pytest.raises(TablesOutdated, match=wanted):
        open_store(database_url)
    assert db.upgrade(database_url) == db.current(database_url) == TABLES_REVISION
    after = database.read(lambda connection: contents(connection, "kconv_"))
    for table in FORMER_TABLES[revision]:
        columns, row = before[table]
        width = len(columns)
        assert [each[:width] for each in after[table]] == [columns, row], table
    assert db.upgrade(database_url) == TABLES_REVISION
    with closing(open_store(database_url)) as store:
        assert store.get(OBJECT).resource_version == 7
        assert create(store, "b").resource_version == 10
        assert len(store.runs()) == (revision > "0001")


@pytest.mark.parametrize("revision", FORMER_REVISIONS)
def test_names_are_those_of_a_new_database(
    database: Database, database_url: str, revision: str
) -> None:
    db.upgrade(database_url)
    wanted = database.read(names)
    assert all("kconv" in str(name) for _, name in wanted)

    def begin_anew(connection: Connection) -> None:
        for statement in keep_past.DROP[connection.dialect.name]:
            connection.exec_driver_sql(statement)
        for table in ("objects", "changes", "undo", "storage_versions", "runs"):
            connection.exec_driver_sql(f"DROP TABLE kconv_{table}")
        for table in inspect(connection).get_table_names():
            connection.exec_driver_sql(f"DROP TABLE {table}")
        make_former_in(connection, revision)

    database.write(begin_anew)
    db.upgrade(database_url)
    found = database.read(names)
    # Where earlier releases look, so that they see that it is not theirs any more.
    assert {str(name) for _, name in found - wanted} <= {"alembic_version", "alembic_version_pkc"}
    assert wanted <= found


@pytest.mark.parametrize("revision", FORMER_REVISIONS)
def test_what_was_is_kept_by_triggers(database: Database, database_url: str, revision: str) -> None:
    make_former(database_url, revision)
    db.upgrade(database_url)
    with closing(open_store(database_url)) as store:
        store.compact(0)
        for data in (b"second", b"third"):
            current = store.get(OBJECT)
            store.update(OBJECT, expected=current.resource_version, api_version=V1, data=data)
    found = database.read(
        lambda connection: connection.execute(
            text("SELECT until, data FROM kconv_past WHERE resource_version = 7")
        ).all()
    )
    assert [(until, bytes(data)) for until, data in found] == [(10, b"{}")]


@pytest.mark.parametrize("revision", FORMER_REVISIONS)
def test_all_of_it_or_nothing(
    database: Database, database_url: str, revision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_former(database_url, revision)
    before = database.read(schema), database.read(contents)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the last step breaks")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.command.upgrade", fail)
        with pytest.raises(RuntimeError, match="the last step breaks"):
            db.upgrade(database_url)
    assert (database.read(schema), database.read(contents)) == before
    assert db.upgrade(database_url) == TABLES_REVISION


@pytest.mark.parametrize("revision", FORMER_REVISIONS)
def test_earlier_releases_see_that_it_is_not_theirs(
    database: Database, database_url: str, revision: str
) -> None:
    """They compare, as texts, what is in ``alembic_version`` with the newest that they know."""
    make_former(database_url, revision)
    db.upgrade(database_url)
    (found,) = database.read(contents)["alembic_version"][1:]
    (number,) = found
    assert str(number).isdecimal()
    assert str(number) > FORMER_REVISIONS[-1]
    assert number not in {each.id for each in db.history()}


def test_what_an_operator_added_stays(database: Database, database_url: str) -> None:
    make_former(database_url, "0003")

    def add(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE INDEX ours ON objects (uid)")
        connection.exec_driver_sql("CREATE INDEX ix_ours ON changes (uid)")
        connection.exec_driver_sql("CREATE VIEW seen AS SELECT name FROM objects")

    database.write(add)
    db.upgrade(database_url)

    def look(connection: Connection) -> list[object]:
        inspector = inspect(connection)
        return [
            "ours" in {each["name"] for each in inspector.get_indexes("kconv_objects")},
            "ix_ours" in {each["name"] for each in inspector.get_indexes("kconv_changes")},
            connection.exec_driver_sql("SELECT name FROM seen").scalars().all(),
        ]

    database.close()  # what SQLite's PRAGMAs know of a schema is as old as the connection
    assert database.read(look) == [True, True, ["a"]]


def _user_tables(connection: Connection) -> None:
    for table in ("clients", "objects", "runs", "changes"):
        connection.exec_driver_sql(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, note TEXT)")
        connection.exec_driver_sql(f"INSERT INTO {table} VALUES (1, 'theirs')")


def _version(connection: Connection, *numbers: str, column: str = "version_num") -> None:
    connection.exec_driver_sql(f"CREATE TABLE alembic_version ({column} VARCHAR(32) NOT NULL)")
    for number in numbers:
        connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{number}')")


def _tables_alone(connection: Connection) -> None:
    _user_tables(connection)


def _alembic_of_their_own(connection: Connection) -> None:
    _user_tables(connection)
    _version(connection, "8f3c1d2e9a7b")


def _numbered_as_ours(connection: Connection) -> None:
    _user_tables(connection)
    _version(connection, "0003")


def _some_of_our_names(connection: Connection) -> None:
    make_former_in(connection, "0003")
    connection.exec_driver_sql("DROP TABLE probes")


def _a_column_more(connection: Connection) -> None:
    make_former_in(connection, "0003")
    connection.exec_driver_sql("ALTER TABLE clients ADD COLUMN email TEXT")


def _a_column_less(connection: Connection) -> None:
    make_former_in(connection, "0002")
    connection.exec_driver_sql("ALTER TABLE clients DROP COLUMN requests")


def _two_heads(connection: Connection) -> None:
    make_former_in(connection, "0003")
    connection.exec_driver_sql("ALTER TABLE alembic_version RENAME TO was")
    _version(connection, "0003", "0002")


def _no_revision(connection: Connection) -> None:
    make_former_in(connection, "0003")
    connection.exec_driver_sql("DELETE FROM alembic_version")


def _later_than_known(connection: Connection) -> None:
    make_former_in(connection, "0003")
    connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0004'")


def _another_column(connection: Connection) -> None:
    _user_tables(connection)
    _version(connection, "0003", column="number")


OTHERS = [
    _tables_alone,
    _alembic_of_their_own,
    _numbered_as_ours,
    _some_of_our_names,
    _a_column_more,
    _a_column_less,
    _two_heads,
    _no_revision,
    _later_than_known,
    _another_column,
]


@pytest.mark.parametrize("make", OTHERS)
def test_tables_of_another_program_are_left_alone(
    database: Database, database_url: str, make: object
) -> None:
    assert callable(make)
    database.write(make)

    def theirs(connection: Connection) -> tuple[Schema, Contents]:
        ours = {each for each in schema(connection) if "kconv_" in str(each[1:])}
        found = contents(connection)
        return schema(connection) - ours, {
            table: rows for table, rows in found.items() if not table.startswith("kconv_")
        }

    before = database.read(theirs)
    assert before[1]
    assert db.current(database_url) is None
    with pytest.raises(TablesOutdated, match=r"no tables of kconv.*kconv db upgrade"):
        open_store(database_url)
    assert db.upgrade(database_url) == TABLES_REVISION
    with closing(open_store(database_url)) as store:
        store.ensure([(GROUP, RESOURCE, V1)])
        create(store, "a")
    assert database.read(theirs) == before
    tables = database.read(lambda connection: set(inspect(connection).get_table_names()))
    assert VERSION_TABLE in tables
