"""Who is let in: host names, web pages of others, impersonation; and how answers are named."""

import asyncio
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from fixtures.until import until
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._serve import Listen, create_app
from kconv._store import SqlStore
from serve.asgi import Reply, ask
from serve.conftest import Running
from serve.samples import CONFIGMAPS, configmap

BODY = json.dumps(configmap("one")).encode()
JSON = {"Content-Type": "application/json", "Content-Length": str(len(BODY))}
HERE = "http://127.0.0.1:8001"


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("localhost", 200),
        ("LOCALHOST:8001", 200),
        ("127.0.0.1:1", 200),
        ("[::1]", 200),
        ("[::1]:8001", 200),
        ("kconv.internal:8001", 200),
        ("evil.example.com", 403),
        ("evil.example.com:8001", 403),
        ("127.0.0.1.example.com", 403),
        ("localhost.example.com", 403),
        ("[::2]:8001", 403),
        ("127.0.0.2", 403),
    ],
)
def test_hosts_of_a_loopback_listener(serve: Callable[..., Running], host: str, code: int) -> None:
    running = serve(listen=Listen(port=0, allowed_hosts=["kconv.internal"]))
    with running.client() as client:
        for path in (CONFIGMAPS, "/version", "/api", "/openapi/v3", "/metrics"):
            answer = client.get(path, headers={"Host": host})
            assert answer.status_code == code, path
        if code == 403:
            assert answer.json()["reason"] == "Forbidden"
            assert "--allowed-host" in answer.json()["message"]
        assert client.get("/livez", headers={"Host": host}).text == "ok"


WEB = [
    ({}, 201),
    ({"Sec-Fetch-Site": "same-origin"}, 201),
    ({"Sec-Fetch-Site": "none"}, 201),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Sec-Fetch-Site": "cross-site", "Origin": HERE}, 403),
    ({"Origin": HERE}, 201),
    ({"Origin": "https://evil.example.com"}, 403),
    ({"Origin": "http://127.0.0.1:8002"}, 403),
    ({"Origin": "null"}, 403),
]


@pytest.mark.parametrize(("headers", "code"), WEB)
def test_web_pages_of_others(
    scheme: Scheme, store: SqlStore, pipeline: Pipeline, headers: dict[str, str], code: int
) -> None:
    app = create_app(scheme, store, pipeline=pipeline)
    given = {**JSON, "Host": "127.0.0.1:8001", **headers}

    async def run() -> None:
        assert (await ask(app, "POST", CONFIGMAPS, BODY, given)).status == code
        for method in ("PUT", "PATCH", "DELETE"):
            answer = await ask(app, method, f"{CONFIGMAPS}/one", BODY, given)
            assert (answer.status == 403) == (code == 403), method
        # Reading is what the browser itself keeps from pages of others.
        assert (await ask(app, "GET", CONFIGMAPS, headers=given)).status == 200
        await app.state.server.stop()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("content_type", "browser", "code"),
    [
        ("application/json", True, 201),
        (None, False, 201),
        (None, True, 415),
        ("text/plain", False, 415),
        ("text/plain;charset=UTF-8", True, 415),
        ("application/x-www-form-urlencoded", True, 415),
        ("application/x-www-form-urlencoded", False, 415),
        ("multipart/form-data; boundary=x", True, 415),
        ("application/octet-stream", False, 415),
    ],
)
def test_content_types(
    scheme: Scheme,
    store: SqlStore,
    pipeline: Pipeline,
    content_type: str | None,
    browser: bool,
    code: int,
) -> None:
    headers = {"Content-Length": str(len(BODY)), "Host": "127.0.0.1:8001"}
    if content_type is not None:
        headers["Content-Type"] = content_type
    if browser:
        headers["Origin"] = HERE
    app = create_app(scheme, store, pipeline=pipeline)

    async def run() -> Reply:
        answer = await ask(app, "POST", CONFIGMAPS, BODY, headers)
        await app.state.server.stop()
        return answer

    answer = asyncio.run(run())
    assert answer.status == code
    if code == 415:
        assert json.loads(answer.body)["reason"] == "UnsupportedMediaType"


