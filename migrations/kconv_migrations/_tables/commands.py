"""What ``kconv db`` does. Alembic needs no alembic.ini: everything is settled here."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from kconv._errors import Unavailable
from kconv._store.database import Database, parse_url, sqlite_file
from kconv._store.database_errors import unknown_tables
from kconv._store.postgresql_probe import probe
from kconv._store.table_revision import table_revision
from kconv_migrations._tables import former_names

# Taken for the length of an upgrade, so that a second one waits and then finds nothing to do.
_ADVISORY_LOCK: Final = 0x6B636F6E76

_one_at_a_time = RLock()
"""Alembic's environment is one for the process, whichever database it is for."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A step in the tables' history; ``parent`` is None for the first."""

    id: str
    parent: str | None
    message: str


def upgrade(url: str) -> str:
    """Bring the tables up to this release; returns the revision they are at then.

    All of it is one transaction, also on SQLite, whose file is made if it is not there. Running
    it twice, or in two threads or processes at once, is harmless. Raises `UsageError`,
    `Unavailable`, and `TablesOutdated` when a later release made the tables.
    """
    parsed = parse_url(url)
    file = sqlite_file(parsed)
    if file is not None and not file.parent.is_dir():
        raise Unavailable(f"cannot make {file}: the folder {file.parent} does not exist")
    if file is not None:
        _make_private(file)
    database = Database(parsed, create=True)
    head = history()[-1].id

    def run(connection: Connection) -> str:
        if not database.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _ADVISORY_LOCK})
        config = _config()
        config.attributes["connection"] = connection
        try:
            with _one_at_a_time:
                former_names.rename(connection, ScriptDirectory.from_config(config))
                command.upgrade(config, "head")
        except CommandError as error:
            found = table_revision(connection)
            if found is None or found in {each.id for each in history()}:
                raise
            raise unknown_tables(parsed, found, head) from error
        return head

    try:
        if not database.sqlite:
            probe(database)
        return database.write(run)
    finally:
        database.close()


def _make_private(file: Path) -> None:
    """Make a SQLite file that is not there, for its owner alone: there may be Secrets in it.

    SQLite gives the files that it keeps beside it the same mode.
    """
    # What else is wrong with the place, SQLite says when it opens the file.
    with suppress(OSError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def history() -> list[Revision]:
    """All revisions, the oldest first."""
    revisions = []
    for script in ScriptDirectory.from_config(_config()).walk_revisions():
        parent = script.down_revision
        assert parent is None or isinstance(parent, str), "the history has no branches"
        revisions.append(Revision(script.revision, parent, script.doc))
    return revisions[::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
