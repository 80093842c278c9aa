"""Servers under writers, readers and watchers, while servers, database and migrations are killed.

The short form takes part in the suite; `make pressure` runs the long one.
"""

from pathlib import Path

import pytest

from fixtures.long import LONG
from fixtures.postgres import PostgresServer
from kconv_migrations._tables import upgrade
from pressure.disturbances import DatabaseRestarts, Migrations, ServerKills
from pressure.history import History
from pressure.scenario import MINUTES, SEED, run
from pressure.servers import fleet

SECONDS = MINUTES * 60 or (8.0 if LONG else 4.0)
SCARCE = 1.0 if not MINUTES else 3.0
"""Seconds between two disturbances of a kind, about; a long run leaves room for work between."""


def test_four_servers_on_postgresql(tmp_path: Path) -> None:
    server = PostgresServer()
    try:
        server.initialise()
        server.start()
        url = server.url(server.create_database())
        upgrade(url)
        history = History()
        with fleet(url, tmp_path, 4) as servers:
            disturbances = [
                ServerKills(servers, history, SEED, 2 * SCARCE),
                DatabaseRestarts(server, history, SEED, 4 * SCARCE),
                Migrations(url, history, SEED, SCARCE, outages=True),
            ]
            run(servers, history, disturbances, SECONDS)
    finally:
        server.remove()


@pytest.mark.parametrize("count", [1, 2] if LONG or MINUTES else [2])
def test_servers_on_one_sqlite_file(sqlite_url: str, tmp_path: Path, count: int) -> None:
    upgrade(sqlite_url)
    history = History()
    with fleet(sqlite_url, tmp_path, count) as servers:
        disturbances = [
            ServerKills(servers, history, SEED, 2 * SCARCE),
            Migrations(sqlite_url, history, SEED, SCARCE, outages=False),
        ]
        run(servers, history, disturbances, SECONDS)
