"""What a conversion webhook adds to converting: a whole list in one review."""

import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

from bench.figure import Figure, best
from bench.migration import CRON_JOB, NEW, OLD
from bench.serving.processes import webhook
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._scheme import load_scheme
from kconv._webhook import answer_review

OBJECTS = 500
BUDGET = 1.5


def figures() -> Iterator[Figure]:
    """A review of 500 objects over HTTP, and in process, over converting them one by one."""
    pipeline = Pipeline(load_scheme({"batch"}))
    to = GroupVersion.parse(NEW)
    objects = [_named(f"cron-{number:04}") for number in range(OBJECTS)]
    texts = [json.dumps(each).encode() for each in objects]
    review = json.dumps(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "ConversionReview",
            "request": {"uid": "u", "desiredAPIVersion": NEW, "objects": objects},
        }
    ).encode()

    def convert() -> None:
        for text in texts:
            pipeline.convert(text, to)

    with webhook() as served:
        parts = urlsplit(served.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port)

        def ask() -> None:
            connection.request("POST", "/convert", review, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            assert answer.status == 200
            assert b'"status":"Success"' in answer.read()

        through, within, least = best([ask, lambda: answer_review(pipeline, review), convert])
        connection.close()
    yield Figure("webhook-review-of-500-over-convert", through / least, "x", BUDGET)
    yield Figure("webhook-review-in-process-over-convert", within / least, "x")
    yield Figure("webhook-objects", OBJECTS / through, "objects/s", None, OBJECTS / least)


def _named(name: str) -> dict[str, object]:
    document: dict[str, object] = json.loads(json.dumps(CRON_JOB).replace("NAME", name))
    return {**document, "apiVersion": OLD}
