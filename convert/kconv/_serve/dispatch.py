"""From a request to its answer: who asks, what for, which verb, and the Status of an error."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping

from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from kconv._errors import (
    AlreadyExists,
    CannotDecode,
    Conflict,
    KconvError,
    NotFound,
    ObjectRef,
    StoreError,
    VersionNotOnRecord,
)
from kconv._serve.body import read_body
from kconv._serve.endpoints import answer_endpoint
from kconv._serve.kind_rules import is_namespace
from kconv._serve.negotiation import Accepted, negotiate
from kconv._serve.options import Query, is_true
from kconv._serve.request_path import Target, find_target
from kconv._serve.resource_request import Answer, Call
from kconv._serve.responses import CACHE, refuse, respond
from kconv._serve.server import Server
from kconv._serve.status import (
    Refusal,
    already_exists,
    conflict,
    method_not_allowed,
    not_found,
    refusal_of,
    unavailable,
)
from kconv._serve.undecodable import Undecodable
from kconv._serve.verbs.create import create
from kconv._serve.verbs.delete import delete
from kconv._serve.verbs.delete_collection import delete_collection
from kconv._serve.verbs.get import get
from kconv._serve.verbs.list import list_objects
from kconv._serve.verbs.patch import patch
from kconv._serve.verbs.update import update
from kconv._serve.warnings import deprecation
from kconv._serve.watch import open_watch

_log = logging.getLogger(__name__)

Verb = Callable[[Call], Answer]

_ON_OBJECT: Mapping[str, tuple[str, Verb]] = {
    "GET": ("GET", get),
    "PUT": ("PUT", update),
    "PATCH": ("PATCH", patch),
    "DELETE": ("DELETE", delete),
}
_ON_COLLECTION: Mapping[str, tuple[str, Verb]] = {
    "GET": ("LIST", list_objects),
    "POST": ("POST", create),
    "DELETE": ("DELETECOLLECTION", delete_collection),
}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_READS = ("GET", "LIST", "WATCH")


class Dispatcher:
    """Answers every request of one server."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def __call__(self, request: Request) -> Response:
        """The response to a request; errors are answered, not raised."""
        began = time.monotonic()
        accepted = Accepted()
        target: Target | None = None
        verb = request.method if request.method in _METHODS else "OTHER"
        path = path_of(request)
        try:
            response = await answer_endpoint(self.server, request, path)
            if response is None:
                await self.server.start()
                if self.server.unfit is not None:
                    raise self.server.unfit
                target = find_target(path, self.server.scheme, self.server.served)
                self.server.request_counts.count(
                    target.spoke.gvr, request.headers.get("user-agent", "")
                )
                verb, run = choose(request, target)
                accepted = negotiate(request.headers.get("accept", ""))
                if run is None:
                    response = await self._watch(request, target, accepted)
                else:
                    response = await self._run(request, target, accepted, verb, run)
        except Refusal as refusal:
            response = refuse(refusal, accepted)
        except KconvError as error:
            response = refuse(refusal_for(error, target), accepted)
        except ClientDisconnect:
            response = Response(None, 499)
        except Exception:  # noqa: BLE001 - a defect must be answered as clients expect, and logged
            _log.exception("%s %s failed", request.method, path)
            response = refuse(Refusal("InternalError", "Internal error occurred"), accepted)
        if target is not None and (deprecated := deprecation(target.spoke)):
            response.headers.append("Warning", deprecated)
        self.server.metrics.observe(verb, target, response.status_code, time.monotonic() - began)
        return response

    async def _run(
        self, request: Request, target: Target, accepted: Accepted, verb: str, run: Verb
    ) -> Response:
        body = await read_body(request)
        query = query_of(request)
        call = Call(
            target,
            query,
            self.server.objects,
            self.server.namespaces,
            body,
            request.headers.get("content-type", ""),
            accepted,
        )

        def work() -> Response:
            return respond(run(call), accepted, query)

        try:
            return await to_thread.run_sync(work)
        finally:
            if verb not in _READS:
                self.server.broadcaster.wake()

    async def _watch(self, request: Request, target: Target, accepted: Accepted) -> Response:
        query = query_of(request)
        if target.name:
            query["fieldSelector"] = f"metadata.name={target.name}"
        call = Call(target, query, self.server.objects, self.server.namespaces, accepted=accepted)
        watch = open_watch(call, self.server.broadcaster)
        gvr = target.spoke.gvr
        gauge = self.server.metrics.watches.labels("WATCH", gvr.group, gvr.version, gvr.resource)

        async def body() -> AsyncIterator[bytes]:
            gauge.inc()
            lines = watch.lines()
            try:
                async for line in lines:
                    yield line
            finally:
                gauge.dec()
                await lines.aclose()

        media = "application/json"
        if dict(accepted.parameters).get("stream") == "watch":
            media = "application/json;stream=watch"
        return StreamingResponse(body(), 200, {**CACHE, "Content-Type": media})


def path_of(request: Request) -> str:
    """The path within the app, also where the app is mounted below another path."""
    path: str = request.scope["path"]
    root: str = request.scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(root) else path


def query_of(request: Request) -> Query:
    """The query parameters."""
    return Query(request.query_params.multi_items())


def choose(request: Request, target: Target) -> tuple[str, Verb | None]:
    """The verb of a request, with what runs it; None is a watch.

    Raises `Refusal` (405) where the resource does not have it.
    """
    method = request.method
    wants_watch = is_true(query_of(request), "watch")
    if target.subresource:
        allowed = ("PUT",) if target.subresource == "finalize" else ("GET", "PUT", "PATCH")
        if method not in allowed:
            raise method_not_allowed()
        return _ON_OBJECT[method]
    if target.name:
        if method not in _ON_OBJECT:
            raise method_not_allowed()
        if method == "GET" and wants_watch:
            return "WATCH", None
        return _ON_OBJECT[method]
    if method not in _ON_COLLECTION:
        raise method_not_allowed()
    if method != "GET" and target.all_namespaces:
        raise method_not_allowed()
    if method == "DELETE" and is_namespace(target.spoke.kind):
        raise method_not_allowed()
    if method == "GET" and wants_watch:
        return "WATCH", None
    return _ON_COLLECTION[method]


def refusal_for(error: KconvError, target: Target | None) -> Refusal:
    """The Status that answers an error of the engine or the store."""
    if target is not None:
        named = error.about.name if error.about and error.about.name else ""
        name = target.name or named
        if isinstance(error, NotFound):
            return not_found(target.resource, name)
        if isinstance(error, AlreadyExists):
            return already_exists(target.resource, name)
        if isinstance(error, Conflict):
            return conflict(target.resource, name)
    if isinstance(error, Undecodable):
        return Refusal("InternalError", error.message, details=error.details)
    if isinstance(error, VersionNotOnRecord | CannotDecode):
        return unavailable(error.message)
    about = None
    if target is not None:
        gvk = target.spoke.gvk
        about = ObjectRef(gvk.group, gvk.version, gvk.kind, target.namespace, target.name)
    refusal = refusal_of(error, about)
    if refusal.code >= 500 and not isinstance(error, StoreError):
        _log.error("%s: %s", error.reason, error.message)
    return refusal
