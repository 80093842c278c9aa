"""The files of a SQLite database that is open, and whether they are where they were."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from kconv._store.database_errors import log_removed, moved

_DESCRIPTORS: Final = Path("/dev/fd")

Identity = tuple[int, int]
"""Device and inode."""


class SqliteFiles:
    """The database, its write-ahead log and that log's index, as this process has them open.

    Files that were moved away, deleted or replaced take writes still, which nobody else sees.
    """

    def __init__(self, url: URL, file: Path) -> None:
        self._url = url
        self._file = str(file)
        self._beside = [f"{file}{suffix}" for suffix in ("-wal", "-shm")]
        self._identity = _identity(self._file)
        self._known: list[Identity | None] | None = None

    def opened(self) -> None:
        """A connection has been opened, which keeps the files beside the database from going."""
        if self._known is None:
            self._known = [_identity(each) for each in self._beside]

    def check(self) -> None:
        """Raises `Unavailable` where a file is not the one that was opened."""
        found = _identity(self._file)
        if self._identity is None:
            self._identity = found
        elif found != self._identity:
            raise moved(self._url)
        known = self._known
        if known is None or known == [_identity(each) for each in self._beside]:
            return
        # SQLite itself removes them with the last connection of all.
        if not _are_open({each for each in known if each is not None}):
            self._known = None
        elif self._known is known:
            raise log_removed(self._url)


def _identity(file: str) -> Identity | None:
    """Which file is at a path; None if there is none."""
    try:
        # Each write asks this, and a `Path` takes longer than the system.
        found = os.stat(file)  # noqa: PTH116
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _are_open(files: set[Identity]) -> bool:
    """Whether this process has one of the files open."""
    try:
        descriptors = [int(each.name) for each in _DESCRIPTORS.iterdir()]
    except OSError:
        return False  # such a system does not say
    for descriptor in descriptors:
        try:
            found = os.fstat(descriptor)
        except OSError:
            continue
        if stat.S_ISREG(found.st_mode) and (found.st_dev, found.st_ino) in files:
            return True
    return False
