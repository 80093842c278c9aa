"""Clients that are slow, idle, too many, or never read: cut off in time, the others answered."""

import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

import httpx
import pytest

from fixtures import prepared
from kconv._serve import Listen
from kconv._settings import Limits
from serve.conftest import Running
from serve.samples import CONFIGMAPS, configmap, created

SHORT = Limits(
    header_timeout=1,
    body_timeout=4,
    body_stall_timeout=1,
    idle_timeout=2,
    write_timeout=2,
    shutdown_grace=5,
)
SLACK = 3.0
"""Connections are looked at once a second, and the machine has other things to do."""


def opened(running: Running) -> socket.socket:
    host, port = running.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def until_closed(client: socket.socket) -> tuple[bytes, float]:
    """What a server still sent, and how long it took to hang up."""
    began = time.monotonic()
    received = b""
    try:
        while data := client.recv(65536):
            received += data
    except ConnectionResetError:
        pass
    return received, time.monotonic() - began


HALF = b"POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: localhost\r\n"
JSON = b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "status", "least", "most"),
    [
        pytest.param(b"", b"", 1, 1, id="nothing"),
        pytest.param(b"GET /liv", b"HTTP/1.1 408", 1, 1, id="half a line"),
        pytest.param(HALF, b"HTTP/1.1 408", 1, 1, id="half of the headers"),
        pytest.param(HALF + JSON, b"HTTP/1.1 408", 1, 1, id="no body"),
        pytest.param(HALF + JSON + b"{", b"HTTP/1.1 408", 1, 1, id="half of a body"),
        pytest.param(
            b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 200", 2, 2, id="idle"
        ),
        pytest.param(
            b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n",
            b"HTTP/1.1 200",
            1,
            2,
            id="a body that nobody wants",
        ),
    ],
)
def test_a_client_that_stops(
    serve: Callable[..., Running], sent: bytes, status: bytes, least: float, most: float
) -> None:
    running = serve(limits=SHORT)
    with closing(opened(running)) as client:
        client.sendall(sent)
        received, seconds = until_closed(client)
    assert received.startswith(status)
    assert least * 0.5 <= seconds <= most + SLACK


def test_a_client_that_trickles(serve: Callable[..., Running]) -> None:
    """A byte now and then is no progress: headers and bodies have a limit in all."""
    running = serve(limits=SHORT)
    for begun, limit in ((HALF + b"X-Filler: ", 1), (HALF + JSON, 4)):
        with closing(opened(running)) as client:
            client.sendall(begun)
            client.settimeout(0.4)
            began = time.monotonic()
            received = b""
            while not received and time.monotonic() - began < 15:
                try:
                    received = client.recv(100)
                except TimeoutError:
                    client.sendall(b"x")
            assert received.startswith(b"HTTP/1.1 408")
            assert time.monotonic() - began <= limit + SLACK


def test_headers_have_a_size(serve: Callable[..., Running]) -> None:
    running = serve()
    with closing(opened(running)) as client:
        client.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):  # noqa: PT012 - either may raise
            for number in range(100_000):
                client.sendall(b"X-%d: " % number + b"x" * 1000 + b"\r\n")
                if number == 70:
                    time.sleep(0.3)
                    assert client.recv(100).startswith(b"HTTP/1.1 431")


def test_what_is_no_request_is_not_logged(
    serve: Callable[..., Running], caplog: pytest.LogCaptureFixture
) -> None:
    running = serve()
    for _ in range(20):
        with closing(opened(running)) as client:
            client.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
            assert until_closed(client)[0].startswith(b"HTTP/1.1 400")
    assert [each for each in caplog.records if each.name != "httpx"] == []


