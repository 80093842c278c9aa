"""Watches over WebSockets: their messages, who may open one, what ends one, and bounds."""

import asyncio
import base64
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.types import Message
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

import kconv
from fixtures.until import until
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._serve import Listen
from kconv._serve.websocket import TOKEN_PROTOCOL, take_token
from kconv._serve.websocket import socket as websocket_socket
from kconv._serve.websocket.asgi import as_http
from kconv._settings import Limits
from kconv._store import SqlStore
from serve.conftest import BOTH, NOBODY, Running
from serve.samples import CONFIGMAPS, CRONJOBS, configmap, created, cronjob, patched

WATCH = f"{CONFIGMAPS}?watch=true"
PROTOBUF = "application/vnd.kubernetes.protobuf"
METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
TOKEN = "se-cret/+="
REFUSED = "websocket.http.response"


def opened(
    at: Running | str,
    path: str = WATCH,
    *,
    subprotocols: Sequence[str] = (),
    origin: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> ClientConnection:
    """A WebSocket to a server. Fails with `InvalidStatus` where it is refused."""
    url = at if isinstance(at, str) else at.url
    return connect(
        url.replace("http://", "ws://") + path,
        origin=None if origin is None else Origin(origin),
        subprotocols=[Subprotocol(each) for each in subprotocols] or None,
        additional_headers=headers,
        compression=None,
        proxy=None,
        open_timeout=20,
        close_timeout=20,
    )


def refused(*args: Any, **options: Any) -> tuple[int, str]:
    """The code of a refusal, and its message."""
    with pytest.raises(InvalidStatus) as error:
        opened(*args, **options)
    response = error.value.response
    status = json.loads(response.body or b"{}")
    return response.status_code, status.get("message", "")


def said(client: ClientConnection) -> tuple[list[str | bytes], int]:
    """What comes until the end, and its code; 0 where the connection was cut."""
    found: list[str | bytes] = []
    try:
        while True:
            found.append(client.recv(timeout=20))
    except ConnectionClosed as end:
        return found, end.rcvd.code if end.rcvd is not None else 0


def watchers(running: Running) -> int:
    return running.server._server.broadcaster.watchers


@BOTH
def test_messages_are_what_http_has(
    running: Running, client: httpx.Client, store: SqlStore
) -> None:
    """In each form, of all that is sent at once or one by one; the end is one without an error."""
    start = created(client, CONFIGMAPS, configmap("one"))["metadata"]["resourceVersion"]
    created(client, CONFIGMAPS, configmap("two"))
    patched(client, f"{CONFIGMAPS}/one", {"data": {"text": "a\u2028\r\n\u00e9"}})
    client.delete(f"{CONFIGMAPS}/two")

    def check(query: str, accept: str, events: int) -> None:
        path = f"{WATCH}&timeoutSeconds=1{query}"
        over_http = client.get(path, headers={"Accept": accept}).content
        with opened(running, path, headers={"Accept": accept}) as watch:
            found, code = said(watch)
        assert (len(found), code) == (events, 1000)
        if PROTOBUF in accept:
            framed = [len(each).to_bytes(4, "big") + each for each in found]  # type: ignore[operator] # bytes
            assert b"".join(framed) == over_http
        else:
            assert found == [line + "\n" for line in over_http.decode().split("\n")[:-1]]

    queries = {"": 1, f"&resourceVersion={start}": 3, "&labelSelector=no": 0}
    queries["&allowWatchBookmarks=1"] = 2
    forms = ("application/json", METADATA, PROTOBUF, f"{PROTOBUF}, application/json")
    with ThreadPoolExecutor(16) as pool:
        for each in [
            pool.submit(check, query, form, events)
            for query, events in queries.items()
            for form in forms
        ]:
            each.result()
    store.compact(0)
    with opened(running, f"{WATCH}&resourceVersion=1") as watch:
        (event,), code = said(watch)
    event = json.loads(event)
    assert (event["type"], event["object"]["code"], code) == ("ERROR", 410, 1000)


def test_changes_come_as_they_happen_in_the_version_that_is_watched(
    running: Running, client: httpx.Client
) -> None:
    older = CRONJOBS.replace("v1/", "v1beta1/")
    with opened(running, f"{older}?watch=true") as watch:
        created(client, CRONJOBS, cronjob("one"))
        client.delete(f"{CRONJOBS}/one")
        for kind in ("ADDED", "DELETED"):
            event = json.loads(watch.recv(timeout=20))
            assert (event["type"], event["object"]["apiVersion"]) == (kind, "batch/v1beta1")


def test_handshakes(running: Running, client: httpx.Client) -> None:
    for offered in ("base64.binary.k8s.io", "binary.k8s.io", "of.somebody"):
        with opened(running, subprotocols=[offered]) as watch:
            assert watch.subprotocol == offered
            assert watch.response is not None
            assert watch.response.headers["Content-Type"] == "application/json"
    with opened(running) as watch:
        assert watch.subprotocol is None
    code, message = refused(running, subprotocols=["binary.k8s.io", "base64.binary.k8s.io"])
    assert (code, "more than one subprotocol" in message) == (400, True)
    good = {
        "Connection": "keep-alive, Upgrade",
        "Upgrade": "WebSocket",
        "Sec-WebSocket-Key": base64.b64encode(b"k" * 16).decode(),
        "Sec-WebSocket-Version": "13",
    }
    for name, value in (
        ("Sec-WebSocket-Key", "short"),
        ("Sec-WebSocket-Version", "8"),
        ("Sec-WebSocket-Protocol", "two words"),
    ):
        answer = client.get(WATCH, headers={**good, name: value})
        assert (answer.status_code, answer.json()["kind"]) == (400, "Status"), name
    # What is no watch, or is refused, is answered as ever.
    assert client.get(CONFIGMAPS, headers=good).json()["kind"] == "ConfigMapList"
    assert refused(running, f"{WATCH}&labelSelector=!!")[0] == 400
    assert refused(running, f"{CONFIGMAPS}s?watch=true")[0] == 404
    plain = client.get(f"{WATCH}&timeoutSeconds=1", headers={**good, "Connection": "keep-alive"})
    assert plain.status_code == 200
    assert watchers(running) == 0


def test_pages_of_others_open_none(running: Running) -> None:
    for origin, site, lets in (
        (running.url, None, True),
        (running.url, "same-origin", True),
        ("https://evil.example", None, False),
        ("null", None, False),
        (running.url, "cross-site", False),
        ("https://evil.example", "same-site", False),
    ):
        headers = {} if site is None else {"Sec-Fetch-Site": site}
        if lets:
            with opened(running, origin=origin, headers=headers):
                continue
        for path in (WATCH, "/api/v1/namespaces/ui/services/web/proxy/echo"):
            code, message = refused(running, path, origin=origin, headers=headers)
            assert (code, "may not open WebSockets" in message) == (403, True)


def test_tokens_of_pages(serve: Callable[..., Running], tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.csv"
    tokens.write_text(f"{TOKEN},ann,1\n")
    running = serve(listen=Listen(port=0, token_auth_file=tokens))
    good = TOKEN_PROTOCOL.decode() + base64.urlsafe_b64encode(TOKEN.encode()).decode().rstrip("=")
    with opened(running, subprotocols=[good, "base64.binary.k8s.io"]) as watch:
        assert watch.subprotocol == "base64.binary.k8s.io"
    with opened(running, headers={"Authorization": f"Bearer {TOKEN}"}) as watch:
        assert watch.subprotocol is None
    other = TOKEN_PROTOCOL.decode() + "b3RoZXI"
    for offered in ([], [good], [good, good, "x"], [other, "x"], [f"{other}!", "x"], ["x"]):
        assert refused(running, subprotocols=offered)[0] == 401, offered
    scope = {"headers": [(b"sec-websocket-protocol", f"a, {good},b".encode()), (b"host", b"x")]}
    headers = dict(scope["headers"])
    take_token(scope, headers)
    assert headers[b"authorization"] == f"Bearer {TOKEN}".encode()
    assert headers[b"sec-websocket-protocol"] == b"a, b", "nor does a service behind it get it"
    assert sorted(scope["headers"]) == sorted(headers.items())
    # It is taken for a WebSocket alone.
    with running.client() as client:
        protocols = {"Sec-WebSocket-Protocol": f"{good}, x"}
        assert client.get(CONFIGMAPS, headers=protocols).status_code == 401


def test_clients_that_close_or_go_end_the_watch(running: Running) -> None:
    for goes in (False, True):
        with opened(running) as watch:
            until(lambda: watchers(running) == 1)
            assert running.server._server.in_flight.watches == 1
            if goes:
                watch.socket.shutdown(socket.SHUT_RDWR)
            else:
                watch.close()
            until(lambda: watchers(running) == 0)
            until(lambda: running.server._server.in_flight.watches == 0)


def test_what_clients_say_is_thrown_away_within_bounds(
    running: Running, client: httpx.Client
) -> None:
    with opened(running) as watch:
        watch.send("hello")
        watch.send(b"x" * 8_000)
        assert watch.ping("there?").wait(20), "a ping is answered"
        created(client, CONFIGMAPS, configmap("one"))
        assert json.loads(watch.recv(timeout=20))["type"] == "ADDED"
        watch.send("x" * (websocket_socket.MOST_BYTES + 1))
        assert said(watch) == ([], 1009)
    with opened(running, f"{WATCH}&resourceVersion=1") as watch:
        watch.socket.sendall(b"\x81\x01x")  # without a mask
        assert said(watch)[1] == 1002
    until(lambda: watchers(running) == 0)


def test_limits_of_watches(serve: Callable[..., Running]) -> None:
    running = serve(limits=Limits(max_watches=1))
    with opened(running):
        assert refused(running)[0] == 429
        # So has the older path of watches.
        assert refused(running, CONFIGMAPS.replace("/v1/", "/v1/watch/"))[0] == 429
    until(lambda: running.server._server.in_flight.watches == 0)
    with opened(running, CONFIGMAPS.replace("/v1/", "/v1/watch/")):
        assert refused(running)[0] == 429


def test_clients_that_are_silent_are_asked(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket_socket, "PING_SECONDS", 0.05)
    with opened(running) as watch, closing(raw(running)) as dead:
        until(lambda: watchers(running) == 2)
        received = b""
        while data := dead.recv(65536):
            received += data
        assert received.count(b"\x89\x00") == websocket_socket.MOST_UNANSWERED - 1, "pings"
        until(lambda: watchers(running) == 1)
        assert watch.ping().wait(20), "one that answers stays"


def raw(running: Running, path: str = WATCH) -> socket.socket:
    """A WebSocket whose client does nothing by itself."""
    host, port = running.url.removeprefix("http://").split(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(30)
    client.connect((host, int(port)))
    key = base64.b64encode(b"k" * 16).decode()
    client.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    return client


def test_clients_that_do_not_read_are_cut_off(serve: Callable[..., Running]) -> None:
    running = serve(limits=Limits(write_timeout=1))
    refusals = running.server.connections.refusals
    with running.client() as client, closing(raw(running)):
        until(lambda: watchers(running) == 1)
        created(client, CONFIGMAPS, configmap("big"))
        for number in range(400):
            patched(client, f"{CONFIGMAPS}/big", {"data": {"a": f"{number}" + "x" * 100_000}})
            if any(each.stuck for each in running.server.server_state.connections):  # type: ignore[union-attr] # they are of our protocol
                break
        until(lambda: refusals["write_timeout"] == 1)
        until(lambda: watchers(running) == 0)


def test_pings_without_end_are_read_slowly(running: Running, client: httpx.Client) -> None:
    with closing(raw(running)) as flood:
        until(lambda: watchers(running) == 1)
        flood.recv(1000)
        flood.settimeout(0.5)
        with suppress(TimeoutError):
            for _ in range(2_000):
                flood.sendall(b"\x89\x80\0\0\0\0" * 10_000)
            pytest.fail("all of it was read")
        (connection,) = [
            each
            for each in running.server.server_state.connections
            if not each.quiet  # type: ignore[union-attr] # as above
        ]
        assert connection.transport.get_write_buffer_size() < 1024 * 1024
        assert client.get(CONFIGMAPS).status_code == 200
    until(lambda: watchers(running) == 0)


def test_the_end_of_the_server_is_said(serve: Callable[..., Running]) -> None:
    running = serve(limits=Limits(shutdown_grace=30))
    with opened(running) as watch:
        until(lambda: watchers(running) == 1)
        running.server.should_exit = True
        assert said(watch) == ([], 1001)
        running.join(20)
        assert not running.server.server_state.connections


def test_the_access_log_has_them(
    serve: Callable[..., Running], caplog: pytest.LogCaptureFixture
) -> None:
    running = serve(access_log=True)
    with caplog.at_level(logging.INFO, "kconv.access"):
        with opened(running):
            pass
        until(lambda: caplog.records)
    assert caplog.records[0].fields["status"] == 101  # type: ignore[attr-defined] # of the access log


@contextmanager
def mounted(scheme: Scheme, url: str, pipeline: Pipeline) -> Iterator[str]:
    """Served by uvicorn as it is, which has frames of its own."""
    api = kconv.create_app(scheme, url, pipeline=pipeline, tokens={TOKEN: "ann"})
    app = Starlette(routes=[Mount("/k8s", api)], lifespan=api.lifespan)
    # Releases of uvicorn that are allowed choose a protocol that websockets warns of.
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, ws="websockets-sansio")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/k8s"
    finally:
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


def test_in_an_app_of_somebody_else(scheme: Scheme, url: str, pipeline: Pipeline) -> None:
    with mounted(scheme, url, pipeline) as at:
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=at, headers=bearer, trust_env=False, verify=NOBODY) as client:
            created(client, CONFIGMAPS, configmap("one"))
        for accept, kind in (("application/json", str), (PROTOBUF, bytes)):
            with opened(at, subprotocols=["x"], headers={"Accept": accept, **bearer}) as watch:
                watch.send("hello")
                assert watch.subprotocol == "x"
                assert type(watch.recv(timeout=20)) is kind
        with opened(at, f"{WATCH}&timeoutSeconds=1", headers=bearer) as watch:
            assert [len(said(watch)[0]), said(watch)[1]] == [1, 1000]
        assert refused(at)[0] == 401
        assert refused(at, origin="https://evil.example", headers=bearer)[0] == 403
        assert refused(at, f"{WATCH}&labelSelector=!!", headers=bearer)[0] == 400
        assert refused(at, CONFIGMAPS, headers=bearer)[0] == 200


def test_servers_say_how_long_a_refusal_is() -> None:
    """Some set it in any case, and a client that is told it twice refuses the answer."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/", "headers": [], "extensions": {REFUSED: {}}}
    asyncio.run(as_http(PlainTextResponse("no", 403), scope, receive, send))
    start, body = sent
    assert [start["type"], start["status"], body["body"]] == [f"{REFUSED}.start", 403, b"no"]
    assert b"content-length" not in dict(start["headers"])
