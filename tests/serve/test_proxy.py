"""``services/NAME/proxy``: what is forwarded, to whom, and what never is."""

import asyncio
import gc
import http.server
import json
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.until import until
from kconv._errors import UsageError
from kconv._serve import Listen
from kconv._serve.http_request import HttpRequest
from kconv._serve.proxy import Proxy, access_of, proxy_services_of
from kconv._serve.proxy.headers import to_client
from kconv._serve.proxy.services import asked_of
from kconv._settings import Limits
from kconv._verbs.refusal import Refusal
from serve.conftest import Running

AT = "/api/v1/namespaces/ui/services"
SERVICES = proxy_services_of(
    [
        "ui/one=http://127.0.0.1:9000",
        "ui/two:80=http://127.0.0.1:9001/base/",
        "ui/two:https=https://backend.example.com",
        "ui/six:80=http://[::1]:80",
    ]
)


RAW = {
    "/unasked": b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "/unknown": b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
    "/unchanged": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\nETag: x\r\n\r\n",
}
"""Answers that few services give."""


class Backend(http.server.BaseHTTPRequestHandler):
    """Says what it was asked, in pieces."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(b"")

    def do_HEAD(self) -> None:
        self.answer(b"")

    def do_POST(self) -> None:
        body = b""
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(body)

    do_PUT = do_PATCH = do_DELETE = do_POST

    def answer(self, body: bytes) -> None:
        if self.headers.get("Upgrade") == "websocket" and self.path == "/echo":
            self.echo()
            return
        if self.path in RAW:
            self.wfile.write(RAW[self.path])
            self.close_connection = True
            return
        if "/cut" in self.path:
            self.send_response(200)
            chunked = self.path == "/cut/chunked"
            name, value = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", "100")
            self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"4\r\nhalf\r\n")
            self.close_connection = True
            return
        headers = [[name.lower(), value] for name, value in self.headers.items()]
        said = {"method": self.command, "path": self.path, "headers": headers, "size": len(body)}
        pieces = [json.dumps(said).encode()] + [b" " * 100_000] * (
            20 if "/large" in self.path else 0
        )
        self.send_response(302 if "/moved" in self.path else 200)
        self.send_header("Set-Cookie", "kconv-session=stolen")
        self.send_header("Set-Cookie", "theirs=1")
        self.send_header("Connection", "X-Own")
        self.send_header("X-Own", "hop")
        if "/moved" in self.path:
            self.send_header("Location", "/elsewhere?a=1")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if self.command != "HEAD":
            for piece in pieces:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")

    def echo(self) -> None:
        self.wfile.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: x\r\n\r\nhello"
        )
        while data := self.connection.recv(65536):
            self.connection.sendall(data.upper())
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


class Threads(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


@pytest.fixture(scope="module")
def backend() -> Iterator[str]:
    """Where the service is. (Not the database, which is SQLite's here.)"""
    server = Threads(("127.0.0.1", 0), Backend)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def proxied(serve: Callable[..., Running], backend: str) -> Running:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = free.getsockname()[1]
    return serve(
        proxy={
            "ui/web:80": backend,
            "ui/base:80": f"{backend}/base",
            "ui/down": f"http://127.0.0.1:{closed}",
        }
    )


@pytest.fixture
def url(tmp_path: Path, _template: Path) -> str:
    return f"sqlite:///{shutil.copy(_template, tmp_path / 'kconv.db')}"


def test_what_is_forwarded(proxied: Running, kubectl: Path) -> None:
    with proxied.client() as client:
        secret = {
            "Authorization": "Bearer x",
            "Cookie": "kconv-session=secret; theirs=2",
            "Connection": "keep-alive, X-Mine",
            "X-Mine": "hop",
            "X-Forwarded-For": "10.1.1.1",
            "X-Remote-User": "root",
            "X_Remote_User": "root",
            "X_Forwarded_For": "10.1.1.1",
            "X-Other": "goes",
        }
        answer = client.get(f"{AT}/web:80/proxy/a%20b/?q=%2F&x", headers=secret)
        said = answer.json()
        headers = dict(said["headers"])
        assert (answer.status_code, said["method"], said["path"]) == (200, "GET", "/a%20b/?q=%2F&x")
        assert headers["host"].startswith("127.0.0.1:")
        assert headers["cookie"] == "theirs=2"
        assert headers["x-other"] == "goes"
        assert headers["x-forwarded-for"] == "127.0.0.1"
        assert headers["x-forwarded-uri"] == f"{AT}/web:80/proxy/a%20b/"
        assert not {"authorization", "x-mine", "x-remote-user"} & set(headers)
        assert not {name for name in headers if "_" in name}
        assert answer.headers.get_list("set-cookie") == ["theirs=1"]
        assert "x-own" not in answer.headers
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            for body in (b"x" * 200_000, iter([b"x" * 100_000] * 2)):
                typed = {"Content-Type": "text/plain"}
                path = f"{AT}/http:base:80/proxy/p"
                sent = client.request(method, path, content=body, headers=typed)
                said = sent.json()
                assert (said["method"], said["path"], said["size"]) == (method, "/base/p", 200_000)
        assert client.head(f"{AT}/web/proxy/h").status_code == 200
        assert len(client.get(f"{AT}/web/proxy/large").content) > 2_000_000
        moved = client.get(f"{AT}/web/proxy/moved")
        assert moved.headers["location"] == f"{AT}/web/proxy/elsewhere?a=1"
        slash = client.get(f"{AT}/web/proxy?a=1")
        assert (slash.status_code, slash.headers["location"]) == (301, f"{AT}/web/proxy/?a=1")
        for cut in ("cut", "cut/chunked"):
            with pytest.raises(httpx.RemoteProtocolError):
                client.get(f"{AT}/web/proxy/{cut}")
        assert client.get(f"{AT}/web/proxy/unchanged").status_code == 304
        assert client.get("/readyz").is_success, "on the same connection"
        for path, code, reason in (
            ("/web/proxy/unasked", 503, "ServiceUnavailable"),
            ("/web/proxy/unknown", 503, "ServiceUnavailable"),
            ("/none/proxy/", 404, "NotFound"),
            ("/web:99/proxy/", 503, "ServiceUnavailable"),
            ("/down/proxy/", 503, "ServiceUnavailable"),
            ("/https:web:80/proxy/", 503, "ServiceUnavailable"),
            ("/a:b:c:d/proxy/", 400, "BadRequest"),
        ):
            refused = client.get(AT + path)
            assert (refused.status_code, refused.json()["reason"]) == (code, reason), path
        assert client.get(f"{AT}/web").status_code == 404, "a service is no resource"
        assert 'verb="CONNECT"' in client.get("/metrics").text
    command = [str(kubectl), "--server", proxied.url, "proxy", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as through:
        try:
            assert through.stdout is not None
            front = "http://" + through.stdout.readline().split()[-1]
            found = httpx.get(f"{front}{AT}/web:80/proxy/by/kubectl", trust_env=False, timeout=20)
            assert found.json()["path"] == "/by/kubectl"
        finally:
            through.kill()


def test_websockets(proxied: Running) -> None:
    host, port = proxied.url.removeprefix("http://").split(":")
    head = (
        f"GET {AT}/web/proxy/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
        "Upgrade: %s\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), 20) as client:
        client.sendall((head % ("echo", "websocket")).encode())
        got = b""
        while not got.endswith(b"hello"):
            got += client.recv(65536)
        assert got.startswith(b"HTTP/1.1 101 ")
        assert b"sec-websocket-accept: x" in got
        payload = b"abc" * 400_000
        threading.Thread(target=client.sendall, args=(payload,), daemon=True).start()
        got = b""
        while len(got) < len(payload):
            got += client.recv(65536)
        assert got == payload.upper()
        client.shutdown(socket.SHUT_WR)
    # A body that is too large, one that says no, and a protocol that is not offered.
    for path, protocol, code in (("other", "websocket", b"200"), ("echo", "SPDY/3.1", b"400")):
        with socket.create_connection((host, int(port)), 20) as client:
            client.sendall((head % (path, protocol)).encode())
            assert client.recv(65536).split()[1] == code
    with socket.create_connection((host, int(port)), 20) as client:
        head = f"POST {AT}/web/proxy/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {2**40}\r\n"
        client.sendall(f"{head}Content-Type: text/plain\r\n\r\n".encode())
        assert client.recv(65536).split()[1] == b"413"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        # Where it leads.
        ("/one/proxy/../../../../../etc", 400),
        ("/one/proxy/%2e%2e/x", 400),
        ("/one/proxy/%252e%252e%252fx", 400),
        ("/one/proxy/a/..%2fb", 400),
        ("/one/proxy/a\\..\\b", 400),
        ("/one/proxy/a/..;x=1/b", 400),
        ("/one/proxy/%00", 400),
        ("/one/proxy/a%0d%0aHost:%20x", 400),
        ("/one/proxy/a\r\nHost: x", 400),
        ("/one/proxy/a b", 400),
        ("/one/proxy/%" + "25" * 20 + "41", 400),
        # Whom it asks.
        ("/169.254.169.254/proxy/latest", 404),
        ("/127.0.0.1:8001/proxy/", 404),
        ("/http:localhost:22/proxy/", 404),
        ("/one@evil.example.com/proxy/", 404),
        ("/one%2f..%2fx/proxy/", 404),
        ("/%5B::1%5D/proxy/", 400),
        ("/one%00/proxy/", 404),
        ("/file:one:80/proxy/", 400),
        ("/https:one:80/proxy/", 503),
        ("/two:81/proxy/", 503),
        ("/two/proxy/", 503),
        ("/ONE/proxy/", 404),
    ],
)
def test_where_a_path_cannot_lead(path: str, code: int) -> None:
    with pytest.raises(Refusal) as refused:
        asked_of((AT + path).encode(), SERVICES)
    assert refused.value.code == code


def test_what_a_path_asks() -> None:
    def asked(path: str) -> tuple[str, str] | None:
        found = asked_of(path.encode(), SERVICES)
        return None if found is None else (found.service.origin + found.service.path, found.rest)

    assert asked(f"{AT}/one/proxy/a//b..c/...") == ("http://127.0.0.1:9000", "/a//b..c/...")
    assert asked(f"{AT}/one:8080/proxy") == ("http://127.0.0.1:9000", "")
    assert asked(f"{AT}/http:two:80/proxy/x") == ("http://127.0.0.1:9001/base", "/x")
    assert asked(f"{AT}/https:two:https/proxy/") == ("https://backend.example.com", "/")
    assert asked(f"{AT}/six/proxy/") == ("http://[::1]", "/")
    assert asked(f"{AT}/http:one/proxy/x") == ("http://127.0.0.1:9000", "/x")
    assert asked(f"{AT}/one/proxyx") is None
    assert asked("/api/v1/namespaces/ui/pods/one/proxy/") is None
    assert asked("/apis/v1/namespaces/ui/services/one/proxy/") is None


@pytest.mark.parametrize(
    "text",
    [
        "one=http://a",
        "ui/one",
        "ui/one=ftp://a",
        "ui/one=file:///etc/passwd",
        "ui/one=http://user:secret@a",
        "ui/one=http://a/?q",
        "ui/one=http://a#f",
        "ui/one=http://a:99999",
        "ui/one=http://",
        "UI/one=http://a",
        "ui/one/two=http://a",
    ],
)
def test_services_that_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="NAMESPACE/NAME"):
        proxy_services_of([text])


