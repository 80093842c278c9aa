"""The dashboard and the alerts of docs/monitoring ask for metrics and labels that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

from serve.samples import CONFIGMAPS, configmap, created

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "monitoring"
_SERIES = re.compile(r"\b((?:kconv|apiserver|process)_[a-z_]+)(?:\{([^}]*)\})?")
# Labels of the scrape, and of samples that there are only once something has happened.
ELSEWHERE = {"job", "reason", "le"}
LATER = {
    "kconv_connections_refused_total", "kconv_engine_fallbacks", "kconv_function_failures_total",
    "kconv_undecodable_objects",
}  # fmt: skip


def expressions() -> list[str]:
    dashboard = json.loads((FOLDER / "grafana-dashboard.json").read_text())
    alerts = yaml.safe_load((FOLDER / "alerts.yaml").read_text())
    targets = [each for panel in dashboard["panels"] for each in panel["targets"]]
    rules: list[dict[str, Any]] = [rule for group in alerts["groups"] for rule in group["rules"]]
    return [each["expr"] for each in (*targets, *rules)]


def test_what_they_ask_for_is_there(client: httpx.Client) -> None:
    created(client, CONFIGMAPS, configmap("one"))
    there: dict[str, set[str]] = {}
    names = set()
    for family in text_string_to_metric_families(client.get("/metrics").text):
        names.add(f"{family.name}_total" if family.type == "counter" else family.name)
        for sample in family.samples:
            there.setdefault(sample.name, set()).update(sample.labels)
    asked = [found for text in expressions() for found in _SERIES.finditer(text)]
    assert len(asked) > 30
    for found in asked:
        name, labels = found[1], set(re.findall(r"(\w+)[=!]", found[2] or ""))
        assert name in there or (name in LATER and name in names), name
        assert labels <= there.get(name, set()) | ELSEWHERE, found[0]


def test_what_counts_failures_has_an_alert(client: httpx.Client) -> None:
    """A number that only goes up where something is wrong deserves a person."""
    alerts = (FOLDER / "alerts.yaml").read_text()
    names = [family.name for family in text_string_to_metric_families(client.get("/metrics").text)]
    fault = re.compile("(failures|errors|undecodable_objects|fallbacks)$")
    bad = [each for each in names if fault.search(each)]
    assert len(bad) >= 4, names
    assert [each for each in bad if each not in alerts] == []


def test_the_reference_has_every_metric(client: httpx.Client) -> None:
    created(client, CONFIGMAPS, configmap("two"))
    page = (FOLDER.parent / "reference" / "metrics.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    written = {name.strip("`"): (kind, labels, text) for name, kind, labels, text in rows}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        if name.startswith(("kconv_", "apiserver_")) and not name.endswith("_created"):
            kind, labels, text = written[name]
            assert (kind, text) == (family.type, family.documentation), name
            there = {label for sample in family.samples for label in sample.labels} - {"le"}
            assert not there or there == {*filter(None, labels.strip().split(", "))}, name
    assert {"kconv_webhook_reviews_total", "kconv_webhook_review_seconds"} <= {*written}


def test_expressions_group_by_labels_that_are_there() -> None:
    known = {"verb", "code", "kind", "reason", "resource", "version", "direction", "state", "le"}
    for text in expressions():
        for group in re.findall(r"by \(([^)]*)\)", text):
            assert set(group.split(", ")) <= known, text
        assert text.count("(") == text.count(")")
