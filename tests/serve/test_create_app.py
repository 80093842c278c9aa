"""`kconv.create_app`: an API server in a program of one's own."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

import kconv
from kconv import Edge, Hub, Resource, Scheme, SelectableField, Type
from kconv.fields import Boolean, Object, String
from kconv_migrations._tables import is_empty
from serve.conftest import BOTH
from serve.samples import CONFIGMAPS, configmap

SHIPS = "/apis/fleet.example.com/v1/namespaces/default/ships"


class ShipSpec(Type):
    flag = String()
    port = String()
    sunk = Boolean()


class Ship(Resource):
    spec = Object(ShipSpec, load_default=dict)

    class Meta:
        group = "fleet.example.com"
        version = "v1"


class ShipHub(Hub):
    spec = Object(ShipSpec)

    class Meta:
        group = "fleet.example.com"
        kind = "Ship"
        selectable_fields = (
            "spec.flag",
            SelectableField("harbour", "spec.port", absent="sea"),
            "spec.sunk",
        )


def ships() -> Scheme:
    scheme = Scheme()
    scheme.add(ShipHub, Edge(Ship), storage="fleet.example.com/v1")
    return scheme


def ask_app(
    app: Starlette, ask: Callable[[httpx.AsyncClient], Coroutine[Any, Any, None]], **headers: str
) -> None:
    """Ask an app without its lifespan, as a test of a user's own would."""

    async def run() -> None:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", headers=headers
        ) as client:
            await ask(client)
        await app.state.server.stop()

    asyncio.run(run())


def test_from_a_url(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kconv.db'}"
    app = kconv.create_app(ships(), url)
    assert not is_empty(url), "its tables were made"

    async def ask(client: httpx.AsyncClient) -> None:
        made = await client.post(SHIPS, json={"metadata": {"name": "ship"}})
        assert made.status_code == 201, made.text
        found = (await client.get(SHIPS)).json()
        assert [each["metadata"]["name"] for each in found["items"]] == ["ship"]

    ask_app(app, ask)
    app.state.server.store.close()


def test_lifespan(tmp_path: Path) -> None:
    app = kconv.create_app(ships(), f"sqlite:///{tmp_path / 'kconv.db'}")
    store = app.state.server.store

    async def live() -> None:
        async with app.router.lifespan_context(app):
            assert len(store.servers(60)) == 1, "it is registered"
        assert store.servers(60) == []

    asyncio.run(live())
    store.close()


def test_options(tmp_path: Path) -> None:
    app = kconv.create_app(
        kconv.load_scheme([""]),
        f"sqlite:///{tmp_path / 'kconv.db'}",
        runtime_config="v1=false",
        tokens={"secret": "ann"},
        cache_bytes=0,
    )

    async def ask(client: httpx.AsyncClient) -> None:
        assert (await client.get("/api")).status_code == 401
        assert (await client.get("/livez")).status_code == 200
        headers = {"Authorization": "Bearer secret"}
        assert (await client.get(CONFIGMAPS, headers=headers)).status_code == 404
        assert (await client.get("/api", headers=headers)).json()["versions"] == []

    ask_app(app, ask)
    app.state.server.store.close()


def test_wrong_options(tmp_path: Path) -> None:
    """They are refused, and what was opened is closed, which `fixtures.connections` sees to."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with pytest.raises(kconv.UsageError, match="unknown version"):
        kconv.create_app(ships(), url, runtime_config="nope/v1")
    with pytest.raises(kconv.UsageError, match="proxy"):
        kconv.create_app(ships(), url, proxy={"nonsense": "nowhere"})
    with pytest.raises(kconv.KconvError):
        kconv.create_app(ships(), "nonsense")


@BOTH
def test_selectable_fields(url: str) -> None:
    app = kconv.create_app(ships(), url)

    async def ask(client: httpx.AsyncClient) -> None:
        for name, spec in (
            ("ann", {"flag": "red", "sunk": True}),
            ("bea", {"flag": "blue", "port": "bremen"}),
            ("cas", {}),
        ):
            body = {"metadata": {"name": name}, "spec": spec}
            assert (await client.post(SHIPS, json=body)).status_code == 201

        async def selected(selector: str) -> list[str]:
            found = await client.get(SHIPS, params={"fieldSelector": selector})
            assert found.status_code == 200, found.text
            return [each["metadata"]["name"] for each in found.json()["items"]]

        assert await selected("spec.flag=red") == ["ann"]
        assert await selected("spec.flag!=red") == ["bea", "cas"]
        assert await selected("harbour=sea") == ["ann", "cas"]
        assert await selected("spec.sunk=true") == ["ann"]
        assert await selected("metadata.name=cas,harbour=sea") == ["cas"]
        for unknown in ("spec.port=bremen", "spec.hull=x"):
            refused = await client.get(SHIPS, params={"fieldSelector": unknown})
            assert refused.status_code == 400
            assert "field label not supported" in refused.json()["message"]
        document = (await client.get("/openapi/v3/apis/fleet.example.com/v1")).json()
        (schema,) = (
            each
            for each in document["components"]["schemas"].values()
            if "x-kubernetes-selectable-fields" in each
        )
        assert schema["x-kubernetes-selectable-fields"] == [
            {"fieldPath": "spec.flag"},
            {"fieldPath": "spec.sunk"},
        ]

    ask_app(app, ask)
    app.state.server.store.close()


def test_body_is_what_the_object_was_before(tmp_path: Path) -> None:
    """Objects come from the cache or not: the bytes are the same."""
    answers = []
    for cache_bytes in (0, 1 << 20):
        url = f"sqlite:///{tmp_path / f'{cache_bytes}.db'}"
        app = kconv.create_app(kconv.load_scheme([""]), url, cache_bytes=cache_bytes)
        found: list[Any] = []

        async def ask(client: httpx.AsyncClient, found: list[Any] = found) -> None:
            await client.post(CONFIGMAPS, json=configmap("one", labels={"a": "b"}))
            for path in (f"{CONFIGMAPS}/one", CONFIGMAPS, f"{CONFIGMAPS}?labelSelector=a%3Db"):
                once, twice = await client.get(path), await client.get(path)
                assert once.content == twice.content
                found.append(_without_identity(once.json()))

        ask_app(app, ask)
        server = app.state.server
        assert bool(server.memory.use.hits) == bool(cache_bytes)
        server.store.close()
        answers.append(found)
    assert answers[0] == answers[1]


def _without_identity(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_identity(item)
            for key, item in value.items()
            if key not in ("uid", "creationTimestamp", "time")
        }
    return [_without_identity(each) for each in value] if isinstance(value, list) else value
