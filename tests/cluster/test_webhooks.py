"""``kconv webhook doctor`` and ``install``: webhooks that work, and those that do not."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cluster.api_server import ApiServer, Failed, Request
from cluster.conftest import CRD, definition, gadget
from fixtures import prepared
from fixtures.certificates import signed_by_itself
from kconv import ConversionError, Pipeline, UsageError
from kconv._cluster.connection import Connection
from kconv._cluster.definition import get_definition, read_definition
from kconv._cluster.hubs import Hubs
from kconv._cluster.webhooks import Examined, _needed, bundle_in, examine, install, with_path
from kconv._exporter import crd_of
from kconv._paths import format_path
from kconv._reviews import Pair
from kconv._webhook import answer_review
from webhook.gadgets import GROUP

Value = dict[str, Any]
Spoil = Callable[[Value], Any]


class Webhook:
    """A webhook over TLS that answers as kconv's does, and then ``spoil`` has its way."""

    def __init__(self, pipeline: Pipeline, folder: Path) -> None:
        self.spoil: Spoil | None = None
        self.certificate, self.key = signed_by_itself(folder)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                answer = outer.answer(pipeline, data)
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, pipeline: Pipeline, data: bytes) -> bytes:
        answer = json.loads(answer_review(pipeline, data).answer)
        if self.spoil is not None:
            self.spoil(answer["response"])
        return json.dumps(answer).encode()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server.server_address[1]}/convert"

    def config(self, **changes: Any) -> Value:
        bundle = base64.b64encode(self.certificate.read_bytes()).decode()
        return {"url": self.url, "caBundle": bundle, **changes}


@pytest.fixture(scope="module")
def shared_webhook(
    pipeline: Pipeline, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Webhook]:
    made = Webhook(pipeline, tmp_path_factory.mktemp("webhook"))
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def webhook(shared_webhook: Webhook) -> Webhook:
    shared_webhook.spoil = None
    return shared_webhook


@pytest.fixture
def connection(kubeconfig: Path) -> Iterator[Connection]:
    made = Connection(patience=0.2)
    yield made
    made.close()


def look(
    server: ApiServer,
    connection: Connection,
    config: Value,
    url: str = "",
    hubs: Hubs | None = None,
) -> Examined:
    stanza = {"strategy": "Webhook", "webhook": {"clientConfig": config}}
    server.crds[CRD]["spec"]["conversion"] = stanza
    return examine(connection, read_definition(server.crds[CRD]), url, hubs)


def test_a_webhook_that_works(server: ApiServer, connection: Connection, webhook: Webhook) -> None:
    server.create(CRD, "v1", gadget("one", "v1", mode="manual", colors=["red", "blue"]))
    found = look(server, connection, webhook.config())
    assert found.problems == []
    assert len(found.pairs) == 6, "every ordered pair of three versions"
    assert {each.objects for each in found.pairs} == {4}, "made ones, and that of the cluster"
    versions = {each.source.rpartition("/")[2] for each in found.pairs}
    assert versions == {"v1", "v1alpha1", "v1beta1"}
    changed = {each.target.rpartition("/")[2]: paths(each) for each in found.pairs if each.changes}
    # Those that take one colour keep the others in an annotation.
    assert changed == {"v1alpha1": ["spec.mode"], "v1beta1": ["spec.mode"]}
    assert any('and back: spec.mode was "modeValue", is gone' in each for each in found.remarks)
    assert any("certificate runs out on" in each for each in found.remarks), "in two days"
    assert any("v1beta1" in each and "kconv migrate" in each for each in found.needed)
    server.crds[CRD]["status"]["storedVersions"] = ["v1"]
    for each in server.crds[CRD]["spec"]["versions"]:
        each["served"] = each["name"] == "v1"
    assert look(server, connection, webhook.config()).needed == []


def nobody(response: Value) -> None:
    response["uid"] = "other"


def one_too_few(response: Value) -> None:
    response["convertedObjects"] = response["convertedObjects"][1:]


def renamed(response: Value) -> None:
    for each in response["convertedObjects"]:
        each.setdefault("metadata", {})["name"] = "other"


def refusing(response: Value) -> None:
    response["result"] = {"status": "Failure", "message": "no spec in it"}


