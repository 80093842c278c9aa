"""The connection by which a process writes: the driver's own, kept open, one transaction a call.

It is opened by SQLAlchemy's engine, so that the URL and what a connection is set to mean the same
here as everywhere. It is used from one thread at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Protocol

from kconv._errors import KconvError, Unavailable
from kconv._store.database import Database
from kconv._store.write import Answered, Outcome, Sent, Write


class WriteConnection(Protocol):
    """Commits batches of writes."""

    patience: float
    """Seconds that a write whose row is locked is to be tried again."""

    immediate: bool
    """Whether a batch that waits for no lock may be written on the thread of an event loop."""

    def write(self, writes: Sequence[Write], *, wait: bool = True) -> list[Outcome | None] | None:
        """Do what can be done of these writes, each to another key, in one transaction.

        One outcome per write; None for one whose row another transaction has locked. Without
        ``wait`` it waits for no lock: None in place of all where one is held, and nothing is
        done. Raises `KconvError` when nothing was written, or `Unavailable` when that is not known.
        """
        ...

    def send(
        self, writes: Sequence[Write], loop: asyncio.AbstractEventLoop, answered: Answered
    ) -> Sent | None:
        """Send writes as of `write` from the thread of a loop, which goes on meanwhile.

        ``answered`` is called on the loop; nothing else may be asked until then. None where the
        writes cannot be sent now, and `write` is to be called.
        """
        ...

    def cut_if_late(self) -> None:
        """Break the connection where an answer takes too long, so that who waits is told.

        May be called from any thread.
        """
        ...

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        ...


def write_connection(database: Database) -> WriteConnection:
    """The connection for a database; it is opened when it is used."""
    if database.sqlite:
        from kconv._store.sqlite_connection import SqliteConnection

        return SqliteConnection(database)
    from kconv._store.postgresql_connection import PostgresqlConnection

    return PostgresqlConnection(database)


def outcomes_of(
    connection: WriteConnection, writes: Sequence[Write], *, wait: bool
) -> Sequence[Outcome | Exception | None] | None:
    """Write a batch, or one by one what cannot be written together.

    As `WriteConnection.write`, but whatever happens, each write has an outcome, so that every
    caller gets one. Without ``wait`` a batch with such a fault is left, too (None).

    One by one, they take no longer together than one may: where the database is not available to
    one, or time is up, it is not for those after it either, which are not tried.
    """
    try:
        return connection.write(writes, wait=wait)
    except Unavailable as error:
        return [_again(error, may_be_done=error.may_be_done) for _ in writes]
    except Exception as error:  # noqa: BLE001 - whatever it is, each caller must get an outcome
        if not wait:
            return None
        if len(writes) > 1:
            return list(_one_by_one(connection, writes))
        if not isinstance(error, KconvError):
            error.add_note(f"while writing {writes[0].key}")
        return [error]


def _one_by_one(
    connection: WriteConnection, writes: Sequence[Write]
) -> Iterator[Outcome | Exception | None]:
    until = time.monotonic() + connection.patience
    gone: Unavailable | None = None
    for write in writes:
        if gone is not None:
            yield _again(gone, may_be_done=False)
            continue
        found = outcomes_of(connection, [write], wait=True)
        assert found is not None, "it waits"
        yield found[0]
        if isinstance(found[0], Unavailable):
            gone = found[0]
        elif time.monotonic() > until:
            gone = Unavailable(
                f"the database kept writes waiting for more than {connection.patience:g} s: "
                "try again",
                cause="is busy",
            )


def _again(error: Unavailable, *, may_be_done: bool) -> Unavailable:
    """The same for another caller, who adds what he did to it."""
    return Unavailable(error.message, about=error.about, cause=error.cause, may_be_done=may_be_done)
