"""A client of conversion webhooks: posts reviews as the API server does."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from kconv._errors import Unavailable, UsageError
from kconv._reviews.judge import Judgement, judge

TIMEOUT: Final = 30.0
"""Seconds that the API server waits for an answer."""

Value = Mapping[str, Any]


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
        """Post a body; the HTTP status and body of the answer. Raises `Unavailable`."""
        path = self._parts.path or "/"
        query = f"{self._parts.query}&" if self._parts.query else ""
        try:
            connection = self._connect()
            try:
                connection.request(
                    "POST",
                    f"{path}?{query}timeout={self._timeout:g}s",
                    data,
                    {"Content-Type": "application/json", "Accept": "application/json, */*"},
                )
                response = connection.getresponse()
                return response.status, response.read()
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"{self.url}: {_said(error)}") from None

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._context is None:
            return http.client.HTTPConnection(host, port, timeout=self._timeout)
        made = http.client.HTTPSConnection(host, port, timeout=self._timeout, context=self._context)
        # http.client checks the host of the URL alone; a Service has another name inside.
        plain = http.client.HTTPConnection(host, made.port, timeout=self._timeout)
        plain.connect()
        assert plain.sock is not None, "it is connected"
        secured = self._context.wrap_socket(plain.sock, server_hostname=self._server_name)
        self.certificate = secured.getpeercert() or {}
        made.sock = secured
        return made


def _context(ca: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cadata=ca or None)
    except (ssl.SSLError, ValueError) as error:
        raise UsageError(f"the CA bundle holds no certificates: {error}") from None


def _said(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
