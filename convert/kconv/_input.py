"""Reading files that a user names: within a limit, and never waiting for what is no file.

A named pipe without a writer would be waited for for ever, a terminal or a device may never end,
and some devices do something when they are opened. Pipes and devices are read where the process
was given them open: standard input, and ``<(command)`` of a shell.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from kconv._errors import TooLarge, UsageError

_CHUNK = 1 << 20
_UNREADABLE = "cannot be read: "
_DESCRIPTOR = re.compile(r"/(?:dev/stdin|(?:dev|proc/self|proc/thread-self)/fd/([0-9]+))\Z")

_OTHERS = (
    (stat.S_ISDIR, "a folder, not a file"),
    (stat.S_ISFIFO, "a named pipe, not a file; write into standard input instead"),
    (stat.S_ISSOCK, "a socket, not a file"),
    (stat.S_ISBLK, "a device, not a file"),
    (stat.S_ISCHR, "a device, not a file"),
)
"""What is no regular file, and how a message says so."""


def read_file(path: Path, limit: int) -> bytes:
    """The bytes of a file, or of a descriptor that the process was started with.

    Raises `UsageError` for what is not there, cannot be read or is no regular file, and
    `TooLarge` for more than ``limit`` bytes; each names the file.
    """
    try:
        return read_named(path, limit)
    except UsageError as error:
        why = error.message.removeprefix(_UNREADABLE)
        raise UsageError(f"cannot read {path}: {why}") from error
    except TooLarge as error:
        raise TooLarge(f"cannot read {path}: {error.message}") from error


def read_named(path: Path, limit: int) -> bytes:
    """As `read_file`, but messages do not name the file."""
    number = descriptor_of(str(path))
    try:
        if number is not None:
            return _read_all(lambda: os.read(number, _CHUNK), limit)
        return _read_regular(path, limit)
    except FileNotFoundError:
        raise UsageError("a link to nowhere" if path.is_symlink() else "no such file") from None
    except OSError as error:
        raise unreadable(error) from error


def read_standard_input(limit: int) -> bytes:
    """All of standard input. Raises `UsageError` where it is closed, and `TooLarge`."""
    stream = sys.stdin
    if stream is None:
        raise UsageError("standard input is closed")
    return _read_all(lambda: stream.buffer.read(_CHUNK), limit)


def descriptor_of(path: str) -> int | None:
    """The number of the open file that a path such as ``/dev/stdin`` or ``/dev/fd/63`` means."""
    found = _DESCRIPTOR.match(path)
    return None if found is None else int(found[1] or 0)


def unreadable(error: OSError) -> UsageError:
    """What to say of a file that the system does not let us read."""
    return UsageError(f"{_UNREADABLE}{error.strerror or error}")


def _read_regular(path: Path, limit: int) -> bytes:
    _check_regular(path.stat())
    # Between the two looks a pipe may have taken the file's place: it must not be waited for.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        status = os.fstat(handle)
        _check_regular(status)
        if status.st_size > limit:
            raise _too_large(limit)
        return _read_all(lambda: os.read(handle, _CHUNK), limit)
    finally:
        os.close(handle)


def _check_regular(status: os.stat_result) -> None:
    for is_other, what in _OTHERS:
        if is_other(status.st_mode):
            raise UsageError(what)


def _read_all(read: Callable[[], bytes], limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := read():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"Request entity too large: limit is {limit}")
