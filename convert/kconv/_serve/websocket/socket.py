"""`Socket`: the server's end of a WebSocket, on a connection that HTTP was spoken on.

Frames are read and written by ``websockets``. What clients of a watch say is of no interest, so
little of it is read at a time, and no message may be large.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from types import TracebackType

from starlette.types import Receive
from websockets.protocol import Protocol, Side, State

from kconv._serve.connection import Connection
from kconv._serve.websocket.handshake import Handshake

MOST_BYTES = 64 * 1024
"""Bytes that a message of a client may have."""

PIECE, PAUSE_SECONDS = 1024, 0.05
"""How many bytes of a client are read at once, and how long the others have to wait.

A piece of the smallest frames takes some milliseconds.
"""

PING_SECONDS = 30.0
"""After so long a silence a client is asked whether it is there."""

MOST_UNANSWERED = 4
"""How often, before it is taken to have gone."""

CLOSE_SECONDS = 1.0
"""How long a client has to answer that the WebSocket is closed."""

_log = logging.getLogger("kconv.websocket")
# Frames are logged at DEBUG, and what is in them may be secret.
_log.setLevel(logging.INFO)


class Socket:
    """A WebSocket on a connection of ours; ``receive`` tells when that is lost."""

    def __init__(self, connection: Connection, receive: Receive) -> None:
        self._connection = connection
        self._receive = receive
        self._protocol = Protocol(Side.SERVER, max_size=MOST_BYTES, logger=_log)
        self._unread = bytearray()
        self._came = asyncio.Event()
        self._gone = asyncio.Event()
        self._silences = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Socket:
        self._connection.take_over(self._take)
        self._tasks = [
            asyncio.create_task(each) for each in (self._listen(), self._ping(), self._lose())
        ]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._connection.end()

    async def open(self, handshake: Handshake, headers: list[tuple[bytes, bytes]]) -> None:
        """Answer the handshake."""
        await self._connection.write_raw(handshake.response(headers))

    async def send(self, messages: list[bytes], *, text: bool) -> None:
        """Send messages, if the client still listens; waits while it reads too slowly."""
        for message in messages:
            if self._protocol.state is not State.OPEN:
                return
            if text:
                self._protocol.send_text(message)
            else:
                self._protocol.send_binary(message)
            await self._flush()

    async def gone(self) -> None:
        """Wait for the client to close, to break the protocol or to go."""
        await self._gone.wait()

    async def close(self, code: int) -> None:
        """Say that this is the end, and give the client a moment to say so as well."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code)
            await self._flush()
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._gone.wait()

    def _take(self, data: bytes) -> None:
        """Keep what came; nothing more is read until it has been looked at."""
        self._unread += data
        self._silences = 0
        self._connection.pause(True)
        self._came.set()

    async def _listen(self) -> None:
        """Read what the client says, answer pings, and throw the rest away."""
        while True:
            await self._came.wait()
            self._came.clear()
            while self._unread:
                piece = bytes(self._unread[:PIECE])
                del self._unread[:PIECE]
                self._protocol.receive_data(piece)
                self._protocol.events_received()
                await self._flush()
                if self._gone.is_set():
                    return
                if self._unread:
                    await asyncio.sleep(PAUSE_SECONDS)
            self._connection.pause(False)

    async def _flush(self) -> None:
        """Send what the protocol has to say; an empty piece is the end of the connection."""
        pieces = self._protocol.data_to_send()
        if b"" in pieces:
            self._gone.set()
        if data := b"".join(pieces):
            await self._connection.write_raw(data)

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            if self._silences >= MOST_UNANSWERED:
                self._connection.break_off()
                return
            self._silences += 1
            if self._silences > 1 and self._protocol.state is State.OPEN:
                self._protocol.send_ping(b"")
                await self._flush()

    async def _lose(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone.set()
