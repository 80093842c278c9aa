"""The webhook on the wire: reviews, bounds, certificates that change, and an end without losses."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

import kconv
from fixtures import prepared
from fixtures.certificates import signed_by_itself
from kconv import Scheme, UsageError
from kconv._serve import Listen
from kconv._settings import Limits
from kconv._webhook import app, build
from kconv._webhook.certificate_files import CertificateFiles
from kconv._webhook.review import answer_review
from webhook.conftest import gadget, review

TESTS = Path(__file__).resolve().parents[1]
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def client(gadgets: Scheme) -> httpx.AsyncClient:
    made = kconv.webhook(
        gadgets, limits=Limits(max_mib_in_flight=1, max_bodies=2, body_timeout=0.3)
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://webhook")


def test_requests(client: httpx.AsyncClient) -> None:
    async def ask() -> None:
        for path in ("/convert", "/convert/gadgets"):
            answer = await client.post(path, content=review("v1", [gadget(width=3)]))
            assert answer.status_code == 200
            (found,) = answer.json()["response"]["convertedObjects"]
            assert found["spec"] == {"dimensions": {"width": 3}}
        refused = await client.post("/convert", content=b"{}")
        assert (refused.status_code, refused.json()["reason"]) == (400, "BadRequest")
        assert "ConversionReview" in refused.json()["message"]
        failed = await client.post("/convert", content=review("v1", [7]))
        assert failed.json()["response"]["result"]["status"] == "Failure"
        for path in ("/convert", "/other"):
            lost = await client.get(path)
            assert lost.status_code == 404
            assert lost.json()["message"] == "POST ConversionReviews to /convert"
        for path in ("/livez", "/readyz"):
            assert (await client.get(path)).text == "ok"
        metrics = (await client.get("/metrics")).text
        assert 'kconv_webhook_reviews_total{result="converted"} 2.0' in metrics
        assert 'kconv_webhook_reviews_total{result="failed"} 1.0' in metrics
        assert 'kconv_webhook_reviews_total{result="refused"} 1.0' in metrics
        assert "kconv_webhook_objects_total 2.0" in metrics

    asyncio.run(ask())


def test_bodies_have_bounds(client: httpx.AsyncClient) -> None:
    async def stalled() -> Any:
        yield b"{"
        await asyncio.sleep(30)

    async def ask() -> None:
        large = await client.post("/convert", content=review("v1", [gadget(note="x" * 1_100_000)]))
        assert (large.status_code, large.json()["reason"]) == (413, "RequestEntityTooLarge")
        slow = [asyncio.ensure_future(client.post("/convert", content=stalled())) for _ in "12"]
        await asyncio.sleep(0.05)
        more = await client.post("/convert", content=review("v1", []))
        assert (more.status_code, more.headers["Retry-After"]) == (429, "1")
        assert {(await each).status_code for each in slow} == {408}
        assert (await client.post("/convert", content=review("v1", []))).status_code == 200

    asyncio.run(ask())


def test_a_whole_list_at_once_leaves_the_loop_to_others(
    gadgets: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conversion does not go on until others have been answered."""
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=kconv.webhook(gadgets)), base_url="http://webhook"
    )
    objects = [gadget("v1alpha1", f"g-{at}", size=f"{at}x1") for at in range(3_000)]
    begun, answered = threading.Event(), threading.Event()

    def convert(*arguments: Any) -> Any:
        begun.set()
        assert answered.wait(30), "nobody else was answered while a list was converted"
        return answer_review(*arguments)

    monkeypatch.setattr(app, "answer_review", convert)

    async def ask() -> None:
        async with client:
            whole = asyncio.ensure_future(client.post("/convert", content=review("v1", objects)))
            assert await asyncio.to_thread(begun.wait, 30)
            for _ in range(4):
                assert (await client.get("/livez")).text == "ok"
            answered.set()
            found = (await whole).json()["response"]["convertedObjects"]
            widths = [each["spec"]["dimensions"].get("width") for each in found]
            assert widths == list(range(3_000))

    asyncio.run(ask())


def test_where_it_may_listen(gadgets: Scheme, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"refusing to listen on 0\.0\.0\.0"):
        build(gadgets, Listen("0.0.0.0", 0))
    certificate, key = signed_by_itself(tmp_path, "one")
    with pytest.raises(UsageError, match="go together"):
        build(gadgets, Listen("127.0.0.1", 0, tls_cert_file=certificate))
    with pytest.raises(UsageError, match="cannot be used"):
        build(gadgets, Listen(port=0, tls_cert_file=key, tls_private_key_file=certificate))
    with pytest.raises(UsageError, match="no such file"):
        build(gadgets, Listen(port=0, tls_cert_file=tmp_path / "x", tls_private_key_file=key))
    for path in ("convert", "/", "/convert/"):
        with pytest.raises(UsageError, match="is not one such as /convert"):
            kconv.webhook(gadgets, path=path)


def test_a_certificate_that_is_replaced_is_served_without_a_restart(
    gadgets: Scheme, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = signed_by_itself(tmp_path, "first"), signed_by_itself(tmp_path, "second")
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    certificate.write_bytes(first[0].read_bytes())
    key.write_bytes(first[1].read_bytes())
    listen = Listen(port=0, tls_cert_file=certificate, tls_private_key_file=key)
    server, bound = build(gadgets, listen)
    port = bound.getsockname()[1]
    ready = threading.Event()
    server.on_ready = ready.set
    thread = threading.Thread(target=lambda: server.run(sockets=[bound]), daemon=True)
    thread.start()
    assert ready.wait(20)
    followed = server._certificate
    assert isinstance(followed, CertificateFiles)
    context = server.config.ssl
    assert context is not None

    def served() -> str:
        return ssl.get_server_certificate(("127.0.0.1", port))

    try:
        assert served() == first[0].read_text()
        assert not followed.reload(context)
        certificate.write_bytes(second[0].read_bytes())  # its key is not there yet
        with caplog.at_level(logging.WARNING):
            assert not followed.reload(context)
        assert "the one before is" in caplog.text
        assert served() == first[0].read_text()
        key.write_bytes(second[1].read_bytes())
        assert followed.reload(context)
        assert served() == second[0].read_text()
        key.unlink()
        assert not followed.reload(context)
        with httpx.Client(verify=ssl.create_default_context(cafile=str(second[0]))) as client:
            answer = client.post(
                f"https://127.0.0.1:{port}/convert", content=review("v1", [gadget()])
            )
            assert answer.json()["response"]["result"]["status"] == "Success"
    finally:
        server.should_exit = True
        thread.join(20)
        bound.close()


def test_the_command(tmp_path: Path) -> None:
    """It says where it is, answers what is in flight after SIGTERM, and ends with 0."""
    command = [sys.executable, "-m", "kconv", "webhook", "serve", "--port", "0"]
    process = prepared.Popen(
        [*command, "--apis", "webhook.gadgets:register"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=TESTS,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("converting at http://127.0.0.1:"), line
        address = line.split("://")[1].split("/")[0]
        host, port = address.split(":")
        body = review("v1", [gadget(width=4)])
        head = (
            f"POST /convert HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(head.encode() + body[:50])
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            connection.sendall(body[50:])
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200 ")
        found = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert found["response"]["convertedObjects"][0]["spec"] == {"dimensions": {"width": 4}}
        _, error = process.communicate(timeout=20)
        assert process.returncode == 0, error
        assert "Traceback" not in error
    finally:
        process.kill()
        process.wait()
