"""Running the server: uvicorn, on loopback unless it is protected, drained on SIGTERM."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from kconv._errors import Unavailable, UsageError
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._serve.app import create_app
from kconv._serve.auth import Tokens
from kconv._serve.cache import CACHE_BYTES
from kconv._serve.server import Server
from kconv._store import Store

GRACE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Listen:
    """Where and how to listen; port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 8001
    token_auth_file: Path | None = None
    tls_cert_file: Path | None = None
    tls_private_key_file: Path | None = None

    def check(self) -> None:
        """Refuse what is unsafe or incomplete. Raises `UsageError`."""
        if (self.tls_cert_file is None) != (self.tls_private_key_file is None):
            raise UsageError("--tls-cert-file and --tls-private-key-file go together")
        for file in (self.tls_cert_file, self.tls_private_key_file):
            if file is not None and not file.is_file():
                raise UsageError(f"{file}: no such file")
        if not is_loopback(self.host) and (
            self.token_auth_file is None or self.tls_cert_file is None
        ):
            raise UsageError(
                f"refusing to listen on {self.host}, which others can reach: that needs "
                "--token-auth-file, --tls-cert-file and --tls-private-key-file"
            )

    @property
    def scheme(self) -> str:
        """The URL scheme: https with TLS files, else http."""
        return "https" if self.tls_cert_file is not None else "http"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class ApiServer(uvicorn.Server):
    """uvicorn with a drain: unready and without watches first, then the requests in flight."""

    def __init__(self, config: uvicorn.Config, server: Server) -> None:
        super().__init__(config)
        self._server = server
        server.on_unfit = self._end

    def prepare(self) -> None:
        """Make ready and register, before serving; `run` does it where it has not been done.

        Raises `kconv._errors.CannotDecode` where the database holds what this server cannot read.
        """
        self._server.prepare()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until SIGTERM or SIGINT.

        Raises `kconv._errors.CannotDecode` instead of serving, or when it has to stop because
        something is stored by now that it cannot read.
        """
        self.prepare()
        try:
            super().run(sockets)
        finally:
            # A second signal cuts the end of the app short.
            self.leave()
        if self._server.unfit is not None:
            raise self._server.unfit

    def leave(self) -> None:
        """Undo `prepare`: this server is no longer one of those on the database."""
        self._server.heartbeat.end()

    def _end(self) -> None:
        self.should_exit = True

    def handle_exit(self, sig: int, frame: Any) -> None:
        """On SIGTERM and SIGINT: stop taking requests, let those in flight finish."""
        self._server.health.stopping = True
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the watches, then wait for the other requests, for up to the grace period."""
        self._server.drain()
        await super().shutdown(sockets)


def build(
    scheme: Scheme,
    store: Store,
    listen: Listen | None = None,
    *,
    served: Collection[GroupVersion] | None = None,
    access_log: bool = False,
    cache_bytes: int = CACHE_BYTES,
    pipeline: Pipeline | None = None,
) -> tuple[ApiServer, socket.socket]:
    """A server ready to run, and the socket it listens on, bound already.

    ``pipeline`` is one of the scheme, to share what it has compiled. Raises `UsageError` for an
    unsafe or incomplete `Listen`, `Unavailable` for an address that
    cannot be had.
    """
    listen = listen or Listen()
    listen.check()
    tokens = Tokens.read(listen.token_auth_file) if listen.token_auth_file else None
    bound = _bind(listen)
    host, port = bound.getsockname()[:2]
    address = f"{host}:{port}"
    app = create_app(
        scheme,
        store,
        served=served,
        tokens=tokens,
        address=address,
        cache_bytes=cache_bytes,
        pipeline=pipeline,
    )
    config = uvicorn.Config(
        app,
        access_log=access_log,
        log_level="info" if access_log else "warning",
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_certfile=listen.tls_cert_file,
        ssl_keyfile=listen.tls_private_key_file,
        h11_max_incomplete_event_size=64 * 1024,
    )
    return ApiServer(config, app.state.server), bound


def _bind(listen: Listen) -> socket.socket:
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off for what is accepted.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((listen.host, listen.port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        raise Unavailable(
            f"cannot listen on {listen.host}:{listen.port}: {error.strerror or error}"
        ) from None
    return bound


def run(
    scheme: Scheme,
    store: Store,
    listen: Listen | None = None,
    *,
    served: Collection[GroupVersion] | None = None,
    access_log: bool = False,
) -> None:
    """Serve until SIGTERM or SIGINT. Raises what `build` raises."""
    server, bound = build(scheme, store, listen, served=served, access_log=access_log)
    try:
        server.run(sockets=[bound])
    finally:
        bound.close()
