"""``kconv doctor``: what it finds in databases and files that something is wrong with."""

import json
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.samples import Ended
from fixtures.certificates import signed_by_itself
from kconv._doctor import State, examine
from kconv._doctor.certificate import valid_until
from kconv._pipeline import Pipeline
from kconv._settings import Settings
from kconv._store import Server, SqlStore
from kconv.place import RunTarget
from kconv_migrations._tables import upgrade
from migrate.samples import NEW, OLD, placed, seed
from ui.site import fill, migrated

Run = Callable[..., Ended]


SCALERS = "horizontalpodautoscalers.autoscaling"


def found(url: str, **settings: Any) -> dict[str, list[tuple[str, str, str]]]:
    """State, text and what to do, by the name of the check."""
    checks: dict[str, list[tuple[str, str, str]]] = {}
    for each in examine(Settings(db=url, **settings)):
        checks.setdefault(each.name, []).append((each.state.value, each.text, each.next))
    return checks


def test_all_is_well(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 3)
    ended = kconv("doctor")
    assert ended.code == 0
    assert [line.split()[0] for line in ended.out.splitlines()] == ["ok"] * 10
    assert "1 resource, each in one version; 6 rows" in ended.out
    document = json.loads(kconv("doctor", "-o", "json").out)
    assert document["ok"] is True
    assert [each["name"] for each in document["checks"]] == [
        "packages", "database", "tables", "writes", "change log", "record", "servers",
        "migration", "quarantine", "certificate",
    ]  # fmt: skip


def test_what_a_migration_has_left(
    database_url: str,
    store: SqlStore,
    pipeline: Pipeline,
    kconv: Run,
) -> None:
    fill(store, pipeline)
    migrated(store, pipeline)
    store.prefer("autoscaling", "horizontalpodautoscalers", "autoscaling/v1")
    store.prefer("", "secrets", "v7")
    store.begin_run("me", [RunTarget("cronjobs.batch", (OLD,), NEW)], 0.01)
    checks = found(database_url)
    assert checks["quarantine"] == [
        ("warning", "2 rows could not be rewritten", "kconv migrate quarantine")
    ]
    assert [each[:2] for each in checks["record"]] == [
        ("problem", "secrets: this code cannot decode v7, with 0 rows in it"),
        ("warning", "secrets: 2 rows in v1, which is not preferred any more"),
        ("warning", f"{SCALERS}: 2 rows in autoscaling/v2, which is not preferred any more"),
        ("warning", "cronjobs.batch: 2 rows in batch/v1beta1, which is not preferred any more"),
    ]  # fmt: skip
    (migration,) = checks["migration"]
    assert migration[0] == "warning"
    assert migration[1].endswith("was cut off, and nobody holds it")
    assert kconv("doctor").code == 1


def test_versions_without_rows_and_servers_of_several_releases(
    database_url: str,
    store: SqlStore,
    pipeline: Pipeline,
    kconv: Run,
) -> None:
    store.prefer("batch", "cronjobs", OLD)
    store.prefer("batch", "cronjobs", NEW)
    decodes = (("batch", "cronjobs", OLD), ("batch", "cronjobs", NEW))
    for release in ("1.0", "1.1"):
        store.register(Server(release, release, "host", 1, decodes))
    placed(store).begin_run("me", [RunTarget("cronjobs.batch", (OLD,), NEW)], 60.0)
    checks = found(database_url)
    assert checks["record"] == [
        ("warning", f"cronjobs.batch: {OLD} is on record, without rows", "kconv migrate")
    ]
    assert checks["servers"][0][1] == "2 servers of several releases: 1.0, 1.1"
    assert checks["migration"][0][:2] == ("ok", checks["migration"][0][1])
    assert "goes on: 0 of 0 rows" in checks["migration"][0][1]
    ended = kconv("doctor")
    assert ended.code == 0, "it is worth a word, and keeps nothing from running"
    assert "next: kconv migrate\n" in ended.out


def test_a_log_that_nobody_compacts(
    database_url: str,
    store: SqlStore,
    pipeline: Pipeline,
) -> None:
    seed(store, pipeline, 3)
    (check,) = found(database_url, keep_changes_rows=1)["change log"]
    assert (check[0], check[2]) == ("warning", "kconv db compact")
    assert "over twice what is kept: 1 changes" in check[1]
    assert found(database_url, keep_changes_rows=0)["change log"][0][0] == "ok"


