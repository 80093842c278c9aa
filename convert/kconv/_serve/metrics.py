"""Metrics for Prometheus, named as a kube-apiserver's so that its dashboards show them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

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

from kconv._gvk import GroupResource, GroupVersionResource
from kconv._serve.request_metrics import BUCKETS, Durations, RequestMetrics
from kconv._verbs.target import Target


class Metrics:
    """The counters of one server, in a registry of their own."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = RequestMetrics()
        self.registry.register(self.requests)
        self._labels: dict[tuple[object, ...], tuple[tuple[str, ...], Durations | None]] = {}
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
        self.collected = Counter(
            "kconv_garbage_collected",
            "Objects that the garbage collector has deleted, orphaned or released.",
            ("group", "resource", "action", "policy"),
            registry=self.registry,
        )
        self.functions = Counter(
            "kconv_function_failures",
            "Requests that failed because a function that an API package adds did.",
            ("group", "version", "resource"),
            registry=self.registry,
        )
        self._database = Histogram(
            "kconv_database_check_duration_seconds",
            "How long the looks at the database took that readiness asks for.",
            ("operation",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._deprecated = Gauge(
            "kconv_requested_deprecated_apis",
            "1 for each deprecated version that has been requested.",
            ("group", "version", "resource", "subresource", "removed_release"),
            registry=self.registry,
        )

    def forget(
        self, changed: Collection[GroupResource], left: Collection[GroupVersionResource]
    ) -> None:
        """Forget what labels requests get, and the series of versions that are gone.

        Of the resources that have ``changed`` these versions are ``left``. Or a server would keep
        all that CRDs have ever declared.
        """
        self._labels.clear()
        self.requests.forget(changed, left)
        resources = {each.group_resource for each in left}
        for metric in (self.watches, self.collected, self.functions, self._deprecated):
            for labels in {
                tuple(sample.labels.values())
                for family in metric.collect()
                for sample in family.samples
                if _is_gone(sample.labels, changed, left, resources)
            }:
                metric.remove(*labels)

    def observe(self, verb: str, target: Target | None, code: int, seconds: float) -> None:
        """Count a request that was answered; ``seconds`` is not used for a watch."""
        if target is None:
            place: tuple[object, ...] = (verb, code)
        else:
            spoke, part = target.spoke, target.subresource
            place = (verb, code, spoke, part, not target.name, not target.namespace)
        found = self._labels.get(place)
        if found is None:
            found = self._labels[place] = self._series(verb, target, code)
        labels, durations = found
        counts = self.requests.requests
        counts[labels] = counts.get(labels, 0) + 1
        if durations is not None:
            durations.observe(seconds)

    def _series(
        self, verb: str, target: Target | None, code: int
    ) -> tuple[tuple[str, ...], Durations | None]:
        """The labels that a request counts under, and its histogram."""
        labels = (verb, *_place(target))
        if target is not None and (deprecated := target.spoke.options.deprecated):
            gvr = target.spoke.gvr
            self._deprecated.labels(
                gvr.group, gvr.version, gvr.resource, target.subresource, deprecated.removed_in
            ).set(1)
        durations = None
        if verb != "WATCH":
            durations = self.requests.durations.setdefault(labels, Durations())
        return (*labels, str(code)), durations

    def database_seconds(self, operation: str, seconds: float) -> None:
        """Observe how long a look at the database took; ``operation`` is read or write."""
        self._database.labels(operation).observe(seconds)

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)


def _is_gone(
    labels: Mapping[str, str],
    changed: Collection[GroupResource],
    left: Collection[GroupVersionResource],
    resources: Collection[GroupResource],
) -> bool:
    resource = GroupResource(labels["group"], labels["resource"])
    if resource not in changed:
        return False
    if "version" not in labels:
        return resource not in resources
    named = GroupVersionResource(resource.group, labels["version"], resource.resource)
    return named not in left


def _place(target: Target | None) -> tuple[str, ...]:
    if target is None:
        return ("", "", "", "", "")
    gvr = target.spoke.gvr
    scope = "resource" if target.name else "namespace" if target.namespace else "cluster"
    return gvr.group, gvr.version, gvr.resource, target.subresource, scope
