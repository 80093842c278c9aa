"""The ASGI app of a conversion webhook: reviews, probes and metrics."""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial

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

from kconv._errors import DecodeError, UsageError
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._serve.in_flight import Bytes
from kconv._serve.responses import Reply, plain_text, refuse
from kconv._serve.status import request_timeout, too_large, too_many_requests
from kconv._settings import Limits
from kconv._verbs.loop_work import compute
from kconv._verbs.refusal import Refusal, bad_request
from kconv._webhook.review import answer_review

_AT_ONCE = 384 * 1024
"""Bytes of a review that are converted on the event loop.

It takes about 5 ms, for which a thread would keep the interpreter to itself, too.
"""

_MOST_LOGGED = 3

_log = logging.getLogger(__name__)


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
        self._budget = Bytes(limits.max_mib_in_flight * 1024 * 1024)
        self._bodies = 0

    async def convert(self, request: Request) -> Response | Reply:
        """Answer a review. Whatever is wrong with its objects is said in a review, with 200."""
        self._bodies += 1
        body = bytearray()
        try:
            if self._bodies > self.limits.max_bodies:
                raise too_many_requests()
            async with asyncio.timeout(self.limits.body_timeout):
                async for piece in request.stream():
                    if len(body) + len(piece) > self._budget.limit:
                        raise too_large(self._budget.limit)
                    if not self._budget.try_take(len(piece)):
                        raise too_many_requests()
                    body += piece
            return await self._answer(bytes(body))
        except TimeoutError:
            return refuse(request_timeout("the review did not come in time"))
        except ClientDisconnect:
            return Response(status_code=400)
        except Refusal as refusal:
            self.metrics.reviews.labels("refused").inc()
            return refuse(refusal)
        finally:
            self._bodies -= 1
            self._budget.give_back(len(body))

    async def _answer(self, body: bytes) -> Response:
        began = time.perf_counter()
        work = partial(answer_review, self.pipeline, body)
        try:
            outcome = work() if len(body) <= _AT_ONCE else await compute(work)
        except DecodeError as error:
            raise bad_request(error.message) from None
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

    async def alive(request: Request) -> Reply:
        return plain_text("ok")

    async def metrics(request: Request) -> Response:
        text = generate_latest(reviews.metrics.registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    async def describe(request: Request) -> Reply:
        return refuse(Refusal("NotFound", f"POST ConversionReviews to {path}"))

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
