"""uvicorn with bounds on its connections: how many, how long they may take, how much they send."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any, Literal

import uvicorn
from starlette.types import ASGIApp

from kconv._serve.connections import Connections, Place, raise_descriptor_limit
from kconv._serve.free_memory import use_few_arenas
from kconv._serve.listen import Listen
from kconv._serve.listener import Listener
from kconv._serve.protocol import LimitedProtocol
from kconv._settings import Limits


def http_config(
    app: ASGIApp, listen: Listen, limits: Limits, *, lifespan: Literal["on", "off"]
) -> uvicorn.Config:
    """How uvicorn serves an app: HTTP/1.1 alone, with its own bounds and logs left out."""
    return uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        log_level="warning",
        lifespan=lifespan,
        server_header=False,
        proxy_headers=bool(listen.trusted_proxies),
        forwarded_allow_ips=list(listen.trusted_proxies),
        timeout_graceful_shutdown=int(max(limits.shutdown_grace, 1)),
        ssl_certfile=listen.tls_cert_file,
        ssl_keyfile=listen.tls_private_key_file,
    )


class BoundedServer(uvicorn.Server):
    """An HTTP server that accepts as many connections as it has room for.

    A subclass calls `accept` when it starts and `end_connections` when it has shut down.
    """

    def __init__(self, config: uvicorn.Config, limits: Limits) -> None:
        super().__init__(config)
        self._limits = limits
        self.connections = Connections(limits, self.server_state.connections)  # type: ignore[arg-type] # ours are of our protocol
        self.on_ready: Callable[[], None] = lambda: None
        """Called once, when what is done at the start is done."""

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until SIGTERM or SIGINT, in a process whose limits are its own."""
        raise_descriptor_limit()
        use_few_arenas()
        super().run(sockets)

    def accept(self, sockets: Sequence[socket.socket]) -> None:
        """Begin to accept connections, on the running event loop."""
        if not self.config.loaded:
            self.config.load()
        state: dict[str, Any] = {}
        loop = asyncio.get_running_loop()

        def make_protocol(place: Place) -> LimitedProtocol:
            return LimitedProtocol(
                self.config,
                self.server_state,
                state,
                loop,
                all_connections=self.connections,
                place=place,
            )

        self.connections.start()
        self.servers = []
        for bound in sockets:
            listener = Listener(bound, self.connections, make_protocol, self.config.ssl)
            listener.start()
            self.servers.append(listener)  # type: ignore[arg-type] # closed and waited for as its own are

    def hang_up(self) -> None:
        """Accept no more, and end every connection, whatever it is about."""
        for server in self.servers:
            server.close()
        self.end_connections()

    def end_connections(self) -> None:
        """End every connection that is left."""
        self.cut(lambda each: True)
        self.connections.stop()

    def cut(self, chosen: Callable[[LimitedProtocol], bool]) -> None:
        """Hang up on the connections that are chosen; what was not sent is lost."""
        for each in list(self.server_state.connections):
            if isinstance(each, LimitedProtocol) and chosen(each):
                each.transport.abort()
