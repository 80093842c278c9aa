"""Replicas that share a Secret: one certificate for all, renewed by whoever is first."""

from __future__ import annotations

import asyncio
import base64
import logging
import signal
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from cryptography import x509

import kconv
from cluster.api_server import ApiServer, Failed, Request
from cluster.conftest import CRD, definition
from kconv import Scheme, Unavailable, UsageError
from kconv._cluster.connection import Connection
from kconv._serve import Listen
from kconv._webhook import build
from kconv._webhook.authority import (
    AUTHORITY_LIFE,
    CERTIFICATE_LIFE,
    DAY,
    SETTLE,
    Authority,
    advance,
    split,
)
from kconv._webhook.shared_certificate import InNamespace, SharedCertificate
from webhook.conftest import gadget, review
from webhook.gadgets import register

BEGIN = 1_800_000_000.0
SECRET, SERVICE = InNamespace("hooks", "hook-tls"), InNamespace("hooks", "hook")
HOST = "hook.hooks.svc"


class Clock:
    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    made = ApiServer(lambda value, to: value)
    crd = made.crds[CRD] = definition()
    service = {"namespace": "hooks", "name": "hook", "path": "/convert"}
    crd["spec"]["conversion"]["webhook"] = {"clientConfig": {"service": service}}
    path = str(made.kubeconfig(tmp_path / "kubeconfig"))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", path)
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def replicas(cluster: ApiServer, clock: Clock) -> Iterator[list[SharedCertificate]]:
    made = [
        SharedCertificate(Connection(patience=0.1), SECRET, SERVICE, [CRD], clock=clock)
        for _ in range(3)
    ]
    yield made
    for each in made:
        each.close()


def bundle(cluster: ApiServer) -> list[bytes]:
    config = cluster.crds[CRD]["spec"]["conversion"]["webhook"]["clientConfig"]
    return split(base64.b64decode(config.get("caBundle", "")))


def look_at_once(replicas: list[SharedCertificate]) -> Authority:
    with ThreadPoolExecutor() as threads:
        found = list(threads.map(SharedCertificate.look, replicas))
    assert all(each == found[0] for each in found), "all of them end with the same"
    for each in replicas:
        assert each.certificate.read_bytes() == found[0].served.certificate
        assert each.key.stat().st_mode & 0o777 == 0o600
    return found[0]


def writes(caplog: pytest.LogCaptureFixture) -> int:
    """How often somebody has written the Secret: attempts that came second are none."""
    return caplog.text.count("wrote certificates to the Secret")


def test_one_makes_what_all_serve_and_the_crd_trusts(
    cluster: ApiServer, replicas: list[SharedCertificate], clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.INFO)
    first = look_at_once(replicas)
    assert writes(caplog) == 1
    assert bundle(cluster) == [first.signer.certificate]
    generation = cluster.crds[CRD]["metadata"]["generation"]
    assert look_at_once(replicas) == first
    assert cluster.crds[CRD]["metadata"]["generation"] == generation, "nothing is written twice"
    # The certificate, then its authority, are followed by others; each change is written once.
    clock.now += 65 * DAY
    second = look_at_once(replicas)
    assert (second.signer, writes(caplog)) == (first.signer, 2)
    assert second.served != first.served
    clock.now = BEGIN + 0.68 * AUTHORITY_LIFE
    third = look_at_once(replicas)
    assert third.following is not None
    assert bundle(cluster) == [first.signer.certificate, third.following.certificate]
    before = writes(caplog)
    clock.now += SETTLE + 1
    fourth = look_at_once(replicas)
    assert (fourth.signer, writes(caplog)) == (third.following, before + 1)
    assert {*bundle(cluster)} == {*fourth.trusted}
    assert "following.key" not in cluster.secrets["hook-tls"]["data"]
    assert "WARNING" not in caplog.text, "that somebody else was faster is no matter"


