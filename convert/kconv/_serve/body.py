"""Reading the body of a request: bounded in size, in time, and in memory together with others."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect

from kconv._codec import LIMIT
from kconv._serve.connection import CONNECTION, Connection
from kconv._serve.http_request import HttpRequest
from kconv._serve.in_flight import BODY, HURRY_SECONDS, IN_FLIGHT, Body, InFlight
from kconv._serve.status import request_timeout, too_large
from kconv._verbs.refusal import bad_request


async def read_body(request: HttpRequest) -> bytes:
    """The whole body; its bytes count as in flight until the request is answered.

    That of a GET, which has no meaning, is left aside.

    Raises `kconv._verbs.refusal.Refusal`: 413 as soon as it is over 3 MiB (what a client announces
    to be longer is not read at all), 408 when it does not come in time, 429 when the bodies of
    all requests take too much memory.
    """
    if request.method in ("GET", "HEAD"):
        return b""
    announced = request.raw_header(b"content-length")
    if announced.isdigit():
        if int(announced) > LIMIT:
            raise too_large(LIMIT)
        if int(announced) == 0:
            return b""
    if request.raw_header(b"content-encoding") not in (b"", b"identity"):
        raise bad_request("compressed request bodies are not supported")
    in_flight: InFlight = request.scope[IN_FLIGHT]
    connection: Connection | None = request.scope.get(CONNECTION)
    if connection is not None and connection.has_whole_body(request.scope):
        return await _at_hand(request, in_flight)
    body = in_flight.begin_body(request.scope)
    try:
        data = await _received(request, body, in_flight)
    except BaseException:
        in_flight.end_body(request.scope, body, complete=False)
        raise
    in_flight.end_body(request.scope, body, complete=True)
    return data


async def _at_hand(request: HttpRequest, in_flight: InFlight) -> bytes:
    """A body that has come with its headers, as most do: nobody waits for it."""
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    data: bytes = message.get("body", b"")
    if len(data) > LIMIT:
        raise too_large(LIMIT)
    request.scope[BODY] = body = Body(0.0, hurried=False)
    in_flight.hold(body, len(data))
    return data


async def _received(request: HttpRequest, body: Body, in_flight: InFlight) -> bytes:
    limits = in_flight.limits
    loop = asyncio.get_running_loop()
    end = loop.time() + (HURRY_SECONDS if body.hurried else limits.body_timeout)
    chunks: list[bytes] = []
    size = 0
    first = min(loop.time() + limits.body_stall_timeout, end)
    try:
        async with asyncio.timeout_at(first) as body.timeout:
            while True:
                if chunks:
                    body.timeout.reschedule(min(loop.time() + limits.body_stall_timeout, end))
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                if chunk := message.get("body", b""):
                    size += len(chunk)
                    if size > LIMIT:
                        raise too_large(LIMIT)
                    in_flight.hold(body, len(chunk))
                    chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks)
    except TimeoutError:
        if body.cut or body.hurried:
            raise in_flight.refusal() from None
        raise request_timeout("the request's body did not come in time") from None
