"""No request is answered with an unexpected failure, whatever its parameters and its body say."""

import asyncio
import base64
import json
import logging
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._serve import create_app, served_versions
from kconv._store import SqlStore
from serve.asgi import Reply, ask
from serve.conftest import BOTH
from serve.samples import CONFIGMAPS, CRONJOBS, JSON_PATCH, MERGE, STRATEGIC, configmap, cronjob

pytestmark = BOTH

YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
OBJECT = f"{CONFIGMAPS}/one"
JOB = f"{CRONJOBS}/one"

OF_LISTS = (
    "limit",
    "continue",
    "resourceVersion",
    "resourceVersionMatch",
    "watch",
    "sendInitialEvents",
    "timeoutSeconds",
    "labelSelector",
    "fieldSelector",
)
OF_READS = (*OF_LISTS, "allowWatchBookmarks", "includeObject", "pretty")
OF_WRITES = ("dryRun", "fieldValidation", "fieldManager", "includeObject", "force")
OF_DELETES = (
    "dryRun",
    "gracePeriodSeconds",
    "orphanDependents",
    "propagationPolicy",
    "ignoreStoreReadErrorWithClusterBreakingPotential",
)
PARAMETERS = tuple({*OF_READS, *OF_WRITES, *OF_DELETES, "timeout", "unheardOf", ""})


def token(**fields: Any) -> str:
    """A continue token with these fields, which need not be ones that a list gave out."""
    start = {"v": "meta.k8s.io/v1", "rv": 1, "start": "/one\0", **fields}
    return base64.urlsafe_b64encode(json.dumps(start).encode()).decode().rstrip("=")


NUMBERS = (
    "0",
    "1",
    "-1",
    "+1",
    "00",
    "-0",
    "2147483647",
    "2147483648",
    "9223372036854775806",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "9" * 5000,
    "1.5",
    "1e3",
    "0x10",
    "1_000",
    "%C2%B2",
    "%D9%A3",
    "NaN",
    "Infinity",
)
TEXTS = (
    "",
    "true",
    "false",
    "null",
    "All",
    "Strict",
    "Exact",
    "NotOlderThan",
    "Object",
    "%00",
    "%FF",
    "%ED%A0%80",
    "%",
    "%zz",
    "%0A",
    "%F0%9F%92%A9",
    "a" * 3000,
    "a%3Db",
    "a+in+(",
    "a+in+(b,c)",
    "!",
    "a>9999999999999999999999",
    "a>" + "9" * 5000,
    "a%3D%00",
    "metadata.name%3D%00",
    "metadata.namespace%3D%00",
    "metadata.namespace%3D%FF",
    "metadata.namespace%3D" + "a" * 3000,
    "metadata.name%3D%5C",
    ",,,",
    "[]",
    "{}",
    token(),
    token(rv=0),
    token(rv=-1),
    token(rv=-2),
    token(rv=2**63 - 1),
    token(rv=2**63),
    token(rv=2**64),
    token(rv=10**400),
    token(rv=1.5),
    token(rv=None),
    token(start=""),
    token(start="/default/one\0"),
    token(start="/\0\0"),
    token(start="/a\0b\0"),
    token(start="/\ud800\0"),
    token(start=["/one"]),
    token(v=None),
    base64.urlsafe_b64encode(b"[]").decode(),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    "%C3%A9",
)

