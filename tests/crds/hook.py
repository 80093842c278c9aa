"""kconv's own webhook for the gadgets, behind TLS, which can be made to misbehave."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from fixtures.certificates import signed_by_itself
from kconv import Pipeline, Scheme
from kconv._exporter import crd_of
from kconv._webhook import answer_review
from webhook.gadgets import register

Review = dict[str, Any]
Spoil = Callable[[Review], Any]
"""From a right answer to what is sent: a document, or a status and a body."""


def gadgets() -> Scheme:
    scheme = Scheme()
    register(scheme)
    return scheme.freeze()


class Hook:
    """A webhook; ``reviews`` are what it was asked, in order.

    With ``rename`` it is one for the same kind under other names.
    """

    def __init__(self, folder: Path, rename: Sequence[tuple[str, str]] = ()) -> None:
        self._rename = rename
        certificate, key = signed_by_itself(folder)
        self.certificate = certificate
        self.reviews: list[Review] = []
        self.spoil: Spoil | None = None
        self._pipeline = Pipeline(gadgets())
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["content-length"]))
                status, body = hook._answer(data)
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                with suppress(OSError):  # who asked may have gone
                    self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._http.server_address[1]}/convert"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def _answer(self, data: bytes) -> tuple[int, bytes]:
        self.reviews.append(json.loads(data))
        for theirs, ours in self._rename:
            data = data.replace(theirs.encode(), ours.encode())
        made = answer_review(self._pipeline, data).answer
        for theirs, ours in self._rename:
            made = made.replace(ours.encode(), theirs.encode())
        answer = json.loads(made)
        if self.spoil is None:
            return 200, json.dumps(answer).encode()
        spoiled = self.spoil(answer)
        if isinstance(spoiled, tuple):
            status, body = spoiled
            return status, body
        return 200, json.dumps(spoiled).encode()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def definition(self, storage: str = "v1beta1") -> dict[str, Any]:
        """The CRD of the gadgets, converted by this webhook."""
        (kind,) = gadgets().kinds
        crd, _ = crd_of(kind)
        for each in crd["spec"]["versions"]:
            each["storage"] = each["name"] == storage
        crd["spec"]["conversion"] = {
            "strategy": "Webhook",
            "webhook": {
                "conversionReviewVersions": ["v1", "v1beta1"],
                "clientConfig": self.client_config,
            },
        }
        return crd

    @property
    def client_config(self) -> dict[str, str]:
        """Where a CRD says that it is, and with which certificate."""
        bundle = base64.b64encode(self.certificate.read_bytes()).decode()
        return {"url": self.url, "caBundle": bundle}
