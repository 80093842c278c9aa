"""A connection that has switched to another protocol: bytes, both ways, until either end goes."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from kconv._serve.connection import Connection
from kconv._serve.proxy.headers import Headers
from kconv._serve.proxy.upstream import Upstream

SILENCE_SECONDS = 3600.0
"""How long a tunnel is kept in which nobody says anything."""

_PIECE = 64 * 1024
_MOST_UNSENT = 256 * 1024


async def tunnel(client: Connection, upstream: Upstream, headers: Headers) -> None:
    """Tell a client that the protocol is switched, and pass on what either says."""
    writer = upstream.writer
    heard = asyncio.Event()

    def received(data: bytes) -> None:
        heard.set()
        writer.write(data)
        if writer.transport.get_write_buffer_size() > _MOST_UNSENT:
            client.pause(True)
            draining.add(task := asyncio.ensure_future(drained()))
            task.add_done_callback(draining.discard)

    async def drained() -> None:
        try:
            await writer.drain()
        except OSError:
            upstream.close()
        finally:
            client.pause(False)

    draining: set[asyncio.Future[None]] = set()
    client.take_over(received)
    lines = [f"HTTP/1.1 101 {HTTPStatus(101).phrase}".encode()]
    lines += [name + b": " + value for name, value in headers]
    lines += [b"connection: Upgrade", b"upgrade: websocket", b"", b""]
    try:
        await client.write_raw(b"\r\n".join(lines) + upstream.early)
        while True:
            heard.clear()
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    data = await upstream.reader.read(_PIECE)
            except TimeoutError:
                if heard.is_set():
                    continue
                return
            except OSError:
                return
            if not data:
                return
            await client.write_raw(data)
    finally:
        client.end()
        for each in list(draining):
            each.cancel()
