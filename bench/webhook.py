"""What a conversion webhook adds to converting: a whole list in one review.

In processor time, of the webhook and of its client together: what others do on the machine while a
review goes from one process to the other is no part of it.
"""

import http.client
import json
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from bench.figure import Figure
from bench.migration import CRON_JOB, NEW, OLD
from bench.serving.processes import webhook
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._scheme import load_scheme
from kconv._webhook import answer_review

OBJECTS = 500
BUDGET = 1.5
ROUNDS = 60


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

        def seconds(work: Callable[[], object]) -> float:
            before = time.process_time() + _spent(served.pid)
            work()
            return time.process_time() + _spent(served.pid) - before

        works = [ask, lambda: answer_review(pipeline, review), convert]
        rounds = [[seconds(work) for work in works] for _ in range(ROUNDS)]
        through, within, least = (min(each) for each in zip(*rounds, strict=True))
        connection.close()
    yield Figure("webhook-review-of-500-over-convert", through / least, "x", BUDGET)
    yield Figure("webhook-review-in-process-over-convert", within / least, "x")
    yield Figure("webhook-objects", OBJECTS / through, "objects/s", None, OBJECTS / least)


def _spent(pid: int) -> float:
    """The processor seconds of a process: the clock that clock_getcpuclockid(3) names."""
    return time.clock_gettime(~pid << 3 | 2)


def _named(name: str) -> dict[str, object]:
    document: dict[str, object] = json.loads(json.dumps(CRON_JOB).replace("NAME", name))
    return {**document, "apiVersion": OLD}
