"""`create_app`: the API server as an ASGI app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from anyio import to_thread
from starlette.applications import Starlette
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

import kconv
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._serve.access_log import AccessLog
from kconv._serve.auth import Tokens
from kconv._serve.dispatch import Dispatcher
from kconv._serve.proxy import Proxy, access_of, proxy_services_of
from kconv._serve.request_filter import RequestFilter
from kconv._serve.runtime_config import served_versions
from kconv._serve.server import Server
from kconv._settings import Limits
from kconv._store import Store
from kconv._verbs.memory import CACHE_BYTES
from kconv._verbs.opening import closed_on_failure, open_or_create


class Apart(Protocol):
    """An ASGI app beside the API; ``close`` has what it answers without end, end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        ...

    def close(self) -> None:
        """The server ends."""
        ...


class ApiApp(Starlette):
    """An app whose every path and every method go to one endpoint.

    That knows Kubernetes' own routing and answers its own errors, so that requests take the way
    around the app's router; but for an app that has got middleware.
    """

    def __init__(self, endpoint: ASGIApp, lifespan: Lifespan[Starlette]) -> None:
        super().__init__(lifespan=lifespan)
        self.lifespan = lifespan
        """The lifespan, for an app that this one is mounted in: ASGI gives mounted apps none.

        ``Starlette(routes=[Mount("/k8s", api)], lifespan=api.lifespan)``, or within a lifespan of
        your own: ``async with api.lifespan(app): ...``.
        """
        self._endpoint = endpoint
        self.router.default = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self.user_middleware:
            scope["app"] = self
            await self._endpoint(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(
    scheme: Scheme,
    store: Store | str,
    *,
    runtime_config: str = "",
    served: Collection[GroupVersion] | None = None,
    tokens: Tokens | Mapping[str, str] | None = None,
    address: str = "127.0.0.1:8001",
    cache_bytes: int = CACHE_BYTES,
    pipeline: Pipeline | None = None,
    limits: Limits | None = None,
    allowed_hosts: Collection[str] | None = None,
    access_log: bool = False,
    garbage_collection: bool = True,
    apart: Mapping[str, Apart] | None = None,
    services: Mapping[str, str] | None = None,
    proxy: Mapping[str, str] | None = None,
    proxy_allow: Mapping[str, Collection[str]] | None = None,
) -> ApiApp:
    """An API server for the kinds of a scheme, as an ASGI app.

    It is run by any ASGI server, mounted in another app, or called in a test through
    ``httpx.ASGITransport``. What it does at its start (compiling, registering with the database,
    the namespace ``default``) is done by the lifespan, or by the first request where an app has
    none; the end of the lifespan ends watches and unregisters the server.

    Args:
        scheme: The kinds to serve; it is frozen here if it is not. Documents
            (`kconv.Document`) are not served: they have no names and no apiVersion.
        store: A store whose tables exist, which stays the caller's to close. Or the URL of a
            database: the tables of an empty one are made, and the store is closed with the
            lifespan.
        runtime_config: Versions to turn on or off, as ``kconv serve --runtime-config`` reads them:
            ``batch/v2alpha1=true,api/beta=false``. By default all but alpha versions are served.
        served: The versions to serve, instead of ``runtime_config``.
        tokens: Users by bearer token. With it, a request without a known token is answered with
            401, but for health checks.
        address: The ``host:port`` that discovery tells clients.
        cache_bytes: How much memory encoded objects are cached in; 0 caches none.
        pipeline: A pipeline of the scheme whose compiled types are to be shared.
        limits: The bounds on requests, bodies and memory; those on connections are the HTTP
            server's to keep.
        allowed_hosts: The names that Host headers may have, as protection of an app that only
            this machine reaches from web pages; by default every name is let in.
        access_log: Log each request.
        services: Where the services are that conversion webhooks of CRDs are behind, by
            ``namespace/name`` or ``namespace/name:port``: ``{"default/gadgets": "10.0.0.5:9443"}``.
            Others are taken to be at their port on this machine.
        proxy: Where the services are that clients may reach by
            ``/api/v1/namespaces/.../services/.../proxy/``, by ``namespace/name`` or
            ``namespace/name:port``: ``{"ui/dashboard:80": "http://127.0.0.1:9000"}``. There are no
            others.
        proxy_allow: The users (and groups, as ``group:operators``) that may reach a service, by its
            ``namespace/name``; one that is not here is for everybody with a token.
        garbage_collection: Delete objects whose owners are gone, and do what the propagation
            policies of deletes say; of all servers on a database, one does it.
        apart: Other apps, by the first step of the paths that are theirs. Hosts, origins and
            bounds are looked after here, tokens by them.

    Raises:
        SchemeError: The scheme is not complete.
        UsageError: ``runtime_config`` names no version, or the URL no database.
        StoreError: The database cannot be opened.
    """
    scheme = scheme.without_documents()
    opened = None
    if isinstance(store, str):
        store = opened = open_or_create(store)
    with closed_on_failure(opened):
        named = proxy_services_of([f"{name}={url}" for name, url in (proxy or {}).items()])
        allowed = [f"{name}={','.join(whom)}" for name, whom in (proxy_allow or {}).items()]
        access = access_of(allowed, named, tokens=tokens is not None)
        known = Tokens(dict(tokens)) if isinstance(tokens, Mapping) else tokens
        server = Server(
            scheme,
            store,
            served=served_versions(scheme, runtime_config) if served is None else served,
            release=kconv.__version__,
            address=address,
            cache_bytes=cache_bytes,
            pipeline=pipeline,
            limits=limits,
            services=services,
            garbage_collection=garbage_collection,
            proxy=Proxy(named, access) if named else None,
            tokens=known,
        )
        endpoint = RequestFilter(
            Dispatcher(server),
            tokens=known,
            in_flight=server.in_flight,
            metrics=server.metrics,
            allowed_hosts=allowed_hosts,
            access_log=AccessLog() if access_log else None,
            apart=apart,
        )
        server.pages += apart or ()
        server.ending += [each.close for each in (apart or {}).values()]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await server.start()
        try:
            yield
        finally:
            await server.stop()
            if opened is not None:
                await to_thread.run_sync(opened.close)

    app = ApiApp(endpoint, lifespan)
    app.state.server = server
    return app


def asgi(
    scheme: Scheme,
    store: Store | str,
    *,
    groups: Collection[str] | None = None,
    runtime_config: str = "",
    tokens: Tokens | Mapping[str, str] | None = None,
    address: str = "127.0.0.1:8001",
    allowed_hosts: Collection[str] | None = None,
    limits: Limits | None = None,
) -> ApiApp:
    """An API server to mount in another app: ``app.mount("/k8s", kconv.asgi(scheme, url))``.

    It starts with the first request, or with the app that it is mounted in where that has its
    ``lifespan``, which also unregisters the server at the end. Open watches end when uvicorn begins
    to, so that they do not hold up its shutdown.

    Args:
        scheme: The kinds to serve, as for `create_app`; so are all the others.
        store: A store, or the URL of a database.
        groups: The groups to serve, the core group being ``""``; by default all of the scheme.
            Who asks, and what they may do, every server answers.
        runtime_config: Versions to turn on or off.
        tokens: Users by bearer token.
        address: The ``host:port`` that discovery tells clients.
        allowed_hosts: The names that Host headers may have.
        limits: The bounds on requests, bodies and memory.

    Raises:
        SchemeError: The scheme is not complete.
        UsageError: There is no such group, ``runtime_config`` names no version, or the URL no
            database.
        StoreError: The database cannot be opened.
    """
    scheme = scheme.without_documents()
    return create_app(
        scheme,
        store,
        served=served_versions(scheme, runtime_config, groups),
        tokens=tokens,
        address=address,
        allowed_hosts=allowed_hosts,
        limits=limits,
    )
