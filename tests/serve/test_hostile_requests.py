"""No request is answered with an unexpected failure, whatever its parameters and its body say."""

import asyncio
import json
import logging
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from fixtures.long import LONG, examples
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._serve import create_app, served_versions
from kconv._store import SqlStore
from serve.asgi import Reply, ask
from serve.conftest import BOTH
from serve.hostile import (
    BODIES,
    JOB,
    METADATA,
    NUMBERS,
    OBJECT,
    OF_DELETES,
    OF_LISTS,
    OF_READS,
    OF_WRITES,
    PARAMETERS,
    READ_TYPES,
    READS,
    SOUND,
    TABLE,
    TEXTS,
    TYPES,
    WRITES,
    YAML,
)
from serve.samples import CONFIGMAPS, CRONJOBS, configmap, cronjob

ON = BOTH if LONG else pytest.mark.parametrize("backend", ["sqlite"])
"""Most of them reach no database."""


@pytest.fixture
def app(scheme: Scheme, store: SqlStore, pipeline: Pipeline) -> Starlette:
    served = served_versions(scheme, "api/all=true")
    return create_app(scheme, store, served=served, pipeline=pipeline)


@pytest.fixture
def loop(app: Starlette) -> Iterator[asyncio.Runner]:
    """One event loop for all requests of a test; the app stops with it."""
    with asyncio.Runner() as runner:
        runner.run(prepare(app))
        yield runner
        runner.run(app.state.server.stop())


async def prepare(app: Starlette) -> None:
    """What the requests are about: a ConfigMap, a CronJob, and a namespace that cannot go."""
    held = {"metadata": {"name": "held", "finalizers": ["example.com/held"]}}
    for path, body in (
        (CONFIGMAPS, configmap("one")),
        (CRONJOBS, cronjob("one")),
        ("/api/v1/namespaces", held),
    ):
        reply = await ask(app, "POST", path, json.dumps(body).encode())
        assert reply.status in (201, 409), reply.body


def check(reply: Reply, request: str, caplog: pytest.LogCaptureFixture) -> None:
    """A refusal says why; nothing failed that the server did not see coming."""
    failures = [record for record in caplog.records if record.exc_info]
    assert not failures, (request, failures[0].exc_info)
    assert reply.status, request
    if reply.status < 500 or reply.status in (501, 503, 504):
        return
    # Kubernetes answers these two with a 500 that says what is wrong.
    expected = ("resourceVersion should not be set", "resourceVersion: Invalid value")
    # A Status is in JSON, YAML or protobuf.
    assert any(each.encode() in reply.body for each in expected), (request, reply)


def queries(names: Iterable[str], turn: int) -> Iterator[str]:
    """Each parameter with each text; of those, a run that is not long tries a third.

    Which one the turn says: three requests that take a parameter try all of its texts together.
    """
    for number, name in enumerate(names):
        texts = (*NUMBERS, *TEXTS)
        for text in texts if LONG else texts[(number + turn) % 3 :: 3]:
            yield f"{name}={text}"
        yield name
        yield f"{name}=1&{name}=x"


@BOTH
@pytest.mark.parametrize(("method", "path", "watch", "accept"), READS)
def test_parameters_of_reads(
    loop: asyncio.Runner,
    app: Starlette,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    watch: str,
    accept: str,
) -> None:
    turn = READS.index((method, path, watch, accept))

    async def run() -> None:
        for query in queries(OF_READS, turn):
            target = f"{path}?{watch}{query}"
            # A watch from a version needs a moment to ask the database for what came after it.
            patience = 0.05 if watch and query.startswith("resourceVersion=") else 0.002
            reply = await ask(app, method, target, headers={"Accept": accept}, patience=patience)
            check(reply, target[:200], caplog)
            assert b'"InternalError"' not in reply.body, target[:200]

    with caplog.at_level(logging.WARNING):
        loop.run(run())


