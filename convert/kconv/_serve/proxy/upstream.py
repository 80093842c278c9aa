"""`Upstream`: one request to a service, and its answer, as streams."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from functools import cache

import httptools

from kconv._serve.proxy.headers import Headers
from kconv._serve.proxy.services import Service

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
"""How long a service has to begin its answer, once it has the request."""

STALL_SECONDS = 300.0
"""How long an answer may pause."""

HEAD_BYTES = 64 * 1024
"""Bytes that a service may send before its answer begins."""

_PIECE = 64 * 1024
_LAST_STATUS = 599


class NoAnswer(Exception):
    """The service gives no answer, or not all of it."""


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class Upstream:
    """A connection to a service for one request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.status = 0
        self.headers: Headers = []
        self.early = b""
        """What came with the head of an answer that switches to another protocol."""
        self._parser = httptools.HttpResponseParser(self)
        self._head = False
        self._done = False
        self._body: list[bytes] = []
        self._bodiless = False

    @classmethod
    async def open(cls, service: Service) -> Upstream:
        """Connect. Raises `NoAnswer`."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(
                    service.host, service.port, ssl=_tls() if service.secure else None
                )
        except (OSError, TimeoutError, UnicodeError) as error:
            why = "timed out" if isinstance(error, TimeoutError) else error.__class__.__name__
            raise NoAnswer(f"connection failed: {why}") from error
        return cls(reader, writer)

    def close(self) -> None:
        """Hang up; nothing that waits to be sent is sent any more."""
        self.writer.transport.abort()

    def begin(self, method: str, target: str, headers: Headers) -> None:
        """Send the head of a request."""
        self._bodiless = method == "HEAD"
        lines = [f"{method} {target} HTTP/1.1".encode("ascii")]
        lines += [name + b": " + value for name, value in headers]
        self.writer.write(b"\r\n".join(lines) + b"\r\n\r\n")

    async def head(self) -> None:
        """Read the head of the answer into ``status`` and ``headers``. Raises `NoAnswer`."""
        size = 0
        while not self._head:
            size += await self._feed()
            if size > HEAD_BYTES and not self._head:
                raise NoAnswer("its answer has too many headers")

    async def body(self) -> AsyncIterator[bytes]:
        """The pieces of the answer's body. Raises `NoAnswer` where it ends before its end."""
        while True:
            pieces, self._body = self._body, []
            for piece in pieces:
                yield piece
            if self._done:
                return
            try:
                async with asyncio.timeout(STALL_SECONDS):
                    await self._feed()
            except TimeoutError:
                raise NoAnswer("its answer paused for too long") from None

    async def _feed(self) -> int:
        try:
            data = await self.reader.read(_PIECE)
        except OSError as error:
            raise NoAnswer(f"connection broke: {error.__class__.__name__}") from error
        if not data:
            if not self._head or self._is_framed:
                raise NoAnswer("connection closed before the end of the answer")
            self._done = True
            return 0
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.early = data[upgrade.args[0] :]
        except httptools.HttpParserError as error:
            raise NoAnswer("its answer is not HTTP/1.1") from error
        return len(data)

    @property
    def _is_framed(self) -> bool:
        return any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers)

    def on_message_begin(self) -> None:
        """An answer begins, perhaps one of several."""
        if not self._head:
            self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, which nobody is told of."""
        if not self._head:
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The headers are in; those of an interim answer are of no interest."""
        status = self._parser.get_status_code()
        if self._head or (status < 200 and status != 101):
            return
        if status > _LAST_STATUS:
            raise NoAnswer("its status is none of HTTP/1.1")
        self._head, self.status = True, status
        if self._bodiless or status in (101, 204, 304):
            self._done = True
        if status in (204, 304):
            # It says how long the body would be, which nothing is to wait for.
            self.headers = [each for each in self.headers if each[0] != b"content-length"]

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._head and not self._done:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """The answer has ended."""
        if self._head:
            self._done = True
