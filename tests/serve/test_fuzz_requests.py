"""Requests of any method, path, query, headers and body: none is a failure, and memory stays flat.

What is tried comes from a seed: ``KCONV_FUZZ_SEED`` says where to begin, ``KCONV_FUZZ_REQUESTS``
how many there are. A long run tries 100,000.
"""

import asyncio
import gc
import json
import logging
import os
import random
from pathlib import Path

import pytest
from starlette.applications import Starlette

from fixtures.long import LONG
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._serve import create_app
from kconv._store import SqlStore
from serve.asgi import ask
from serve.hostile import BODIES, NUMBERS, PARAMETERS, PROTOBUF, SOUND, TABLE, TEXTS, TYPES, YAML
from serve.test_fuzz_documents import VALUES, documents, places, put, whole
from serve.test_hostile_requests import check, prepare

REQUESTS = int(os.environ.get("KCONV_FUZZ_REQUESTS", "100000" if LONG else "1000"))
SEED = int(os.environ.get("KCONV_FUZZ_SEED", "1"))
METHODS = ("GET", "GET", "HEAD", "POST", "PUT", "PATCH", "PATCH", "DELETE", "OPTIONS", "BREW")
ACCEPTS = ("application/json", TABLE, YAML, PROTOBUF, "*/*", "", ",;q=", "application/cbor")
STEPS = (
    "api", "apis", "v1", "batch", "autoscaling", "v2", "v1beta1", "namespaces", "default", "one",
    "configmaps", "cronjobs", "horizontalpodautoscalers", "events", "secrets", "status", "scale",
    "finalize", "services", "web", "web:80", "https:web:80", "proxy", "..", ".", "", "%2e%2e",
    "%00", "%FF", "%2F", "openapi", "v3", "healthz", "metrics", "version", "watch", "a" * 300,
)  # fmt: skip
MOST_GROWTH = 48 * 1024 * 1024
"""Bytes that a process may grow by after the first third: caches fill, and nothing else does."""


class Requests:
    """Requests at random, most of which nearly make sense."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.objects = list(documents())

    def target(self, collection: str) -> str:
        chance = self.chance
        path = chance.choice((collection, f"{collection}/one", f"{collection}/one/status"))
        steps = path.split("/")
        for _ in range(chance.choice((0, 0, 0, 1, 2))):
            at = chance.randrange(1, len(steps) + 1)
            steps[at : at + chance.choice((0, 1))] = [chance.choice(STEPS)]
        names = chance.choices(PARAMETERS, k=chance.choice((0, 0, 1, 3)))
        query = "&".join(f"{name}={chance.choice((*NUMBERS, *TEXTS))}" for name in names)
        return f"/{'/'.join(steps).lstrip('/')}{'?' if query else ''}{query}"

    def body(self, document: dict[str, object]) -> bytes:
        chance = self.chance
        sort = chance.randrange(6)
        if sort == 0:
            return chance.choice(BODIES)
        if sort == 1:
            return chance.choice(tuple(SOUND.values()))
        made = whole(document)
        for _ in range(chance.choice((0, 1, 1, 3))):
            made = put(made, chance.choice(list(places(made))), chance.choice(VALUES))
            if not isinstance(made, dict):
                break
        data = bytearray(json.dumps(made).encode())
        if sort == 2:
            for _ in range(chance.randrange(1, 4)):
                data[chance.randrange(len(data))] = chance.randrange(256)
        if sort == 3:
            del data[chance.randrange(len(data)) :]
        return bytes(data)

    def headers(self) -> dict[str, str]:
        chance = self.chance
        media = chance.choice((*TYPES, *SOUND, *SOUND, *SOUND, PROTOBUF))
        found = {"Content-Type": media, "Accept": chance.choice(ACCEPTS)}
        if chance.random() < 0.05:
            found["If-None-Match"] = chance.choice(("*", "x", '"x"'))
        return found


def resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def test_no_request_is_a_failure(
    scheme: Scheme, store: SqlStore, pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    app: Starlette = create_app(
        scheme,
        store,
        runtime_config="api/all=true",
        pipeline=pipeline,
        cache_bytes=4 * 1024 * 1024,
        proxy={"default/web:80": "http://127.0.0.1:9"},
    )
    tried = Requests(SEED)
    sizes: list[int] = []
    statuses: set[int] = set()

    async def run() -> None:
        await prepare(app)
        try:
            for number in range(REQUESTS):
                if number % max(REQUESTS // 3, 1) == 0:
                    sizes.append(resident())
                    caplog.clear()
                path, document = tried.chance.choice(tried.objects)
                method, target = tried.chance.choice(METHODS), tried.target(path)
                body, headers = tried.body(document), tried.headers()
                reply = await ask(app, method, target, body, headers, patience=0.002)
                statuses.add(reply.status)
                said = f"{number}: {method} {target[:300]} {headers} {body[:2000]!r}"
                check(reply, said, caplog)
                if number % 200 == 199:
                    # What deletes have taken.
                    await prepare(app)
            sizes.append(resident())
        finally:
            await app.state.server.stop()

    with caplog.at_level(logging.WARNING):
        asyncio.run(run())
    assert {200, 201, 400, 404, 405, 415, 422} <= statuses
    assert sizes[-1] - sizes[1] < MOST_GROWTH, sizes
