"""Running the server: uvicorn, on loopback unless it is protected, drained on SIGTERM."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import uvicorn

from kconv._errors import KconvError
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._serve.app import Apart, create_app
from kconv._serve.auth import Tokens
from kconv._serve.bounded_server import BoundedServer, http_config
from kconv._serve.listen import Listen, bind
from kconv._serve.server import Server
from kconv._serve.server_metrics import of_connections
from kconv._serve.shared_metrics import SharedMetrics
from kconv._settings import Limits
from kconv._store import Store
from kconv._verbs.memory import CACHE_BYTES

LEAVE_SECONDS = 5.0
"""How long what a server stores last may take, once its requests are answered."""

CUT_SECONDS = 2.0
"""How long watches have to end by themselves once the server has ended them, and bodies to come."""


class ApiServer(BoundedServer):
    """The API server, with a drain.

    Unready and without watches first, then the requests in flight, then the clients that are left.
    """

    def __init__(self, config: uvicorn.Config, server: Server, limits: Limits) -> None:
        super().__init__(config, limits)
        self._server = server
        self._failure: KconvError | None = None
        server.on_unfit = self._end
        server.on_leaving = lambda: self.ends_within(LEAVE_SECONDS)
        self._grace = limits.shutdown_grace
        self.ends_within: Callable[[float], None] = lambda seconds: None
        """Called with how long the end may take from now on, once it has begun."""
        server.collector.sources.append(lambda: of_connections(self.connections))
        self.shared_metrics: SharedMetrics | None = None

    def prepare(self) -> None:
        """Make ready and register, before serving; `run` does it where it has not been done.

        Raises `kconv._errors.CannotDecode` where the database holds what this server cannot read.
        """
        self._server.prepare()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until SIGTERM or SIGINT; probes are answered from the beginning.

        Raises `kconv._errors.CannotDecode` instead of serving, or when it has to stop because
        something is stored by now that it cannot read; and what `prepare` raises.
        """
        try:
            super().run(sockets)
        finally:
            # A second signal cuts the end of the app short.
            self.leave()
        if self._failure is not None:
            raise self._failure
        if self._server.unfit is not None:
            raise self._server.unfit

    def leave(self) -> None:
        """Undo `prepare`: this server is no longer one of those on the database."""
        self._server.heartbeat.end()

    def share_metrics(self, folder: Path, number: int) -> None:
        """Answer ``/metrics`` for all processes that have the folder; this one is ``number``."""
        shared = SharedMetrics(folder, number, self._server.own_metrics)
        self.shared_metrics = self._server.shared_metrics = shared

    def _end(self) -> None:
        self.should_exit = True

    def handle_exit(self, sig: int, frame: Any) -> None:
        """On SIGTERM and SIGINT: stop taking requests, let those in flight finish."""
        if not self._server.health.stopping:
            # Before it has started there are no requests to wait for.
            self.ends_within(LEAVE_SECONDS + (self._grace if self.started else 0))
        self._server.health.stopping = True
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections first, so that probes are answered, and then make ready."""
        self.accept(sockets or [])
        try:
            await self._server.start()
            if self.shared_metrics is not None:
                await self.shared_metrics.start()
            await self.lifespan.startup()
        except KconvError as error:
            self._failure = error
            self.should_exit = True
            self.hang_up()
            return
        self.started = True
        if not self.should_exit:
            self.on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the watches, then wait for the other requests, for up to the grace period."""
        self._server.drain()
        self.cut(lambda each: each.watches and each.stuck)
        cutting = asyncio.get_running_loop().call_later(CUT_SECONDS, self._cut_unasked)
        try:
            await super().shutdown(sockets)
        finally:
            cutting.cancel()
            if self.shared_metrics is not None:
                self.shared_metrics.stop()
            self.end_connections()

    def _cut_unasked(self) -> None:
        """Wait no longer for watches, for clients that do not read, and for bodies to come."""
        self.cut(lambda each: each.watches or each.transport.is_closing())
        self._server.in_flight.cut_bodies()


def build(
    scheme: Scheme,
    store: Store,
    listen: Listen | None = None,
    *,
    served: Collection[GroupVersion] | None = None,
    access_log: bool = False,
    cache_bytes: int = CACHE_BYTES,
    pipeline: Pipeline | None = None,
    limits: Limits | None = None,
    garbage_collection: bool = True,
    bound: socket.socket | None = None,
    pages: Callable[[Tokens | None], Apart] | None = None,
    services: Mapping[str, str] | None = None,
    proxy: Mapping[str, str] | None = None,
    proxy_allow: Mapping[str, Collection[str]] | None = None,
) -> tuple[ApiServer, socket.socket]:
    """A server ready to run, and the socket it listens on, bound already.

    ``pipeline`` is one of the scheme, to share what it has compiled; ``bound`` a socket that
    several processes share. ``pages`` makes the page at ``/ui/``, given the tokens. ``services``
    are those of `create_app`.

    Raises `UsageError` for an unsafe or incomplete `Listen`, `Unavailable` for an address that
    cannot be had.
    """
    listen = listen or Listen()
    limits = limits or Limits()
    listen.check()
    tokens = Tokens.read(listen.token_auth_file) if listen.token_auth_file else None
    bound = bound or bind(listen)
    host, port = bound.getsockname()[:2]
    app = create_app(
        scheme,
        store,
        served=served,
        tokens=tokens,
        address=f"{host}:{port}",
        cache_bytes=cache_bytes,
        pipeline=pipeline,
        limits=limits,
        garbage_collection=garbage_collection,
        allowed_hosts=listen.hosts,
        access_log=access_log,
        services=services,
        proxy=proxy,
        proxy_allow=proxy_allow,
        apart=None if pages is None else {"ui": pages(tokens)},
    )
    app.state.server.http_server_exit = None
    config = http_config(app, listen, limits, lifespan="on")
    return ApiServer(config, app.state.server, limits), bound


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