def test_no_new_authority_signs_while_a_crd_does_not_know_it(
    cluster: ApiServer, replicas: list[SharedCertificate], clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    first = look_at_once(replicas)

    def denied(request: Request) -> None:
        if request.method == "PATCH" and "customresourcedefinitions" in request.path:
            raise Failed(403, "may not patch it", "Forbidden")

    cluster.faults.append(denied)
    clock.now = BEGIN + 0.68 * AUTHORITY_LIFE
    for _ in range(3):
        with caplog.at_level(logging.WARNING):
            assert look_at_once(replicas).signer == first.signer
        clock.now += SETTLE + 1
    assert f"{CRD} keeps the caBundle that it has: may not patch it" in caplog.text
    cluster.faults.clear()
    assert look_at_once(replicas[:1]).signer == first.signer, "it has only just been told"
    assert look_at_once(replicas).signer == first.signer, "nor does another replica know better"
    clock.now += SETTLE
    assert look_at_once(replicas).signer != first.signer
    # A CRD that names something else, or none any more, is nobody's to write, nor to wait for.
    other = {"service": {"namespace": "hooks", "name": "other"}, "caBundle": "AAAA"}
    cluster.crds[CRD]["spec"]["conversion"]["webhook"]["clientConfig"] = other
    clock.now += 70 * DAY
    look_at_once(replicas)
    assert other["caBundle"] == "AAAA"
    del cluster.crds[CRD]
    look_at_once(replicas)


def test_what_cannot_be_begun_is_named(
    cluster: ApiServer, replicas: list[SharedCertificate]
) -> None:
    encoded = base64.b64encode(b"x").decode()
    for data, said in (
        ({"tls.crt": encoded}, "the Secret hooks/hook-tls: it does not hold the certificates"),
        ({"tls.crt": "?"}, "the Secret hooks/hook-tls: "),
        ({"tls.crt": 5}, "the Secret hooks/hook-tls: "),
    ):
        cluster.secrets["hook-tls"] = {"metadata": {"resourceVersion": "1"}, "data": data}
        with pytest.raises(UsageError, match=said):
            replicas[0].look()
    # An empty Secret is filled.
    cluster.secrets["hook-tls"] = {"metadata": {"resourceVersion": "1"}}
    assert replicas[0].look() == replicas[1].look()

    def away(request: Request) -> None:
        raise Failed(0, drop=True)

    cluster.faults.append(away)
    with pytest.raises(Unavailable):
        replicas[0].look()
    for text in ("hook", "a/b/c", "A/b", "/b"):
        with pytest.raises(UsageError, match="is not NAMESPACE/NAME"):
            InNamespace.parse(text, "--own-ca")


def test_a_secret_that_somebody_deleted_or_edited(
    cluster: ApiServer, replicas: list[SharedCertificate], clock: Clock
) -> None:
    """What replicas serve stays trusted: a new authority nobody would know yet."""
    first = look_at_once(replicas)
    stored = deepcopy(cluster.secrets["hook-tls"])
    del cluster.secrets["hook-tls"]
    assert look_at_once(replicas) == first
    cluster.secrets["hook-tls"] = {"metadata": {"resourceVersion": "1"}, "data": {}}
    assert look_at_once(replicas) == first
    assert bundle(cluster) == [first.signer.certificate]
    # What is served is made anew where it does not fit.
    stranger = advance(None, ["else.where.svc"], BEGIN, is_known=False)
    for name, value in (
        ("tls.key", b"x"),
        ("tls.key", stranger.served.key),
        ("tls.crt", stranger.served.certificate),
        ("tls.crt", first.signer.certificate),
    ):
        edited = cluster.secrets["hook-tls"] = deepcopy(stored)
        edited["data"][name] = base64.b64encode(value).decode()
        found = look_at_once(replicas)
        assert (found.signer, found.served != first.served) == (first.signer, True)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            replicas[0].certificate, replicas[0].key
        )
    # A certificate with other line ends is the same one: the CRD is not written for ever.
    edited = cluster.secrets["hook-tls"] = deepcopy(stored)
    edited["data"]["signer.crt"] = base64.b64encode(
        b"# ours\n" + first.signer.certificate.replace(b"\n", b"\r\n")
    ).decode()
    look_at_once(replicas)
    generation = cluster.crds[CRD]["metadata"]["generation"]
    assert look_at_once(replicas).signer == first.signer
    assert cluster.crds[CRD]["metadata"]["generation"] == generation


