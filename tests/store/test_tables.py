"""The tables that Alembic makes are those that the code expects."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, insert, inspect, text

from fixtures import prepared
from kconv._errors import TablesOutdated
from kconv._store import Key, open_store
from kconv._store.database import Database, parse_url
from kconv._store.indexes import metadata
from kconv._store.table_revision import VERSION_TABLE
from kconv._store.tables import TABLES_REVISION, objects, storage_versions
from kconv_migrations import _tables as db
from store.samples import GROUP, RESOURCE, V1, create


def test_code_expects_the_newest_revision() -> None:
    assert db.history()[-1].id == TABLES_REVISION


def test_history_is_one_numbered_line() -> None:
    history = db.history()
    assert [each.id for each in history] == [f"{n:04}" for n in range(1, len(history) + 1)]
    assert [each.parent for each in history] == [None, *(each.id for each in history[:-1])]
    assert all(each.message for each in history)


def test_migrated_tables_equal_the_metadata(fresh_url: str) -> None:
    database = Database(parse_url(fresh_url))

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "version_table": VERSION_TABLE,
            },
        )
        return list(compare_metadata(context, metadata))

    def constraints(connection: Connection) -> dict[str, list[object]]:
        found = inspect(connection)
        return {
            name: [
                found.get_pk_constraint(name),
                sorted(map(str, found.get_foreign_keys(name))),
                sorted(each["name"] or "" for each in found.get_check_constraints(name)),
            ]
            for name in sorted(metadata.tables)
        }

    assert database.read(differences) == []
    migrated = database.read(constraints)
    database.write(metadata.drop_all)
    database.write(metadata.create_all)
    assert database.read(constraints) == migrated
    database.close()


def test_upgrade_from_nothing_and_again(database_url: str) -> None:
    assert db.is_empty(database_url)
    assert db.current(database_url) is None
    assert db.upgrade(database_url) == TABLES_REVISION
    assert not db.is_empty(database_url)
    assert db.current(database_url) == TABLES_REVISION
    store = open_store(database_url)
    store.ensure([(GROUP, RESOURCE, V1)])
    made = create(store, "a")
    assert db.upgrade(database_url) == TABLES_REVISION
    assert store.get(made.key) == made
    store.close()


@pytest.mark.parametrize("older", [each.id for each in db.history()[:-1]])
def test_upgrade_from_an_older_release(database_url: str, older: str) -> None:
    database = Database(parse_url(database_url), create=True)

    def make(connection: Connection) -> None:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(db.__file__).parent))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, older)
        values = {"grp": GROUP, "resource": RESOURCE, "api_version": V1}
        connection.execute(insert(storage_versions), values | {"preferred": True})
        row = {"namespace": "", "name": "a", "uid": "u", "resource_version": 1, "data": b"{}"}
        connection.execute(insert(objects), values | row)
        connection.execute(text("UPDATE kconv_revision SET value = 7, compacted = 3"))

    database.write(make)
    database.close()
    wanted = rf"revision {older}.*needs {TABLES_REVISION}.*kconv db upgrade"
    with pytest.raises(TablesOutdated, match=wanted):
        open_store(database_url)
    assert db.upgrade(database_url) == TABLES_REVISION
    store = open_store(database_url)
    assert store.get(Key(GROUP, RESOURCE, "", "a")).data == b"{}"
    look = store.look()
    assert (look.value, look.compacted, look.rewrites) == (7, 3, 0)
    assert len(look.epoch.partition("/")[0]) == 32
    assert not store.servers(60)
    assert not store.runs()
    assert not store.quarantined()
    store.close()


def test_looking_makes_no_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kconv.db'}"
    assert db.is_empty(url)
    assert db.current(url) is None
    assert list(tmp_path.iterdir()) == []


def test_database_of_something_else_is_not_empty(database_url: str) -> None:
    database = Database(parse_url(database_url), create=True)
    database.write(lambda connection: connection.execute(text("CREATE TABLE theirs (id int)")))
    database.close()
    assert not db.is_empty(database_url)
    assert db.current(database_url) is None


def test_processes_that_upgrade_at_once(database_url: str) -> None:
    code = "import sys; from kconv_migrations import _tables as db; print(db.upgrade(sys.argv[1]))"
    processes = [
        prepared.Popen(
            [sys.executable, "-c", code, database_url], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for process in processes:
        output, _ = process.communicate(timeout=60)
        assert (process.returncode, output) == (0, f"{TABLES_REVISION}\n")
    open_store(database_url).close()


def test_threads_that_upgrade_at_once(tmp_path: Path) -> None:
    """One database or several: Alembic has one environment for the whole process."""
    urls = [f"sqlite:///{tmp_path / str(number % 3)}.db" for number in range(9)]
    with ThreadPoolExecutor(len(urls)) as pool:
        assert set(pool.map(db.upgrade, urls)) == {db.history()[-1].id}
    assert {db.current(url) for url in urls} == {db.history()[-1].id}


def test_failed_upgrade_leaves_nothing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the last step breaks")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.bulk_insert", fail)
        with pytest.raises(RuntimeError, match="the last step breaks"):
            db.upgrade(database_url)
    assert db.is_empty(database_url)
    assert db.upgrade(database_url) == TABLES_REVISION


def test_upgrade_leaves_the_tables_of_a_later_release(fresh_url: str) -> None:
    database = Database(parse_url(fresh_url))
    database.write(
        lambda connection: connection.execute(
            text("UPDATE kconv_alembic_version SET version_num = '9999'")
        )
    )
    database.close()
    with pytest.raises(TablesOutdated, match=r"later release of kconv .revision 9999"):
        db.upgrade(fresh_url)
    assert db.current(fresh_url) == "9999"
