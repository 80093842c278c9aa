"""A server that is killed under writes, again and again: what it acknowledged is there."""

import os
import signal
from pathlib import Path

from kconv_migrations._tables import upgrade
from pressure.disturbances import ServerKills
from pressure.history import History
from pressure.scenario import MINUTES, SEED, Crowd, run
from pressure.servers import fleet

ROUNDS = int(os.environ.get("KCONV_PRESSURE_ROUNDS", "200")) if MINUTES else 2
SECONDS_EACH = 60.0
"""More than a round takes, wherever the tests run."""


def test_no_acknowledged_write_is_lost(database_url: str, tmp_path: Path) -> None:
    upgrade(database_url)
    history = History()
    with fleet(database_url, tmp_path, 1) as servers:
        kills = ServerKills(servers, history, SEED, 0.6, [signal.SIGKILL])
        crowd = Crowd(writers=8, watchers=2, readers=1, objects=100, pace=0.01)
        most = ROUNDS * SECONDS_EACH

        def is_enough() -> bool:
            """Also of writes, of which a busy machine does few between two kills."""
            done = sum(each.outcome == "done" for each in list(history.attempts))
            return kills.count >= ROUNDS and done > 10 * ROUNDS

        run(servers, history, [kills], most, crowd, until=is_enough)
        assert is_enough()