def test_redirects() -> None:
    asked = asked_of(f"{AT}/two:80/proxy/x".encode(), SERVICES)
    assert asked is not None
    before = f"{AT}/two:80/proxy"
    for given, expected in (
        ("/base/y", f"{before}/y"),
        ("/other", f"{before}/other"),
        ("http://127.0.0.1:9001/base/z?a", f"{before}/z?a"),
        ("http://127.0.0.1:90011/base", "http://127.0.0.1:90011/base"),
        ("http://127.0.0.1:9001@evil.example.com/", "http://127.0.0.1:9001@evil.example.com/"),
        ("//evil.example.com/", "//evil.example.com/"),
        ("https://elsewhere.example.com/", "https://elsewhere.example.com/"),
        ("relative", "relative"),
    ):
        found = dict(to_client([(b"Location", given.encode())], asked))
        assert found[b"location"].decode() == expected


USERS = """\
t-ada,ada,1
t-bob,bob,2,"operators,readers"
t-eve,eve,3,"readers"
t-odd,group:operators,4
"""


def test_who_may(serve: Callable[..., Running], backend: str, tmp_path: Path) -> None:
    file = tmp_path / "tokens.csv"
    file.write_text(USERS)
    file.chmod(0o600)
    running = serve(
        listen=Listen(port=0, token_auth_file=file),
        proxy={"ui/mine:80": backend, "ui/open": backend},
        proxy_allow={"ui/mine": ["ada", "group:operators"]},
    )
    with running.client() as client:

        def asked(method: str, path: str, user: str) -> httpx.Response:
            return client.request(
                method, AT + path, headers={"Authorization": f"Bearer t-{user}"} if user else {}
            )

        for user in ("ada", "bob"):
            assert asked("GET", "/mine:80/proxy/x", user).status_code == 200
            assert asked("POST", "/mine/proxy/x", user).status_code == 200
        for user in ("eve", "odd"):
            for method, verb in (("GET", "get"), ("POST", "create"), ("DELETE", "delete")):
                for rest in ("/x", ""):
                    refused = asked(method, f"/http:mine:80/proxy{rest}", user)
                    assert (refused.status_code, refused.json()["reason"]) == (403, "Forbidden")
                    name = "group:operators" if user == "odd" else user
                    assert refused.json()["message"] == (
                        f'services "http:mine:80" is forbidden: User "{name}" cannot {verb} '
                        'resource "services/proxy" in API group "" in the namespace "ui"'
                    )
            assert asked("GET", "/open/proxy/x", user).status_code == 200
        assert asked("GET", "/open/proxy/x", "").status_code == 401


