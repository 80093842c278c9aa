"""A server that serves CustomResourceDefinitions, and nothing else until one is made."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kconv import Pipeline, Scheme
from kconv._serve import ApiServer, Listen, build
from kconv._store import SqlStore, open_store
from kconv_migrations import _tables as db
from kconv_schemas import apiextensions

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


class Running:
    """A server behind a socket, run by a thread, and a client of it."""

    def __init__(self, server: ApiServer, url: str, thread: threading.Thread) -> None:
        self.server = server
        self.url = url
        self.thread = thread
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=30)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """A request whose body, if any, is JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(method, path, json=body, headers=named)

    def made(self, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """What a request gives that has to succeed."""
        answer = self.ask(method, path, body, **headers)
        assert answer.status_code < 300, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def patch(self, path: str, change: Any) -> dict[str, Any]:
        """A merge patch that has to succeed."""
        return self.made("PATCH", path, change, content_type="application/merge-patch+json")

    def stop(self) -> None:
        """End the server."""
        self.http.close()
        self.server.should_exit = True
        self.thread.join(20)


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    """What every server shares; the kinds of its CRDs are its own."""
    scheme = Scheme()
    apiextensions.register(scheme)
    return Pipeline(scheme.freeze())


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("crds") / "kconv.db"
    db.upgrade(f"sqlite:///{file}")
    return file


Start = Callable[..., Running]


@pytest.fixture(scope="module")
def start(
    empty: Path, pipeline: Pipeline, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Start]:
    """Starts a server on a new database, or one of several on the same one."""
    running: list[Running] = []
    stores: list[SqlStore] = []

    def begin(file: Path | None = None, **options: Any) -> Running:
        if file is None:
            file = Path(shutil.copy(empty, tmp_path_factory.mktemp("db") / "kconv.db"))
        store = open_store(f"sqlite:///{file}")
        stores.append(store)
        options.setdefault("pipeline", pipeline)
        server, bound = build(pipeline.scheme, store, Listen(port=0), **options)
        thread = threading.Thread(target=lambda: server.run(sockets=[bound]), daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        host, port = bound.getsockname()[:2]
        made = Running(server, f"http://{host}:{port}", thread)
        running.append(made)
        return made

    yield begin
    for each in running:
        each.stop()
    for store in stores:
        store.close()


@pytest.fixture(scope="module")
def server(start: Start) -> Running:
    """The server of a module."""
    return start()


def definition(
    plural: str, versions: dict[str, dict[str, Any]], storage: str = "", **spec: Any
) -> dict[str, Any]:
    """A CRD of example.com; what a version says beside its schema is under ``also``."""
    kind = plural[:-1].capitalize()
    storage = storage or next(iter(versions))
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": kind},
            "versions": [
                {
                    "name": name,
                    "served": True,
                    "storage": name == storage,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {"spec": {"type": "object", "properties": fields}},
                        }
                    },
                }
                for name, fields in versions.items()
            ],
            **spec,
        },
    }


def version(crd: dict[str, Any], name: str) -> dict[str, Any]:
    """One of the versions of a CRD."""
    found: dict[str, Any] = next(e for e in crd["spec"]["versions"] if e["name"] == name)
    return found


def schema(crd: dict[str, Any], name: str) -> dict[str, Any]:
    """The schema of a version."""
    found: dict[str, Any] = version(crd, name)["schema"]["openAPIV3Schema"]
    return found