@pytest.mark.parametrize(
    ("headers", "code", "message"),
    [
        (
            {"Impersonate-User": "bob"},
            403,
            'User "ann" cannot impersonate resource "users" in API group "" at the cluster scope',
        ),
        (
            {"Impersonate-User": "system:serviceaccount:web:default"},
            403,
            'cannot impersonate resource "serviceaccounts" in API group "" in the namespace "web"',
        ),
        ({"Impersonate-User": "bob", "Impersonate-Group": "system:masters"}, 403, "users"),
        ({"Impersonate-Group": "system:masters"}, 400, "without the name of a user"),
        ({"Impersonate-Uid": "1"}, 400, "without the name of a user"),
        ({"Impersonate-Extra-Scopes": "x"}, 400, "without the name of a user"),
    ],
)
def test_nobody_may_impersonate(
    serve: Callable[..., Running],
    tmp_path: Path,
    headers: dict[str, str],
    code: int,
    message: str,
) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("secret,ann,1\n")
    running = serve(listen=Listen(port=0, token_auth_file=tokens))
    with running.client(Authorization="Bearer secret", **headers) as client:
        for answer in (client.get(CONFIGMAPS), client.post(CONFIGMAPS, json=configmap("one"))):
            assert answer.status_code == code
            assert message in answer.json()["message"]
    with running.client(**headers) as client:
        assert client.get(CONFIGMAPS).status_code == 401


def test_every_answer_has_a_name(client: httpx.Client) -> None:
    paths = (CONFIGMAPS, "/nope", "/version", "/metrics", f"{CONFIGMAPS}/nope")
    names = [client.get(path).headers["audit-id"] for path in paths]
    assert len(set(names)) == len(names)
    given = client.get("/version", headers={"X-Request-Id": "from-a-proxy.1"})
    assert given.headers["audit-id"] == "from-a-proxy.1"
    forged = client.get("/version", headers={"X-Request-Id": 'x" evil="1'})
    assert re.fullmatch(r"[0-9a-f]{12}-[0-9a-f]+", forged.headers["audit-id"])


def test_access_log(
    serve: Callable[..., Running], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("secret,ann,1\n")
    running = serve(listen=Listen(port=0, token_auth_file=tokens), access_log=True)
    caplog.set_level(logging.INFO, "kconv.access")
    agent = 'odd"\tagent'
    with running.client(Authorization="Bearer secret", **{"User-Agent": agent}) as client:
        client.get(CONFIGMAPS, params={"labelSelector": "card=4711", "limit": "3"})
        client.get("/nope", headers={"X-Forwarded-For": "203.0.113.9"})
        client.post(CONFIGMAPS, json=configmap("one"))
    with running.client() as client:
        client.get(CONFIGMAPS)
    # The last line is written once its answer has been sent.
    until(lambda: sum(each.name == "kconv.access" for each in caplog.records) == 4)
    lines = [each for each in caplog.records if each.name == "kconv.access"]
    fields = [vars(each)["fields"] for each in lines]
    assert [each["status"] for each in fields] == [200, 404, 201, 401]
    assert [each["user"] for each in fields] == ["ann", "ann", "ann", ""]
    assert fields[0]["path"] == f"{CONFIGMAPS}?labelSelector&limit"
    assert fields[0]["bytes"] > 20
    assert fields[0]["milliseconds"] > 0
    assert {each["client"] for each in fields} == {"127.0.0.1"}
    text = caplog.text
    assert "4711" not in text
    assert "secret" not in text
    assert "203.0.113.9" not in text
    assert all("\t" not in each.getMessage() for each in lines)


def test_a_proxy_that_is_trusted_says_who_asks(
    serve: Callable[..., Running], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kconv.access")
    running = serve(listen=Listen(port=0, trusted_proxies=["127.0.0.0/8"]), access_log=True)
    with running.client() as client:
        client.get("/version", headers={"X-Forwarded-For": "203.0.113.9"})
    # The line is written once the answer has been sent.
    until(lambda: any(each.name == "kconv.access" for each in caplog.records))
    (line,) = (each for each in caplog.records if each.name == "kconv.access")
    assert vars(line)["fields"]["client"] == "203.0.113.9"
