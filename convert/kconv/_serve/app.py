"""`create_app`: the API server as an ASGI app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

import kconv
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._serve.auth import Tokens
from kconv._serve.dispatch import Dispatcher
from kconv._serve.runtime_config import served_versions
from kconv._serve.server import Server
from kconv._store import Store


class _Endpoint:
    """Every path and every method go to the dispatcher, which knows Kubernetes' own routing."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response: Response = await self._dispatcher(Request(scope, receive, send))
        await response(scope, receive, send)


def create_app(
    scheme: Scheme,
    store: Store,
    *,
    served: Collection[GroupVersion] | None = None,
    tokens: Tokens | None = None,
    address: str = "127.0.0.1:8001",
    pipeline: Pipeline | None = None,
) -> Starlette:
    """An API server for the kinds of a scheme, on a store that has its tables.

    ``served`` are the versions to offer; the default is all but alpha ones. With ``tokens``,
    requests need one of them. ``address`` is what discovery tells clients. The app may be run by
    itself or mounted in another; its `Server` is ``app.state.server``. The store stays the
    caller's to close. ``pipeline`` is one of the scheme, to share what it has compiled.
    """
    scheme.freeze()
    offered = served_versions(scheme) if served is None else served
    server = Server(
        scheme,
        store,
        served=offered,
        release=kconv.__version__,
        tokens=tokens,
        address=address,
        pipeline=pipeline,
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await server.start()
        try:
            yield
        finally:
            await server.stop()

    app = Starlette(lifespan=lifespan)
    app.router.default = _Endpoint(Dispatcher(server))
    app.state.server = server
    return app
