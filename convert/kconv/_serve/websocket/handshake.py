"""The handshake of a WebSocket: what its client sends, and the answer that switches to it.

As ``golang.org/x/net/websocket`` has it, which kube-apiserver's watches use: a client that offers
one subprotocol gets that one, whatever it is called, and one that offers several is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from starlette.types import Scope
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, NegotiationError
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from kconv._serve.connection import CONNECTION
from kconv._verbs.refusal import bad_request

SOCKET = "kconv.websocket"
"""Key of a scope: the WebSocket that another HTTP server than kconv's own has begun."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """A handshake that may be answered: its key's answer, and the subprotocol."""

    accept: str
    subprotocol: str | None

    def response(self, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        """The 101 that switches a connection of HTTP/1.1, with these headers beside its own."""
        own = [
            (b"upgrade", b"websocket"),
            (b"connection", b"Upgrade"),
            (b"sec-websocket-accept", self.accept.encode()),
        ]
        if self.subprotocol is not None:
            own.append((b"sec-websocket-protocol", self.subprotocol.encode()))
        lines = [name + b": " + value for name, value in [*own, *headers]]
        return b"\r\n".join([b"HTTP/1.1 101 Switching Protocols", *lines, b"", b""])


def is_upgrade(headers: Mapping[bytes, bytes]) -> bool:
    """Whether the headers of a request ask for a WebSocket."""
    if headers.get(b"upgrade", b"").strip().lower() != b"websocket":
        return False
    named = headers.get(b"connection", b"").lower().split(b",")
    return b"upgrade" in [each.strip() for each in named]


def wants_websocket(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a request asks for a WebSocket, and its HTTP server lets it have one.

    Where it does not, a server may answer as if nothing had been asked (RFC 9110, 7.8).
    """
    return SOCKET in scope or (CONNECTION in scope and is_upgrade(headers))


def handshake_of(scope: Scope) -> Handshake:
    """Check the handshake of a request. Raises `kconv._verbs.refusal.Refusal` (400)."""
    headers = Headers()
    for name, value in scope["headers"]:
        headers[name.decode("latin-1")] = value.decode("latin-1")
    protocol = ServerProtocol(select_subprotocol=_only)
    try:
        if SOCKET in scope:
            # The server has looked at all else.
            return Handshake("", protocol.process_subprotocol(headers))
        accept, _, subprotocol = protocol.process_request(Request(scope["path"], headers))
    except InvalidHandshake as error:
        raise bad_request(f"the WebSocket's handshake is wrong: {error}") from None
    return Handshake(accept, subprotocol)


def _only(protocol: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    if len(offered) > 1:
        raise NegotiationError("more than one subprotocol is offered")
    return offered[0] if offered else None
