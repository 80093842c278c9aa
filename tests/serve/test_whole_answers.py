"""Answers that a connection sends in one piece, as they would come in several."""

import asyncio
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from kconv._serve.connection import CONNECTION
from kconv._serve.connections import Connections
from kconv._serve.protocol import LimitedProtocol
from kconv._serve.responses import Reply
from kconv._settings import Limits

GET = b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"
HEAD = GET.replace(b"GET", b"HEAD")
LAST = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
POST = b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
CONTINUE = POST.replace(b"Host: x", b"Host: x\r\nExpect: 100-continue")


class Pipe(asyncio.Transport):
    """A transport that keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def answered(sent: bytes, reply: Any, *, whole: bool) -> tuple[list[bytes], bool]:
    """What is written in answer to requests, and whether the connection is closed then."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if not whole:
            del scope[CONNECTION]
        await reply()(scope, receive, send)

    state = ServerState()
    state.default_headers = [(b"date", b"today")]
    connections = Connections(Limits(), set())
    place = connections.take("localhost")
    assert place is not None
    config = uvicorn.Config(app, http="httptools", ws="none", lifespan="off", log_config=None)
    config.load()
    protocol = LimitedProtocol(config, state, {}, all_connections=connections, place=place)
    pipe = Pipe()
    protocol.connection_made(pipe)
    protocol.data_received(sent)
    while state.tasks:
        await asyncio.gather(*state.tasks)
    return pipe.written, pipe.closed


def made(body: bytes = b'{"a": 1}', code: int = 200, **more: str) -> Any:
    headers = {"Content-Type": "application/json", "Warning": 'a "b"', **more}
    return lambda: Reply(body, code, headers)


@pytest.mark.parametrize(
    ("sent", "reply", "pieces"),
    [
        pytest.param(GET, made(), 1, id="an object"),
        pytest.param(POST, made(code=201), 1, id="a new object"),
        pytest.param(CONTINUE, made(), 1, id="a body that is asked for"),
        pytest.param(GET, made(b"", 404), 1, id="an error without a body"),
        pytest.param(GET, made(b"", 304), None, id="nothing new"),
        pytest.param(HEAD, made(), None, id="a head"),
        pytest.param(LAST, made(), None, id="the last answer"),
        pytest.param(GET, made(code=408, Connection="close"), None, id="an answer that is last"),
        pytest.param(GET + GET, made(), None, id="two requests at once"),
    ],
)
def test_it_is_what_it_would_be_in_pieces(sent: bytes, reply: Any, pieces: int | None) -> None:
    whole, closed = asyncio.run(answered(sent, reply, whole=True))
    parts, also_closed = asyncio.run(answered(sent, reply, whole=False))
    assert b"".join(whole) == b"".join(parts)
    assert b"".join(whole).startswith(b"HTTP/1.1 ")
    assert closed == also_closed
    assert pieces is None or len(whole) == pieces < len(parts)


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "a\nb", "a\0b"])
def test_a_value_cannot_begin_another_header(value: str) -> None:
    def reply() -> Reply:
        return Reply(b"", 200, {"Warning": value})

    written, _ = asyncio.run(answered(GET, reply, whole=True))
    assert b"".join(written).startswith(b"HTTP/1.1 500 ")
