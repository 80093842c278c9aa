"""Kubeconfigs that are broken, servers that are not what they should be, and what is said then."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from cluster.api_server import CRDS, ApiServer, Failed, Request
from cluster.conftest import CRD, NEW, definition
from fixtures.certificates import signed_by_itself
from kconv import KconvError, Unavailable, UsageError
from kconv._cluster import ClusterPlace
from kconv._cluster.built_in import get_built_in
from kconv._cluster.connection import Connection
from kconv._cluster.definition import get_definition, list_definitions, read_definition
from kconv._cluster.exchange import Response
from kconv._cluster.listing import ClusterKey, look, marks
from kconv._cluster.preflight import check_definition, check_rights
from kconv._cluster.rewriting import rewrite
from kconv._cluster.svm import drive, put_back_all
from kconv._cluster.walk import Walk, see
from kconv._cluster.webhook_trial import made_samples, shown_objects
from kconv._cluster.webhooks import bundle_in
from kconv.place import NewData, Row


def test_kubeconfigs_that_cannot_be_used(
    server: ApiServer, kubeconfig: Path, tmp_path: Path
) -> None:
    whole = kubeconfig.read_text()
    secure = whole.replace("http:", "https:")
    cases = {
        "": "Invalid|no configuration",
        "{": "kubeconfig cannot be used",
        "[1, 2]": "not the form of one",
        "just text": "not the form of one",
        whole.replace('"server"', '"other"'): "names no server",
        whole.replace('"current-context": "test"', '"current-context": "no"'): '"?no"?',
        whole.replace('"contexts"', '"other"'): "kubeconfig cannot be used",
        secure.replace('"token": "secret"', '"client-certificate": "/nowhere.crt"'): "nowhere",
    }
    for text, said in cases.items():
        kubeconfig.write_text(text)
        with pytest.raises(UsageError, match=said):
            Connection()
    kubeconfig.write_text(whole)
    assert Connection("test").host == server.url
    with pytest.raises(UsageError, match="other"):
        Connection("other")
    kubeconfig.unlink()
    with pytest.raises(UsageError, match="kubeconfig cannot be used"):
        Connection()


def test_answers_that_are_none(server: ApiServer, kubeconfig: Path, notes: str) -> None:
    def unknown(request: Request) -> None:
        raise Failed(401, "Unauthorized", "Unauthorized")

    def forbidden(request: Request) -> None:
        raise Failed(403, 'User "system:anonymous" cannot list resource', "Forbidden")

    for fault, said in ((unknown, "does not know who asks"), (forbidden, "CRDs cannot be listed")):
        server.faults[:] = [fault]
        with pytest.raises(KconvError, match=said):
            ClusterPlace.open("", notes)


class _Odd(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, *_: Any) -> None:
        pass


def _point_to(kubeconfig: Path, url: str, **cluster: Any) -> None:
    document = json.loads(kubeconfig.read_text())
    document["clusters"][0]["cluster"] = {"server": url, **cluster}
    kubeconfig.write_text(json.dumps(document))


def test_servers_that_are_none(kubeconfig: Path, tmp_path: Path) -> None:
    odd = HTTPServer(("127.0.0.1", 0), _Odd)
    certificate, key = signed_by_itself(tmp_path)
    secure = HTTPServer(("127.0.0.1", 0), _Odd)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    for each in (odd, secure):
        threading.Thread(target=each.serve_forever, args=(0.02,), daemon=True).start()
    with socket.socket() as free, socket.socket() as silent:
        free.bind(("127.0.0.1", 0))
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        cases: list[tuple[str, dict[str, Any], str]] = [
            (f"http://127.0.0.1:{free.getsockname()[1]}", {}, "refused"),
            (f"http://127.0.0.1:{odd.server_address[1]}", {}, "no JSON object"),
            (f"https://127.0.0.1:{secure.server_address[1]}", {}, "certificate verify failed"),
            (f"http://127.0.0.1:{secure.server_address[1]}", {}, "127.0.0.1"),
            # Without a warning, which is an error here.
            (
                f"https://127.0.0.1:{secure.server_address[1]}",
                {"insecure-skip-tls-verify": True},
                "no JSON object",
            ),
            (f"http://127.0.0.1:{silent.getsockname()[1]}", {}, "timed out"),
        ]
        for url, cluster, said in cases:
            _point_to(kubeconfig, url, **cluster)
            connection = Connection(patience=0.1, timeout=0.3)
            with pytest.raises(Unavailable, match=said):
                connection.get("/version")
            connection.close()
    _point_to(
        kubeconfig,
        f"https://127.0.0.1:{secure.server_address[1]}",
        **{"certificate-authority": str(certificate)},
    )
    with pytest.raises(Unavailable, match="no JSON object"):
        Connection(patience=0.1).get("/version")
    for each in (odd, secure):
        each.shutdown()
        each.server_close()


class _Canned:
    """Answers every request with the same bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def request(self, *_: Any) -> Response:
        return Response(200, self.data)

    def close(self) -> None:
        pass


IDENTITY = b'"metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"3"}'


