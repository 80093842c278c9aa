"""Watches whose events are messages of a WebSocket, as kube-apiserver offers them."""

from kconv._serve.websocket.asgi import as_http
from kconv._serve.websocket.handshake import Handshake, handshake_of, is_upgrade, wants_websocket
from kconv._serve.websocket.token import TOKEN_PROTOCOL, take_token
from kconv._serve.websocket.watch import WebSocketWatch

__all__ = [
    "TOKEN_PROTOCOL",
    "Handshake",
    "WebSocketWatch",
    "as_http",
    "handshake_of",
    "is_upgrade",
    "take_token",
    "wants_websocket",
]
