"""What every request passes before it is dispatched: is it let in, who asks, is there room.

It costs a few microseconds, so it works on the raw headers. The fields that it finds are in the
request's scope, for what comes next: `USER`, `HEADERS`, `REQUEST_ID`.
"""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping

from starlette.types import Receive, Scope, Send

from kconv._serve.access_log import STATUS, AccessLog, Entry
from kconv._serve.auth import CALLER, USER, Tokens
from kconv._serve.http_request import HEADERS, path_of, query_of
from kconv._serve.impersonation import PREFIX, refuse_impersonation
from kconv._serve.in_flight import InFlight
from kconv._serve.metrics import Metrics
from kconv._serve.options import is_true
from kconv._serve.origin import SAFE, HostCheck, check_origin, check_untyped_body
from kconv._serve.request_id import REQUEST_ID, request_id
from kconv._serve.responses import refuse
from kconv._serve.websocket import as_http, take_token
from kconv._verbs.refusal import Refusal

App = Callable[[Scope, Receive, Send], Awaitable[None]]

_IMPERSONATES = b"\n" + PREFIX
_PROBES = ("/livez", "/readyz", "/healthz")
_WATCH_PATH = re.compile(r"/(?:api/[^/]+|apis/[^/]+/[^/]+)/watch/")
_PROXY_PATH = re.compile(r"/api/v1/namespaces/[^/]+/services/[^/]+/proxy(?:/|\Z)")
_PROTOCOL = b"sec-websocket-protocol"
_GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}\Z")
_ALIVE = b"ok"
_ALIVE_HEADERS = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"content-length", b"2"),
    (b"cache-control", b"no-cache, private"),
    (b"x-content-type-options", b"nosniff"),
]


class RequestFilter:
    """An ASGI app around another one.

    ``allowed_hosts`` are the names in Host headers that are let in; None lets all in. ``apart``
    are other apps, by the first step of the paths that are theirs: they ask for tokens themselves.
    """

    def __init__(
        self,
        app: App,
        *,
        tokens: Tokens | None,
        in_flight: InFlight,
        metrics: Metrics,
        allowed_hosts: Collection[str] | None = None,
        access_log: AccessLog | None = None,
        apart: Mapping[str, App] | None = None,
    ) -> None:
        self._app = app
        self._apart = dict(apart or {})
        self._tokens = tokens
        self._in_flight = in_flight
        self._metrics = metrics
        self._hosts = None if allowed_hosts is None else HostCheck(allowed_hosts)
        self._access_log = access_log
        self._series = secrets.token_hex(6).encode()
        self._number = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "websocket":
            await as_http(self, scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        path = path_of(scope)
        if path == "/livez" and method == "GET" and not scope["query_string"]:
            await _say_alive(send)
            return
        headers = dict(scope["headers"])
        name = self._name(headers)
        scope[HEADERS] = headers
        scope[REQUEST_ID] = name
        answer = send
        entry: Entry | None = None
        if self._access_log is not None:
            entry = Entry(send)
            answer = entry.send
        token = request_id.set(name)
        bounded = False
        try:
            app = self._apart.get(path.split("/", 2)[1]) if self._apart else None
            bounded = self._admit(scope, method, path, headers, tokens=app is None)
            await (app or self._app)(scope, receive, answer)
        except Refusal as refusal:
            self._metrics.observe(method, None, refusal.code, 0)
            await refuse(refusal)(scope, receive, answer)
        finally:
            if bounded:
                self._in_flight.leave(scope)
            if entry is not None and self._access_log is not None:
                entry.status = entry.status or scope.get(STATUS, 0)
                self._access_log.write(
                    scope, entry, scope.get(USER), headers.get(b"user-agent", b"")
                )
            request_id.reset(token)

    def _admit(
        self,
        scope: Scope,
        method: str,
        path: str,
        headers: dict[bytes, bytes],
        *,
        tokens: bool,
    ) -> bool:
        """Let a request in, and say whether it was counted. Raises `Refusal`."""
        probe = path.startswith(_PROBES)
        if self._hosts is not None and not probe:
            self._hosts.check(headers.get(b"host", b""))
        user = None
        if method not in SAFE or b"upgrade" in headers:
            check_origin(headers)
        if _PROTOCOL in headers and b"upgrade" in headers:
            take_token(scope, headers)
        if tokens and self._tokens is not None:
            user = self._tokens.require(path, headers.get(b"authorization", b""))
        scope[USER] = name = None if user is None else user.name
        scope[CALLER] = user
        if _IMPERSONATES in b"\n".join((b"", *headers)):
            raise refuse_impersonation(headers, name)
        if method not in SAFE and b"content-type" not in headers:
            check_untyped_body(headers)
        if probe or path == "/metrics":
            return False
        query = scope["query_string"]
        watch = method == "GET" and (
            (bool(query) and asks_to_watch(query))
            or ("/watch/" in path and _WATCH_PATH.match(path) is not None)
        )
        proxied = "/proxy" in path and _PROXY_PATH.match(path) is not None
        self._in_flight.enter(scope, watch=watch, proxied=proxied)
        return True

    def _name(self, headers: dict[bytes, bytes]) -> bytes:
        """The name that the client gave its request, if it is one; or else one of our own."""
        given = headers.get(b"audit-id") or headers.get(b"x-request-id")
        if given is not None and _GIVEN_ID.match(given):
            return given
        return b"%s-%x" % (self._series, next(self._number))


def asks_to_watch(query: bytes) -> bool:
    """Whether the query of a request asks for a watch."""
    if b"watch" not in query and b"%" not in query:
        return False
    return is_true(query_of(query), "watch")


async def _say_alive(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _ALIVE_HEADERS})
    await send({"type": "http.response.body", "body": _ALIVE})
