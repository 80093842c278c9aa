"""The tests' own ground: each database kind is there, empty and private to a test."""

import os
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from fixtures.postgres import PostgresServer


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_an_empty_database(database_url: str, turn: int) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
        connection.execute(text("CREATE TABLE mine (turn INTEGER)"))
    engine.dispose()


def test_postgresql_is_not_run_by_root(postgres_server: PostgresServer) -> None:
    assert postgres_server.data.stat().st_uid != 0


def test_postgresql_can_go_away_and_come_back(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    engine = create_engine(postgres_url, pool_pre_ping=True)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (n INTEGER)"))
    postgres_server.stop()
    postgres_server.start()
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == ["kept"]
    engine.dispose()


def test_a_leaked_connection_does_not_keep_a_database(postgres_server: PostgresServer) -> None:
    name = postgres_server.create_database()
    engine = create_engine(postgres_server.url(name))
    with engine.connect():
        postgres_server.drop_database(name)
    engine.dispose()


def test_kubectl_runs(kubectl: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path)}
    result = subprocess.run(
        [kubectl, "version", "--client"],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert "Client Version" in result.stdout