READS = (
    ("GET", OBJECT, "", "application/json"),
    ("GET", CONFIGMAPS, "", "application/json"),
    ("GET", CONFIGMAPS, "", TABLE),
    ("GET", "/api/v1/configmaps", "", METADATA),
    ("GET", "/api/v1/namespaces", "", YAML),
    ("GET", CONFIGMAPS, "watch=1&", "application/json"),
    ("GET", OBJECT, "watch=1&", TABLE),
)
WRITES = (
    ("POST", CONFIGMAPS, "application/json"),
    ("POST", CRONJOBS, YAML),
    ("PUT", OBJECT, "application/json"),
    ("PUT", f"{JOB}/status", "application/json"),
    ("PATCH", OBJECT, MERGE),
    ("PATCH", JOB, STRATEGIC),
    ("PATCH", OBJECT, JSON_PATCH),
    ("DELETE", OBJECT, "application/json"),
    ("DELETE", CONFIGMAPS, "application/json"),
    ("DELETE", "/api/v1/namespaces/held", "application/json"),
)
SOUND = {
    MERGE: b'{"metadata": {"labels": {"a": "b"}}}',
    STRATEGIC: b'{"metadata": {"labels": {"a": "b"}}}',
    JSON_PATCH: b'[{"op": "test", "path": "/kind", "value": "ConfigMap"}]',
    "application/json": json.dumps(configmap("one")).encode(),
    YAML: json.dumps(cronjob("one")).encode(),
}

