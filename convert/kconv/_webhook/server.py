"""Running a conversion webhook: over HTTPS, with certificates that may be replaced meanwhile."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import uvicorn

from kconv._errors import UsageError
from kconv._scheme import Scheme
from kconv._serve.bounded_server import BoundedServer, http_config
from kconv._serve.listen import Listen, bind
from kconv._settings import Limits
from kconv._webhook.app import webhook
from kconv._webhook.certificate_files import CertificateFiles


class FollowedCertificate(Protocol):
    """A certificate that others may renew."""

    async def follow(self, context: ssl.SSLContext) -> None:
        """Serve what is new, for ever."""


class WebhookServer(BoundedServer):
    """The HTTP server of a webhook. Certificates are read again when their files change."""

    def __init__(
        self, config: uvicorn.Config, limits: Limits, certificate: FollowedCertificate | None
    ) -> None:
        super().__init__(config, limits)
        self._certificate = certificate
        self._reloading: asyncio.Task[None] | None = None
        self.handles_signals = True
        """Whether SIGTERM and SIGINT end it; where it runs beside something else, that does."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on SIGTERM and SIGINT, if it is asked to."""
        if not self.handles_signals:
            yield
            return
        with super().capture_signals():
            yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections."""
        self.accept(sockets or [])
        await self.lifespan.startup()
        if self._certificate is not None and self.config.ssl is not None:
            self._reloading = asyncio.ensure_future(self._certificate.follow(self.config.ssl))
        self.started = True
        self.on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let the reviews in flight finish, for up to the grace period."""
        if self._reloading is not None:
            self._reloading.cancel()
        try:
            await super().shutdown(sockets)
        finally:
            self.end_connections()


def build(
    scheme: Scheme,
    listen: Listen,
    *,
    path: str = "/convert",
    limits: Limits | None = None,
    followed: FollowedCertificate | None = None,
) -> tuple[WebhookServer, socket.socket]:
    """A webhook ready to run, and the socket that it listens on, bound already.

    Raises `UsageError` where others could reach it without TLS or a certificate cannot be used,
    and `Unavailable` for an address that cannot be had.
    """
    limits = limits or Limits()
    listen.check(tokens=False)
    certificate, key = listen.tls_cert_file, listen.tls_private_key_file
    if certificate is not None and key is not None:
        _check_pair(certificate, key)
        followed = followed or CertificateFiles(certificate, key)
    app = webhook(scheme, path=path, limits=limits)
    config = http_config(app, listen, limits, lifespan="off")
    return WebhookServer(config, limits, followed), bind(listen)


def _check_pair(certificate: Path, key: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise UsageError(f"{certificate} and {key} cannot be used: {reason}") from None
