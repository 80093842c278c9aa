"""The ASGI app of a conversion webhook: reviews, probes and metrics."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from kconv._codec import json as json_codec
from kconv._errors import DecodeError, UsageError
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._settings import Limits
from kconv._verbs.loop_work import compute
from kconv._verbs.refusal import Refusal
from kconv._webhook.review import answer_review

_AT_ONCE = 64 * 1024
"""Bytes of a review that are converted on the event loop: it takes a millisecond or two."""

_MOST_LOGGED = 3

_log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


class ReviewMetrics:
    """What is counted of reviews."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.reviews = Counter(
            "kconv_webhook_reviews",
            "ConversionReviews, by what came of them.",
            ("result",),
            registry=self.registry,
        )
        self.objects = Counter(
            "kconv_webhook_objects",
            "Objects in the reviews that succeeded.",
            registry=self.registry,
        )
        self.seconds = Histogram(
            "kconv_webhook_review_seconds",
            "How long reviews took, from the last byte of the body.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=self.registry,
        )


class Reviews:
    """Takes reviews off the wire; bodies are bounded in bytes, in number and in time."""

    def __init__(self, pipeline: Pipeline, limits: Limits) -> None:
        self.pipeline = pipeline
        self.limits = limits
        self.metrics = ReviewMetrics()
        self._most = limits.max_mib_in_flight * 1024 * 1024
        self._held = 0
        self._bodies = 0

    async def convert(self, request: Request) -> Response:
        """Answer a review. Whatever is wrong with its objects is said in a review, with 200."""
        self._bodies += 1
        body = bytearray()
        try:
            if self._bodies > self.limits.max_bodies:
                raise Refusal("TooManyRequests", "too many reviews at once; try again")
            async with asyncio.timeout(self.limits.body_timeout):
                async for piece in request.stream():
                    self._held += len(piece)
                    body += piece
                    self._check_room(len(body))
            return await self._answer(bytes(body))
        except TimeoutError:
            return _refused(Refusal("Timeout", "the body did not come in time", code=408))
        except ClientDisconnect:
            return Response(status_code=400)
        except Refusal as refusal:
            self.metrics.reviews.labels("refused").inc()
            return _refused(refusal)
        finally:
            self._bodies -= 1
            self._held -= len(body)

    def _check_room(self, size: int) -> None:
        if size > self._most:
            mib = self.limits.max_mib_in_flight
            raise Refusal("RequestEntityTooLarge", f"the body is over --max-mib-in-flight, {mib}")
        if self._held > self._most:
            raise Refusal("TooManyRequests", "too many bytes in flight; try again")

    async def _answer(self, body: bytes) -> Response:
        began = time.perf_counter()
        work = partial(answer_review, self.pipeline, body)
        try:
            outcome = work() if len(body) <= _AT_ONCE else await compute(work)
        except DecodeError as error:
            raise Refusal("BadRequest", error.message) from None
        self.metrics.seconds.observe(time.perf_counter() - began)
        if outcome.failures:
            self.metrics.reviews.labels("failed").inc()
            for failure in outcome.failures[:_MOST_LOGGED]:
                _log.warning("a conversion failed: %s", failure)
        else:
            self.metrics.reviews.labels("converted").inc()
            self.metrics.objects.inc(outcome.objects)
        return Response(outcome.answer, media_type="application/json")


def webhook(scheme: Scheme, *, path: str = "/convert", limits: Limits | None = None) -> Starlette:
    """A conversion webhook for the CRDs of the kinds in a scheme, to serve or to mount.

    ``POST PATH`` takes ConversionReviews of ``apiextensions.k8s.io`` v1 and v1beta1, as the API
    server sends them; so does every path below it, by which several CRDs can be told apart in logs.
    Beside it are ``/livez``, ``/readyz`` and ``/metrics``. It asks no other server anything.

    Args:
        scheme: The kinds, each with the versions of its CRD.
        path: Where reviews are posted, as ``conversion.webhook.clientConfig`` of the CRD says it.
        limits: The bounds on bodies.

    Raises:
        SchemeError: The scheme is not complete.
        UsageError: ``path`` does not begin with a slash.
    """
    if not path.startswith("/") or path.endswith("/"):
        raise UsageError(f'the path "{path}" is not one such as /convert')
    pipeline = Pipeline(scheme.without_documents())
    for kind in pipeline.scheme.kinds:
        for spoke in kind.spokes:
            pipeline.prepare(spoke)
    reviews = Reviews(pipeline, limits or Limits())

    async def alive(request: Request) -> Response:
        return Response("ok", media_type="text/plain")

    async def metrics(request: Request) -> Response:
        text = generate_latest(reviews.metrics.registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    async def describe(request: Request) -> Response:
        message = f"POST ConversionReviews to {path}"
        return _refused(Refusal("NotFound", message))

    return Starlette(
        routes=[
            Route(path, reviews.convert, methods=["POST"]),
            Route(f"{path}/{{rest:path}}", reviews.convert, methods=["POST"]),
            Route("/livez", alive),
            Route("/readyz", alive),
            Route("/metrics", metrics),
            Route("/{rest:path}", describe, methods=["GET", "POST"]),
        ]
    )


def _refused(refusal: Refusal) -> Response:
    document: dict[str, Any] = refusal.document()
    headers = {"Retry-After": "1"} if refusal.code == 429 else None
    return Response(
        json_codec.encode(document),
        status_code=refusal.code,
        media_type="application/json",
        headers=headers,
    )
