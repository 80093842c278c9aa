"""Accepting connections: as many as there is room for, and quietly when there is none."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
import time
from collections.abc import Callable

from kconv._serve.connections import Connections, Place

AT_ONCE = 8
"""Connections accepted before others get their turn."""

TURN_SECONDS = 0.005
"""How long a connection is left to a process that has fewer; one that hangs holds nobody up."""

RETRY_SECONDS = 0.5
"""How long accepting pauses at least where nothing says that there is room again."""

CALM_SECONDS = 10.0
"""How long accepting must have gone well for a pause to count as over."""

_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_log = logging.getLogger(__name__)

MakeProtocol = Callable[[Place], asyncio.Protocol]


class Listener:
    """Accepts connections of one socket. `close` and `wait_closed` are those of asyncio.Server."""

    def __init__(
        self,
        bound: socket.socket,
        connections: Connections,
        make_protocol: MakeProtocol,
        context: ssl.SSLContext | None,
    ) -> None:
        self._socket = bound
        self._connections = connections
        self._make_protocol = make_protocol
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._handshakes: set[asyncio.Task[None]] = set()
        self._closed = False
        self._listening = False
        self._retry: asyncio.TimerHandle | None = None
        self._calm: asyncio.TimerHandle | None = None
        self._turn: asyncio.TimerHandle | None = None
        self._episode: float | None = None
        connections.on_release = self._room_again

    def start(self) -> None:
        """Begin to accept."""
        self._socket.setblocking(False)
        self._connections.begin()
        self._listen()

    def close(self) -> None:
        """Accept no more; connections that are there stay."""
        self._closed = True
        self._ignore()
        self._connections.end()
        for handle in (self._retry, self._calm, self._turn):
            if handle is not None:
                handle.cancel()
        for task in self._handshakes:
            task.cancel()

    async def wait_closed(self) -> None:
        """Wait for the handshakes that were under way to end."""
        if self._handshakes:
            await asyncio.wait(self._handshakes)

    def _listen(self) -> None:
        if not self._listening and not self._closed:
            self._listening = True
            self._loop.add_reader(self._socket, self._accept)

    def _ignore(self) -> None:
        if self._listening:
            self._listening = False
            self._loop.remove_reader(self._socket)

    def _accept(self) -> None:
        if self._connections.has_more:
            # Connections last, and so would it if one process had most of them.
            self._ignore()
            self._turn = self._loop.call_later(TURN_SECONDS, self._take_turn)
            return
        for _ in range(AT_ONCE):
            if not self._accept_one() or self._connections.has_more:
                return

    def _take_turn(self) -> None:
        """Go on accepting, with what the others have left for so long."""
        self._listen()
        self._accept_one()

    def _accept_one(self) -> bool:
        """Accept a connection; whether there may be another one, and room for it."""
        if self._connections.full and not self._connections.make_room():
            self._pause(f"{self._connections.count} connections are open, the most there may be")
            return False
        try:
            accepted, address = self._socket.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            self._connections.make_room()
            self._pause(error.strerror or str(error))
            return False
        place = self._connections.take(str(address[0]))
        if place is None:
            accepted.close()
            return True
        accepted.setblocking(False)
        task = self._loop.create_task(self._connect(accepted, place))
        self._handshakes.add(task)
        task.add_done_callback(self._handshakes.discard)
        return True

    async def _connect(self, accepted: socket.socket, place: Place) -> None:
        limits = self._connections.limits
        try:
            if self._context is None:
                await self._loop.connect_accepted_socket(
                    lambda: self._make_protocol(place), accepted
                )
            else:
                await self._loop.connect_accepted_socket(
                    lambda: self._make_protocol(place),
                    accepted,
                    ssl=self._context,
                    ssl_handshake_timeout=limits.tls_handshake_timeout,
                    ssl_shutdown_timeout=limits.write_timeout,
                )
        except (OSError, asyncio.CancelledError):
            # A client that does not finish its handshake is no news; the counter knows.
            self._connections.refused("handshake")
            accepted.close()
            place.release()

    def _pause(self, reason: str) -> None:
        """Stop accepting until there is room; said once, however often it happens in a row."""
        self._ignore()
        if self._calm is not None:
            self._calm.cancel()
            self._calm = None
        if self._episode is None:
            self._episode = time.monotonic()
            _log.warning("accepting pauses: %s; clients wait until there is room", reason)
        self._retry = self._loop.call_later(RETRY_SECONDS, self._resume)

    def _room_again(self) -> None:
        if self._retry is not None:
            self._resume()

    def _resume(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        self._listen()
        if self._episode is not None and self._calm is None:
            self._calm = self._loop.call_later(CALM_SECONDS, self._calmed)

    def _calmed(self) -> None:
        self._calm = None
        if self._episode is not None:
            seconds = time.monotonic() - self._episode - CALM_SECONDS
            self._episode = None
            _log.warning("accepting again, after pauses within %.0f seconds", max(seconds, 0))