@pytest.mark.parametrize(
    "data",
    [
        b'{"items":{}}',
        b'{"items":["a"]}',
        b'{"items":[{}]}',
        b'{"items":[{"metadata":{}}]}',
        b'{"items":[{%s}]}' % IDENTITY.replace(b'"name":"a",', b""),
        b'{"items":[{%s}]}' % IDENTITY.replace(b'"uid":"u",', b""),
        b'{"items":[{%s}]}' % IDENTITY.replace(b'"3"', b"3"),
        b'{"items":[{%s}]}' % IDENTITY.replace(b"a", b"\xff"),
        b'{"items":[{%s,"spec":{"a":"\xff"}}]}' % IDENTITY,
        b'{"items":[{%s,"spec":%s}]}' % (IDENTITY, b"[" * 9000 + b"]" * 9000),
        b'{"items":[{%s,"spec":1e999}]}' % IDENTITY,
        b'{"items":[{%s]}' % IDENTITY,
        b'{"items":[{%s}]}' % IDENTITY.replace(b"3", b"x"),
        b'{"items":[{%s}]}' % IDENTITY.replace(b"3", b"0"),
        b'{"items":[{%s}]}' % IDENTITY.replace(b"3", b"-3"),
        b'{"items":[{%s}]}' % IDENTITY.replace(b"3", b"3" * 5000),
        b'{"items":[{%s}]}' % IDENTITY.replace(b"3", b"3\\n"),
        b'{"metadata":[],"items":[]}',
        b'\xff',
        b"[]",
    ],
)  # fmt: skip
def test_lists_that_are_none(kubeconfig: Path, data: bytes) -> None:
    """An error with words, whatever an answer is."""
    read = read_definition(definition())
    connection = Connection(patience=0.0)
    connection._exchange = _Canned(data)
    with pytest.raises(Unavailable, match="no JSON object, or another one"):
        list(Walk(connection, read, None))
    connection._exchange = _Canned(b'{"items":[{%s}]}' % IDENTITY)
    assert [each.key for each in Walk(connection, read, None)] == [("n", "a")]
    assert list(marks(connection, read)) == [(("n", "a"), 3)]
    connection.close()


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b'{"metadata":null}',
        b'{"metadata":[]}',
        b'{"metadata":{"resourceVersion":""},"items":[]}',
        b'{"metadata":{"resourceVersion":"many"},"items":[]}',
        b'{"metadata":{"resourceVersion":"0"},"items":null}',
        b'{"metadata":{"resourceVersion":7},"items":[]}',
        b'{"metadata":{"name":"a","uid":"u"},"items":[1]}',
        b'{"items":{}}',
        b'{"metadata":{"resourceVersion":"7","remainingItemCount":-1},"items":"a"}',
        b'{"items":[{}]}',
        b'{"items":[{"metadata":{"name":"a"},"spec":{"versions":[]}}]}',
    ],
)  # fmt: skip
def test_objects_and_crds_that_are_none(kubeconfig: Path, data: bytes) -> None:
    """Before a proof begins, of a single object, after a write, and of CRDs: an error with words.

    Without the resourceVersion of a list all objects would count as written since.
    """
    read = read_definition(definition())
    key = ClusterKey("n", "a")
    connection = Connection(patience=0.0)
    connection._exchange = _Canned(data)
    for call in (
        lambda: look(connection, read),
        lambda: see(connection, read, key),
        lambda: get_definition(connection, CRD),
    ):
        with pytest.raises(Unavailable, match=r"no JSON object, or|what is no|without resourceV"):
            call()
    item = NewData(Row(key, NEW, 3, b"{}"), NEW, b"{}")
    assert isinstance(rewrite(connection, read, item).error, Unavailable)
    if b'"items":' in data and b"null" not in data and b"[]" not in data:
        with pytest.raises(Unavailable):
            list_definitions(connection)
    connection.close()


ASKED = ("data", "items", "metadata", "resources", "spec", "status", "versions")


@pytest.mark.parametrize("value", [None, 1, "a", [], [1], [None], [[]], [{}], {}, {"a": 1}])
def test_whatever_is_answered_is_read_or_refused(kubeconfig: Path, value: Any) -> None:
    """What else is asked of a cluster: the error, if there is one, has words."""
    read = read_definition(definition())
    connection = Connection(patience=0.0)
    odd = dict.fromkeys(ASKED, value)
    some = {"items": [{"metadata": value}], "status": {"conditions": value}}
    known = {"versions": [{"version": "v1"}], "resources": [{"name": "pods", "verbs": value}]}
    for answer in (odd, some, known, {"resources": [{"name": "pods", "kind": value}]}):
        connection._exchange = _Canned(json.dumps(answer).encode())
        for call in (
            lambda: get_built_in(connection, "pods"),
            lambda: get_built_in(connection, "jobs.batch"),
            lambda: put_back_all(connection, {CRD: read}, is_driven=True),
            lambda: drive(connection, read, lambda _: None),
            lambda: check_rights(connection, [read]),
            lambda: check_definition(connection, read),
            lambda: made_samples(connection, read),
            lambda: shown_objects(connection, read),
            lambda: bundle_in(connection, "a/b"),
            lambda: list_definitions(connection),
        ):
            with suppress(KconvError):
                call()
    connection.close()


def test_credentials_that_are_no_header_are_not_told(kubeconfig: Path, tmp_path: Path) -> None:
    """A file with a token ends in a line break; one with a line break in the middle is none."""
    whole = kubeconfig.read_text()
    token = tmp_path / "token"
    kubeconfig.write_text(whole.replace('"token": "secret"', f'"tokenFile": "{token}"'))
    token.write_text("secret\n")
    assert Connection().get(CRDS).body["items"] is not None
    token.write_text("sec\nret\n")
    with pytest.raises(KconvError) as caught:
        Connection().get(CRDS)
    assert "sec" not in str(caught.value)
