"""Running a conversion webhook: over HTTPS, with certificates that may be replaced meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from pathlib import Path

import uvicorn

from kconv._errors import UsageError
from kconv._scheme import Scheme
from kconv._serve.bounded_server import BoundedServer, http_config
from kconv._serve.connections import raise_descriptor_limit
from kconv._serve.listen import Listen, bind
from kconv._settings import Limits
from kconv._webhook.app import webhook

LOOK_SECONDS = 10.0
"""How often certificate files are looked at; a mounted Secret changes within a minute."""

_log = logging.getLogger(__name__)


class WebhookServer(BoundedServer):
    """The HTTP server of a webhook. Certificates are read again when their files change."""

    def __init__(
        self, config: uvicorn.Config, limits: Limits, certificate: Certificate | None
    ) -> None:
        super().__init__(config, limits)
        self._certificate = certificate
        self._reloading: asyncio.Task[None] | None = None

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until SIGTERM or SIGINT."""
        raise_descriptor_limit()
        super().run(sockets)

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


class Certificate:
    """A certificate and its key in files that others replace: cert-manager, or a mounted Secret."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = certificate, key
        self._seen = self._state()

    def _state(self) -> tuple[tuple[int, int, int], ...]:
        return tuple(
            (found.st_mtime_ns, found.st_ino, found.st_size)
            for found in (file.stat() for file in self._files)
        )

    def reload(self, context: ssl.SSLContext) -> bool:
        """Use the files as they are now for new connections; False where nothing has changed.

        Files that do not fit together yet are looked at again the next time.
        """
        with contextlib.suppress(OSError):
            state = self._state()
            if state == self._seen:
                return False
            certificate, key = self._files
            try:
                # A context of its own first: one that took half of a pair could serve neither.
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
                context.load_cert_chain(certificate, key)
            except (ssl.SSLError, OSError) as error:
                _log.warning("%s cannot be used, the one before is: %s", certificate, error)
                return False
            self._seen = state
            _log.info("read the certificate %s again", certificate)
            return True
        return False

    async def follow(self, context: ssl.SSLContext) -> None:
        """Look at the files again and again."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.reload(context)


def build(
    scheme: Scheme,
    listen: Listen,
    *,
    path: str = "/convert",
    limits: Limits | None = None,
) -> tuple[WebhookServer, socket.socket]:
    """A webhook ready to run, and the socket that it listens on, bound already.

    Raises `UsageError` where others could reach it without TLS or a certificate cannot be used,
    and `Unavailable` for an address that cannot be had.
    """
    limits = limits or Limits()
    listen.check(tokens=False)
    certificate, key = listen.tls_cert_file, listen.tls_private_key_file
    followed = None
    if certificate is not None and key is not None:
        _check_pair(certificate, key)
        followed = Certificate(certificate, key)
    app = webhook(scheme, path=path, limits=limits)
    config = http_config(app, listen, limits, lifespan="off")
    return WebhookServer(config, limits, followed), bind(listen)


def _check_pair(certificate: Path, key: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise UsageError(f"{certificate} and {key} cannot be used: {reason}") from None