@pytest.mark.parametrize(
    ("rule", "tokens", "words"),
    [
        ("ui/one", True, "is not NAMESPACE/NAME=WHO"),
        ("ui/one=", True, "is not NAMESPACE/NAME=WHO"),
        ("ui/one=ada,,bob", True, "is not NAMESPACE/NAME=WHO"),
        ("ui/one=group:", True, "is not NAMESPACE/NAME=WHO"),
        ("ui/none=ada", True, "is no service"),
        ("ui/one=ada", False, "--token-auth-file"),
    ],
)
def test_rules_that_say_nothing(rule: str, tokens: bool, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        access_of([rule], SERVICES, tokens=tokens)


def test_long_requests_take_no_place_of_others(
    serve: Callable[..., Running], backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload goes on for longer than an answer may take to begin, beside other requests."""
    monkeypatch.setattr("kconv._serve.proxy.forward.ANSWER_SECONDS", 1.0)
    limits = Limits(max_requests=1, max_watches=1, max_proxied=1)
    running = serve(proxy={"ui/web:80": backend}, limits=limits)
    flight = running.server._server.in_flight
    went_on = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"x" * 1000
        went_on.wait(20)
        yield b"x" * 1000

    answers: list[httpx.Response] = []

    def upload() -> None:
        with running.client() as client:
            typed = {"Content-Type": "text/plain"}
            path = f"{AT}/web:80/proxy/upload"
            answers.append(client.post(path, content=pieces(), headers=typed))

    sending = threading.Thread(target=upload)
    sending.start()
    until(lambda: flight.proxied == 1)
    threading.Timer(1.5, went_on.set).start()
    with running.client() as client:
        assert (flight.requests, flight.watches) == (0, 0)
        assert client.get("/api/v1/namespaces/default/configmaps").status_code == 200
        watch = {"watch": "true", "timeoutSeconds": "1"}
        assert client.get("/api/v1/configmaps", params=watch).status_code == 200
        assert client.get(f"{AT}/web:80/proxy/x").status_code == 429
        sending.join(20)
        assert (answers[0].status_code, answers[0].json()["size"]) == (200, 2000)
        until(lambda: flight.proxied == 0)
        assert client.get(f"{AT}/web:80/proxy/x").status_code == 200


def test_a_request_that_is_cut_short_leaves_nothing_behind() -> None:
    """As at the end of a server: its body has not come, and the service has not answered."""
    wrong: list[dict[str, Any]] = []
    path = f"{AT}/web/proxy/x"
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(),
             "query_string": b"", "headers": [(b"content-length", b"9")]}  # fmt: skip

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: wrong.append(told))
        asked, let_go = asyncio.Event(), asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            await let_go.wait()
            writer.close()

        async def receive() -> dict[str, Any]:
            await let_go.wait()
            return {"type": "http.disconnect"}

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        proxy = Proxy(proxy_services_of([f"ui/web=http://127.0.0.1:{port}"]))
        asking = asyncio.create_task(proxy.answer(HttpRequest(scope, receive)))
        await asked.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        let_go.set()
        await asyncio.sleep(0.05)
        server.close()

    asyncio.run(run())
    gc.collect()
    assert wrong == []
