"""What goes over the connections to an API server: kept, closed, cut off, in pieces, by a proxy."""

from __future__ import annotations

import json
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
import urllib3

from cluster.api_server import ApiServer
from cluster.conftest import CRD, fill
from fixtures.certificates import signed_by_itself
from kconv import Unavailable
from kconv._cluster import exchange as exchange_module
from kconv._cluster.connection import Connection
from kconv._cluster.definition import get_definition
from kconv._cluster.exchange import AnswerTooLong, Exchange, exchange_with
from kconv._cluster.listing import Paged
from kconv._errors import Denied

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: now\r\n\r\nok"
GONE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LATE = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nlate"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n"
Script = list[list[bytes]]
"""By connection, what is sent for each request on it; then it is closed."""


class Scripted:
    """A server that sends what a script says, whatever it is asked."""

    def __init__(self, script: Script) -> None:
        self.heads: list[bytes] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve, args=(script,), daemon=True)
        self.thread.start()

    def _serve(self, script: Script) -> None:
        for answers in script:
            with suppress(OSError), self.socket.accept()[0] as line:
                for answer in answers:
                    head = b""
                    while not head.endswith(b"\r\n\r\n"):
                        if not (received := line.recv(1)):
                            break
                        head += received
                    self.heads.append(head)
                    for at in range(0, len(answer), 40):
                        line.sendall(answer[at : at + 40])

    def close(self) -> None:
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes who waits for a connection
        self.socket.close()
        self.thread.join(5)


Serve = Callable[[Script], Scripted]


@pytest.fixture
def serve() -> Iterator[Serve]:
    made: list[Scripted] = []

    def serve_(script: Script) -> Scripted:
        made.append(Scripted(script))
        return made[-1]

    yield serve_
    for each in made:
        each.close()


def _exchange(server: Scripted, timeout: float = 5.0, path: str = "") -> Exchange:
    return exchange_with(server.url + path, urllib3.PoolManager(), timeout)


def _asked(exchange: Exchange, times: int = 1) -> list[tuple[int, bytes]]:
    with closing(exchange):
        found = [exchange.request("GET", "/a b?limit=1", None, {"X": "1"}) for _ in range(times)]
    return [(each.status, each.data) for each in found]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ([[OK, OK]], [(200, b"ok")] * 2),
        # Closed between two requests, with and without a word of it: the next one is made anew.
        ([[OK], [OK]], [(200, b"ok")] * 2),
        ([[OK.replace(b"Date: now", b"Connection: close")], [OK]], [(200, b"ok")] * 2),
        ([[CONTINUE + OK]], [(200, b"ok")]),
        (
            [[CHUNKED + b"1\r\nk\r\n0\r\n\r\n"]],
            [(200, b"ok")],
        ),
        ([[b"HTTP/1.0 200 OK\r\n\r\nuntil it closes"]], [(200, b"until it closes")]),
        ([[b"HTTP/1.1 204 No Content\r\n\r\n", OK]], [(204, b""), (200, b"ok")]),
        # Nothing of an answer is left in the next one.
        (
            [[CHUNKED + b"1\r\nk\r\n0\r\n\r\n", OK, CONTINUE + OK, GONE, OK]],
            [(200, b"ok")] * 3 + [(404, b""), (200, b"ok")],
        ),
        # What nobody asked for is no answer to anything: behind an answer, whole or in part.
        ([[OK + LATE], [OK]], [(200, b"ok")] * 2),
        ([[OK + LATE[:20]], [OK]], [(200, b"ok")] * 2),
        ([[OK + b"what is no HTTP"], [OK]], [(200, b"ok")] * 2),
        ([[b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"]], [(429, b"")]),
    ],
)  # fmt: skip
def test_answers(serve: Serve, script: Script, expected: list[tuple[int, bytes]]) -> None:
    server = serve(script)
    assert _asked(_exchange(server, path="/prefix/"), len(expected)) == expected
    name = server.url.removeprefix("http://").encode()
    head = b"GET /prefix/a%20b?limit=1 HTTP/1.1\r\nHost: " + name + b"\r\nX: 1\r\n\r\n"
    assert {each for each in server.heads if each} == {head}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (OK[:-1], "closed the connection"),
        (OK[:20], "closed the connection"),
        (CHUNKED, "closed the connection"),
        (b"", "closed the connection"),
        (b"what is no HTTP at all\r\n\r\n", "HTTP"),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
            "another protocol",
        ),
    ],
)  # fmt: skip
def test_answers_that_are_cut_off_or_none(serve: Serve, answer: bytes, said: str) -> None:
    server = serve([[answer], [answer]])
    with pytest.raises(Unavailable, match=said):
        _asked(_exchange(server))
    assert len(server.heads) == 1, "what may have been done is for the caller to do again"


