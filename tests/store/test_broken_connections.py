"""PostgreSQL says that it goes, and leaves a statement unread: loops hear of that but once."""

import array
import asyncio
import fcntl
import socket
import struct
import termios
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
import uvloop

from kconv._store.postgresql_exchange import Exchange
from kconv._store.postgresql_session import RepeatedQuery

SECONDS = 5.0
"""Less than what is asked waits for an answer, if it ends such a wait at all."""


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", 4 + len(body)) + body


HELLO = message(b"R", struct.pack("!i", 0)) + message(b"Z", b"I")
GOES = message(b"N", b"SWARNING\0VWARNING\0C57P02\0Mterminating connection because of a crash\0\0")


class Crashing:
    """Lets one client in, says that it goes once it is asked something, and is gone."""

    def __init__(self, folder: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(folder / ".s.PGSQL.5432"))
        self._socket.listen()
        self.goes = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        client, _ = self._socket.accept()
        with client:
            client.recv(1 << 16)
            client.sendall(HELLO)
            unread = array.array("i", [0])
            while not unread[0]:
                fcntl.ioctl(client, termios.FIONREAD, unread)
                time.sleep(0.001)
            client.sendall(GOES)

    def close(self) -> None:
        self._thread.join(SECONDS)
        self._socket.close()


@pytest.fixture
def conninfo(tmp_path: Path) -> Iterator[str]:
    server = Crashing(tmp_path)
    yield f"host={tmp_path} user=u dbname=d sslmode=disable gssencmode=disable"
    server.close()


async def batch(conninfo: str) -> None:
    connection = await asyncio.to_thread(lambda: psycopg.connect(conninfo, autocommit=True))
    with closing(connection):
        answered = asyncio.Event()
        exchange = Exchange(connection.pgconn, asyncio.get_running_loop(), answered.set)
        exchange.send(b"kconv_write", [], [])
        await answered.wait()
        assert exchange.is_broken
        exchange.leave()


async def look(conninfo: str) -> None:
    connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
    query = RepeatedQuery(connection, "SELECT 1", prepares=False)
    with closing(query), pytest.raises(psycopg.OperationalError, match="closed the connection"):
        await query.row()


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("ask", [batch, look])
def test_crash_ends_what_is_asked(
    conninfo: str,
    ask: Callable[[str], Awaitable[None]],
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(SECONDS):
            await ask(conninfo)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(bounded())


class Unsendable:
    """A session of a connection that breaks while a question is sent."""

    def __init__(self, socket: int) -> None:
        self.socket = socket

    def send_query(self, _: bytes) -> None: ...

    def flush(self) -> int:
        raise psycopg.OperationalError("the connection is gone")

    def finish(self) -> None: ...


def test_question_that_cannot_be_sent_leaves_no_reader() -> None:
    """The loop would watch a number that may be of another socket by then."""

    async def work() -> None:
        one, other = socket.socketpair()
        with one, other:
            connection = SimpleNamespace(pgconn=Unsendable(one.fileno()), closed=False)
            query = RepeatedQuery(cast("Any", connection), "SELECT 1", prepares=False)
            with pytest.raises(psycopg.OperationalError):
                await query.row()
            assert query.closed
            assert not asyncio.get_running_loop().remove_reader(one)

    asyncio.run(work())
