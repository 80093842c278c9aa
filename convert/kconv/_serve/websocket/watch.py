"""`WebSocketWatch`: the answer to a watch, each event a message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from starlette.types import Message, Receive, Scope, Send

from kconv._serve.access_log import STATUS
from kconv._serve.connection import CONNECTION
from kconv._serve.negotiation import Format
from kconv._serve.watch_response import WatchResponse
from kconv._serve.websocket.asgi import AsgiSocket
from kconv._serve.websocket.handshake import SOCKET, Handshake
from kconv._serve.websocket.socket import Socket

NORMAL, GOING_AWAY = 1000, 1001
"""Why a WebSocket is closed (RFC 6455, 7.4.1): all is said, or the server ends."""


class _Socket(Protocol):
    async def open(self, handshake: Handshake, headers: list[tuple[bytes, bytes]]) -> None: ...

    async def send(self, messages: list[bytes], *, text: bool) -> None: ...

    async def gone(self) -> None: ...

    async def close(self, code: int) -> None: ...


class WebSocketWatch:
    """Sends what a `WatchResponse` does, but as messages: text for JSON, binary for protobuf.

    ``is_ending`` says whether the server ends.
    """

    status_code = 101

    def __init__(
        self,
        response: WatchResponse,
        handshake: Handshake,
        form: Format,
        is_ending: Callable[[], bool],
    ) -> None:
        self._response = response
        self._handshake = handshake
        self._form = form
        self._is_ending = is_ending
        self._socket: _Socket

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """Headers beside those of the handshake."""
        return self._response.raw_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them, until the time is up, the client closes or goes, or the server stops."""
        scope[STATUS] = self.status_code
        if SOCKET in scope:
            self._socket = AsgiSocket(*scope[SOCKET])
            await self._response(scope, self._receive, self._send)
            return
        async with Socket(scope[CONNECTION], receive) as self._socket:
            await self._response(scope, self._receive, self._send)

    async def _receive(self) -> Message:
        await self._socket.gone()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        """Take what would be sent over HTTP."""
        if message["type"] == "http.response.start":
            await self._socket.open(self._handshake, message["headers"])
        elif message.get("more_body"):
            messages = list(messages_of(message["body"], self._form))
            await self._socket.send(messages, text=self._form == "json")
        else:
            await self._socket.close(GOING_AWAY if self._is_ending() else NORMAL)


def messages_of(events: bytes, form: Format) -> Iterator[bytes]:
    """The events that a watch sends together, each for itself: lines, or frames without lengths."""
    if form == "json":
        yield from events.splitlines(keepends=True)
        return
    at = 0
    while at < len(events):
        begin = at + 4
        at = begin + int.from_bytes(events[at:begin], "big")
        yield events[begin:at]
