"""What is sent between a worker process and the one that it works for: values, over pipes."""

from __future__ import annotations

import fcntl
import pickle
import struct
from contextlib import suppress
from typing import IO, Any, Final

PIPE_BYTES: Final = 1 << 20
"""A page of jobs fits a pipe of this size, so that neither side waits for the other half-way."""

SMALL: Final = 1 << 14
"""What is no larger than this fits any pipe that has two of them in it at most."""

_SET_PIPE_SIZE: Final = 1031  # F_SETPIPE_SZ of Linux
_LENGTH: Final = struct.Struct("<Q")


def send(stream: IO[bytes], value: Any) -> None:
    """Write one value, its length first."""
    write(stream, pickled(value))


def pickled(value: Any) -> bytes:
    """The bytes of a value."""
    return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)


def write(stream: IO[bytes], data: bytes) -> None:
    """As `send`, of the bytes of a value."""
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read what `send` wrote. Raises ``EOFError`` at the end."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)


def widen(stream: IO[bytes]) -> None:
    """Let a pipe hold a whole page, where the system can."""
    with suppress(OSError):
        fcntl.fcntl(stream.fileno(), _SET_PIPE_SIZE, PIPE_BYTES)