def paths(pair: Pair) -> list[str]:
    return [format_path(each.lost.path) for each in pair.changes]


SPOILT: list[tuple[Spoil, str]] = [
    (nobody, "response.uid is 'other'"),
    (one_too_few, "3 objects came back for 4"),
    (renamed, "metadata.name is 'other'"),
    (refusing, "no spec in it"),
]


def test_webhooks_that_do_not(server: ApiServer, connection: Connection, webhook: Webhook) -> None:
    server.create(CRD, "v1", gadget("one", "v1"))
    for spoil, said in SPOILT:
        webhook.spoil = spoil
        found = look(server, connection, webhook.config())
        assert len(found.problems) >= 6, said
        assert any(said in each for each in found.problems), found.problems
    webhook.spoil = None
    cases = {
        "certificate signed by unknown authority": webhook.config(caBundle=""),
        "caBundle is no PEM": webhook.config(caBundle="?"),
        "caBundle holds no certificates": webhook.config(caBundle=base64.b64encode(b"x").decode()),
        "is no URL of a webhook": webhook.config(url="localhost"),
        "refused": webhook.config(url="https://127.0.0.1:1/convert"),
    }
    for said, config in cases.items():
        found = look(server, connection, config)
        assert any(said in each for each in found.problems), (said, found.problems)
    with pytest.raises(UsageError, match="names no conversion webhook"):
        look(server, connection, {})


@pytest.fixture
def whole(server: ApiServer, pipeline: Pipeline) -> ApiServer:
    """The cluster, whose CRD has all the fields of the gadgets."""
    (kind,) = pipeline.scheme.kinds
    exported = {each["name"]: each["schema"] for each in crd_of(kind)[0]["spec"]["versions"]}
    for each in server.crds[CRD]["spec"]["versions"]:
        each["schema"] = exported[each["name"]]
    return server


def in_version(version: str, change: Callable[[Value], Any]) -> Spoil:
    """Spoils the spec of whole objects that are converted to a version."""

    def spoil(response: Value) -> None:
        for each in response["convertedObjects"]:
            if each["apiVersion"] == f"{GROUP}/{version}" and each.get("spec"):
                change(each["spec"])

    return spoil


def unlabelled(response: Value) -> None:
    for each in response["convertedObjects"]:
        each.get("metadata", {}).pop("labels", None)


def in_part(response: Value) -> None:
    """Whole objects are refused, as by a webhook that wants another spelling of a field."""
    if any("note" in (each.get("spec") or {}) for each in response["convertedObjects"]):
        response["convertedObjects"] = []
        response["result"] = {"status": "Failure", "message": "what a note"}


MANGLED: dict[str, tuple[Spoil, str, str]] = {
    "a field is dropped": (
        in_version("v1beta1", lambda spec: spec.pop("note")),
        "v1 to v1beta1", 'spec.note was "noteValue", is gone',
    ),
    "an element of a list": (
        in_version("v1", lambda spec: spec["items"].pop()),
        "v1alpha1 to v1", 'spec.items[1].name was "nameValue1", is gone',
    ),
    "what is in no schema": (
        in_version("v1alpha1", lambda spec: spec["free"].clear()),
        "v1beta1 to v1alpha1", 'spec.free.kconvCanary was "value", is gone',
    ),
    "a number is another one": (
        in_version("v1beta1", lambda spec: spec.update(replicas=7)),
        "v1alpha1 to v1beta1", "spec.replicas was 87, is 7",
    ),
    "a text where there was a number, or one": (
        in_version("v1", lambda spec: spec.update(port=str(spec["port"]))),
        "v1beta1 to v1", "spec.port was",
    ),
    "labels": (unlabelled, "v1 to v1alpha1", 'metadata.labels[kconv.dev/canary] was "true"'),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "way", "said"), MANGLED.values(), ids=MANGLED)