BODIES = (
    b"",
    b" ",
    b"\n",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"null",
    b"~",
    b"true",
    b"0",
    b"-1",
    b"1e999",
    b"9" * 5000,
    b'"text"',
    b"text",
    b"[]",
    b"[[]]",
    b"[null]",
    b"[1]",
    b"[{}]",
    b"{}",
    b"{",
    b"}",
    b"{}{}",
    b"{} {}",
    b"---\n",
    b"---\n---\n",
    b"---\n---\n---\n",
    b"...\n",
    b"---\n...\n---\n",
    b"--- {}\n--- {}\n",
    b"# only a comment\n",
    b"%YAML 1.2\n---\n",
    b"a: b\n---\n- c\n",
    b"- a\n---\na: b\n",
    b"&a [*a]",
    b"a: &a [1]\nb: *a\n",
    b"? [1]\n: 2\n",
    b"!!binary x\n",
    b"!!python/object:os.system {}\n",
    b"<<: 1\n",
    b"\t",
    b"[" * 2000,
    b'{"a":' * 2000,
    b'{"kind": null, "apiVersion": null, "metadata": null}',
    b'{"kind": 1}',
    b'{"kind": "DeleteOptions", "apiVersion": 1}',
    b'{"kind": "DeleteOptions", "gracePeriodSeconds": 9223372036854775808}',
    b'{"kind": "DeleteOptions", "gracePeriodSeconds": 1e400}',
    b'{"kind": "DeleteOptions", "preconditions": {"resourceVersion": "x", "uid": "y"}}',
    b'{"kind": "DeleteOptions", "preconditions": {"resourceVersion": "\\ud800"}}',
    b'{"kind": "DeleteOptions", "dryRun": [null]}',
    b'{"kind": "Status", "apiVersion": "v1"}',
    b'{"metadata": []}',
    b'{"metadata": {"name": null}}',
    b'{"metadata": {"name": 1}}',
    b'{"metadata": {"name": ["one"]}}',
    b'{"metadata": {"name": "\\u0000"}}',
    b'{"metadata": {"name": "\\ud800"}}',
    b'{"metadata": {"name": "one", "resourceVersion": "99999999999999999999999"}}',
    b'{"metadata": {"name": "one", "resourceVersion": "\xc2\xb2"}}',
    b'{"metadata": {"name": "one", "resourceVersion": "x"}}',
    b'{"metadata": {"name": "one", "uid": "x"}}',
    b'{"metadata": {"name": "one", "namespace": "other"}}',
    b'{"metadata": {"name": "one", "labels": {"a": null}}}',
    b'{"metadata": {"name": "one", "labels": []}}',
    b'{"metadata": {"name": "one", "annotations": {"a": 1}}}',
    b'{"metadata": {"name": "one", "annotations": {"\xc3\xa9": "b"}}}',
    b'{"metadata": {"name": "one", "finalizers": [null]}}',
    b'{"metadata": {"name": "one", "ownerReferences": [null]}}',
    b'{"metadata": {"name": "one", "ownerReferences": [1]}}',
    b'{"metadata": {"name": "one", "creationTimestamp": "x"}}',
    b'{"metadata": {"name": "one", "deletionTimestamp": 1}}',
    b'{"metadata": {"name": "one", "generation": 1e300}}',
    b'{"metadata": {"generateName": "x"}}',
    b'{"metadata": {"generateName": "\\u0000"}}',
    b'{"metadata": {"name": "one"}, "spec": null, "status": 1, "data": [null]}',
    b'{"metadata": {"name": "one"}, "spec": {"suspend": 9223372036854775808}}',
    b'{"metadata": {"name": "one"}, "data": {"a": "\\u0000"}}',
    b'{"metadata": {"name": "one"}, "binaryData": {"a": "?"}}',
    b'[{"op": null}]',
    b'[{"op": "add", "path": "", "value": null}]',
    b'[{"op": "add", "path": "/metadata", "value": 1}]',
    b'[{"op": "remove", "path": "/metadata"}]',
    b'[{"op": "replace", "path": "/metadata/name", "value": null}]',
    b'[{"op": "add", "path": "/data/x", "value": 1e300}]',
    b'[{"op": "copy", "from": "", "path": "/data/x"}]',
    b'[{"op": "move", "from": "/data", "path": "/data/x"}]',
    b'[{"op": "add", "path": "/metadata/finalizers/99999999999999999999", "value": "x"}]',
    b'{"$patch": "replace"}',
    b'{"$patch": 1}',
    b'{"metadata": {"$patch": "delete"}}',
    b'{"metadata": {"$setElementOrder/finalizers": [1]}}',
    b'{"metadata": {"$deleteFromPrimitiveList/finalizers": "x"}}',
    b'{"$retainKeys": 1, "data": {}}',
    b"k8s\0",
    b"k8s\0\xff",
    b"k8s\0\n\x0f\n\x02v1\x12\tConfigMap\x12\xff",
    b"k8s\0\n\x13\n\x02v1\x12\rDeleteOptions\x12\x00",
    b"k8s\0\n\x13\n\x02v1\x12\rDeleteOptions\x12\x02\x08\x01",
)
TYPES = (
    "",
    "application/json",
    "application/json; charset=latin-1",
    YAML,
    "text/yaml",
    PROTOBUF,
    MERGE,
    STRATEGIC,
    JSON_PATCH,
    "application/apply-patch+yaml",
    "text/plain",
    "*/*",
    ";",
)
READ_TYPES = ("application/json", YAML, PROTOBUF)


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
    message = json.loads(reply.body)["message"]
    expected = ("resourceVersion should not be set", "resourceVersion: Invalid value")
    assert message.startswith(expected), (request, reply.status, message)


def queries(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        for text in (*NUMBERS, *TEXTS):
            yield f"{name}={text}"
        yield name
        yield f"{name}=1&{name}=x"


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
    async def run() -> None:
        for query in queries(OF_READS):
            target = f"{path}?{watch}{query}"
            # A watch from a version needs a moment to ask the database for what came after it.
            patience = 0.05 if watch and query.startswith("resourceVersion=") else 0.002
            reply = await ask(app, method, target, headers={"Accept": accept}, patience=patience)
            check(reply, target[:200], caplog)
            assert b'"InternalError"' not in reply.body, target[:200]

    with caplog.at_level(logging.WARNING):
        loop.run(run())


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

    async def run() -> None:
        for query in queries(names):
            target = f"{path}?{query}"
            reply = await ask(app, method, target, body, {"Content-Type": media})
            check(reply, f"{method} {target[:200]}", caplog)
            if method == "DELETE" and reply.status < 300:
                await prepare(app)

    with caplog.at_level(logging.WARNING):
        loop.run(run())


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


@settings(
    max_examples=100,
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
