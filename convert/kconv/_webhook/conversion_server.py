"""A conversion webhook beside something else that runs on the same event loop, as an operator."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from kconv._errors import Unavailable, UsageError
from kconv._scheme import Scheme
from kconv._serve.listen import Listen
from kconv._settings import Limits
from kconv._webhook.server import WebhookServer, build
from kconv._webhook.shared_certificate import shared_certificate


class ConversionServer:
    """Serves a conversion webhook on the running event loop, and leaves signals to others.

    For an operator, which has a loop of its own and handlers for its beginning and its end::

        conversions = kconv.ConversionServer(scheme, host="0.0.0.0", tls_cert_file=..., ...)

        @kopf.on.startup()
        async def start(**_):
            await conversions.start()

        @kopf.on.cleanup()
        async def stop(**_):
            await conversions.stop()

    It is an asynchronous context manager, too. Files of certificates that change are read again.
    With ``own_ca``, ``NAMESPACE/SECRET``, it signs its certificate itself, for the ``service``,
    ``NAMESPACE/NAME``, and keeps ``caBundle`` of the CRDs that name it, as ``kconv webhook serve``
    does.
    """

    def __init__(
        self,
        scheme: Scheme,
        *,
        host: str = "127.0.0.1",
        port: int = 9443,
        path: str = "/convert",
        tls_cert_file: str | Path | None = None,
        tls_private_key_file: str | Path | None = None,
        own_ca: str = "",
        service: str = "",
        limits: Limits | None = None,
    ) -> None:
        """Nothing is opened yet. Raises `UsageError` for what does not go together."""
        if own_ca and tls_cert_file is not None:
            raise UsageError("own_ca makes the certificate: leave out tls_cert_file")
        if bool(own_ca) != bool(service):
            raise UsageError("own_ca and service go together")
        self._scheme = scheme
        self._host, self._port, self._path = host, port, path
        self._certificate = _path(tls_cert_file)
        self._key = _path(tls_private_key_file)
        self._own_ca, self._service, self._limits = own_ca, service, limits
        self._server: WebhookServer | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> str:
        """Serve from now on; returns where reviews are to be posted.

        Raises `UsageError` for a certificate that cannot be used, `Unavailable` for an address that
        cannot be had, and what the API server refuses.
        """
        if self._serving is not None:
            raise UsageError("it has been started already")
        certificate, key, shared = self._certificate, self._key, None
        if self._own_ca:
            crds = [str(each.group_resource) for each in self._scheme.kinds]
            shared = shared_certificate(self._own_ca, self._service, crds)
            certificate, key = shared.certificate, shared.key
        listen = Listen(self._host, self._port, tls_cert_file=certificate, tls_private_key_file=key)
        try:
            if shared is not None:
                await asyncio.to_thread(shared.look)
            server, bound = build(
                self._scheme, listen, path=self._path, limits=self._limits, followed=shared
            )
        except BaseException:
            if shared is not None:
                shared.close()
            raise
        server.handles_signals = False
        ready = asyncio.Event()
        server.on_ready = ready.set

        async def serve() -> None:
            try:
                with bound:
                    await server.serve(sockets=[bound])
            finally:
                if shared is not None:
                    shared.close()

        self._server, self._serving = server, asyncio.ensure_future(serve())
        waiting = asyncio.ensure_future(ready.wait())
        await asyncio.wait({waiting, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.is_set():
            waiting.cancel()
            serving, self._serving = self._serving, None
            serving.result()
            raise Unavailable("the webhook has ended before it served")
        return f"{listen.url(bound)}{self._path}"

    async def stop(self) -> None:
        """Take no more connections, and answer the reviews in flight."""
        if self._server is None or self._serving is None:
            return
        self._server.should_exit = True
        serving, self._serving = self._serving, None
        with suppress(asyncio.CancelledError):
            await serving

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()


def _path(file: str | Path | None) -> Path | None:
    return None if file is None else Path(file)