def test_every_field_is_tried(
    whole: ApiServer,
    connection: Connection,
    webhook: Webhook,
    pipeline: Pipeline,
    spoil: Spoil,
    way: str,
    said: str,
) -> None:
    """By value it is worth a word; where a package says that nothing is lost there, it is wrong."""
    source, target = (f"{GROUP}/{each}" for each in way.split(" to "))
    told = f"{source} to {target} and back: "
    sound = look(whole, connection, webhook.config(), hubs=Hubs(pipeline.scheme))
    assert (sound.problems, [*filter(None, sound.left_out.values())]) == ([], [])
    webhook.spoil = spoil
    found = look(whole, connection, webhook.config())
    assert any(each.startswith(told) and said in each for each in found.remarks), found.remarks
    judged = look(whole, connection, webhook.config(), hubs=Hubs(pipeline.scheme))
    assert any(each.startswith(told) and said in each for each in judged.problems), judged.problems
    with pytest.raises(ConversionError, match="stays as it is") as refused:
        install(connection, CRD, webhook.config(), ["v1"], hubs=Hubs(pipeline.scheme))
    assert said in str(refused.value)


def test_one_object_that_is_refused_hides_nothing(
    whole: ApiServer, connection: Connection, webhook: Webhook
) -> None:
    whole.create(CRD, "v1", gadget("one", "v1", mode="manual"))
    webhook.spoil = in_part
    found = look(whole, connection, webhook.config())
    assert all("kconv-canary-" in each and "what a note" in each for each in found.problems)
    assert len(found.problems) >= 6
    assert any('and back: spec.mode was "manual"' in each for each in found.remarks)


