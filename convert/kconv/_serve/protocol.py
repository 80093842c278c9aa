"""HTTP/1.1 on one connection: uvicorn's protocol, with bounds on time and on headers.

A connection keeps only when what it waits for began; `LimitedProtocol.check`, called for each
connection once a second, compares. So a request costs no timer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httptools
from starlette.types import Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from kconv._serve.connection import CLOSES, CONNECTION, RawHeaders
from kconv._serve.connections import Connections, Place
from kconv._serve.in_flight import WATCH
from kconv._verbs.refusal import CODES, Refusal

DISCARD_SECONDS = 2.0
"""How long the rest of a body that nobody wants is read, so that its sender sees the answer."""

LEAST_BYTES_A_SECOND = 1024
"""What a client must read of an answer that waits for it, on average."""

WRITE_BUFFER = 64 * 1024
"""Bytes that wait in this process for a client to read, beyond which its answer pauses."""

_BODILESS = ("GET", "HEAD")


class LimitedProtocol(HttpToolsProtocol):
    """A connection that is closed when its client takes too long, at whatever."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        all_connections: Connections,
        place: Place,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._all = all_connections
        self._limits = all_connections.limits
        self._place = place
        self._header_limit = self._limits.max_header_kib * 1024
        self._header_bytes = 0
        self._head_since: float | None = None
        """Since when more of a request's headers has been waited for, if it is."""
        self._in_head = False
        self.idle_since = time.monotonic()
        self._unread_since: float | None = None
        self._unsent = 0
        self._received: Callable[[bytes], None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in the base
        """Take a connection whose handshake is done."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=WRITE_BUFFER)
        self.idle_since = time.monotonic()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the connection's place to another one."""
        super().connection_lost(exc)
        self._place.release()

    def data_received(self, data: bytes) -> None:
        """Parse what came; what is no HTTP is answered with 400, without a line in the log."""
        if self._received is not None:
            self._received(data)
            return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Nothing else than HTTP/1.1 is offered: the request is answered as it is.
            return
        except httptools.HttpParserError:
            self._all.refused("malformed")
            self._refuse("BadRequest", "the request is not HTTP/1.1")
            return
        if self._in_head:
            if self._head_since is None:
                self._head_since = time.monotonic()
            self._header_bytes += len(data)
            if self._header_bytes > self._header_limit:
                self._all.refused("headers_too_large")
                self._refuse("", f"the headers are over {self._header_limit} bytes", 431)

    def on_message_begin(self) -> None:
        """A request line begins."""
        super().on_message_begin()
        self.scope[CONNECTION] = self  # type: ignore[literal-required] # a key of our own
        self._in_head = True

    def on_headers_complete(self) -> None:
        """The headers are in: the request starts, and what it waits for is its own business."""
        self._in_head = False
        self._head_since = None
        self._header_bytes = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body; no read has a use for one, so nothing holds it."""
        if self.scope["method"] in _BODILESS:
            return
        super().on_body(body)

    def has_whole_body(self, scope: Scope) -> bool:
        """Whether nothing of the body of a request that came on it is still to come."""
        cycle = self.cycle
        return cycle.scope is scope and not cycle.more_body

    def answer(
        self, scope: Scope, send: Send, status: int, headers: RawHeaders, body: bytes
    ) -> bool:
        """Send a whole answer at once, its length among its headers; False where that cannot be.

        What ``send`` would do of the same, in one write and without a look at each name and value:
        so it must be the server's own.
        """
        cycle = self.cycle
        is_own = send == cycle.send and cycle.keep_alive and scope["method"] != "HEAD"
        if not is_own or cycle.response_started or cycle.disconnected or self.flow.write_paused:
            return False
        if CLOSES in headers:
            return False
        fields = [b": ".join(header) for header in (*cycle.default_headers, *headers)]
        if HEADER_VALUE_RE.search(b"".join(fields)):
            raise RuntimeError("a header has a control character")
        cycle.waiting_for_100_continue = False
        cycle.response_started = cycle.response_complete = True
        head = b"\r\n".join((*fields, b"", b""))
        self.transport.write(STATUS_LINE[status] + head + body)
        cycle.message_event.set()
        cycle.on_response()
        return True

    def take_over(self, received: Callable[[bytes], None]) -> None:
        """Have what comes from now on, which is no HTTP; see `kconv._serve.proxy.tunnel`."""
        self.cycle.response_started = True
        self._received = received

    async def write_raw(self, data: bytes) -> None:
        """Send bytes as they are; waits while too many are unsent."""
        if not self.transport.is_closing():
            self.transport.write(data)
            await self.flow.drain()

    def pause(self, paused: bool) -> None:
        """Read no more for now, or go on."""
        if paused:
            self.flow.pause_reading()
        else:
            self.flow.resume_reading()

    def end(self) -> None:
        """Close the connection once all is sent."""
        self.cycle.response_complete = True
        self.transport.close()

    def break_off(self) -> None:
        """Close the connection in the middle of an answer."""
        self.cycle.response_complete = True
        self.transport.abort()

    def on_response_complete(self) -> None:
        """As in the base, without a timer for each answer."""
        self.server_state.total_requests += 1
        self.idle_since = self._all.now
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)

    @property
    def address(self) -> str:
        """Where its client is."""
        return self._place.address

    @property
    def quiet(self) -> bool:
        """Whether no request is being answered."""
        return not self.asked or self.cycle.response_complete

    @property
    def asked(self) -> bool:
        """Whether there has been a request."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None

    @property
    def watches(self) -> bool:
        """Whether the connection has an open watch."""
        return not self.quiet and WATCH in self.cycle.scope

    @property
    def stuck(self) -> bool:
        """Whether bytes wait that the client does not read."""
        return self.flow.write_paused

    def check(self, now: float) -> None:
        """Close the connection if its client has let too much time pass."""
        transport = self.transport
        if transport.is_closing() or self.flow.write_paused:
            # Also a connection that is closing has bytes to send, which nobody may ever read.
            self._check_reader(now)
        elif self._head_since is not None and self.quiet:
            if now - self._head_since > self._limits.header_timeout:
                self._all.refused("header_timeout")
                self._refuse("", "the headers did not come in time", 408)
        elif self.quiet:
            self._unread_since = None
            self._check_idle(now)
        else:
            self._unread_since = None

    def _check_reader(self, now: float) -> None:
        unsent = self.transport.get_write_buffer_size()
        if self._unread_since is None:
            self._unread_since, self._unsent = now, unsent
            return
        due = (now - self._unread_since) * LEAST_BYTES_A_SECOND
        if self._unsent - unsent >= due > 0:
            self._unread_since, self._unsent = now, unsent
        elif now - self._unread_since > self._limits.write_timeout:
            self._cut("write_timeout")

    def _check_idle(self, now: float) -> None:
        waited = now - self.idle_since
        if not self.asked:
            if waited > self._limits.header_timeout:
                self._all.refused("header_timeout")
                self.transport.close()
        elif self.cycle.more_body:
            if waited > DISCARD_SECONDS:
                self._cut("unwanted_body")
        elif waited > self._limits.idle_timeout:
            self.transport.close()

    def _cut(self, reason: str) -> None:
        self._all.refused(reason)
        self.transport.abort()

    def _refuse(self, reason: str, message: str, code: int | None = None) -> None:
        """Answer what never became a request, and hang up."""
        if self.transport.is_closing():
            return
        if not self.quiet:
            # An answer is under way on this connection, and another one cannot go between.
            self.transport.abort()
            return
        refusal = Refusal(reason, message, code=code or CODES[reason])
        self.transport.write(_raw(refusal))
        self.transport.close()


def _raw(refusal: Refusal) -> bytes:
    from kconv._codec import json as json_codec

    body = json_codec.encode(refusal.document()) + b"\n"
    head = (
        f"HTTP/1.1 {refusal.code} \r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
