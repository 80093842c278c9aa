"""What speaks PostgreSQL's protocol and cannot do what kconv needs is refused with the reason."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from fixtures.postgres import PostgresServer
from kconv._errors import Unavailable, Unsupported
from kconv._store import open_store, postgresql_probe
from kconv._store.database import Database, parse_url
from kconv._store.postgresql_probe import PROBES, is_postgresql, probe
from kconv_migrations import _tables as db


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    made = Database(parse_url(postgres_url))
    yield made
    made.close()


def test_postgresql_has_everything(database: Database) -> None:
    probe(database)
    assert database.read(is_postgresql)


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("PostgreSQL 17.2 (Debian 17.2-1.pgdg120+1) on x86_64-pc-linux-gnu, compiled by gcc", True),
        ("PostgreSQL 12.22 on x86_64-pc-linux-musl", True),
        ("PostgreSQL 18beta1 on aarch64-unknown-linux-gnu", True),
        ("PostgreSQL 15.4 (EnterpriseDB Advanced Server 15.4.0) on x86_64-pc-linux-gnu", True),
        ("PostgreSQL 11.20 on x86_64-pc-linux-gnu", False),
        ("PostgreSQL 11.2-YB-2.19.0.0-b0 on x86_64-pc-linux-gnu, compiled by clang", False),
        ("PostgreSQL 15.2-YB-2025.1 on x86_64-pc-linux-gnu", False),
        ("CockroachDB CCL v24.1.0 (x86_64-pc-linux-gnu)", False),
        ("PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC, Redshift 1.0.77467", False),
        ("PostgreSQL 9.5.0 on x86_64-unknown-linux-gnu (Materialize v0.130.0)", False),
        ("", False),
    ],
)
def test_what_servers_call_themselves(said: str, known: bool) -> None:
    class Answer:
        def exec_driver_sql(self, statement: str) -> "Answer":
            return self

        def scalar_one(self) -> str:
            return said

    answer: Any = Answer()
    assert is_postgresql(answer) is known


def test_what_is_missing_is_named(postgres_url: str) -> None:
    """PostgreSQL itself without one of its languages: others have none from the start."""
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute("DROP EXTENSION plpgsql")
    with pytest.raises(Unsupported) as caught:
        db.upgrade(postgres_url)
    lines = caught.value.message.splitlines()
    assert lines[0].endswith("but does not do what kconv needs:")
    assert lines[1:-1] == ["  functions in PL/pgSQL, for triggers"]
    assert lines[-1].startswith("it calls itself PostgreSQL 1")
    assert (caught.value.exit_code, db.is_empty(postgres_url)) == (3, True)


def test_every_probe_can_fail(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for what, statements in PROBES.items():
        broken = (*statements[:-1], f"SELECT no_such_function() -- {what}")
        monkeypatch.setattr(postgresql_probe, "PROBES", {**PROBES, what: broken})
        with pytest.raises(Unsupported) as caught:
            probe(database)
        assert caught.value.message.splitlines()[1:-1] == [f"  {what}"]


def test_opening_looks_closer_at_what_is_not_known(
    postgres_tables_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kconv._store.sql.is_postgresql", lambda connection: False)
    open_store(postgres_tables_url).close()
    missing = {**PROBES, "SHA-256": ("SELECT no_such_function()",)}
    monkeypatch.setattr(postgresql_probe, "PROBES", missing)
    with pytest.raises(Unsupported, match=r"speaks PostgreSQL's protocol, but .*\n  SHA-256\n"):
        open_store(postgres_tables_url)


def test_a_user_who_may_make_no_temporary_tables(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    name = parse_url(postgres_url).database
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS plain_user")
        admin.execute("CREATE ROLE plain_user LOGIN")
        admin.execute(f'REVOKE TEMPORARY ON DATABASE "{name}" FROM PUBLIC'.encode())
        database = Database(parse_url(postgres_url.replace("postgres@", "plain_user@")))
        try:
            probe(database)
        finally:
            database.close()
            admin.execute("DROP ROLE plain_user")


def test_a_server_that_is_away(postgres_url: str) -> None:
    url = postgres_url.replace("host=", "host=%2Fnowhere")
    with pytest.raises(Unavailable, match="cannot reach"):
        db.upgrade(url)
