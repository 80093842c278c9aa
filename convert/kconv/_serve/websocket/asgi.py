"""WebSockets of other HTTP servers, such as that of an app that this one is mounted in.

Those have scopes of their own in ASGI. A handshake goes the way of a request here, so that it is
let in, counted and refused like one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.types import Message, Receive, Scope, Send

from kconv._serve.websocket.handshake import SOCKET, Handshake, is_upgrade

_REFUSED = "websocket.http.response"
_POLICY_VIOLATION = 1008
_LENGTH = b"content-length"
_SCHEMES = {"ws": "http", "wss": "https"}
_UPGRADE = [(b"connection", b"Upgrade"), (b"upgrade", b"websocket")]


async def as_http(
    app: Callable[[Scope, Receive, Send], Awaitable[None]],
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Have an app answer a handshake as the GET that it is.

    What it answers instead of a WebSocket is the answer where the server can send one, else 403.
    """
    if (await receive())["type"] != "websocket.connect":
        return
    headers = list(scope["headers"])
    if not is_upgrade(dict(headers)):
        # Over HTTP/2 it is said elsewhere.
        headers += _UPGRADE
    request = {
        **scope,
        "type": "http",
        "method": "GET",
        "scheme": _SCHEMES.get(scope.get("scheme", ""), "http"),
        "headers": headers,
        SOCKET: (receive, send),
    }
    answers = _REFUSED in (scope.get("extensions") or {})

    async def refuse(message: Message) -> None:
        if answers:
            told = {**message, "type": f"websocket.{message['type']}"}
            if "headers" in told:
                # Servers say themselves how long the body is; some would say it twice.
                told["headers"] = [each for each in told["headers"] if each[0] != _LENGTH]
            await send(told)
        elif message["type"] == "http.response.start":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})

    is_read = False

    async def received() -> Message:
        nonlocal is_read
        if not is_read:
            is_read = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return {"type": "http.disconnect"}

    await app(request, received, refuse)


class AsgiSocket:
    """A WebSocket whose frames are the HTTP server's business."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._lost = False

    async def open(self, handshake: Handshake, headers: list[tuple[bytes, bytes]]) -> None:
        """Answer the handshake."""
        accept = {"subprotocol": handshake.subprotocol, "headers": headers}
        await self._say({"type": "websocket.accept", **accept})

    async def send(self, messages: list[bytes], *, text: bool) -> None:
        """Send messages, if the client still listens."""
        for message in messages:
            what = {"text": message.decode()} if text else {"bytes": message}
            await self._say({"type": "websocket.send", **what})

    async def gone(self) -> None:
        """Wait for the client to close or to go; what it says is thrown away."""
        while (await self._receive())["type"] != "websocket.disconnect":
            pass
        self._lost = True

    async def close(self, code: int) -> None:
        """Say that this is the end."""
        await self._say({"type": "websocket.close", "code": code})

    async def _say(self, message: Message) -> None:
        if self._lost:
            return
        try:
            await self._send(message)
        except OSError:
            # What ASGI has servers raise once the client has gone.
            self._lost = True
