"""Connections to PostgreSQL whose answers are not waited for without end.

A server process that is stopped, or whose machine no longer runs it, keeps its connections: neither
the system nor the driver finds out. What waits for it would hold what it has, such as the turn to
write, for ever.
"""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable, Generator
from typing import Any, Final, TypeVar

import psycopg
from psycopg.pq.abc import PGconn, PGresult

from kconv._store.postgresql_input import take

R = TypeVar("R")

_BOTH: Final = selectors.EVENT_READ | selectors.EVENT_WRITE


class NoAnswer(psycopg.OperationalError):
    """Nothing came for so long that the connection was closed."""

    is_unanswered = True


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is closed where something is asked and nothing comes for long.

    ``patience`` is in seconds, from one piece of an answer to the next; None waits for ever.
    """

    patience: float | None = None

    def wait(self, gen: Generator[Any, Any, R], *arguments: Any, **named: Any) -> R:
        """As the driver's, which every statement goes through. Raises `NoAnswer`."""
        if self.patience is not None:
            gen = _within(gen, self.patience)
        try:
            return super().wait(gen, *arguments, **named)
        except NoAnswer:
            self.pgconn.finish()
            raise


def _within(waiting: Generator[Any, Any, R], patience: float) -> Generator[Any, Any, R]:
    """The same, asked by the driver every now and then whether it goes on though nothing came."""
    try:
        wanted = next(waiting)
        until = time.monotonic() + patience
        while True:
            came = yield wanted
            now = time.monotonic()
            if came:
                until = now + patience
            elif now >= until:
                raise NoAnswer(f"nothing came for {patience:g} s")
            wanted = waiting.send(came)
    except StopIteration as end:
        result: R = end.value
        return result


def ask(session: PGconn, send: Callable[[], None], patience: float) -> list[PGresult]:
    """Send a question and wait for its results in this thread, as `take_all`.

    Where the connection breaks after a result that says why, that is returned.
    """
    results: list[PGresult] = []
    send()
    try:
        take_all(session, results, patience)
    except psycopg.Error as error:
        if not results or isinstance(error, NoAnswer):
            raise
    return results


def take_all(session: PGconn, results: list[PGresult], patience: float) -> None:
    """Take the results of what was asked, as they come, and wait for them in this thread.

    Raises `psycopg.Error` where the connection breaks, and `NoAnswer` where they have not come
    after so many seconds; it is closed then.
    """
    until = time.monotonic() + patience
    with selectors.DefaultSelector() as selector:
        waits_for = selectors.EVENT_READ
        selector.register(session.socket, waits_for)
        while True:
            wanted = _BOTH if session.flush() else selectors.EVENT_READ
            if wanted != waits_for:
                waits_for = wanted
                selector.modify(session.socket, waits_for)
            if came := selector.select(max(until - time.monotonic(), 0)):
                if came[0][1] & selectors.EVENT_READ and take(session, results):
                    return
            elif time.monotonic() >= until:
                session.finish()
                raise NoAnswer(f"nothing came for {patience:g} s")
