"""A worker process: it does the jobs that come on its standard input, until that ends."""

from __future__ import annotations

import fcntl
import os
import pickle
import struct
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import IO, Any, Final

from kconv.pipeline import Pipeline
from kconv.scheme import load_scheme
from kconv_migrations.rows.jobs import Done, Hand, Job

PIPE_BYTES: Final = 1 << 20
"""A page of jobs fits a pipe of this size, so that neither side waits for the other half-way."""

_SET_PIPE_SIZE: Final = 1031  # F_SETPIPE_SZ of Linux
_LENGTH: Final = struct.Struct("<Q")


def send(stream: IO[bytes], value: Any) -> None:
    """Write one value, its length first."""
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
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


def serve(groups: Collection[str] | None, apis: Sequence[str]) -> None:
    """A worker: do the jobs that come on standard input until it ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever an API package prints must not get between them.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    hand: Hand | None = None
    while True:
        try:
            job: Job = receive(sys.stdin.buffer)
        except EOFError:
            return
        try:
            hand = hand or Hand(Pipeline(load_scheme(groups, apis)))
            answer: Done | BaseException = hand.do(job)
        except Exception as error:  # noqa: BLE001 - it is raised again where the job came from
            answer = error
        try:
            send(answers, answer)
        except BrokenPipeError:
            return
