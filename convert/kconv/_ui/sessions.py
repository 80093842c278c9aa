"""Who looks at the page: a session in a cookie, opened with one of the server's tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Final

from kconv._serve import Tokens

HOURS: Final = 12
"""How long a session lasts."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks; ``may_act`` is whether they have authenticated, so may do more than look.

    ``form_token`` has to be in every form that they send; it is empty for a request with an
    Authorization header, which no page of others can have a browser send.
    """

    name: str = ""
    may_act: bool = False
    form_token: str = ""


class Sessions:
    """Opens sessions and knows them again. Cookies are signed with a key of this process.

    Without ``tokens`` everybody may look, and nobody act. ``secure`` cookies go over TLS only.
    """

    def __init__(self, tokens: Tokens | None, *, secure: bool) -> None:
        self._tokens = tokens
        self._secure = secure
        self._key = secrets.token_bytes(32)
        # Cookies do not tell ports apart, and several servers may be on one machine.
        self.cookie: Final = f"kconv_ui_{secrets.token_hex(3)}"

    @property
    def are_needed(self) -> bool:
        """Whether one has to authenticate."""
        return self._tokens is not None

    def open(self, token: str, path: str) -> str | None:
        """The Set-Cookie header of a new session for paths below ``path``; None: no such token."""
        user = self._user(b"Bearer " + token.strip().encode())
        if user is None:
            return None
        name = base64.urlsafe_b64encode(user.encode()).decode()
        said = f"{int(time.time()) + HOURS * 3600}.{name}"
        return self._header(f"{said}.{self._sign('session', said)}", path, HOURS * 3600)

    def end(self, path: str) -> str:
        """The Set-Cookie header that ends a session."""
        return self._header("", path, 0)

    def visitor(self, cookie: str, authorization: bytes) -> Visitor | None:
        """Who sends a request; None for somebody who has to authenticate first."""
        if self._tokens is None:
            return Visitor()
        user = self._user(authorization)
        if user is not None:
            return Visitor(user, may_act=True)
        said, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign("session", said).encode()):
            return None
        until, _, name = said.partition(".")
        if int(until) < time.time():
            return None
        user = base64.urlsafe_b64decode(name).decode()
        return Visitor(user, may_act=True, form_token=self._sign("form", said))

    def _user(self, authorization: bytes) -> str | None:
        return None if self._tokens is None else self._tokens.user(authorization)

    def _sign(self, purpose: str, text: str) -> str:
        said = f"{purpose}:{text}".encode()
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()

    def _header(self, value: str, path: str, seconds: int) -> str:
        # Lax, so that a link to the page from elsewhere opens it; what acts is checked by itself.
        flags = "; Secure" if self._secure else ""
        return (
            f"{self.cookie}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{flags}"
        )
