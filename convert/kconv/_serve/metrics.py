"""Metrics for Prometheus, named as a kube-apiserver's so that its dashboards show them."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from kconv._serve.request_path import Target

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2, 3, 5, 10, 30, 60)
_LABELS = ("verb", "group", "version", "resource", "subresource", "scope")


class Metrics:
    """The counters of one server, in a registry of their own."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._series: dict[tuple[object, ...], tuple[Counter, Histogram | None]] = {}
        self._requests = Counter(
            "apiserver_request",
            "Requests answered, by verb, resource and HTTP status code.",
            (*_LABELS, "code"),
            registry=self.registry,
        )
        self._duration = Histogram(
            "apiserver_request_duration_seconds",
            "How long requests took, watches left out.",
            _LABELS,
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.watches = Gauge(
            "apiserver_longrunning_requests",
            "Watches that are open.",
            ("verb", "group", "version", "resource"),
            registry=self.registry,
        )
        self.log_errors = Counter(
            "kconv_change_log_read_errors",
            "Reads of the change log for watches that failed.",
            registry=self.registry,
        )
        self._database = Histogram(
            "kconv_database_check_duration_seconds",
            "How long the looks at the database took that readiness asks for.",
            ("operation",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._deprecated = Gauge(
            "kconv_requested_deprecated_apis",
            "1 for each deprecated version that has been requested.",
            ("group", "version", "resource", "subresource", "removed_release"),
            registry=self.registry,
        )
        self.cache_bytes = Gauge(
            "kconv_object_cache_bytes",
            "Memory that cached objects take.",
            registry=self.registry,
        )
        self.cache_requests = Gauge(
            "kconv_object_cache_requests",
            "Look-ups of objects in the cache since the start, by whether they were found.",
            ("result",),
            registry=self.registry,
        )
        self.engine_fallbacks = Gauge(
            "kconv_engine_fallbacks",
            "Times that the compiled engine did not take a sound object, since the start.",
            ("kind",),
            registry=self.registry,
        )
        self.undecodable = Gauge(
            "kconv_undecodable_objects",
            "Stored objects that this server has come upon and cannot read.",
            ("group", "resource"),
            registry=self.registry,
        )

    def observe(self, verb: str, target: Target | None, code: int, seconds: float) -> None:
        """Count a request that was answered; ``seconds`` is not used for a watch."""
        scope = (verb, code) if target is None else (verb, code, target.spoke, *_scope(target))
        series = self._series.get(scope)
        if series is None:
            series = self._series[scope] = self._series_of(verb, target, code)
        requests, duration = series
        requests.inc()
        if duration is not None:
            duration.observe(seconds)

    def _series_of(
        self, verb: str, target: Target | None, code: int
    ) -> tuple[Counter, Histogram | None]:
        """The series that a request counts in, which take long to look up by their labels."""
        labels = [verb, *_place(target)]
        if target is not None and (deprecated := target.spoke.options.deprecated):
            gvr = target.spoke.gvr
            self._deprecated.labels(
                gvr.group, gvr.version, gvr.resource, target.subresource, deprecated.removed_in
            ).set(1)
        requests = self._requests.labels(*labels, str(code))
        return requests, None if verb == "WATCH" else self._duration.labels(*labels)

    def database_seconds(self, operation: str, seconds: float) -> None:
        """Observe how long a look at the database took; ``operation`` is read or write."""
        self._database.labels(operation).observe(seconds)

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)


def _place(target: Target | None) -> list[str]:
    if target is None:
        return ["", "", "", "", ""]
    gvr = target.spoke.gvr
    return [gvr.group, gvr.version, gvr.resource, *_scope(target)]


def _scope(target: Target) -> tuple[str, str]:
    scope = "resource" if target.name else "namespace" if target.namespace else "cluster"
    return target.subresource, scope
