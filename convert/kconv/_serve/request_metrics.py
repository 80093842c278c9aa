"""How many requests were answered and how long they took, counted at the cost of a few additions.

A counter of the library takes a lock for each number, which is a sixth of what a request costs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from kconv._gvk import GroupResource, GroupVersionResource

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2, 3, 5, 10, 30, 60)
"""Upper bounds of durations, in seconds."""

LABELS = ("verb", "group", "version", "resource", "subresource", "scope")

_BOUNDS = (*(str(float(bound)) for bound in BUCKETS), "+Inf")


class Durations:
    """A histogram of seconds; `observe` is called on one thread only."""

    __slots__ = ("buckets", "total")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BUCKETS) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        """Count a request."""
        self.buckets[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds


class RequestMetrics(Collector):
    """Requests by verb, resource and HTTP status code, and their durations by all but the code."""

    def __init__(self) -> None:
        self.requests: dict[tuple[str, ...], int] = {}
        """By the values of `LABELS` and the code."""
        self.durations: dict[tuple[str, ...], Durations] = {}
        """By the values of `LABELS`."""

    def forget(
        self, changed: Collection[GroupResource], left: Collection[GroupVersionResource]
    ) -> None:
        """Forget the requests for versions of some resources that are not left.

        It is called on the thread that counts.
        """
        for series in (self.requests, self.durations):
            for labels in list(series):
                _, group, version, resource, *_ = labels
                if GroupResource(group, resource) in changed and (
                    GroupVersionResource(group, version, resource) not in left
                ):
                    del series[labels]

    def collect(self) -> Iterator[Metric]:
        """Both families."""
        requests = CounterMetricFamily(
            "apiserver_request",
            "Requests answered, by verb, resource and HTTP status code.",
            labels=(*LABELS, "code"),
        )
        for labels, number in list(self.requests.items()):
            requests.add_metric(labels, number)
        yield requests
        durations = HistogramMetricFamily(
            "apiserver_request_duration_seconds",
            "How long requests took, watches left out.",
            labels=LABELS,
        )
        for labels, found in list(self.durations.items()):
            counts = zip(_BOUNDS, accumulate(found.buckets), strict=True)
            durations.add_metric(labels, list(counts), found.total)
        yield durations