def test_databases_that_are_not_there(tmp_path: Path, kconv: Run) -> None:
    url = f"sqlite:///{tmp_path / 'none.db'}"
    checks = found(url)
    assert checks["database"][0][1].endswith("none.db is not there yet")
    assert checks["tables"][0][0::2] == ("warning", "kconv db upgrade")
    assert not (tmp_path / "none.db").exists()
    away = kconv("doctor", "--db", "postgresql://nobody:secret@127.0.0.1:1/none")
    assert (away.code, "secret" in away.out) == (3, False)
    (tmp_path / "text.db").write_text("no database at all" * 100)
    assert kconv("doctor", "--db", f"sqlite:///{tmp_path / 'text.db'}").code in (1, 3)
    assert kconv("doctor", "--apis", "no.such:thing").code == 1


def test_tables_of_another_release(tmp_path: Path) -> None:
    made = tmp_path / "made.db"
    upgrade(f"sqlite:///{made}")
    for revision, what_to_do in (("0004", "kconv db upgrade"), ("9999", "install the release")):
        file = tmp_path / f"{revision}.db"
        file.write_bytes(made.read_bytes())
        with sqlite3.connect(file) as connection:
            connection.execute(f"UPDATE {VERSIONS} SET version_num = '{revision}'")
        connection.close()
        checks = found(f"sqlite:///{file}")
        assert checks["tables"][0][0] == "problem"
        assert checks["tables"][0][2].startswith(what_to_do)
        assert "writes" not in checks, "tables of another release are not looked into"


VERSIONS = "kconv_alembic_version"


def certificate(
    tmp_path: Path, files: Mapping[str, Path], now: datetime | None = None
) -> tuple[str, str]:
    named: dict[str, Any] = {name: str(file) for name, file in files.items()}
    settings = Settings(db=f"sqlite:///{tmp_path / 'none.db'}", **named)
    (check,) = (each for each in examine(settings, now=now) if each.name == "certificate")
    return check.state.value, check.text


def test_certificates(tmp_path: Path) -> None:
    made, key = signed_by_itself(tmp_path)
    _, other = signed_by_itself(tmp_path, "other")
    pair = {"tls_cert_file": made, "tls_private_key_file": key}
    text = subprocess.run(
        ["openssl", "x509", "-enddate", "-noout", "-in", made], capture_output=True, text=True,
        check=True,
    ).stdout.strip().removeprefix("notAfter=")  # fmt: skip
    assert valid_until(made) == datetime.strptime(text, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC)
    assert certificate(tmp_path, pair)[0] == State.WARNING
    assert "soon" in certificate(tmp_path, pair)[1]
    before = datetime.now(UTC) - timedelta(days=30)
    assert certificate(tmp_path, pair, before)[0] == State.OK
    state, said = certificate(tmp_path, pair, datetime.now(UTC) + timedelta(days=3))
    assert (state, "it has expired" in said) == (State.PROBLEM, True)
    text_file = tmp_path / "text.crt"
    broken = tmp_path / "broken.crt"
    text_file.write_text("text")
    lines = made.read_text().splitlines()
    broken.write_text("\n".join([lines[0], lines[1], lines[-1]]))
    for wrong in (
        {**pair, "tls_private_key_file": other},
        {**pair, "tls_cert_file": tmp_path / "none.crt"},
        {**pair, "tls_cert_file": text_file},
        {**pair, "tls_cert_file": broken},
        {"tls_cert_file": made},
    ):
        assert certificate(tmp_path, wrong, before)[0] == State.PROBLEM, wrong


@pytest.mark.parametrize("days", [9_000, 20_000])
def test_years_are_read_as_they_are_written(tmp_path: Path, days: int) -> None:
    """From 2050 on they have four digits."""
    file, key = tmp_path / "a.crt", tmp_path / "a.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-keyout", str(key), "-out", str(file), "-days", str(days)]
    subprocess.run([*command, "-subj", "/CN=a"], check=True, capture_output=True)
    left = valid_until(file) - datetime.now(UTC)
    assert timedelta(days=days - 1) < left <= timedelta(days=days)
