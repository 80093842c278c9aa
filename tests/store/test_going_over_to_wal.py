"""A SQLite file of somebody else's is taken into use while that program writes to it."""

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import text

from kconv._store.database import Database, parse_url


def test_a_file_that_is_being_written_to(tmp_path: Path) -> None:
    file = tmp_path / "theirs.db"
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as own:
        own.execute("CREATE TABLE orders (id INTEGER)")
        own.execute("BEGIN IMMEDIATE")
        own.execute("INSERT INTO orders VALUES (1)")

        def end() -> None:
            time.sleep(0.3)
            own.execute("COMMIT")

        thread = threading.Thread(target=end)
        thread.start()
        database = Database(parse_url(f"sqlite:///{file}"))
        found = database.read(lambda each: each.execute(text("SELECT id FROM orders")).all())
        thread.join()
        assert [tuple(row) for row in found] == [(1,)]
        database.close()
    with closing(sqlite3.connect(file)) as another:
        assert another.execute("PRAGMA journal_mode").fetchone() == ("wal",)
