"""Writes that are tried again while others get in between."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from kconv._errors import (
    Conflict,
    DecodeError,
    InvalidObject,
    NotFound,
)
from kconv._store import Key
from kconv._verbs.call import Call
from kconv._verbs.refusal import Refusal
from kconv._verbs.undecodable import Undecodable

RETRY_SECONDS = 10.0
"""How long a write is tried while others get in between."""

_LEAST_PAUSE, _MOST_PAUSE = 0.005, 0.25

T = TypeVar("T")


class NotWritten(Exception):
    """The outcome rests on a state that may not be the newest, and no write has proved it is."""


def insists(version: str | None) -> bool:
    """Whether a write with this resourceVersion is for one state only; zero is none."""
    return version not in (None, "", "0")


async def with_retries(
    call: Call, key: Key, attempt: Callable[[bool], Awaitable[T]], *, again: bool = True
) -> T:
    """Make a write, first to the state in memory, which the store refuses if it is not the newest.

    ``attempt`` is told whether to look for the newest state. Only a write that went through proves
    that the one in memory was it; any other outcome is not believed. A write that loses a race
    against another is made again; those of this server to the same object then take turns. Without
    ``again`` it is made to the newest state alone, and ``attempt`` refuses a state that it was not
    made for: what got in between may have been a migration, which leaves the state what it was.
    Raises `kconv._errors.Conflict` in the end.
    """
    if again:
        with suppress(
            NotWritten, Refusal, Conflict, NotFound, InvalidObject, DecodeError, Undecodable
        ):
            return await attempt(False)
    deadline = time.monotonic() + RETRY_SECONDS
    most, waiting = _LEAST_PAUSE, call.objects.waiting
    async with waiting.turn(key):
        while True:
            try:
                return await attempt(True)
            except Conflict:
                if time.monotonic() >= deadline:
                    raise
            # Spread, so that writers of the same object do not meet again.
            await waiting.pause(random.uniform(0, most))
            most = min(most * 2, _MOST_PAUSE)
