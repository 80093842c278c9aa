"""Bounds on what requests hold together: places, bodies on their way in, bytes."""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, closing

import httpx
import pytest

from kconv._serve.in_flight import Bytes, InFlight
from kconv._settings import Limits
from kconv._verbs.refusal import Refusal
from serve.conftest import Running
from serve.samples import CONFIGMAPS, configmap, created

MIB = 1024 * 1024


def opened(running: Running) -> socket.socket:
    host, port = running.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def post(length: int) -> bytes:
    return (
        f"POST {CONFIGMAPS} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


def too_many(answer: httpx.Response) -> None:
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"
    status = answer.json()
    assert (status["kind"], status["reason"]) == ("Status", "TooManyRequests")
    assert status["details"] == {"retryAfterSeconds": 1}


def test_stalled_bodies_hold_no_place_and_no_memory(serve: Callable[..., Running]) -> None:
    """60 bodies of 2.9 MiB that stop before their end, where 2 requests and 16 MiB are allowed."""
    limits = Limits(max_requests=2, max_mib_in_flight=16, body_stall_timeout=60)
    running = serve(limits=limits)
    held = running.server._server.in_flight.budget
    with ExitStack() as stack, running.client() as client:
        for _ in range(60):
            sender = stack.enter_context(closing(opened(running)))
            try:
                sender.sendall(post(3 * MIB) + b'{"a":"' + b"x" * (29 * MIB // 10))
            except (BrokenPipeError, ConnectionResetError):
                continue  # cut off already
        assert held.held <= 16 * MIB
        big = configmap("big") | {"data": {"text": "x" * (9 * MIB // 10)}}
        deadline = time.monotonic() + 10
        while client.post(CONFIGMAPS, json=big).status_code != 201:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        created(client, CONFIGMAPS, configmap("small"))
        assert client.get(f"{CONFIGMAPS}/small").status_code == 200
    deadline = time.monotonic() + 10
    while held.held and time.monotonic() < deadline:
        time.sleep(0.05)
    assert held.held == 0


def test_too_many_bodies(serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STALLED_SECONDS", "SLOW_SECONDS"):
        monkeypatch.setattr(f"kconv._serve.in_flight.{name}", 3600.0)
    running = serve(limits=Limits(max_bodies=3))
    flight = running.server._server.in_flight
    with ExitStack() as stack, running.client() as client:
        for _ in range(3):
            stack.enter_context(closing(opened(running))).sendall(post(100))
        deadline = time.monotonic() + 10
        while flight.bodies < 3:
            assert time.monotonic() < deadline
        created(client, CONFIGMAPS, configmap("one"))  # its body comes at once
        late = stack.enter_context(closing(opened(running)))
        late.sendall(post(100))
        assert late.recv(4096).startswith(b"HTTP/1.1 429 ")
        assert client.get(CONFIGMAPS).status_code == 200
        # They have stalled by now, and the longest makes room.
        monkeypatch.setattr("kconv._serve.in_flight.STALLED_SECONDS", 0.0)
        assert flight.rejected == 1
        another = stack.enter_context(closing(opened(running)))
        another.sendall(post(100))
        deadline = time.monotonic() + 10
        while flight.rejected < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert not any(body.hurried for body in flight._bodies)


def test_slow_bodies_make_room(serve: Callable[..., Running]) -> None:
    running = serve(limits=Limits(max_bodies=3))
    flight = running.server._server.in_flight
    with ExitStack() as stack:
        senders = [stack.enter_context(closing(opened(running))) for _ in range(3)]
        for sender in senders:
            sender.sendall(post(900_000))
        deadline = time.monotonic() + 10
        while flight.bodies < 3:
            assert time.monotonic() < deadline
        # They never stop for as long as a second.
        for _ in range(4):
            for sender in senders:
                sender.sendall(b" ")
            time.sleep(0.2)
        slow = set(flight._bodies)
        body = json.dumps(configmap("whole")).encode()
        whole = stack.enter_context(closing(opened(running)))
        whole.sendall(post(len(body)) + body)  # needs no room
        assert whole.recv(4096).startswith(b"HTTP/1.1 201 ")
        assert not any(each.cut for each in slow)
        late = stack.enter_context(closing(opened(running)))
        late.sendall(post(len(body)))
        while flight._bodies.keys() <= slow:
            assert time.monotonic() < deadline
        late.sendall(body)
        assert late.recv(4096).startswith(b"HTTP/1.1 409 ")
        assert sum(each.cut for each in slow) == 1


def test_too_many_watches(serve: Callable[..., Running]) -> None:
    running = serve(limits=Limits(max_watches=2, max_requests=1))
    flight = running.server._server.in_flight
    with running.client() as client, running.client() as other, ExitStack() as stack:
        for _ in range(2):
            watch = stack.enter_context(client.stream("GET", CONFIGMAPS, params={"watch": "1"}))
            assert watch.status_code == 200
        too_many(other.get(CONFIGMAPS, params={"watch": "true"}))
        too_many(other.get(f"{CONFIGMAPS}?w%61tch=true"))
        assert other.get(CONFIGMAPS, params={"watch": "false"}).status_code == 200
        assert (flight.watches, flight.requests) == (2, 0)
    deadline = time.monotonic() + 10
    while flight.watches:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_too_many_requests(client: httpx.Client, running: Running) -> None:
    flight = running.server._server.in_flight
    flight.requests = flight.limits.max_requests
    try:
        too_many(client.get(CONFIGMAPS))
        too_many(client.post(CONFIGMAPS, json=configmap("one")))
        for path in ("/livez", "/readyz", "/metrics"):
            assert client.get(path).status_code == 200
    finally:
        flight.requests = 0
    created(client, CONFIGMAPS, configmap("one"))
    assert flight.requests == 0


def test_bytes_are_had_in_turn() -> None:
    order: list[str] = []

    async def hold(budget: Bytes, name: str, number: int, seconds: float) -> None:
        async with budget.bytes(number):
            order.append(name)
            await asyncio.sleep(seconds)

    async def run() -> None:
        budget = Bytes(100)
        async with asyncio.TaskGroup() as group:
            group.create_task(hold(budget, "a", 60, 0.05))
            group.create_task(hold(budget, "all", 1000, 0.05))
            group.create_task(hold(budget, "b", 40, 0.05))
        assert order == ["a", "all", "b"]
        assert budget.held == 0
        async with budget.bytes(100):
            with pytest.raises(Refusal) as caught:
                async with budget.bytes(1, patience=0.05):
                    pass
            assert caught.value.code == 429
            waiting = asyncio.create_task(hold(budget, "gone", 10, 0))
            await asyncio.sleep(0.01)
            waiting.cancel()
            await asyncio.sleep(0.01)
        assert budget.held == 0
        assert budget.try_take(100)

    asyncio.run(run())
    assert "gone" not in order


def test_a_body_gives_back_what_it_held() -> None:
    async def run() -> None:
        flight = InFlight(Limits(max_mib_in_flight=1))
        scope: dict[str, object] = {}
        flight.enter(scope, watch=False)
        body = flight.begin_body(scope)
        assert (flight.requests, flight.bodies) == (0, 1)
        flight.hold(body, MIB)
        with pytest.raises(Refusal):
            flight.hold(body, 1)
        flight.end_body(scope, body, complete=True)
        assert (flight.requests, flight.bodies, flight.budget.held) == (1, 0, MIB)
        flight.leave(scope)
        assert (flight.requests, flight.budget.held) == (0, 0)

    asyncio.run(run())


def test_large_bodies_are_refused_at_once(client: httpx.Client, running: Running) -> None:
    with closing(opened(running)) as sender:
        sender.sendall(post(4 * MIB))
        assert sender.recv(100).startswith(b"HTTP/1.1 413")

    def endless() -> object:
        while True:
            yield json.dumps("x" * 100_000).encode()

    began = time.monotonic()
    try:
        answer = client.post(
            CONFIGMAPS,
            content=endless(),  # type: ignore[arg-type] # an iterator of bytes
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 413
    except httpx.WriteError:
        pass  # hung up on in the middle of it
    assert time.monotonic() - began < 10
