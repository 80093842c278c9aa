"""What keeps an open page up to date: server-sent events with the parts that have changed."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from functools import partial
from typing import Any, Final

import anyio
from anyio import to_thread
from starlette.types import ASGIApp, Receive, Scope, Send

from kconv._errors import KconvError, NotFound
from kconv._ui.headers import HEADERS
from kconv._ui.migrations import overview, run_values
from kconv._ui.render import FRAGMENTS, Renderer
from kconv._ui.sessions import Visitor
from kconv._ui.state import State
from kconv._ui.verifying import verify_values
from kconv._ui.versions import table

BUSY, IDLE = 1.0, 3.0
"""Seconds between two looks: while something goes on, and otherwise."""

SILENCE: Final = 15.0
"""Seconds after which something is sent though nothing changed, so that who is gone is noticed."""

FRESH: Final = 0.8
"""Seconds for which what was made for one viewer is good for others."""

Fragments = dict[str, str]


class Live:
    """Answers those who have a page open."""

    def __init__(self, state: State, renderer: Renderer, threads: anyio.CapacityLimiter) -> None:
        self._state = state
        self._renderer = renderer
        self._threads = threads
        self._lock = threading.Lock()
        self._made: dict[tuple[str, bool], tuple[float, Fragments, bool]] = {}
        self._closed = False

    def close(self) -> None:
        """End all answers, within a second or so."""
        self._closed = True

    def response(self, page: str, visitor: Visitor) -> ASGIApp:
        """What sends the changes of a page until its client is gone.

        Raises `NotFound` for one that is not kept up to date.
        """
        if page.partition("/")[0] not in FRAGMENTS:
            raise NotFound("no such page is kept up to date")
        return partial(self._respond, page, visitor)

    async def _respond(
        self, page: str, visitor: Visitor, scope: Scope, receive: Receive, send: Send
    ) -> None:
        headers = {**HEADERS, "Cache-Control": "no-store", "Content-Type": "text/event-stream"}
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            await self._send_changes(page, visitor, send, gone)
        finally:
            gone.cancel()
        await send({"type": "http.response.body", "body": b""})

    async def _send_changes(
        self, page: str, visitor: Visitor, send: Send, gone: asyncio.Future[None]
    ) -> None:
        sent: Fragments = {}
        spoke = 0.0
        problem = ""
        while not self._closed and not gone.done():
            busy, message = False, b""
            try:
                fragments, busy = await to_thread.run_sync(
                    partial(self._fragments, page, visitor.may_act), limiter=self._threads
                )
                changed = {name: it for name, it in fragments.items() if sent.get(name) != it}
                if changed or problem:
                    message = _event("parts", changed)
                sent, problem = fragments, ""
            except KconvError as error:
                if problem != error.message:
                    problem = error.message
                    message = _event("problem", "what is stored cannot be read at present")
            if not message and time.monotonic() - spoke > SILENCE:
                message = b": still here\n\n"
            if message:
                spoke = time.monotonic()
                await send({"type": "http.response.body", "body": message, "more_body": True})
            await self._wait(BUSY if busy else IDLE, gone)

    async def _wait(self, seconds: float, gone: asyncio.Future[None]) -> None:
        until = time.monotonic() + seconds
        while not self._closed and time.monotonic() < until:
            done, _ = await asyncio.wait([gone], timeout=min(0.5, seconds))
            if done:
                return

    def _fragments(self, page: str, may_act: bool) -> tuple[Fragments, bool]:
        """What is in the parts of a page now, and whether something goes on."""
        with self._lock:
            made = self._made.get((page, may_act))
            if made is not None and time.monotonic() - made[0] < FRESH:
                return made[1], made[2]
            name, _, subject = page.partition("/")
            values = self._values(name, subject)
            visitor = Visitor(may_act=may_act)
            found = {
                part: self._renderer.render(template, {**values, "visitor": visitor})
                for part, template in FRAGMENTS[name].items()
            }
            job = values.get("job")
            busy = values.get("going") is not None or (job is not None and job.goes_on)
            if len(self._made) > 100:
                self._made.clear()
            self._made[page, may_act] = (time.monotonic(), found, busy)
            return found, busy

    def _values(self, name: str, subject: str) -> dict[str, Any]:
        if name == "run":
            return run_values(self._state, subject)
        if name == "migrations":
            return overview(self._state)
        return verify_values(self._state) if name == "verify" else table(self._state)


def _event(name: str, data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