@pytest.mark.parametrize("said", [LATE, b""])
def test_an_idle_connection_that_was_closed_is_not_asked(said: bytes) -> None:
    """And its last words, as a proxy has them, are no answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        closed, heads = threading.Event(), []

        def serve_() -> None:
            for at in range(2):
                with listener.accept()[0] as line:
                    heads.append(line.recv(1000))
                    line.sendall(OK)
                    if not at:
                        line.sendall(said)
                        line.shutdown(socket.SHUT_WR)
                        closed.set()
                        with suppress(ConnectionResetError):  # since nobody has read that
                            heads.append(line.recv(1000))

        thread = threading.Thread(target=serve_, daemon=True)
        thread.start()
        with closing(exchange_with(url, urllib3.PoolManager(), 5.0)) as exchange:
            first = exchange.request("GET", "/", None, {})
            assert closed.wait(5)
            second = exchange.request("PATCH", "/", b"{}", {})
        thread.join(5)
    assert [(each.status, each.data) for each in (first, second)] == [(200, b"ok")] * 2
    assert [each[:5] for each in heads if each] == [b"GET /", b"PATCH"], "sent once"


def test_a_server_that_says_nothing_is_left(serve: Serve) -> None:
    with pytest.raises(Unavailable, match="timed out"):
        _asked(_exchange(serve([]), timeout=0.2))


def test_a_server_that_goes_away_within_tls_is_away(tmp_path: Path) -> None:
    """It may come back: that is no certificate which nobody trusts, after which none waits."""
    certificate, key = signed_by_itself(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def cut() -> None:
            secure = context.wrap_socket(listener.accept()[0], server_side=True)
            secure.recv(1)
            os.close(secure.detach())  # without a word of TLS

        thread = threading.Thread(target=cut, daemon=True)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        exchange = exchange_with(url, urllib3.PoolManager(ca_certs=str(certificate)), 5.0)
        with closing(exchange), pytest.raises(Unavailable) as caught:
            exchange.request("GET", "/", None, {})
        thread.join(5)
    assert not isinstance(caught.value, Denied)


def test_a_header_cannot_begin_another_request(serve: Serve) -> None:
    exchange = _exchange(serve([]))
    for value in ("a\r\nb", "a\nb", "a\0b"):
        with pytest.raises(ValueError, match="Authorization") as caught:
            exchange.request("GET", "/", None, {"Authorization": value})
        assert value not in str(caught.value)


def test_a_plain_proxy_gets_the_whole_url(serve: Serve) -> None:
    proxy = serve([[OK]])
    exchange = exchange_with("http://10.1.2.3:6443", urllib3.ProxyManager(proxy.url), 5.0)
    assert _asked(exchange) == [(200, b"ok")]
    assert proxy.heads[0].startswith(b"GET http://10.1.2.3:6443/a%20b?limit=1 HTTP/1.1\r\n")


@pytest.mark.parametrize("through_proxy", [False, True])
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000,
        # What is announced is not waited for.
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"9\r\nabcdefghi\r\n" * 200,
    ],
    ids=["sized", "announced", "until it closes", "in chunks"],
)
def test_an_answer_without_end_is_left(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, through_proxy: bool, answer: bytes
) -> None:
    monkeypatch.setattr(exchange_module, "LIMIT", 1000)
    server = serve([[answer], [answer]])
    exchange = _exchange(server)
    if through_proxy:
        exchange = exchange_with("http://10.1.2.3:6443", urllib3.ProxyManager(server.url), 5.0)
    with pytest.raises(AnswerTooLong, match=r"more than 1,000 bytes.*smaller pages"):
        _asked(exchange)
    assert len(server.heads) == 1


def test_an_answer_of_as_many_bytes_as_may_be_is_read(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange_module, "LIMIT", len(OK))
    assert _asked(_exchange(serve([[OK]]))) == [(200, b"ok")]


def test_what_is_too_long_is_asked_for_once_and_lists_in_smaller_pages(
    server: ApiServer, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(server, 6)

    def limits() -> list[str]:
        found = [each.query.get("limit", "") for each in server.calls]
        server.calls.clear()
        return found

    with closing(Connection()) as connection:
        definition = get_definition(connection, CRD)
        listed = definition.path("v1")
        one = len(json.dumps(connection.get(listed, limit=1).body))
        limits()
        monkeypatch.setattr(exchange_module, "LIMIT", 2 * one)
        with pytest.raises(AnswerTooLong):
            connection.get(listed, limit=6)
        assert limits() == ["6"], "it would be as long again"
        found = [each.key.name for each in Paged(connection, definition, "v1")]
        assert found == [f"g-{at:03}" for at in range(6)]
        assert limits() == ["100", "50", "25", "12", "6", "3", "1", *["1"] * 5]
        monkeypatch.setattr(exchange_module, "LIMIT", one // 2)
        with pytest.raises(AnswerTooLong):
            list(Paged(connection, definition, "v1"))
        assert limits() == ["100", "50", "25", "12", "6", "3", "1"]


def test_what_an_answer_may_have_is_no_matter_of_those_before_it(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange_module, "LIMIT", 2 * len(OK))
    assert _asked(_exchange(serve([[OK] * 5])), 5) == [(200, b"ok")] * 5
