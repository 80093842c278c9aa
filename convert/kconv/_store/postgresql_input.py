"""What has come from PostgreSQL on a connection that an event loop watches.

A loop that stands on libuv calls once when a connection has broken, and never again: neither for
what is left to read nor for the end. A server that crashes says so first, and breaks the connection
where it leaves a statement unread. So all that has come must be read at each call.
"""

from __future__ import annotations

import select

from psycopg.pq.abc import PGconn, PGresult


def has_input(descriptor: int) -> bool:
    """Whether there is something to read from a socket: bytes, its end, or an error."""
    if not hasattr(select, "poll"):
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def take(session: PGconn, results: list[PGresult]) -> bool:
    """Take the results that have come; whether those are all. Raises `psycopg.Error`.

    With the last of them there may be more to read, but not after an error: the server closes a
    connection without one where it has read all that was asked.
    """
    while True:
        session.consume_input()
        while not session.is_busy():
            result = session.get_result()
            if result is None:
                return True
            results.append(result)
        if not has_input(session.socket):
            return False