def test_a_bundle_that_ran_out(
    server: ApiServer, connection: Connection, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The certificate is for two days: in three it has run out."""
    import time

    later = time.time() + 3 * 86400
    monkeypatch.setattr("kconv._cluster.webhooks.time.time", lambda: later)
    found = look(server, connection, webhook.config())
    assert any("ran out on" in each for each in found.problems), found.problems


def test_a_service_is_asked_through_the_api_server(
    server: ApiServer, connection: Connection, webhook: Webhook, pipeline: Pipeline
) -> None:
    service = {"namespace": "hooks", "name": "gadgets", "port": 8443, "path": "/convert"}
    paths: set[str] = set()

    def proxied(request: Request) -> Value:
        paths.add(request.path)
        found: Value = json.loads(answer_review(pipeline, json.dumps(request.body).encode()).answer)
        return found

    config = webhook.config(service=service)
    del config["url"]
    found = look(server, connection, config)
    assert any("no endpoints available" in each for each in found.problems)
    server.proxied = proxied  # type: ignore[method-assign]
    found = look(server, connection, config)
    assert found.problems == []
    assert len(found.pairs) == 6
    assert paths == {"/api/v1/namespaces/hooks/services/https:gadgets:8443/proxy/convert"}
    assert any("--url" in each for each in found.remarks)
    # Its own certificate names another host than that of the service.
    found = look(server, connection, config, webhook.url)
    assert any("gadgets.hooks.svc" in each for each in found.problems), found.problems


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (False, "namespace hooks has no Service gadgets: create it, or give --url"),
        (True, "it may not serve services/proxy; give --url"),
    ],
)
def test_no_way_to_a_service(
    server: ApiServer, connection: Connection, there: bool, said: str
) -> None:
    """A server answers a path that it does not have as it does for what is not there."""

    def unknown(request: Request) -> None:
        if "/services/" in request.path:
            if there and not request.path.endswith("/convert"):
                raise Failed(403, "services is forbidden", "Forbidden")
            raise Failed(404, "the server could not find the requested resource", "NotFound")

    server.faults.append(unknown)
    server.proxied = lambda request: {}  # type: ignore[method-assign]
    service = {"namespace": "hooks", "name": "gadgets", "path": "/convert"}
    found = look(server, connection, {"service": service, "caBundle": ""})
    assert any(said in each for each in found.problems), found.problems


def test_a_url_without_a_path_gets_that_of_the_crd(
    server: ApiServer, connection: Connection, webhook: Webhook
) -> None:
    config = webhook.config()
    found = look(server, connection, config, webhook.url.removesuffix("/convert"))
    assert found.problems == []
    service = {"namespace": "a", "name": "b", "path": "/review"}
    assert with_path("https://h:1", {"service": service}) == "https://h:1/review"
    assert with_path("https://h:1/", {"service": service}) == "https://h:1/review"
    assert with_path("https://h:1/own", {"service": service}) == "https://h:1/own"


def stanza(server: ApiServer) -> Any:
    return server.crds[CRD]["spec"]["conversion"]


def test_a_crd_names_a_webhook_once_it_has_answered_rightly(
    server: ApiServer, connection: Connection, webhook: Webhook
) -> None:
    before = {"strategy": "None"}
    server.crds[CRD]["spec"]["conversion"] = dict(before)
    for spoil, said in SPOILT[2:]:
        webhook.spoil = spoil
        with pytest.raises(ConversionError, match=f"stays as it is.*{said}"):
            install(connection, CRD, webhook.config(), ["v1"])
        assert stanza(server) == before
    webhook.spoil = None
    server.create(CRD, "v1beta1", gadget("one", width=1))

    def unreachable(request: Request) -> None:
        if request.path.startswith(f"/apis/{GROUP}/v1/") and stanza(server) != before:
            raise Failed(500, 'conversion webhook for x, Kind=Gadget failed: Post "https://…": no')

    server.faults.append(unreachable)
    with pytest.raises(ConversionError, match="names again what it named before"):
        install(connection, CRD, webhook.config(), ["v1"])
    assert stanza(server) == before
    server.faults.clear()
    pairs = install(connection, CRD, webhook.config(), ["v1"])
    assert len(pairs) == 6
    assert stanza(server) == {
        "strategy": "Webhook",
        "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": webhook.config()},
    }


def test_the_commands(
    server: ApiServer, kubeconfig: Path, webhook: Webhook, tmp_path: Path
) -> None:
    server.crds[CRD] = definition()
    server.crds[CRD]["spec"]["conversion"] = {"strategy": "None"}

    def kconv(*arguments: str) -> subprocess.CompletedProcess[str]:
        import sys

        command = [sys.executable, "-m", "kconv", "webhook", *arguments]
        return prepared.run(command, capture_output=True, text=True, timeout=60)

    assert "no CRD names a conversion webhook" in kconv("doctor").stdout
    assert kconv("install", CRD).returncode == 2
    bundle = ("--ca-bundle", str(webhook.certificate))
    put = kconv("install", CRD, "--webhook-url", webhook.url, *bundle)
    assert put.returncode == 0, put.stderr
    assert "tried on 6 pairs" in put.stdout
    looked = kconv("doctor", "-o", "json")
    assert looked.returncode == 0, looked.stderr
    (found,) = json.loads(looked.stdout)["webhooks"]
    assert (found["crd"], found["endpoint"], len(found["pairs"])) == (CRD, webhook.url, 6)
    assert not found["mayBeRemoved"]
    (changed,) = found["pairs"][-1]["changes"]
    assert changed == {
        "object": "kconv-canary-1", "path": "spec.mode", "value": "modeValue", "reason": "",
        "wrong": False,
    }  # fmt: skip
    webhook.spoil = renamed
    wrong = kconv("doctor", CRD, "--context", "test")
    assert wrong.returncode == 1
    assert "wrong" in wrong.stdout
    assert "metadata.name is 'other'" in wrong.stderr


def test_a_webhook_is_needed_for_a_stored_version_that_is_not_served(
    server: ApiServer, kubeconfig: Path
) -> None:
    made = definition(stored=("v1",))
    made["spec"]["versions"] = [
        each | {"served": each["name"] == "v1beta1"} for each in made["spec"]["versions"]
    ]
    server.crds[CRD] = made
    found = get_definition(Connection(), CRD)
    assert (found.served, found.old) == (("v1beta1",), ())
    assert _needed(found) == ["v1beta1, v1 are served or stored"]


def test_the_bundle_of_a_secret(server: ApiServer, connection: Connection) -> None:
    """That of `kconv webhook serve --own-ca`, or of cert-manager."""
    metadata = {"name": "hook-tls", "resourceVersion": "1"}
    for data, said in ((None, "cannot be read: .* not found"), ({}, "has no ca.crt")):
        if data is not None:
            server.secrets["hook-tls"] = {"metadata": metadata, "data": data}
        with pytest.raises(UsageError, match=f"hooks/hook-tls {said}"):
            bundle_in(connection, "hooks/hook-tls")
    server.secrets["hook-tls"]["data"] = {"ca.crt": "AAAA"}
    assert bundle_in(connection, "hooks/hook-tls") == "AAAA"
    with pytest.raises(UsageError, match="is not NAMESPACE/NAME"):
        bundle_in(connection, "hook-tls")
