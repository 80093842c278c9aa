"""Databases for servers that are measured: SQLite files, and one PostgreSQL server."""

import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from bench.migration import Rows, filled, prepare

NAMES = ("sqlite", "postgresql")

_servers: list[Any] = []


@contextmanager
def database(name: str, rows: Rows) -> Iterator[str]:
    """The URL of a database with these rows."""
    if name == "sqlite":
        with tempfile.TemporaryDirectory(prefix="kconv-bench-") as folder:
            file = Path(folder) / "kconv.db"
            url = f"sqlite:///{file}"
            prepare(url)
            with closing(sqlite3.connect(file)) as connection:
                rows.put(connection, "?")
            yield url
        return
    with filled(_postgresql(), rows) as url:
        yield url


def close() -> None:
    """Stop PostgreSQL, if it was started."""
    while _servers:
        _servers.pop().remove()


def _postgresql() -> Any:
    """The server of the tests, but with commits that reach the disk; one for all parts."""
    if not _servers:
        sys.path.append(str(Path(__file__).parents[2] / "tests"))
        from fixtures.postgres import PostgresServer

        _servers.append(PostgresServer(fsync="on", full_page_writes="on", shared_buffers="128MB"))
        _servers[0].initialise()
        _servers[0].start()
    return _servers[0]
