"""Starting, protecting and stopping a server."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from fixtures import prepared
from kconv._errors import Unavailable, UsageError
from kconv._scheme import Scheme
from kconv._serve import Listen, Tokens, build, create_app, served_versions
from kconv._serve.listen import bind
from kconv._store import SqlStore
from serve.conftest import Running
from serve.samples import CONFIGMAPS, configmap, created

PROGRAM = """
import sys
from kconv._scheme import load_scheme
from kconv._serve import Listen, build
from kconv._store import open_store

server, bound = build(load_scheme(), open_store(sys.argv[1]), Listen(port=0))
print(bound.getsockname()[1], flush=True)
server.run(sockets=[bound])
"""


def test_sigterm_drains(url: str) -> None:
    process = prepared.Popen(
        [sys.executable, "-c", PROGRAM, url],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        base = f"http://127.0.0.1:{int(process.stdout.readline())}"
        with httpx.Client(base_url=base, trust_env=False, timeout=30) as client:
            _wait_ready(client)
            created(client, CONFIGMAPS, configmap("one"))
            with client.stream("GET", CONFIGMAPS, params={"watch": "1"}) as watch:
                lines = watch.iter_lines()
                assert '"one"' in next(lines)
                process.send_signal(signal.SIGTERM)
                assert list(lines) == []
        assert process.wait(15) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _wait_ready(client: httpx.Client) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            if client.get("/readyz").text == "ok":
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    "listen",
    [
        Listen(host="0.0.0.0"),
        Listen(host="0.0.0.0", token_auth_file=Path("tokens")),
        Listen(host="192.0.2.1", tls_cert_file=Path(__file__), tls_private_key_file=Path(__file__)),
        Listen(tls_cert_file=Path(__file__)),
        Listen(tls_cert_file=Path("/nope"), tls_private_key_file=Path("/nope")),
        Listen(token_auth_file=Path("/nope")),
    ],
)
def test_unsafe_listening_is_refused(scheme: Scheme, store: SqlStore, listen: Listen) -> None:
    with pytest.raises(UsageError):
        build(scheme, store, listen)


@pytest.mark.parametrize(
    ("host", "named", "local"),
    [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "0.0.0.0", "localhost"),
        ("::", "[::]", "localhost"),
        ("::1", "[::1]", "[::1]"),
    ],
)
def test_what_a_client_of_this_machine_asks(host: str, named: str, local: str) -> None:
    """No certificate is for the address that stands for all."""
    listen = Listen(host=host, port=0)
    with bind(listen) as bound:
        port = bound.getsockname()[1]
        assert listen.url(bound) == f"http://{named}:{port}"
        assert listen.local_url(bound) == f"http://{local}:{port}"


def test_taken_port(scheme: Scheme, store: SqlStore) -> None:
    _, bound = build(scheme, store, Listen(port=0))
    with bound, pytest.raises(Unavailable, match="cannot listen"):
        build(scheme, store, Listen(port=bound.getsockname()[1]))


@pytest.mark.parametrize("text", ["", "# only a comment\n", "token,user\n", ",user,1\n"])
def test_bad_token_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tokens"
    file.write_text(text)
    with pytest.raises(UsageError):
        Tokens.read(file)


def test_health(client: httpx.Client, running: Running) -> None:
    assert client.get("/livez").text == "ok"
    assert "[+]database ok" in client.get("/readyz?verbose").text
    assert client.get("/healthz/ping").text == "ok"
    assert client.get("/healthz/nope").status_code == 404
    assert client.head("/readyz").status_code == 200
    running.server._server.health.stopping = True
    assert client.get("/readyz").status_code == 500
    assert client.get("/livez").text == "ok"


def test_metrics(client: httpx.Client) -> None:
    created(client, CONFIGMAPS, configmap("one"))
    text = client.get("/metrics").text
    expected = 'apiserver_request_total{code="201",group="",resource="configmaps"'
    assert expected in text


def test_mounted_in_another_app(scheme: Scheme, store: SqlStore) -> None:
    outer = Starlette(routes=[Mount("/k8s", app=create_app(scheme, store))])

    async def ask() -> tuple[int, int]:
        transport = httpx.ASGITransport(app=outer)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            made = await client.post(f"/k8s{CONFIGMAPS}", json=configmap("one"))
            found = await client.get(f"/k8s{CONFIGMAPS}/one")
            return made.status_code, found.status_code

    assert asyncio.run(ask()) == (201, 200)


def test_runtime_config(scheme: Scheme) -> None:
    def served(text: str) -> set[str]:
        return {str(each) for each in served_versions(scheme, text)}

    default = served("")
    assert "batch/v1beta1" in default
    assert "batch/v2alpha1" not in default
    assert served("batch/v2alpha1=true") == default | {"batch/v2alpha1"}
    assert served("batch/v2alpha1") == default | {"batch/v2alpha1"}
    assert served("api/alpha=true") == default | {"batch/v2alpha1"}
    assert served("api/all=false,batch/v1=true") == {"batch/v1"}
    assert served("api/beta=false") == {each for each in default if "beta" not in each}
    for text in ("batch/v9=true", "batch/v1=perhaps", "a/b/c"):
        with pytest.raises(UsageError):
            served(text)
    of_batch = served_versions(scheme, "batch/v2alpha1=true", ["batch", ""])
    assert {str(each) for each in of_batch} == {"v1", "batch/v1", "batch/v1beta1", "batch/v2alpha1"}
    with pytest.raises(UsageError, match='no group "nope"'):
        served_versions(scheme, "", ["nope"])
