"""`Webhook`: a conversion webhook, asked as kube-apiserver asks it."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from kconv._crds.answers import ConversionRefused, no_answer, objects_of
from kconv._errors import Unavailable, UsageError
from kconv._reviews import WebhookClient, review_of

Document = dict[str, Any]
Services = Mapping[str, str]
"""Where services are: ``namespace/name`` or ``namespace/name:port`` to ``host:port``."""

REVIEW_VERSIONS: Final = ("v1", "v1beta1")
TIMEOUT: Final = 30
MOST_AT_ONCE: Final = 500
"""Objects in one review."""
MOST_BYTES: Final = 1024 * 1024
"""Bytes of the objects in one review, unless one has more: webhooks bound what they read, too."""
_LOOPBACK: Final = "127.0.0.1"


class Webhook:
    """The webhook of a CRD's ``spec.conversion.webhook``.

    A service is where ``services`` say, or at its port on this machine; its certificate has to
    name ``NAME.NAMESPACE.svc`` all the same.
    """

    def __init__(self, stanza: Mapping[str, Any], services: Services) -> None:
        self._stanza = stanza
        self._services = services
        self._lock = threading.Lock()
        self._client: WebhookClient | None = None
        given = stanza.get("conversionReviewVersions") or ["v1"]
        self._version = next((each for each in given if each in REVIEW_VERSIONS), "v1")

    def convert(self, objects: Sequence[Document], to: str) -> list[Document]:
        """Objects of one version in another one: whole lists in one review.

        Raises `ConversionRefused`, also on an event loop, where nobody may be kept waiting.
        """
        if _on_event_loop():
            source = objects[0]
            named = f"{source['apiVersion']}, Kind={source['kind']}"
            raise ConversionRefused(f"conversion webhook for {named}: is asked in threads only")
        return [made for some in _batches(objects) for made in self._ask(some, to)]

    def _ask(self, objects: Sequence[Document], to: str) -> list[Document]:
        review = review_of(objects, to, self._version)
        client = self._connected(objects[0])
        try:
            status, body = client.post(msgspec.json.encode(review))
        except Unavailable as error:
            why = error.message.removeprefix(f"{client.url}: ")
            raise no_answer(objects[0], f"{client.url}?timeout={TIMEOUT}s", why) from None
        return objects_of(review, status, body)

    def _connected(self, source: Document) -> WebhookClient:
        with self._lock:
            if self._client is None:
                url = str((self._stanza.get("clientConfig") or {}).get("url") or "")
                try:
                    url, name = self._address()
                    ca = _bundle(self._stanza.get("clientConfig") or {})
                    self._client = WebhookClient(url, ca, server_name=name, timeout=TIMEOUT)
                except UsageError as error:
                    raise no_answer(source, f"{url}?timeout={TIMEOUT}s", error.message) from None
            return self._client

    def _address(self) -> tuple[str, str]:
        """The URL, and the name that the certificate must have."""
        config = self._stanza.get("clientConfig") or {}
        if config.get("url"):
            url = str(config["url"])
            if not url.startswith("https://"):
                # What was stored before there were rules is not asked without a certificate.
                raise UsageError("'https' is the only allowed URL scheme")
            return url, ""
        service = config.get("service") or {}
        name, namespace = service.get("name", ""), service.get("namespace", "")
        port = service.get("port") or 443
        known = f"{namespace}/{name}"
        place = self._services.get(f"{known}:{port}") or self._services.get(known)
        place = place or f"{_LOOPBACK}:{port}"
        path = str(service.get("path") or "/")
        return f"https://{place}{path if path.startswith('/') else f'/{path}'}", (
            f"{name}.{namespace}.svc"
        )


def _batches(objects: Sequence[Document]) -> Iterator[list[Document]]:
    some: list[Document] = []
    size = 0
    for each in objects:
        more = len(msgspec.json.encode(each))
        if some and (size + more > MOST_BYTES or len(some) == MOST_AT_ONCE):
            yield some
            some, size = [], 0
        some.append(each)
        size += more
    if some:
        yield some


def _on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def services_of(given: Sequence[str]) -> dict[str, str]:
    """Services by ``namespace/name``, of texts ``namespace/name[:port]=host:port``.

    Raises `UsageError` for anything else.
    """
    found = {}
    for text in given:
        name, _, address = text.partition("=")
        host, _, port = address.rpartition(":")
        if name.count("/") != 1 or not host or not port.isdecimal():
            raise UsageError(
                f'--webhook-service: "{text}" is not NAMESPACE/NAME=HOST:PORT, such as '
                "default/gadgets=127.0.0.1:9443"
            )
        found[name] = address
    return found


def _bundle(config: Mapping[str, Any]) -> str:
    """The certificates of ``caBundle``, as PEM. Raises `UsageError`."""
    given = config.get("caBundle")
    if not given:
        return ""
    try:
        return base64.b64decode(given).decode("ascii")
    except ValueError:
        raise UsageError("unable to load root certificates: caBundle is no PEM") from None


__all__ = ["ConversionRefused", "Services", "Webhook", "services_of"]
