"""`Proxy`: forwards requests and their answers, both as streams, and WebSockets."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import NamedTuple

from starlette.types import Receive, Scope, Send

from kconv._serve.access_log import STATUS
from kconv._serve.auth import User
from kconv._serve.connection import CLOSES, CONNECTION, Connection
from kconv._serve.http_request import HttpRequest, path_of
from kconv._serve.in_flight import WATCH
from kconv._serve.proxy.access import Access, check_access, may_reach
from kconv._serve.proxy.headers import Headers, to_client, to_service
from kconv._serve.proxy.services import Asked, ProxyServices, asked_of
from kconv._serve.proxy.tunnel import tunnel
from kconv._serve.proxy.upstream import ANSWER_SECONDS, NoAnswer, Upstream
from kconv._serve.responses import Reply
from kconv._serve.status import request_timeout, too_large, unavailable
from kconv._verbs.refusal import bad_request

REQUEST_BYTES = 64 * 1024 * 1024
"""Bytes that a request to a service may have."""

ANSWER_BYTES = 1024 * 1024 * 1024
"""Bytes that its answer may have."""

BODY_STALL_SECONDS = 60.0
_BODILESS = ("GET", "HEAD")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Reach(NamedTuple):
    """The services, as namespace and name, that somebody may reach, and those they may not."""

    open: list[tuple[str, str]]
    closed: list[tuple[str, str]]

    @property
    def every(self) -> list[tuple[str, str]]:
        """Both: those that there are."""
        return [*self.open, *self.closed]


class Proxy:
    """Forwards to the services that the operator named."""

    def __init__(self, services: ProxyServices, access: Access | None = None) -> None:
        self._services = services
        self._access = access or {}

    def reach(self, user: User, namespace: str, name: str) -> Reach:
        """Which services, of a namespace and a name or of all (empty), a user may reach or not."""
        known = sorted({key[:2] for key in self._services})
        asked = [each for each in known if namespace in ("", each[0]) and name in ("", each[1])]
        may = [each for each in asked if may_reach(self._access, *each, user)]
        return Reach(may, [each for each in asked if each not in may])

    async def answer(self, request: HttpRequest) -> Reply | Forwarded | None:
        """The answer of a service; None where the path asks for none.

        Raises `kconv._verbs.refusal.Refusal`.
        """
        if "/proxy" not in request.path:
            return None
        raw = _raw_path(request.scope)
        asked = asked_of(raw, self._services)
        if asked is None:
            return None
        check_access(self._access, asked, request.method, request.scope)
        query = request.query_string
        if not all(33 <= byte < 127 for byte in query):
            raise bad_request("the query has characters that a query cannot have")
        if request.method not in _METHODS:
            raise bad_request("the method is none that is forwarded")
        if not asked.rest and request.method in _BODILESS:
            suffix = f"?{query.decode('ascii')}" if query else ""
            return Reply(b"", 301, {"Location": f"{_outer(request, asked)}/{suffix}"})
        return await self._forward(request, asked)

    async def _forward(self, request: HttpRequest, asked: Asked) -> Forwarded:
        scope = request.scope
        upgrade = request.raw_header(b"upgrade").lower() if _switches(request) else b""
        if upgrade and upgrade != b"websocket":
            raise bad_request("only WebSockets are forwarded")
        if upgrade and (request.method != "GET" or CONNECTION not in scope):
            raise bad_request("WebSockets are not forwarded here")
        client = scope.get("client")
        headers = to_service(
            scope["headers"], asked, client[0] if client else "", scope.get("scheme", "http")
        )
        framing, chunked = _framing(request)
        target = f"{asked.service.path}{asked.rest or '/'}"
        if request.query_string:
            target += f"?{request.query_string.decode('ascii')}"
        upgrades = [(b"connection", b"Upgrade"), (b"upgrade", b"websocket")]
        try:
            upstream = await Upstream.open(asked.service)
        except NoAnswer as error:
            raise _no_answer(error) from error
        sending: asyncio.Task[None] | None = None
        heading: asyncio.Task[None] | None = None
        try:
            ends = upgrades if upgrade else [CLOSES, *framing]
            upstream.begin(request.method, target, headers + ends)
            sending = asyncio.create_task(_send_body(request, upstream, chunked=chunked))
            heading = asyncio.create_task(upstream.head())
            done, _ = await asyncio.wait({heading, sending}, return_when="FIRST_COMPLETED")
            if heading not in done and sending.exception() is not None:
                heading.cancel()
                await sending
            try:
                # However long a body takes to come, the service has its time after that.
                async with asyncio.timeout(ANSWER_SECONDS):
                    await heading
            except TimeoutError:
                raise NoAnswer("it did not answer in time") from None
            if upstream.status == 101 and not upgrade:
                raise NoAnswer("it switches to another protocol unasked")
        except NoAnswer as error:
            upstream.close()
            if sending is not None:
                sending.cancel()
                with suppress(Exception, asyncio.CancelledError):
                    await sending
            raise _no_answer(error) from error
        except BaseException:
            upstream.close()
            for task in (sending, heading):
                if task is not None:
                    task.cancel()
            raise
        return Forwarded(upstream, sending, to_client(upstream.headers, asked), bool(upgrade))


class Forwarded:
    """The answer of a service on its way to the client."""

    def __init__(
        self, upstream: Upstream, sending: asyncio.Task[None], headers: Headers, upgrade: bool
    ) -> None:
        self.status_code = upstream.status
        self.raw_headers = headers
        self._upstream = upstream
        self._sending = sending
        self._upgrade = upgrade

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, until its end, or until the client goes."""
        gone = asyncio.create_task(self._end_when_gone(receive))
        try:
            if self.status_code == 101:
                connection: Connection = scope[CONNECTION]
                scope[STATUS] = self.status_code
                # It has no end of its own, and a server that ends does not wait for it.
                scope[WATCH] = True
                await tunnel(connection, self._upstream, self.raw_headers)
                return
            if self._upgrade:
                # What follows on this connection may be of the protocol that was refused.
                self.raw_headers.append(CLOSES)
            start = {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
            await send(start)
            size = 0
            async for piece in self._upstream.body():
                size += len(piece)
                if size > ANSWER_BYTES:
                    raise NoAnswer("its answer is too large")
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except NoAnswer:
            # The client has to see that something is missing: the connection ends without an end.
            found: Connection | None = scope.get(CONNECTION)
            if found is None:
                raise
            found.break_off()
        finally:
            for task in (gone, self._sending):
                task.cancel()
            self._upstream.close()

    async def _end_when_gone(self, receive: Receive) -> None:
        try:
            await self._sending
        except Exception:  # noqa: BLE001 - its answer is on its way; there is nobody to be told
            self._upstream.close()
        while (await receive())["type"] != "http.disconnect":
            pass
        self._upstream.close()


async def _send_body(request: HttpRequest, upstream: Upstream, *, chunked: bool | None) -> None:
    """Send a request's body on; ``chunked`` is None where it has none. Raises `Refusal`."""
    if chunked is None:
        return
    size = 0
    more = True
    while more:
        try:
            async with asyncio.timeout(BODY_STALL_SECONDS):
                message = await request.receive()
        except TimeoutError:
            raise request_timeout("the request's body did not come in time") from None
        if message["type"] == "http.disconnect":
            upstream.close()
            return
        piece, more = message.get("body", b""), message.get("more_body", False)
        size += len(piece)
        if size > REQUEST_BYTES:
            raise too_large(REQUEST_BYTES)
        if piece:
            upstream.writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        try:
            async with asyncio.timeout(BODY_STALL_SECONDS):
                await upstream.writer.drain()
        except TimeoutError:
            raise NoAnswer("it does not take the request's body") from None
        except OSError:
            # It may have answered already, without reading all of it.
            return
    if chunked:
        upstream.writer.write(b"0\r\n\r\n")


def _switches(request: HttpRequest) -> bool:
    """Whether the protocol of the connection is to change: a header alone does not say so."""
    said = [value for name, value in request.scope["headers"] if name == b"connection"]
    return b"upgrade" in (each.strip().lower() for each in b",".join(said).split(b","))


def _framing(request: HttpRequest) -> tuple[Headers, bool | None]:
    """How the body of a request is framed for the service; None where it has none."""
    if request.method in _BODILESS:
        return [], None
    if coding := request.raw_header(b"transfer-encoding"):
        if coding.strip().lower() != b"chunked":
            raise bad_request("a body is forwarded in no other transfer coding than chunked")
        return [(b"transfer-encoding", b"chunked")], True
    length = request.raw_header(b"content-length")
    if length.isdigit() and int(length) > REQUEST_BYTES:
        raise too_large(REQUEST_BYTES)
    if length.isdigit():
        return [(b"content-length", length)], False
    return [(b"content-length", b"0")], None


def _raw_path(scope: Scope) -> bytes:
    """The path as it came, within the app; what is not in ASCII has no place in it."""
    raw: bytes = scope.get("raw_path") or path_of(scope).encode("utf-8")
    root = scope.get("root_path", "").encode()
    raw = raw.partition(b"?")[0]
    return raw[len(root) :] if root and raw.startswith(root) else raw


def _outer(request: HttpRequest, asked: Asked) -> str:
    root: str = request.scope.get("root_path", "")
    return root + asked.before


def _no_answer(error: NoAnswer) -> Exception:
    return unavailable(f"error trying to reach service: {error}")