@contextmanager
def unread_watches(running: Running, number: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        clients = []
        for _ in range(number):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            host, port = running.url.removeprefix("http://").split(":")
            client.connect((host, int(port)))
            stack.enter_context(closing(client))
            client.sendall(b"GET /api/v1/configmaps?watch=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            clients.append(client)
        yield clients


def fill(client: httpx.Client, stop: Callable[[], bool]) -> None:
    """Write until a watch that reads nothing has more to send than any buffer holds."""
    created(client, CONFIGMAPS, configmap("big"))
    for number in range(60):
        if stop():
            return
        document = configmap("big") | {"data": {"text": f"{number}" + "x" * 500_000}}
        assert client.put(f"{CONFIGMAPS}/big", json=document).status_code == 200


def test_a_watcher_that_never_reads_is_cut_off(serve: Callable[..., Running]) -> None:
    running = serve(limits=SHORT)
    connections = running.server.connections
    with running.client() as client, unread_watches(running, 3):
        fill(client, lambda: connections.refusals["write_timeout"] >= 3)
        deadline = time.monotonic() + 15
        while connections.refusals["write_timeout"] < 3:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert client.get(f"{CONFIGMAPS}/big").status_code == 200


def test_watchers_that_never_read_do_not_hold_up_the_end(serve: Callable[..., Running]) -> None:
    running = serve(limits=Limits(write_timeout=100, shutdown_grace=30))
    with running.client() as client, unread_watches(running, 3):
        fill(client, lambda: sum(c.stuck for c in running.server.server_state.connections) >= 3)  # type: ignore[union-attr] # they are of our protocol
        began = time.monotonic()
        running.server.should_exit = True
        running.join(20)
        assert time.monotonic() - began < 8


def test_bodies_that_do_not_come_do_not_hold_up_the_end(serve: Callable[..., Running]) -> None:
    running = serve(limits=Limits(shutdown_grace=30))
    with ExitStack() as stack:
        for _ in range(5):
            sender = stack.enter_context(closing(opened(running)))
            sender.sendall(HALF + JSON + b"{")
        deadline = time.monotonic() + 10
        while running.server._server.in_flight.bodies < 5:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        began = time.monotonic()
        running.server.should_exit = True
        running.join(20)
        assert time.monotonic() - began < 8
        assert until_closed(sender)[0].startswith(b"HTTP/1.1 429")


def test_the_longest_idle_make_room(
    serve: Callable[..., Running], caplog: pytest.LogCaptureFixture
) -> None:
    running = serve(limits=Limits(max_connections=20, max_connections_per_address=1000))
    with ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(closing(opened(running)))
        with running.client() as client:
            assert client.get("/livez").text == "ok"
        assert running.server.connections.count <= 30
    assert running.server.connections.refusals["idle_when_full"] > 0
    assert len([each for each in caplog.records if "accepting" in each.message]) <= 2
    said = [
        each.message for each in caplog.records if "idle for longest are closed" in each.message
    ]
    assert len(said) == 1, said


WATCH = f"GET {CONFIGMAPS}?watch=true HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def test_an_address_has_its_share(
    serve: Callable[..., Running], caplog: pytest.LogCaptureFixture
) -> None:
    """The log says once that it is over; an idle connection of its own makes room before that."""
    running = serve(limits=Limits(max_connections_per_address=5))
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(opened(running))) for _ in range(5)]
        for each in clients:
            each.sendall(WATCH)
            assert each.recv(12) == b"HTTP/1.1 200"
        for _ in range(5):
            assert until_closed(stack.enter_context(closing(opened(running))))[1] < 5
        clients.pop().close()
        time.sleep(0.3)
        idle = stack.enter_context(closing(opened(running)))
        time.sleep(2.5)
        with running.client() as client:
            assert client.get("/livez").text == "ok"
        assert until_closed(idle)[1] < 5
    assert running.server.connections.refusals["too_many_from_one_address"] == 5
    said = [each.message for each in caplog.records if "are closed" in each.message]
    assert len(said) == 1, said
    assert said[0].startswith("connections from 127.0.0.1 are closed: it has 5, the most that one")


PROGRAM = """
import logging, resource, sys
from kconv._scheme import load_scheme
from kconv._serve import Listen, build
from kconv._settings import Limits
from kconv._store import open_store

logging.basicConfig(level=logging.INFO)
resource.setrlimit(resource.RLIMIT_NOFILE, (160, 160))
limits = Limits(max_connections=int(sys.argv[2]), max_connections_per_address=100000)
server, bound = build(load_scheme(), open_store(sys.argv[1]), Listen(port=0), limits=limits)
if len(sys.argv) > 3:
    server.connections.most = 100000  # as if nobody had counted the descriptors
server.on_ready = lambda: print(bound.getsockname()[1], flush=True)
server.run(sockets=[bound])
"""


@pytest.mark.parametrize("uncounted", [False, True])
def test_more_connections_than_descriptors(url: str, uncounted: bool) -> None:
    """The log stays readable, connections that are there are answered, new ones get their turn."""
    arguments = [sys.executable, "-c", PROGRAM, url, "10000", *(["uncounted"] if uncounted else [])]
    process = prepared.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stderr or ()))
    reader.start()
    try:
        port = int(process.stdout.readline())
        base = f"http://127.0.0.1:{port}"
        with (
            httpx.Client(base_url=base, trust_env=False, timeout=20) as client,
            ExitStack() as many,
        ):
            assert client.get("/livez").text == "ok"
            for _ in range(400):
                many.enter_context(closing(socket.create_connection(("127.0.0.1", port))))
            for _ in range(10):
                time.sleep(0.2)
                assert client.get("/livez").text == "ok"
                assert client.get(CONFIGMAPS).status_code == 200
            with httpx.Client(base_url=base, trust_env=False, timeout=20) as other:
                assert other.get("/livez").text == "ok"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        reader.join(10)
        process.stderr.close()
    assert len(lines) < 15, lines
    few = [line for line in lines if "may be open, for no more than 160 files may" in line]
    assert len(few) == (not uncounted), lines
    assert not any("Traceback" in line for line in lines)


def test_descriptor_limit_is_raised(url: str) -> None:
    program = (
        "import resource; from kconv._serve.connections import raise_descriptor_limit as up;"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (200, 400)); up();"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    out = prepared.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "400"


def test_a_handshake_has_its_time(
    serve: Callable[..., Running], tls: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    from pathlib import Path

    cert, key = map(Path, tls)
    listen = Listen(port=0, tls_cert_file=cert, tls_private_key_file=key)
    running = serve(listen=listen, limits=Limits(tls_handshake_timeout=1))
    host, port = running.url.removeprefix("https://").split(":")
    for sent in (b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n"):
        with closing(socket.create_connection((host, int(port)), timeout=30)) as client:
            client.sendall(sent)
            assert until_closed(client)[1] < 1 + SLACK
    with httpx.Client(base_url=running.url, trust_env=False, verify=False) as good:
        assert good.get("/livez").text == "ok"
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]
    deadline = time.monotonic() + 5
    while running.server.connections.count and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running.server.connections.count == 0
