"""``kconv db``, and databases that cannot be had."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cli.samples import Kconv
from kconv._store import Key, open_store

NO_SERVER = "postgresql://nobody@127.0.0.1:1/nothing"


def test_upgrade_current_history(kconv: Kconv, database_url: str) -> None:
    ended = kconv("db", "current", "--db", database_url)
    assert ended.code == 1
    name = database_url.partition("?")[0].rpartition("/")[2]
    assert re.search(rf"`kconv db upgrade --db (sqlite|postgresql)://\S+/{name}\S*`", ended.err)
    assert kconv("db", "--db", database_url, "upgrade").code == 0
    assert "as before" in kconv("db", "upgrade", "--db", database_url).out
    value = json.loads(kconv("db", "current", "--db", database_url, "-o", "json").out)
    assert value["revision"] == value["newest"]
    assert f"* {value['revision']}" in kconv("db", "history", "--db", database_url).out


def test_database_by_environment(
    kconv: Kconv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KCONV_DB", f"sqlite:///{tmp_path / 'other.db'}")
    assert kconv("db", "upgrade").code == 0
    assert (tmp_path / "other.db").exists()
    monkeypatch.delenv("KCONV_DB")
    assert kconv("db", "upgrade").code == 0
    assert (tmp_path / "kconv.db").exists()


@pytest.mark.parametrize(
    "command", [["db", "upgrade"], ["migrate"], ["migrate", "status"], ["serve", "--port", "0"]]
)
def test_unreachable_database(
    kconv: Kconv, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kconv._cli.database.OUTAGE", 0.5)  # a run waits for so long
    ended = kconv(*command, "--db", NO_SERVER)
    assert (ended.code, ended.out) == (3, "")
    said = ended.err.splitlines()
    if command == ["migrate"]:
        assert said.pop(0).startswith("waiting for up to 0 s: cannot reach the database")
    assert said[0].startswith("error: cannot reach the database")


@pytest.mark.parametrize("command", [["migrate"], ["migrate", "status"]])
def test_database_without_tables(kconv: Kconv, command: list[str]) -> None:
    ended = kconv(*command)
    assert ended.code == 3
    assert "run `kconv db upgrade --db sqlite" in ended.err


def test_locked_database(kconv: Kconv, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kconv.db'}"
    kconv("db", "upgrade", "--db", url)
    with sqlite3.connect(tmp_path / "kconv.db") as holder:
        holder.execute("BEGIN IMMEDIATE")
        ended = kconv("migrate", "--to", "batch=v1beta1", "--db", f"{url}?timeout=0.1")
        holder.rollback()
    holder.close()
    assert ended.code == 3
    assert "is locked by another process" in ended.err


@pytest.mark.parametrize("url", ["nope", "mysql://x/y", "sqlite://kconv.db"])
def test_wrong_url(kconv: Kconv, url: str) -> None:
    ended = kconv("migrate", "status", "--db", url)
    assert ended.code == 2
    assert ended.err.startswith("error: ")


def test_backup_and_restore(kconv: Kconv, tmp_path: Path, sqlite_url: str) -> None:
    kconv("db", "upgrade", "--db", sqlite_url)
    file = str(tmp_path / "backup.db")
    ended = kconv("db", "backup", file, "--db", sqlite_url)
    assert (ended.code, "up to resourceVersion 1" in ended.out) == (0, True)
    assert kconv("db", "backup", file, "--db", sqlite_url).code == 2
    ended = kconv("db", "restore", file, "--db", sqlite_url, "--by", "500")
    assert (ended.code, "resourceVersions go on after 501" in ended.out) == (0, True)


def test_bump_revision(kconv: Kconv, database_url: str) -> None:
    kconv("db", "upgrade", "--db", database_url)
    ended = kconv("db", "bump-revision", "--db", database_url)
    assert (ended.code, "resourceVersions go on after 1000000001" in ended.out) == (0, True)
    assert kconv("db", "bump-revision", "--by", "0", "--db", database_url).code == 2


def test_postgresql_is_backed_up_by_its_own_tools(
    kconv: Kconv, postgres_url: str, tmp_path: Path
) -> None:
    kconv("db", "upgrade", "--db", postgres_url)
    ended = kconv("db", "backup", str(tmp_path / "x"), "--db", postgres_url)
    assert ended.code == 2
    assert "pg_dump" in ended.err


def test_compact(kconv: Kconv, database_url: str) -> None:
    kconv("db", "upgrade", "--db", database_url)
    with closing(open_store(database_url)) as store:
        store.ensure([("batch", "cronjobs", "batch/v1")])
        for number in range(9):
            key = Key("batch", "cronjobs", "default", f"n{number}")
            store.create(key, uid="u", api_version="batch/v1", data=b"{}")
    ended = kconv("db", "compact", "--db", database_url)
    assert (ended.code, ended.out) == (0, "0 changes forgotten, 9 kept\n")
    ended = kconv("db", "compact", "--keep-changes-rows", "5", "--db", database_url)
    assert ended.out == "4 changes forgotten, 5 kept\n"
    ended = kconv("db", "compact", "--keep-changes", "0s", "--db", database_url)
    assert ended.out == "4 changes forgotten, 1 kept\n"
    ended = kconv("db", "compact", "--keep-changes", "soon", "--db", database_url)
    assert ended.code == 2
    assert "--keep-changes is no duration" in ended.err
