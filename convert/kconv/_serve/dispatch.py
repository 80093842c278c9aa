"""From a request to its answer: what for, which verb, and the Status of an error."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from functools import cache, lru_cache, partial

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from kconv._crds import RESOURCE
from kconv._errors import (
    CannotDecode,
    ConditionFailed,
    FunctionFailed,
    KconvError,
    ObjectRef,
    StoreError,
    Unavailable,
    VersionNotOnRecord,
)
from kconv._serve import verbs
from kconv._serve.answered_errors import release
from kconv._serve.auth import caller_of
from kconv._serve.body import read_body
from kconv._serve.choosing import Verb, choose
from kconv._serve.compression import compress, is_large, takes_gzip
from kconv._serve.endpoints import answer_endpoint
from kconv._serve.http_request import HttpRequest
from kconv._serve.negotiation import Accepted, negotiate, of_error
from kconv._serve.options import Query, is_true
from kconv._serve.protobuf import offered
from kconv._serve.proxy import Forwarded
from kconv._serve.request_path import find_target
from kconv._serve.resource_request import ResourceRequest
from kconv._serve.responses import Reply, object_reply, refuse, respond
from kconv._serve.self_reviews import review
from kconv._serve.server import Server
from kconv._serve.status import refusal_of, unavailable
from kconv._serve.warnings import deprecation, with_unjudged
from kconv._serve.watch_lines import open_watch
from kconv._serve.watch_response import WatchResponse
from kconv._serve.websocket import WebSocketWatch, handshake_of, wants_websocket
from kconv._structural import StructuralKind, Unconverted, waits
from kconv._verbs.kind_rules import is_review
from kconv._verbs.loop_work import compute
from kconv._verbs.refusal import Refusal, as_asked
from kconv._verbs.target import Target
from kconv._verbs.undecodable import Undecodable

_log = logging.getLogger(__name__)

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_READS = ("GET", "LIST", "WATCH")
_WRITES = ("POST", "PUT", "PATCH", "APPLY")

LONG_SECONDS = 5.0
"""What is refused after so long is not asked again by itself: each time would take as long."""

_MOST_REMEMBERED = 10_000
_MANY = 100
"""Objects of a list over which a view of them is made in a thread."""
_LARGE = 64 * 1024
"""Bytes of what is answered over which it is, however many objects they are."""
_VIEW_FACTOR = 4
"""How many times the bytes of its objects a view takes while it is made."""


class Dispatcher:
    """Answers every request of one server; an ASGI app.

    What paths and Accept headers mean is remembered, since most of them come again and again.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self._targets: dict[str, Target] = {}
        self._kinds_changed = 0
        self._accepted = lru_cache(_MOST_REMEMBERED)(_accepted)
        self._deprecation = cache(deprecation)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; errors are answered, not raised."""
        began = time.monotonic()
        request = HttpRequest(scope, receive)
        accepted: Accepted | None = None
        target: Target | None = None
        verb = request.method if request.method in _METHODS else "OTHER"
        try:
            target = self._targets.get(request.path)
            response: Reply | WatchResponse | WebSocketWatch | Forwarded | None = None
            if target is None and self.server.proxy is not None:
                response = await self.server.proxy.answer(request)
                verb = "CONNECT" if response is not None else verb
            if self.server.custom_resources is not None and _may_be_custom(request.path, target):
                await self.server.start()
                await self.server.custom_resources.current()
                target = self._known_target(request.path)
            if target is None and response is None:
                response = await answer_endpoint(self.server, Request(scope, receive), request.path)
            if response is None:
                if not self.server.runs_here:
                    await self.server.start()
                if self.server.unfit is not None:
                    raise self.server.unfit
                if target is None:
                    target = self._target(request.path)
                asks = is_review(target.spoke.kind)
                if not asks:
                    agent = request.header(b"user-agent")
                    self.server.request_counts.count(target.spoke.gvr, agent)
                watch = bool(request.query_string) and is_true(request.query, "watch")
                verb, run = choose(request.method, target, watch=watch)
                if asks:
                    run = partial(review, self.server, caller_of(scope))
                accept = request.raw_header(b"accept")
                protobuf = b"protobuf" in accept and offered(target.spoke)
                accepted = self._accepted(accept, protobuf=protobuf, stream=run is None)
                if run is None:
                    response = await self._watch(request, target, accepted)
                elif run is verbs.get and not request.query_string and not target.subresource:
                    response = await self._read(target, accepted)
                if response is None:
                    assert run is not None, "a watch has its response"
                    response = await self._run(request, target, accepted, verb, run)
        except Refusal as refusal:
            response = refuse(_in_time(refusal, began), accepted or _of_error(request))
            release(refusal)
        except KconvError as error:
            refused = _in_time(self._refusal(error, target), began)
            response = refuse(refused, accepted or _of_error(request))
            release(error)
        except ClientDisconnect:
            response = Reply(b"", 499)
        except asyncio.CancelledError as error:
            if not self.server.health.stopping:
                raise
            # The HTTP server waits no longer. Left to it, the client would get 500.
            if (task := asyncio.current_task()) is not None:
                task.uncancel()
            release(error)
            ended = Unavailable(
                "the request was cut short by the server's end; it may have been done",
                cause="did not answer before the server ended",
                may_be_done=verb not in _READS,
            )
            response = refuse(refusal_for(ended, target), accepted or _of_error(request))
        except Exception as error:  # noqa: BLE001 - a defect must be answered as clients expect, and logged
            _log.exception("%s %s failed", request.method, request.path)
            release(error)
            response = refuse(
                Refusal("InternalError", "Internal error occurred"), accepted or _of_error(request)
            )
        if target is not None and (deprecated := self._deprecation(target.spoke)):
            response.raw_headers.append((b"warning", deprecated))
        self.server.metrics.observe(verb, target, response.status_code, time.monotonic() - began)
        if (
            isinstance(response, Reply)
            and is_large(response)
            and takes_gzip(request.header(b"accept-encoding"))
        ):
            await compress(response)
        await response(scope, receive, send)

    def _known_target(self, path: str) -> Target | None:
        """What a path means, if that is known and has not changed since."""
        if self._kinds_changed != self.server.kinds_changed:
            self._kinds_changed = self.server.kinds_changed
            self._targets.clear()
            # It would keep the kinds that are gone.
            self._deprecation.cache_clear()
        return self._targets.get(path)

    def _target(self, path: str) -> Target:
        target = find_target(path, self.server.scheme, self.server.served)
        if len(self._targets) >= _MOST_REMEMBERED:
            self._targets.clear()
        self._targets[path] = target
        return target

    async def _read(self, target: Target, accepted: Accepted) -> Reply | None:
        """An object, if its bytes for this client are in memory: what most requests are.

        Raises `kconv._errors.NotFound`.
        """
        if not accepted.is_json_itself:
            return None
        objects = self.server.objects
        found = objects.kept(target.spoke, await objects.row(target.key))
        return None if found is None else object_reply(found)

    async def _run(
        self, request: HttpRequest, target: Target, accepted: Accepted, verb: str, run: Verb
    ) -> Reply:
        body, content_type, user_agent = b"", "", ""
        if request.method != "GET":
            body = await read_body(request)
            content_type = request.header(b"content-type")
            user_agent = request.header(b"user-agent")
            target = await self._still(request.path, target)
        query = request.query
        objects, namespaces = self.server.objects, self.server.namespaces
        call = ResourceRequest(
            target,
            objects,
            namespaces,
            query=query,
            body=body,
            content_type=content_type,
            user_agent=user_agent,
            accepted=accepted,
        )
        try:
            self._before(target, verb)
            run_aside = waits(target.spoke.kind)
            answer = await (self.server.aside.run(run, call) if run_aside else run(call))
        except (Refusal, KconvError) as error:
            if not call.warnings:
                raise
            refusal = error if isinstance(error, Refusal) else self._refusal(error, target)
            refusal.warnings = tuple(call.warnings)
            raise refusal from None
        finally:
            if verb not in _READS:
                self.server.broadcaster.wake()
                await self._after(target)
        if verb in _WRITES and target.spoke.kind.group_resource == RESOURCE:
            answer = await compute(partial(with_unjudged, answer, self.server.scheme.kinds))
        if not call.is_plain:
            items = answer.items or ([answer.encoded] if answer.encoded is not None else [])
            size = sum([each.size for each in items])
            if len(items) > _MANY or size > _LARGE:
                async with self.server.in_flight.budget.bytes(size * _VIEW_FACTOR):
                    return await compute(partial(respond, answer, accepted, query))
        return respond(answer, accepted, query)

    def _refusal(self, error: KconvError, target: Target | None) -> Refusal:
        """The Status that answers an error; functions of the API that failed are counted."""
        if target is not None and isinstance(error, FunctionFailed):
            gvr = target.spoke.gvr
            self.server.metrics.functions.labels(gvr.group, gvr.version, gvr.resource).inc()
        return refusal_for(error, target)

    async def _still(self, path: str, target: Target) -> Target:
        """What a path means once a body has come, which may have taken long.

        Raises what `find_target` does where a CRD has gone meanwhile.
        """
        custom_resources = self.server.custom_resources
        if custom_resources is None or not isinstance(target.spoke.kind, StructuralKind):
            return target
        await custom_resources.current()
        return self._known_target(path) or self._target(path)

    @staticmethod
    def _before(target: Target, verb: str) -> None:
        """Refuse new objects of a CRD that is to go."""
        kind = target.spoke.kind
        if isinstance(kind, StructuralKind) and kind.closing and verb == "POST":
            message = "create not allowed while custom resource definition is terminating"
            raise Refusal("MethodNotAllowed", message, details={})

    async def _after(self, target: Target) -> None:
        """Once a CRD is written, its kind is served before the client learns of it."""
        custom_resources = self.server.custom_resources
        if custom_resources is not None and target.spoke.kind.group_resource == RESOURCE:
            with suppress(KconvError):
                await custom_resources.current()

    async def _watch(
        self, http: HttpRequest, target: Target, accepted: Accepted
    ) -> WatchResponse | WebSocketWatch:
        query = http.query
        if target.watched:
            query = Query(query.items())
            query["watch"] = "true"
            if target.name:
                query["fieldSelector"] = f"metadata.name={target.name}"
        objects, namespaces = self.server.objects, self.server.namespaces
        request = ResourceRequest(target, objects, namespaces, query=query, accepted=accepted)
        broadcaster = self.server.broadcaster
        watch = open_watch(request, broadcaster)
        switches = wants_websocket(http.scope, http.headers)
        handshake = handshake_of(http.scope) if switches else None
        await watch.begin()
        gvr = target.spoke.gvr
        gauge = self.server.metrics.watches.labels("WATCH", gvr.group, gvr.version, gvr.resource)
        media = accepted.media_type.encode()
        if accepted.format != "json" or dict(accepted.parameters).get("stream") == "watch":
            media += b";stream=watch"
        response = WatchResponse(watch, media, gauge, accepted)
        if handshake is None:
            return response
        return WebSocketWatch(response, handshake, accepted.format, lambda: broadcaster.closed)


def _may_be_custom(path: str, target: Target | None) -> bool:
    """Whether what a path means may depend on CRDs."""
    if target is not None:
        return isinstance(target.spoke.kind, StructuralKind)
    return path.startswith(("/apis", "/openapi")) or path in ("", "/")


def _accepted(header: bytes, *, protobuf: bool, stream: bool) -> Accepted:
    return negotiate(header.decode("latin-1"), protobuf=protobuf, stream=stream)


def _of_error(request: HttpRequest) -> Accepted:
    return of_error(request.header(b"accept"))


def _in_time(refusal: Refusal, began: float) -> Refusal:
    """What a request is refused with, which tells when to come again only where it came soon.

    Clients of Kubernetes come ten times by themselves before they tell who uses them.
    """
    details = refusal.details
    if refusal.code == 503 and details and time.monotonic() - began > LONG_SECONDS:
        refusal.details = {
            name: value for name, value in details.items() if name != "retryAfterSeconds"
        }
    return refusal


def refusal_for(error: KconvError, target: Target | None) -> Refusal:
    """The Status that answers an error of the engine or the store."""
    if target is not None:
        told = as_asked(error, target)
        if isinstance(told, Refusal):
            return told
    if isinstance(error, Unconverted):
        return Refusal("", error.message, code=500)
    if isinstance(error, Undecodable):
        return Refusal("InternalError", error.message, details=error.details)
    if isinstance(error, VersionNotOnRecord | CannotDecode | ConditionFailed):
        return unavailable(error.message)
    about = None
    if target is not None:
        gvk = target.spoke.gvk
        about = ObjectRef(gvk.group, gvk.version, gvk.kind, target.namespace, target.name)
    refusal = refusal_of(error, about)
    if refusal.code >= 500 and not isinstance(error, StoreError | FunctionFailed):
        _log.error("%s: %s", error.reason, error.message)
    return refusal