def test_who_follows_the_secret_goes_on_whatever_goes_wrong(
    replicas: list[SharedCertificate], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    def look() -> Authority:
        raise LookupError("nobody has thought of it")

    monkeypatch.setattr(replicas[0], "look", look)
    assert not replicas[0].renew(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    assert "nobody has thought of it" in caplog.text


def test_the_clock_is_the_api_servers(cluster: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is ahead would sign what is not good yet, and do away with what is."""
    import time

    now = time.time()
    ahead = SimpleNamespace(time=lambda: now + 900 * DAY)
    monkeypatch.setattr("kconv._webhook.shared_certificate.time", ahead)
    with closing(SharedCertificate(Connection(patience=0.1), SECRET, SERVICE, [CRD])) as shared:
        for _ in range(2):
            served = x509.load_pem_x509_certificate(shared.look().served.certificate)
            assert abs(served.not_valid_after_utc.timestamp() - now - CERTIFICATE_LIFE) < 60


def test_a_crd_that_is_written_meanwhile_gets_the_bundle_at_once(
    cluster: ApiServer, replicas: list[SharedCertificate], caplog: pytest.LogCaptureFixture
) -> None:
    left = [2]

    def other(request: Request) -> None:
        if request.method == "PATCH" and "customresourcedefinitions" in request.path and left[0]:
            left[0] -= 1
            cluster.touch(cluster.crds[CRD])

    cluster.faults.append(other)
    assert bundle(cluster) == []
    first = replicas[0].look()
    assert bundle(cluster) == [first.signer.certificate]
    assert "WARNING" not in caplog.text


def test_it_is_served_renewed_and_outlives_the_api_server(
    cluster: ApiServer, replicas: list[SharedCertificate], clock: Clock, gadgets: Scheme,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    import time

    clock.now = time.time()
    shared = replicas[0]
    first = shared.look()
    listen = Listen(port=0, tls_cert_file=shared.certificate, tls_private_key_file=shared.key)
    server, bound = build(gadgets, listen, followed=shared)
    port = bound.getsockname()[1]
    ready = threading.Event()
    server.on_ready = ready.set
    thread = threading.Thread(target=lambda: server.run(sockets=[bound]), daemon=True)
    thread.start()
    assert ready.wait(20)
    context = server.config.ssl
    assert context is not None

    def ask(authority: Authority) -> str:
        """As the API server does: it trusts the bundle, and wants the service's name."""
        trusting = ssl.create_default_context(cadata=authority.bundle.decode())
        with httpx.Client(verify=trusting) as client:
            answer = client.post(
                f"https://127.0.0.1:{port}/convert",
                content=review("v1", [gadget(width=3)]),
                extensions={"sni_hostname": HOST},
            )
        found: str = answer.json()["response"]["result"]["status"]
        return found

    def served() -> str:
        return ssl.get_server_certificate(("127.0.0.1", port))

    try:
        assert ask(first) == "Success"
        assert served() == first.served.certificate.decode()
        assert not shared.renew(context), "nothing is new"
        clock.now += 65 * DAY
        second = replicas[1].look()  # another replica is first
        assert shared.renew(context)
        assert served() == second.served.certificate.decode() != first.served.certificate.decode()

        def away(request: Request) -> None:
            raise Failed(0, drop=True)

        cluster.faults.append(away)
        clock.now += 65 * DAY
        with caplog.at_level(logging.WARNING):
            assert not shared.renew(context)
        assert "the certificates stay as they are" in caplog.text
        assert served() == second.served.certificate.decode()
    finally:
        server.should_exit = True
        thread.join(20)
        bound.close()


def test_beside_something_else_on_a_loop(cluster: ApiServer, tmp_path: Path) -> None:
    """As in an operator: it starts, answers with a certificate of its own, and stops."""
    scheme = Scheme()
    register(scheme)

    async def serve() -> None:
        server = kconv.ConversionServer(scheme, port=0, own_ca=str(SECRET), service=str(SERVICE))
        url = await server.start()
        assert url.startswith("https://127.0.0.1:")
        assert url.endswith("/convert")
        assert signal.getsignal(signal.SIGTERM) == before[0], "signals are others' business"
        with pytest.raises(UsageError, match="started already"):
            await server.start()
        trusting = ssl.create_default_context(cadata=b"".join(bundle(cluster)).decode())
        async with httpx.AsyncClient(verify=trusting) as client:
            answer = await client.post(
                url, content=review("v1", [gadget(width=3)]), extensions={"sni_hostname": HOST}
            )
            assert answer.json()["response"]["result"]["status"] == "Success"
        await server.stop()
        await server.stop()
        taken = kconv.ConversionServer(scheme, port=int(url.split(":")[2].split("/")[0]))
        async with taken:
            with pytest.raises(Unavailable):
                await kconv.ConversionServer(scheme, port=taken._port).start()

    before = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    asyncio.run(serve())
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)] == before
    for options, said in (
        ({"own_ca": "a/b"}, "go together"),
        ({"service": "a/b"}, "go together"),
        ({"own_ca": "a/b", "service": "a/b", "tls_cert_file": "x"}, "leave out tls_cert_file"),
    ):
        with pytest.raises(UsageError, match=said):
            kconv.ConversionServer(scheme, **options)  # type: ignore[arg-type]
