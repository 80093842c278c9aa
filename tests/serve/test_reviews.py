"""Reviews, which the server answers about itself: who asks, what they may do, whose a token is."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kconv._scheme import load_scheme
from kconv._serve import Listen
from serve.conftest import Running

AUTHORIZATION = "/apis/authorization.k8s.io/v1"
AUTHENTICATION = "/apis/authentication.k8s.io/v1"
ACCESS = f"{AUTHORIZATION}/selfsubjectaccessreviews"
RULES = f"{AUTHORIZATION}/selfsubjectrulesreviews"
OTHERS = f"{AUTHORIZATION}/subjectaccessreviews"
LOCAL = f"{AUTHORIZATION}/namespaces/ui/localsubjectaccessreviews"
WHO = f"{AUTHENTICATION}/selfsubjectreviews"
WHOSE = f"{AUTHENTICATION}/tokenreviews"

USERS = """\
alice-token,alice,uid-alice,"dev"
t-bob,bob,2,"operators,readers"
"""
SERVICES = {"ui/closed:80": "http://127.0.0.1:1", "ui/open": "http://127.0.0.1:1"}


@pytest.fixture
def known(serve: Callable[..., Running], tmp_path: Path, tls: tuple[str, str]) -> Running:
    file = tmp_path / "tokens.csv"
    file.write_text(USERS)
    file.chmod(0o600)
    cert, key = map(Path, tls)
    listen = Listen(port=0, token_auth_file=file, tls_cert_file=cert, tls_private_key_file=key)
    return serve(
        listen=listen, proxy=SERVICES, proxy_allow={"ui/closed": ["group:operators", "ada"]}
    )


def client_of(known: Running, token: str, tls: tuple[str, str]) -> httpx.Client:
    headers = {"User-Agent": ""} | ({"Authorization": f"Bearer {token}"} if token else {})
    trusted = ssl.create_default_context(cafile=tls[0])
    return httpx.Client(base_url=known.url, headers=headers, verify=trusted, trust_env=False)


@pytest.fixture
def alice(known: Running, tls: tuple[str, str]) -> Iterator[httpx.Client]:
    with client_of(known, "alice-token", tls) as client:
        yield client


@pytest.fixture
def bob(known: Running, tls: tuple[str, str]) -> Iterator[httpx.Client]:
    with client_of(known, "t-bob", tls) as client:
        yield client


def allowed(client: httpx.Client, **spec: Any) -> tuple[bool, str]:
    made = client.post(ACCESS, json={"spec": spec})
    assert made.status_code == 201, made.text
    status = made.json()["status"]
    return status["allowed"], status.get("reason", "")


def may(client: httpx.Client, verb: str, resource: str, **more: str) -> tuple[bool, str]:
    resource, _, subresource = resource.partition("/")
    asked = {"verb": verb, "resource": resource, "subresource": subresource, **more}
    return allowed(client, resourceAttributes=asked)


def test_who_asks(alice: httpx.Client, client: httpx.Client) -> None:
    made = alice.post(
        WHO, json={"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    )
    groups = ["dev", "system:authenticated"]
    user = {"username": "alice", "uid": "uid-alice", "groups": groups}
    assert (made.status_code, made.json()["status"]["userInfo"]) == (201, user)
    alice.headers.pop("Authorization")
    assert alice.post(WHO, json={}).status_code == 401
    # Where nobody has to say who they are, all are the same.
    made = client.post(WHO, json={})
    anonymous = {"username": "system:anonymous", "groups": ["system:unauthenticated"]}
    assert made.json()["status"]["userInfo"] == anonymous


def test_whose_a_token_is(alice: httpx.Client, client: httpx.Client) -> None:
    def status(given: httpx.Client, **spec: Any) -> dict[str, Any]:
        found: dict[str, Any] = given.post(WHOSE, json={"spec": spec}).json()["status"]
        return found

    groups = ["operators", "readers", "system:authenticated"]
    bob = {"username": "bob", "uid": "2", "groups": groups}
    assert status(alice, token="t-bob") == {"authenticated": True, "user": bob}
    for spec in ({"token": "t-bo"}, {"token": "t-bob", "audiences": ["others"]}):
        found = status(alice, **spec)
        assert (found.get("authenticated"), found["user"]) == (None, {})
        assert found["error"]
    # A server that asks for none knows none.
    assert "authenticated" not in status(client, token="t-bob")
    assert alice.post(WHOSE, json={"spec": {}}).status_code == 400


def test_what_is_allowed_is_what_is_served(client: httpx.Client) -> None:
    """Every verb of every resource that discovery lists, and nothing else."""
    words = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
    listed: dict[tuple[str, str], set[str]] = {}
    for root in ("/api/v1", *_versions(client)):
        document = client.get(root).json()
        group = document["groupVersion"].rpartition("/")[0]
        for each in document["resources"]:
            listed.setdefault((group, each["name"]), set()).update(each["verbs"])
    assert len(listed) > 10
    for (group, resource), verbs in listed.items():
        for verb in (*words, "use", "impersonate"):
            found, reason = may(client, verb, resource, group=group, namespace="some")
            assert found == (verb in verbs), (group, resource, verb)
            assert bool(reason) != found
    found = client.post(RULES, json={"spec": {"namespace": "some"}}).json()["status"]
    ruled = {
        (group, resource): set(rule["verbs"])
        for rule in found["resourceRules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    assert ruled == listed
    # As clients in Go ask.
    nulls = {"resourceRules": None, "nonResourceRules": None, "incomplete": False}
    asked = {"spec": {"namespace": "some"}, "status": nulls}
    assert client.post(RULES, json=asked).json()["status"] == found
    assert (found["incomplete"], "evaluationError" in found) == (False, False)


def _versions(client: httpx.Client) -> list[str]:
    groups = client.get("/apis").json()["groups"]
    return [f"/apis/{each['groupVersion']}" for group in groups for each in group["versions"]]


STARS: list[tuple[str, str, dict[str, str], bool]] = [
    ("*", "*", {"group": "*"}, True),
    ("get", "*", {"group": "batch"}, True),
    ("fly", "*", {"group": "*"}, False),
    ("get", "*/scale", {"group": "*"}, False),
    ("get", "*/status", {"group": "*"}, True),
    ("*", "cronjobs", {"group": "batch"}, True),
    ("get", "cronjobs", {"group": "batch", "version": "v1"}, True),
    ("get", "cronjobs", {"group": "batch", "version": "v7"}, False),
    ("get", "cronjobs", {}, False),
    ("get", "services/proxy", {}, False),
    ("", "configmaps", {}, False),
    ("get", "", {}, False),
]


def test_stars_and_versions(client: httpx.Client) -> None:
    for verb, resource, more, expected in STARS:
        assert may(client, verb, resource, **more)[0] == expected, (verb, resource, more)


def test_services_behind_the_proxy(alice: httpx.Client, bob: httpx.Client) -> None:
    """Is said to be allowed what the proxy lets pass, and refused what it refuses."""
    for client in (alice, bob):
        for name in ("closed", "closed:80", "http:closed:80", "open", "none"):
            path = f"/api/v1/namespaces/ui/services/{name}/proxy/x"
            # Nobody answers there: 503 is what comes of a request that was let through.
            passed = client.get(path).status_code == 503
            asked = {"namespace": "ui", "name": name}
            assert may(client, "get", "services/proxy", **asked)[0] == passed, (name, path)
    expected = {"get": True, "create": True, "watch": False, "*": True}
    for verb, found in expected.items():
        assert may(bob, verb, "services/proxy", namespace="ui")[0] == found
    assert may(bob, "*", "*", group="*") == (True, "")
    assert may(bob, "get", "services/proxy", namespace="other")[0] is False
    rules = bob.post(RULES, json={"spec": {"namespace": "ui"}}).json()["status"]
    named = [each["resourceNames"] for each in rules["resourceRules"] if "resourceNames" in each]
    assert named == [["closed", "open"]]
    why = 'User "alice" may not reach the services ui/closed by the proxy'
    assert may(alice, "get", "services/proxy") == (False, why)
    assert may(alice, "*", "*", group="*") == (False, why)
    # That is not there.
    assert may(alice, "*", "*", group="*", namespace="other") == (True, "")
    rules = alice.post(RULES, json={"spec": {"namespace": "ui"}}).json()["status"]
    named = [each["resourceNames"] for each in rules["resourceRules"] if "resourceNames" in each]
    assert named == [["open"]]


def test_what_others_may(alice: httpx.Client) -> None:
    """By their name or groups; every caller may ask, as discovery and can-i say."""
    for who, expected in (
        ({"user": "bob", "groups": ["operators"]}, True),
        ({"user": "bob"}, False),
        ({"groups": ["operators"]}, True),
        ({"user": "ada"}, True),
        ({"user": "alice", "groups": ["dev"]}, False),
    ):
        asked = {"verb": "get", "resource": "services", "subresource": "proxy"}
        about = {**asked, "namespace": "ui", "name": "closed"}
        for place in (OTHERS, LOCAL):
            made = alice.post(place, json={"spec": {**who, "resourceAttributes": about}})
            assert (made.status_code, made.json()["status"]["allowed"]) == (201, expected), who
    assert made.json()["metadata"]["namespace"] == "ui"
    for resource, name in (("subjectaccessreviews", ""), ("localsubjectaccessreviews", "ui")):
        group = "authorization.k8s.io"
        assert may(alice, "create", resource, group=group, namespace=name) == (True, "")
    path = {"nonResourceAttributes": {"path": "/nope", "verb": "get"}}
    made = alice.post(OTHERS, json={"spec": {"user": "bob", **path}})
    assert made.json()["status"]["allowed"] is False


WRONG: list[tuple[str, dict[str, Any], int, list[str]]] = [
    (OTHERS, {}, 422, ["spec.resourceAttributes", "spec.user"]),
    (OTHERS, {"resourceAttributes": {"verb": "get"}}, 422, ["spec.user"]),
    (LOCAL, {"user": "a", "resourceAttributes": {}}, 422, ["spec.resourceAttributes.namespace"]),
    (
        *(LOCAL, {"user": "a", "nonResourceAttributes": {}}, 422),
        ["spec.nonResourceAttributes"],
    ),
]


def test_wrong_questions_about_others(client: httpx.Client) -> None:
    for place, spec, code, fields in WRONG:
        found = client.post(place, json={"spec": spec})
        assert found.status_code == code, (place, spec, found.text)
        assert [each["field"] for each in found.json()["details"]["causes"]] == fields
    whole = {"user": "a", "resourceAttributes": {"namespace": "ui"}}
    elsewhere = {"metadata": {"namespace": "other"}, "spec": whole}
    assert client.post(LOCAL, json=elsewhere).status_code == 400
    named = {"metadata": {"name": "x"}, "spec": whole}
    for place in (OTHERS, LOCAL):
        (cause,) = client.post(place, json=named).json()["details"]["causes"]
        assert cause["field"] == "metadata"
    assert client.post(LOCAL.replace("/namespaces/ui", ""), json={}).status_code == 405


def test_paths(client: httpx.Client) -> None:
    """What is said of a path is what it answers."""
    paths = ["/", "/api", "/api/", "/apis/batch", "/apis/batch/v1", "/apis/batch/v7", "/nope", ""]
    paths += ["/metrics", "/healthz", "/livez/ping", "/version/", "/openapi/v3/apis/batch/v1"]
    paths += ["/api/v1/namespaces", "/api/v1/nope", "/openapi/v2", "/openapi/v3/nope", ACCESS]
    for path in paths:
        for verb in ("get", "post", "head", "put"):
            asked = {"path": path, "verb": verb}
            code = client.request(verb.upper(), path or "nothing").status_code
            expected = code not in (404, 405)
            assert allowed(client, nonResourceAttributes=asked)[0] == expected, (path, verb, code)
    rules = client.post(RULES, json={"spec": {"namespace": "some"}}).json()["status"]
    (rule,) = rules["nonResourceRules"]
    assert all(client.get(each).status_code == 200 for each in rule["nonResourceURLs"])
    for path, expected in (("/apis/*", True), ("*", True), ("/nope/*", False)):
        asked = {"path": path, "verb": "get"}
        assert allowed(client, nonResourceAttributes=asked)[0] == expected


def test_as_any_create(client: httpx.Client) -> None:
    """Its forms, options and methods are those of a create; it leaves nothing."""
    body = {"spec": {"resourceAttributes": {"verb": "get", "resource": "configmaps"}}, "odd": 1}
    strict = client.post(ACCESS, params={"fieldValidation": "Strict"}, json=body)
    assert (strict.status_code, "unknown field" in strict.json()["message"]) == (400, True)
    assert "unknown field" in client.post(ACCESS, json=body).headers["warning"]
    assert (
        "warning"
        not in client.post(ACCESS, params={"fieldValidation": "Ignore"}, json=body).headers
    )
    assert client.post(ACCESS, params={"dryRun": "All"}, json=body).status_code == 201
    assert client.post(ACCESS, params={"dryRun": "Some"}, json=body).status_code == 422
    yaml = client.post(
        WHO, content=b"kind: SelfSubjectReview", headers={"Content-Type": "application/yaml"}
    )
    assert yaml.status_code == 201
    wrong = client.post(WHO, json={"apiVersion": "v1", "kind": "ConfigMap"})
    assert wrong.status_code == 400
    for place in (ACCESS, RULES, OTHERS, LOCAL, WHO, WHOSE):
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            assert client.request(method, place).status_code == 405
        assert client.get(f"{place}/x").status_code == 404
        assert client.get(place, params={"watch": "1"}).status_code == 405


def test_both_forms_of_protobuf(client: httpx.Client) -> None:
    accept = {"Accept": "application/vnd.kubernetes.protobuf"}
    for place, body in ((WHO, {}), (RULES, {"spec": {"namespace": "some"}})):
        made = client.post(place, json=body, headers=accept)
        assert (made.status_code, made.content[:4]) == (201, b"k8s\0")
    # An answer is read as a question again, whose status does not count.
    again = client.post(RULES, content=made.content, headers={"Content-Type": accept["Accept"]})
    assert (again.status_code, again.json()["message"]) == (400, "no namespace on request")


def test_openapi_has_the_create_alone(client: httpx.Client) -> None:
    document = client.get(f"/openapi/v3{ACCESS.rpartition('/')[0]}").json()
    assert {path: sorted({*item} - {"parameters"}) for path, item in document["paths"].items()} == {
        ACCESS: ["post"],
        RULES: ["post"],
        OTHERS: ["post"],
        LOCAL.replace("/ui/", "/{namespace}/"): ["post"],
        f"{AUTHORIZATION}/": ["get"],
    }
    assert not any(name.endswith("ReviewList") for name in document["components"]["schemas"])


def test_kinds_that_are_stored_elsewhere(serve: Callable[..., Running]) -> None:
    """A server whose API has kinds of the same names answers reviews, and stores none."""
    kinds = load_scheme([""], ["kconv_schemas.authorization:register"])
    with serve(kinds=kinds).client() as client:
        assert may(client, "get", "configmaps") == (True, "")
        assert client.get(ACCESS).status_code == 405
        listed = client.get(AUTHORIZATION).json()["resources"]
        names = [each["name"] for each in listed]
        assert names.count("selfsubjectaccessreviews") == 1
        older = AUTHORIZATION + "beta1/selfsubjectaccessreviews"
        assert client.post(older, json={}).status_code == 404


RECORDED = [
    *("ssar-allowed", "ssar-admin", "ssar-both-invalid", "ssar-empty-spec-invalid"),
    *("ssar-field-selector", "ssar-dry-run", "ssrr-no-namespace", "self-subject-review-alice"),
    *("tokenreview-alice", "ssar-nonresource", "ssar-metadata-invalid"),
    *("sar-alice-allowed", "sar-alice-denied", "sar-group-masters", "lsar-namespace-mismatch"),
]


def test_shapes_are_those_of_kubernetes(alice: httpx.Client, reference: Path) -> None:
    for name in RECORDED:
        (file,) = (reference / "rbac").glob(f"*-{name}.json")
        recorded = json.loads(file.read_text())
        asked, answered = recorded["request"], recorded["response"]
        made = alice.request(
            asked["method"], asked["path"], headers=asked["headers"], json=asked["body"]
        )
        assert made.status_code == answered["status"], name
        assert _comparable(made.json()) == _comparable(answered["body"]), name


def _comparable(document: dict[str, Any]) -> Any:
    """Without times, and without what is up to the authorizer of either."""
    text = json.dumps(document, sort_keys=True)
    for entry in document["metadata"].get("managedFields", []):
        text = text.replace(entry["time"], "T")
    found = json.loads(text)
    found["metadata"].pop("creationTimestamp", None)
    if document["kind"].endswith("SubjectAccessReview"):
        found["status"] = sorted({*found["status"]} - {"reason"})
    if document["kind"] == "TokenReview":
        found["status"].pop("audiences", None)
    if document["kind"] == "Status" and "metadata" in document["message"]:
        return found["reason"], [each["field"] for each in found["details"]["causes"]]
    return found


def test_kubectl_with_a_token(known: Running, kubectl: Path, tmp_path: Path) -> None:
    """It sends tokens over TLS alone."""
    server = ["--server", known.url, "--insecure-skip-tls-verify", "--token", "t-bob"]
    done = subprocess.run(
        [str(kubectl), *server, "auth", "whoami", "-o", "jsonpath={.status.userInfo}"],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    groups = ["operators", "readers", "system:authenticated"]
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"username": "bob", "uid": "2", "groups": groups}


def test_kr8s_with_a_token(known: Running, tmp_path: Path) -> None:
    kr8s = pytest.importorskip("kr8s.asyncio")
    cluster = {"server": known.url, "insecure-skip-tls-verify": True}
    config = {
        "clusters": [{"name": "c", "cluster": cluster}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
        "users": [{"name": "u", "user": {"token": "t-bob"}}],
    }
    (tmp_path / "config").write_text(json.dumps(config))

    async def name() -> str:
        api = await kr8s.api(kubeconfig=str(tmp_path / "config"))
        try:
            return str(await api.whoami())
        finally:
            # It has no way to close its connections.
            await api._session.aclose()

    assert asyncio.run(name()) == "bob"
