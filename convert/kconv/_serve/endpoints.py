"""The endpoints that are not resources: discovery, OpenAPI, version, health, metrics."""

from __future__ import annotations

import hashlib
import platform
import time
from collections.abc import Iterator
from email.utils import formatdate
from functools import partial

from starlette.requests import Request

from kconv._codec import json as json_codec
from kconv._errors import UsageError
from kconv._gvk import GroupVersion
from kconv._serve import discovery, openapi
from kconv._serve.conditional import reply_or_304
from kconv._serve.negotiation import JSON, Accepted, negotiate, not_acceptable, parse_accept
from kconv._serve.responses import CACHE, Reply, plain_text, write
from kconv._serve.server import Server
from kconv._serve.status import method_not_allowed, no_such_page, no_such_path
from kconv._verbs.loop_work import compute

_YEAR = 365 * 24 * 60 * 60
_HEALTH = ("healthz", "livez", "readyz")
MINOR = "32"
"""The minor version of Kubernetes whose wire behaviour clients may expect."""


async def answer_endpoint(server: Server, request: Request, path: str) -> Reply | None:
    """The answer of an endpoint; None when ``path`` is not one, so may be a resource.

    Raises `kconv._verbs.refusal.Refusal`.
    """
    steps = [step for step in path.split("/") if step]
    if "//" in path:
        # Empty steps mean something in the paths of resources alone.
        return None
    first = steps[0] if steps else ""
    if first in ("api", "apis") and len(steps) > _depth(first):
        return None
    if first in _HEALTH and len(steps) <= 2:
        _only_reads(request, head=True)
        return await _health(server, request, steps)
    _only_reads(request)
    if first == "metrics" and len(steps) == 1:
        headers = {**CACHE, "Content-Type": server.metrics.content_type}
        return Reply(await server.metrics_text(), 200, headers)
    if steps[:2] == ["openapi", "v3"]:
        return await _openapi(server, request, "/".join(steps[2:]))
    accept = request.headers.get("accept", "")
    if steps == ["openapi", "v2"]:
        return await _openapi_v2(server, request)
    if not steps:
        return write({"paths": list(root_paths(server))}, 200, _of_no_kind(accept))
    if first == "version" and len(steps) == 1:
        return write(version_document(server.release), 200, _of_no_kind(accept))
    if first in ("api", "apis"):
        return await _discovery(server, request, steps)
    return None


def _depth(first: str) -> int:
    return 2 if first == "api" else 3


def _only_reads(request: Request, *, head: bool = False) -> None:
    if request.method != "GET" and not (head and request.method == "HEAD"):
        raise method_not_allowed()


async def _health(server: Server, request: Request, steps: list[str]) -> Reply:
    verbose = "verbose" in request.query_params
    only = steps[1] if len(steps) == 2 else ""

    found = await server.health.report(steps[0], verbose=verbose, only=only)
    if found is None:
        raise no_such_path()
    return plain_text(found[1], found[0])


async def _openapi(server: Server, request: Request, path: str) -> Reply:
    if not path:
        index = json_codec.encode(await compute(server.openapi.index))
        headers = {**CACHE, "Content-Type": JSON}
        return reply_or_304(request, index, hashlib.sha512(index).hexdigest().upper(), headers)
    accepts = request.headers.get("accept", "") or "*/*"
    if "json" not in accepts and "*/*" not in accepts:
        raise not_acceptable(("application/json",))
    document = await compute(partial(server.openapi.document, path))
    if document is None:
        raise no_such_path()
    headers = {**CACHE, "Content-Type": JSON, "Vary": "Accept"}
    asked = request.query_params.get("hash")
    if asked:
        if asked != document.digest:
            place = request.scope.get("root_path", "") + openapi.url_of(path, document.digest)
            return Reply(b"", 301, {**CACHE, "Location": place})
        headers["Cache-Control"] = "public, immutable"
        headers["Expires"] = formatdate(time.time() + _YEAR, usegmt=True)
    return reply_or_304(request, document.data, document.digest, headers)


async def _openapi_v2(server: Server, request: Request) -> Reply:
    for item in parse_accept(request.headers.get("accept", "")):
        form = ""
        if item.covers(JSON):
            form, media_type = openapi.V2, JSON
        elif item.type in (openapi.PROTOBUF, openapi.PROTOBUF_SENT):
            form, media_type = openapi.V2_PROTOBUF, openapi.PROTOBUF_SENT
        if form:
            document = await compute(partial(server.openapi.v2, form))
            headers = {**CACHE, "Content-Type": media_type, "Vary": "Accept"}
            return reply_or_304(request, document.data, document.digest, headers)
    raise not_acceptable((JSON, openapi.PROTOBUF))


async def _discovery(server: Server, request: Request, steps: list[str]) -> Reply:
    accept = request.headers.get("accept", "")
    scheme, served = server.scheme, server.served
    if len(steps) == 1:
        core = steps[0] == "api"
        version = discovery.aggregated_request(accept)
        if version:
            document, headers = discovery.aggregated(scheme, served, core=core, version=version)
            body = json_codec.encode(document)
            digest = hashlib.sha512(body).hexdigest().upper()
            return reply_or_304(request, body + b"\n", digest, headers)
        accepted = _old_form(accept)
        if core:
            return write(discovery.api_versions(scheme, served, server.address), 200, accepted)
        return write(discovery.api_group_list(scheme, served), 200, accepted)
    accepted = _old_form(accept)
    if steps[0] == "apis" and len(steps) == 2:
        group = discovery.api_group(scheme, steps[1], served)
        if group is None:
            raise no_such_page()
        return write(group, 200, accepted)
    group_version = _group_version(steps)
    if group_version not in served:
        raise no_such_path()

    stored_as = {
        kind: await server.stored_as(kind)
        for kind in scheme.kinds
        if any(spoke.group_version == group_version for spoke in kind.spokes)
    }
    document = discovery.api_resource_list(scheme, group_version, stored_as.__getitem__)
    return write(document, 200, accepted)


def _old_form(accept: str) -> Accepted:
    """How to write a document of the old form, for clients that would prefer the aggregated."""
    plain = ",".join(part for part in accept.split(",") if "as=" not in part)
    return negotiate(plain, views=())


def _of_no_kind(accept: str) -> Accepted:
    """How to write a document that is no object, which protobuf has no message for."""
    return negotiate(accept, views=(), protobuf=False)


def _group_version(steps: list[str]) -> GroupVersion:
    try:
        if steps[0] == "api":
            return GroupVersion("", steps[1])
        return GroupVersion.parse("/".join(steps[1:]))
    except UsageError:
        raise no_such_path() from None


def root_paths(server: Server) -> Iterator[str]:
    """Every path that is of use without a parameter, sorted."""
    paths = {"/api", "/apis", "/metrics", "/openapi/v2", "/openapi/v3", "/version"}
    for group_version in server.served:
        if group_version.group:
            paths |= {f"/apis/{group_version.group}", f"/apis/{group_version}"}
        else:
            paths.add(f"/api/{group_version.version}")
    for endpoint in _HEALTH:
        paths.add(f"/{endpoint}")
        paths |= {f"/{endpoint}/{check}" for check in server.health.checks(endpoint)}
    return iter(sorted(paths))


def version_document(release: str) -> dict[str, str]:
    """The version that this server says it has: an API of Kubernetes 1.32, made by kconv."""
    return {
        "major": "1",
        "minor": MINOR,
        "gitVersion": f"v1.{MINOR}.0-kconv.{release}",
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": platform.python_implementation(),
        "platform": f"{platform.system().lower()}/{platform.machine()}",
    }
