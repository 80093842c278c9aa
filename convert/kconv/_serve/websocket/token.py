"""Bearer tokens as a subprotocol: how web pages send them, which can give WebSockets no headers.

As ``k8s.io/apiserver/pkg/authentication/request/websocket`` reads them.
"""

from __future__ import annotations

import base64
import binascii
import re

from starlette.types import Scope

from kconv._serve.http_request import HEADERS
from kconv._verbs.refusal import Refusal

TOKEN_PROTOCOL = b"base64url.bearer.authorization.k8s.io."
"""What the subprotocol begins with that is a token: the rest is it, base64url without padding."""

_PROTOCOL = b"sec-websocket-protocol"
_AUTHORIZATION = b"authorization"
_ENCODED = re.compile(rb"[A-Za-z0-9_-]+\Z")


def take_token(scope: Scope, headers: dict[bytes, bytes]) -> None:
    """Put the token of a WebSocket's handshake where others have it, out of what is answered.

    Another subprotocol has to be beside it, to be chosen. Raises `kconv._verbs.refusal.Refusal`
    (401) where there is none, or the token is none.
    """
    given = [value for name, value in scope["headers"] if name == _PROTOCOL]
    offered = [each.strip() for value in given for each in value.split(b",")]
    tokens = [each for each in offered if each.startswith(TOKEN_PROTOCOL)]
    if not tokens:
        return
    others = [each for each in offered if each and not each.startswith(TOKEN_PROTOCOL)]
    if len(tokens) > 1 or not others:
        raise Refusal("Unauthorized", "Unauthorized")
    passed = [pair for pair in scope["headers"] if pair[0] != _PROTOCOL]
    passed.append((_PROTOCOL, b", ".join(others)))
    if _AUTHORIZATION not in headers:
        passed.append((_AUTHORIZATION, b"Bearer " + _decoded(tokens[0])))
    scope["headers"] = passed
    headers.clear()
    headers.update(passed)
    scope[HEADERS] = headers


def _decoded(protocol: bytes) -> bytes:
    encoded = protocol[len(TOKEN_PROTOCOL) :]
    try:
        if not _ENCODED.match(encoded):
            raise ValueError(encoded)
        token = base64.urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4))
        token.decode()
    except (ValueError, binascii.Error):
        raise Refusal("Unauthorized", "Unauthorized") from None
    return token
