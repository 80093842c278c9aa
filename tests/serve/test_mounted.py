"""An API server mounted in an app of somebody's own: paths, lifespan, watches at the end."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

import kconv
from kconv._serve import http_server_exit
from serve.test_create_app import SHIPS, ships

APP = """
import kconv
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount
from serve.test_create_app import ships

api = kconv.asgi(ships(), "sqlite:///{path}")
app = {app}
"""
APPS = {
    "without": 'Starlette(routes=[Mount("/k8s", api)])',
    "with": 'Starlette(routes=[Mount("/k8s", api)], lifespan=api.lifespan)',
    "fastapi": "FastAPI(lifespan=api.lifespan)\napp.mount('/k8s', api)",
}


def test_served_below_a_path_with_its_lifespan(tmp_path: Path) -> None:
    api = kconv.asgi(ships(), f"sqlite:///{tmp_path / 'kconv.db'}")
    app = Starlette(routes=[Mount("/k8s", api)], lifespan=api.lifespan)
    store = api.state.server.store

    async def run() -> None:
        async with app.router.lifespan_context(app):
            assert len(store.servers(60)) == 1, "it is registered before any request"
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                body = {"metadata": {"name": "ann"}}
                assert (await client.post(f"/k8s{SHIPS}", json=body)).status_code == 201
                assert (await client.get(f"/k8s{SHIPS}/ann")).status_code == 200
                assert (await client.get(SHIPS)).status_code == 404
        assert store.servers(60) == []

    asyncio.run(run())


def test_the_groups_that_are_named(tmp_path: Path) -> None:
    scheme = kconv.load_scheme(["batch", ""])
    api = kconv.asgi(scheme, f"sqlite:///{tmp_path / 'kconv.db'}", groups=["batch"])
    reviews = {"authentication.k8s.io", "authorization.k8s.io"}
    assert {each.group for each in api.state.server.served} == {"batch", *reviews}
    api.state.server.store.close()
    with pytest.raises(kconv.UsageError, match='no group "nope": there are "", batch'):
        kconv.asgi(scheme, f"sqlite:///{tmp_path / 'kconv.db'}", groups=["nope"])


@pytest.mark.parametrize("leaving", [False, True])
def test_an_event_loop_that_ends_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leaving: bool
) -> None:
    """Without a lifespan nothing waits for the app, whether it has begun to leave or not."""
    api = kconv.asgi(ships(), f"sqlite:///{tmp_path / 'kconv.db'}")
    store = api.state.server.store

    async def run() -> None:
        transport = httpx.ASGITransport(app=api)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.get(SHIPS)).status_code == 200
        assert len(store.servers(60)) == 1
        api.state.server.in_flight.requests += 1  # one that is not answered any more
        monkeypatch.setattr(http_server_exit, "is_ending", lambda: True)
        if leaving:
            await asyncio.sleep(2 * http_server_exit.POLL_SECONDS)

    asyncio.run(run())
    assert store.servers(60) == []
    store.close()


@pytest.mark.parametrize("app", APPS.values(), ids=APPS)
def test_an_open_watch_does_not_hold_up_the_end(tmp_path: Path, app: str) -> None:
    (tmp_path / "mounted.py").write_text(APP.format(path=tmp_path / "kconv.db", app=app))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    tests = Path(__file__).resolve().parent.parent
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(tests)!r}]; import uvicorn; "
        f"uvicorn.run('mounted:app', port={port}, log_level='warning')"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    url = f"http://127.0.0.1:{port}/k8s{SHIPS}"
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                assert httpx.get(url, timeout=20).status_code == 200
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        with httpx.stream("GET", url, params={"watch": "true"}, timeout=20) as watch:
            assert watch.status_code == 200
            process.send_signal(signal.SIGTERM)
            assert list(watch.iter_lines()) == [], "the watch ends"
        process.wait(15)
    finally:
        process.kill()
        process.wait()
    store = kconv.open_store(f"sqlite:///{tmp_path / 'kconv.db'}")
    assert store.servers(60) == [], "it is registered no more"
    store.close()
