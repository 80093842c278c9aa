"""`WatchResponse`: the answer to a watch, for as long as its client is there."""

from __future__ import annotations

import asyncio
from typing import Protocol

from starlette.types import Receive, Scope, Send

from kconv._serve.negotiation import Accepted
from kconv._serve.request_id import REQUEST_ID
from kconv._serve.watch_lines import error_line
from kconv._verbs.watch import Watch


class Gauge(Protocol):
    """A number that goes up and down."""

    def inc(self) -> None:
        """Add one."""
        ...

    def dec(self) -> None:
        """Take one away."""
        ...


class WatchResponse:
    """Sends the lines of a watch that has begun; ``open_watches`` counts those that are open."""

    status_code = 200

    def __init__(
        self, watch: Watch[bytes], media_type: bytes, open_watches: Gauge, accepted: Accepted
    ) -> None:
        self.raw_headers: list[tuple[bytes, bytes]] = [
            (b"cache-control", b"no-cache, private"),
            (b"content-type", media_type),
        ]
        self._watch = watch
        self._accepted = accepted
        self._open_watches = open_watches

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them, until the time is up, the client goes or the server stops."""
        self._open_watches.inc()
        gone = asyncio.ensure_future(self._end_when_gone(receive))
        lines = self._watch.events_since()
        if (name := scope.get(REQUEST_ID)) is not None:
            self.raw_headers.append((b"audit-id", name))
        try:
            start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
            await send(start)
            goes_on = True
            while goes_on:
                try:
                    line = await anext(lines)
                except StopAsyncIteration:
                    break
                except Exception as error:  # noqa: BLE001 - a client is told of a defect, too
                    goes_on = False
                    line = error_line(error, self._accepted)
                await send({"type": "http.response.body", "body": line, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            self._open_watches.dec()
            await lines.aclose()
            self._watch.end()

    async def _end_when_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._watch.end()
