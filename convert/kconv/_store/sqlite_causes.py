"""Why SQLite could not open, read or write a file, where its own code does not say."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

FULL: Final = "SQLITE_FULL"
READ_ONLY: Final = "SQLITE_READONLY"
NO_DESCRIPTOR: Final = "no descriptor"

_VAGUE: Final = ("SQLITE_CANTOPEN", "SQLITE_IOERR")


def code_of_cause(code: str, file: Path | None) -> str:
    """The code that says what the matter is, for one that says only that the system refused.

    SQLite keeps the system's reason to itself: a full disk on which the index of the write-ahead
    log finds no room is SQLITE_IOERR_SHMSIZE, and a read-only file system or a process with all
    its descriptors in use is SQLITE_CANTOPEN. So the system is asked again; ``file`` is the
    database.
    """
    if file is None or not code.startswith(_VAGUE):
        return code
    if _has_no_descriptor():
        return NO_DESCRIPTOR
    if not hasattr(os, "statvfs"):
        return code
    try:
        system = os.statvfs(file.parent)
    except OSError:
        return code
    if system.f_flag & os.ST_RDONLY:
        return READ_ONLY
    # Some file systems count no inodes, and some nothing at all.
    if (system.f_blocks and not system.f_bavail) or (system.f_files and not system.f_favail):
        return FULL
    return code


def _has_no_descriptor() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False
