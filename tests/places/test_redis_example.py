"""The place that examples/redis_place.py is, on a Redis that is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fakeredis
import pytest

from kconv import Scheme
from kconv._pipeline import Pipeline
from kconv_migrations._executors.executor import InProcessExecutor
from kconv_migrations._migration import Outcome, Settings, migrate, plan, undo, verify
from redis_place import RedisPlace
from shop.versions import GROUP, OrderV3, register

FIRST = {"customer": "ada", "item": {"sku": "a", "count": 2}, "price": "12.50 EUR"}
SECOND = {"customer": "bob", "items": [{"sku": "b", "count": 1}], "cents": 1, "currency": "EUR"}


@pytest.fixture
def client() -> Any:
    return fakeredis.FakeRedis()


@pytest.fixture
def place(client: Any, tmp_path: Path) -> Iterator[RedisPlace]:
    scheme = Scheme()
    register(scheme)
    versions = {number: f"{GROUP}/v{number}" for number in (1, 2, 3)}
    notes = f"sqlite:///{tmp_path / 'notes.db'}"
    place = RedisPlace(client, scheme, {"orders": OrderV3}, {"orders": versions}, notes)
    yield place
    place.close()


def put(client: Any, name: str, version: Any, document: Any) -> None:
    client.zadd("orders", {name: 0})
    text = document if isinstance(document, str) else json.dumps(document)
    client.hset(f"orders:{name}", mapping={"version": version, "document": text})


def run(place: RedisPlace, **settings: Any) -> Outcome:
    (outcome,) = migrate(
        place, Pipeline(place.scheme), plan(place, ["orders"]), Settings(**settings)
    )
    return outcome


def stored(client: Any) -> dict[bytes, tuple[bytes, Any]]:
    return {
        name: (fields[b"version"], json.loads(fields[b"document"]))
        for name in client.zrange("orders", 0, -1)
        if (fields := client.hgetall(b"orders:" + name))
    }


def test_all_documents_go_to_the_new_version_and_back(client: Any, place: RedisPlace) -> None:
    for number in range(1200):
        put(client, f"{number:05}", 1 + number % 2, SECOND if number % 2 else FIRST)
    before = stored(client)
    outcome = run(place)
    assert (outcome.objects, outcome.failures, outcome.done) == (1200, [], True)
    assert {version for version, _ in stored(client).values()} == {b"3"}
    (verified,) = verify(place, InProcessExecutor(place, Pipeline(place.scheme)), ["orders"])
    assert (verified.objects, verified.compared, verified.failures) == (1200, 1200, [])
    assert undo(place, outcome.run).restored == 1200
    assert stored(client) == before


def test_what_is_not_sound_stays(client: Any, place: RedisPlace) -> None:
    put(client, "sound", 1, FIRST)
    put(client, "broken", 1, "{")
    put(client, "unknown", 9, FIRST)
    client.zadd("orders", {"gone": 0})
    outcome = run(place)
    assert (outcome.objects, outcome.done) == (1, False)
    assert {each.key for each in place.quarantined()} == {("broken",), ("unknown",)}
    assert client.hget("orders:broken", "document") == b"{"


def test_a_writer_in_between_wins(client: Any, place: RedisPlace) -> None:
    put(client, "a", 1, FIRST)
    replace = place.replace

    def late(*arguments: Any) -> bool:
        put(client, "a", 3, {"customer": "eve"})
        return replace(*arguments)

    place.replace = late  # type: ignore[assignment, method-assign]  # watched from here on
    outcome = run(place)
    assert (outcome.objects, outcome.raced, outcome.done) == (0, 1, True)
    assert stored(client) == {b"a": (b"3", {"customer": "eve"})}