@ON
@pytest.mark.parametrize(("method", "path", "media"), WRITES)
def test_parameters_of_writes(
    loop: asyncio.Runner,
    app: Starlette,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    media: str,
) -> None:
    body = b"" if method == "DELETE" else SOUND[media]
    names: tuple[str, ...] = OF_WRITES
    if method == "DELETE":
        names = OF_DELETES if path == OBJECT else (*OF_DELETES, *OF_LISTS)

    turn = WRITES.index((method, path, media))

    async def run() -> None:
        for query in queries(names, turn):
            target = f"{path}?{query}"
            reply = await ask(app, method, target, body, {"Content-Type": media})
            check(reply, f"{method} {target[:200]}", caplog)
            if method == "DELETE" and reply.status < 300:
                await prepare(app)

    with caplog.at_level(logging.WARNING):
        loop.run(run())


@ON
@pytest.mark.parametrize(("method", "path", "media"), WRITES)
def test_bodies(
    loop: asyncio.Runner,
    app: Starlette,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    media: str,
) -> None:
    async def run() -> None:
        for body in BODIES:
            for content_type in dict.fromkeys((media, *(TYPES if len(body) < 4 else READ_TYPES))):
                headers = {"Content-Type": content_type}
                reply = await ask(app, method, path, body, headers)
                check(reply, f"{method} {path} {content_type} {body[:100]!r}", caplog)
                if reply.status < 300 and method != "PATCH":
                    await prepare(app)

    with caplog.at_level(logging.WARNING):
        loop.run(run())


PATHS = (
    "/%FF",
    "/%00",
    "/api/v1/%FF",
    "/api/v1/namespaces/%00",
    "/api/v1/namespaces/%FF/configmaps",
    "/api/v1/namespaces/%ED%A0%80/configmaps/x",
    "/api/v1/namespaces/default/configmaps/%00",
    "/api/v1/namespaces/default/configmaps/%FF",
    "/api/v1/namespaces/default/configmaps/" + "a" * 3000,
    "/api/v1/namespaces/default/configmaps/%2e%2e",
    "/api/v1/namespaces/default/configmaps/x/status/y",
    "/apis/%FF/v1/things",
    "/apis/batch/%FF",
    "/apis//v1",
    "/openapi/v3/%FF",
    "/openapi/v3/..%2f..",
    "/healthz/%FF",
    "//",
    "/api//",
)


@ON
def test_paths(loop: asyncio.Runner, app: Starlette, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        for path in PATHS:
            for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "BREW", "%FF"):
                reply = await ask(app, method, path, b"{}")
                check(reply, f"{method} {path}", caplog)

    with caplog.at_level(logging.WARNING):
        loop.run(run())


ESCAPES = st.one_of(
    st.sampled_from((*NUMBERS, *TEXTS)),
    st.integers().map(str),
    st.binary(max_size=12).map(lambda data: "".join(f"%{byte:02X}" for byte in data)),
)
HEADERS = {
    "Accept": ("", TABLE, METADATA, YAML, "*/*;q=x", ",", ";;;", "application/json;as=;v=;g="),
    "Content-Type": TYPES,
    "Content-Length": ("x", "-1", "9" * 50, "\xb2"),
    "Content-Encoding": ("gzip", "identity", "\xff"),
    "Authorization": ("", "Bearer", "Bearer \xff", "Basic x"),
    "If-None-Match": ("*", "\xff"),
    "User-Agent": ("", "\xff" * 300, "a" * 3000),
}


@ON
@settings(
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    method=st.sampled_from(("GET", "POST", "PUT", "PATCH", "DELETE")),
    path=st.sampled_from(
        (OBJECT, CONFIGMAPS, "/api/v1/configmaps", JOB, f"{JOB}/status", "/apis", "/openapi/v2")
    ),
    query=st.lists(st.tuples(st.sampled_from(PARAMETERS), ESCAPES), max_size=4),
    headers=st.fixed_dictionaries(
        {}, optional={name: st.sampled_from(values) for name, values in HEADERS.items()}
    ),
    body=st.one_of(st.sampled_from(BODIES), st.binary(max_size=30)),
)
def test_any_request(
    loop: asyncio.Runner,
    app: Starlette,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    query: list[tuple[str, str]],
    headers: dict[str, str],
    body: bytes,
) -> None:
    target = f"{path}?{'&'.join(f'{name}={text}' for name, text in query)}"
    with caplog.at_level(logging.WARNING):
        reply = loop.run(ask(app, method, target, body, headers, patience=0.002))
        check(reply, f"{method} {target[:200]} {headers} {body[:100]!r}", caplog)
