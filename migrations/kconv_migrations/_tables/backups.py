"""Backups of a SQLite database, and putting one back.

SQLite's own backup copies a database that others use, as of one moment. Putting one back goes
through the database as well, in one transaction: one that has it open sees it before, or after.
PostgreSQL has tools of its own for both.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kconv._errors import KconvError, Unavailable, UsageError
from kconv._store import Look, open_store
from kconv._store.counter import BUMP
from kconv._store.database import LOCK_TIMEOUT, parse_url, sqlite_file
from kconv._store.existing import revision_at as current
from kconv._store.tables import revision
from kconv_migrations._tables.commands import upgrade

_NAP: Final = 0.05
"""Seconds between two tries to get at a database that is locked."""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup: its file, and the newest resourceVersion in it."""

    file: Path
    resource_version: int
    bytes: int


def backup(url: str, file: Path) -> BackedUp:
    """Copy a SQLite database, as of one moment, to a file that is not there yet.

    The file is complete when it appears. Raises `UsageError`, `Unavailable`, `TablesOutdated`.
    """
    source = _file_of(url, "use pg_dump or pg_basebackup")
    if file.exists():
        raise UsageError(f"{file} is there already: name another file")
    with closing(open_store(url)):
        pass  # it is kconv's, of this release
    with _beside(file) as unfinished:
        with _failing_as_unavailable(file):
            with closing(_connect(source)) as origin, closing(_connect(unfinished)) as copy:
                # At once: a reader keeps no writer waiting, and one that came back for more pages
                # would have to begin again after each write.
                origin.backup(copy)
                # A file on its own: nothing is to be left in a log beside it.
                copy.execute("PRAGMA journal_mode = DELETE")
            _sync(unfinished)
        _check(unfinished)
        value = _counter(unfinished)
        os.link(unfinished, file)
        _sync(file.parent)
    return BackedUp(file, value, file.stat().st_size)


def restore(url: str, file: Path, *, by: int = BUMP) -> Look:
    """Put a backup in place of what a SQLite database holds, and begin a new epoch.

    The backup's tables are brought up to this release first. Servers may be up: they see the whole
    of it at once, and end their watches. Raises `UsageError`, `Unavailable`, `TablesOutdated`.
    """
    target = _file_of(
        url, "use pg_restore or the base backup, then run `kconv db bump-revision` on it"
    )
    if not file.is_file():
        raise UsageError(f"{file}: no such file")
    if target.exists() and target.samefile(file):
        raise UsageError(f"{file} is the database itself: name a backup")
    if not target.parent.is_dir():
        raise Unavailable(f"cannot make {target}: the folder {target.parent} does not exist")
    with _beside(target) as prepared:
        with (
            _failing_as_unavailable(target),
            closing(_connect(file, read_only=True)) as origin,
            closing(_connect(prepared)) as copy,
        ):
            origin.backup(copy)
        _check(prepared)
        prepared_url = f"sqlite:///{prepared}"
        if current(prepared_url) is None:
            raise Unavailable(f"{file}: no backup of kconv: it has none of its tables")
        upgrade(prepared_url)
        with closing(open_store(prepared_url)) as store:
            # Higher than what the database gave out last, too, if that can still be seen.
            look = store.bump(by + max(0, _newest(url) - store.head()))
        with (
            _failing_as_unavailable(target),
            closing(_connect(prepared)) as origin,
            closing(_connect(target)) as live,
        ):
            live.execute("PRAGMA journal_mode = WAL")
            _copy_into(origin, live, target)
    return look


def _copy_into(origin: sqlite3.Connection, live: sqlite3.Connection, target: Path) -> None:
    waited = 0.0

    def waits(status: int, remaining: int, total: int) -> None:
        nonlocal waited
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            waited += _NAP
            if waited > LOCK_TIMEOUT:
                raise Unavailable(
                    f"the database {target} is locked by another process: stop it or try again",
                    cause="is locked by another process",
                )

    origin.backup(live, pages=-1, progress=waits, sleep=_NAP)


def _file_of(url: str, instead: str) -> Path:
    file = sqlite_file(parse_url(url))
    if file is None:
        raise UsageError(f"kconv copies SQLite databases only; of PostgreSQL {instead}")
    return file


def _newest(url: str) -> int:
    """The newest resourceVersion of the database that is about to be replaced; 0 if unknown."""
    with suppress(KconvError), closing(open_store(url)) as store:
        return store.head()
    return 0


def _check(file: Path) -> None:
    """See that a copy is sound."""
    with closing(_connect(file)) as copy:
        try:
            (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            raise Unavailable(f"{file.name}: no backup of kconv: {error}") from error
    if verdict != "ok":
        raise Unavailable(f"the backup is damaged: {verdict}")


def _counter(file: Path) -> int:
    """The newest resourceVersion in a copy of this release's tables."""
    with closing(_connect(file)) as copy:
        (value,) = copy.execute(f"SELECT value FROM {revision}").fetchone()
    return int(value)


def _connect(file: Path, *, read_only: bool = False) -> sqlite3.Connection:
    mode = "?mode=ro" if read_only else ""
    return sqlite3.connect(
        f"file:{file.absolute().as_uri().removeprefix('file:')}{mode}",
        uri=True,
        timeout=LOCK_TIMEOUT,
        isolation_level=None,
    )


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A new file of this user alone, in the same folder; it is gone at the end."""
    beside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise Unavailable(f"cannot write {file}: {error.strerror}") from error
    try:
        yield beside
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(f"{beside}{suffix}").unlink(missing_ok=True)


@contextmanager
def _failing_as_unavailable(file: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise Unavailable(f"{file}: {error}") from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
