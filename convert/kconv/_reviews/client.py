"""A client of conversion webhooks: posts reviews as the API server does."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from kconv._errors import Unavailable, UsageError
from kconv._reviews.judge import ANSWER_LIMIT, Judgement, judge

TIMEOUT: Final = 30.0
"""Seconds that the API server waits for an answer."""

Value = Mapping[str, Any]

_UNKNOWN: Final = "x509: certificate signed by unknown authority"
_X509: Final = {
    # By OpenSSL's codes: an issuer that is not known, and certificates signed by themselves.
    18: _UNKNOWN, 19: _UNKNOWN, 20: _UNKNOWN, 21: _UNKNOWN,
    9: "x509: certificate has expired or is not yet valid",
    10: "x509: certificate has expired or is not yet valid",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a review, how the API server takes it, and how many seconds it took."""

    judgement: Judgement
    seconds: float


Ask = Callable[[Sequence[Value], str], Answered]
"""Asks for objects in an apiVersion. Raises `Unavailable` where nobody answers."""


def review_of(objects: Sequence[Value], to: str, version: str = "v1") -> dict[str, Any]:
    """The review that asks for objects in an apiVersion."""
    return {
        "kind": "ConversionReview",
        "apiVersion": f"apiextensions.k8s.io/{version}",
        "request": {"uid": str(uuid4()), "desiredAPIVersion": to, "objects": list(objects)},
        "response": {"uid": "", "convertedObjects": None, "result": {"metadata": {}}},
    }


class WebhookClient:
    """Asks the webhook at a URL.

    ``ca`` is the bundle of certificates that it is trusted by, as PEM: that of the CRD. Without one
    those of the system are. ``server_name`` is whom its certificate has to name, if that is not the
    host of the URL. ``version`` is that of the reviews.
    """

    def __init__(
        self,
        url: str,
        ca: str = "",
        *,
        server_name: str = "",
        timeout: float = TIMEOUT,
        version: str = "v1",
    ) -> None:
        """Raises `UsageError` for what is no URL, or no bundle."""
        try:
            parts = urlsplit(url)
            is_one = parts.scheme in ("http", "https") and parts.hostname and url.isascii()
            parts.port  # noqa: B018 - raises where it is no number
        except ValueError:
            is_one = False
        if not is_one:
            raise UsageError(
                f'"{url}" is no URL of a webhook, such as https://localhost:9443/convert'
            )
        self.url = url
        self._parts = parts
        self._timeout = timeout
        self._version = version
        self._server_name = server_name or parts.hostname or ""
        self._context = _context(ca) if parts.scheme == "https" else None
        self.certificate: Mapping[str, Any] = {}

    def ask(self, objects: Sequence[Value], to: str) -> Answered:
        """Ask for objects in an apiVersion. Raises `Unavailable` where nobody answers."""
        review = review_of(objects, to, self._version)
        began = time.monotonic()
        status, body = self.post(msgspec.json.encode(review))
        return Answered(judge(review, status, body), time.monotonic() - began)

    def post(self, data: bytes) -> tuple[int, bytes]:
        """Post a body; the HTTP status and body of the answer.

        Raises `Unavailable`, also where the whole answer is not there in time, or is too large.
        """
        path = self._parts.path or "/"
        query = f"{self._parts.query}&" if self._parts.query else ""
        deadline = time.monotonic() + self._timeout
        try:
            with (
                closing(self._connection()) as connection,
                _ended_at(deadline, connection.sock),
            ):
                self._secure(connection)
                connection.request(
                    "POST",
                    f"{path}?{query}timeout={self._timeout:g}s",
                    data,
                    {"Content-Type": "application/json", "Accept": "application/json, */*"},
                )
                response = connection.getresponse()
                body = response.read(ANSWER_LIMIT + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            # A ValueError is that of a name which cannot be one of a host.
            late = time.monotonic() >= deadline
            said = "context deadline exceeded" if late else self._said(error)
            raise Unavailable(f"{self.url}: {said}") from None
        if time.monotonic() >= deadline:
            # What was cut off in the middle may look like the end.
            raise Unavailable(f"{self.url}: context deadline exceeded")
        if len(body) > ANSWER_LIMIT:
            raise Unavailable(f"{self.url}: the answer has more than {ANSWER_LIMIT} bytes")
        return response.status, body

    def _connection(self) -> http.client.HTTPConnection:
        port = self._parts.port or (80 if self._context is None else 443)
        made = http.client.HTTPConnection(self._parts.hostname or "", port, timeout=self._timeout)
        if self._context is not None:
            made.default_port = http.client.HTTPS_PORT
        made.connect()
        return made

    def _secure(self, connection: http.client.HTTPConnection) -> None:
        # http.client checks the host of the URL alone; a Service has another name inside.
        if self._context is not None:
            assert connection.sock is not None, "it is connected"
            secured = self._context.wrap_socket(connection.sock, server_hostname=self._server_name)
            connection.sock = secured
            self.certificate = secured.getpeercert() or {}

    def _said(self, error: BaseException) -> str:
        """Why nobody answered: what Go says, where it says it of the same."""
        host, port = self._parts.hostname or "", self._parts.port or 443
        if isinstance(error, ConnectionRefusedError):
            return f"dial tcp {host}:{port}: connect: connection refused"
        if isinstance(error, ssl.SSLCertVerificationError):
            why = _X509.get(error.verify_code) or f"x509: {error.verify_message}"
            return f"tls: failed to verify certificate: {why}"
        return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def _ended_at(deadline: float, sock: socket.socket | None) -> Iterator[None]:
    """Cut a connection at a moment, since the timeout of a socket begins anew with each byte."""
    assert sock is not None, "it is connected"
    # The descriptor of a socket moves when that is secured; its own is closed with the answer.
    own = sock.dup()

    def cut() -> None:
        with suppress(OSError):
            own.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(deadline - time.monotonic(), 0), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        own.close()


def _context(ca: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cadata=ca or None)
    except (ssl.SSLError, ValueError) as error:
        raise UsageError(f"the CA bundle holds no certificates: {error}") from None
