"""Bodies that a real API server took and gave."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.comparing import sparse
from kconv._errors import InvalidObject
from kconv._gvk import GroupVersion
from kconv._paths import format_path
from kconv._pipeline import Pipeline
from kconv._resource import Column

Exchange = Callable[[str], tuple[Any, dict[str, Any]]]

SERVER_SETS = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation")


@pytest.fixture(scope="session")
def exchange(reference: Path) -> Exchange:
    def read(name: str) -> tuple[Any, dict[str, Any]]:
        (path,) = (reference / "http").glob(f"*-{name}.json")
        recorded = json.loads(path.read_text())
        return recorded["request"].get("body"), recorded["response"]["body"]

    return read


def without_server_fields(value: dict[str, Any]) -> Any:
    metadata = {k: v for k, v in value["metadata"].items() if k not in (*SERVER_SETS, "namespace")}
    return sparse({**value, "metadata": metadata})


@pytest.mark.parametrize("name", ["hpa-create-v1", "cronjob-create"])
def test_a_created_object_has_the_defaults(
    name: str, pipeline: Pipeline, exchange: Exchange
) -> None:
    sent, stored = exchange(name)
    made = pipeline.dump(pipeline.load(sent))
    assert without_server_fields(made) == without_server_fields(stored)


def test_a_new_namespace_is_prepared(pipeline: Pipeline, exchange: Exchange) -> None:
    sent, stored = exchange("namespace-create")
    hub = pipeline.to_hub(pipeline.load(sent))
    value = json.loads(json.dumps(pipeline.dump(pipeline.from_hub(hub, hub.kind.spokes[0]))))
    hub.kind.hub.prepare_for_create(value)
    assert without_server_fields(value) == without_server_fields(stored)


@pytest.mark.parametrize(
    ("one", "to", "other"),
    [
        ("hpa-get-v1", "autoscaling/v2", "hpa-get-as-v2"),
        ("hpa-get-as-v2", "autoscaling/v1", "hpa-get-v1"),
        ("hpa-two-metrics-as-v2", "autoscaling/v1", "hpa-two-metrics-as-v1"),
    ],
)
def test_one_object_in_two_versions(
    one: str, to: str, other: str, pipeline: Pipeline, exchange: Exchange
) -> None:
    data = json.dumps(exchange(one)[1]).encode()
    converted = json.loads(pipeline.convert(data, GroupVersion.parse(to)))
    assert sparse(converted) == sparse(exchange(other)[1])


@pytest.mark.parametrize(
    "name",
    ["create-missing-required", "create-two-errors", "cronjob-bad-schedule", "cronjob-bad-enum"],
)
def test_an_invalid_object_is_refused_in_the_same_words(
    name: str, pipeline: Pipeline, exchange: Exchange
) -> None:
    sent, status = exchange(name)
    with pytest.raises(InvalidObject) as caught:
        pipeline.decode(json.dumps(sent).encode())
    assert caught.value.message == status["message"]
    causes = [
        {"reason": each.reason, "message": each.message, "field": format_path(each.path)}
        for each in caught.value.findings
    ]
    assert causes == status["details"]["causes"]


def test_a_patch_with_an_invalid_result(pipeline: Pipeline, exchange: Exchange) -> None:
    patch, status = exchange("patch-invalid-result")
    _, stored = exchange("hpa-get-v1")
    with pytest.raises(InvalidObject) as caught:
        pipeline.load({**stored, "spec": {**stored["spec"], **patch["spec"]}})
    assert caught.value.message == status["message"]


def test_an_immutable_field_of_a_job(pipeline: Pipeline, exchange: Exchange) -> None:
    patch, status = exchange("job-immutable-field")
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "busybox"}]}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "once"},
        "spec": {"template": {"spec": pod}},
    }
    old = pipeline.load(job)
    new = pipeline.load({**job, "spec": {"template": {"spec": pod}, **patch["spec"]}})
    with pytest.raises(InvalidObject) as caught:
        pipeline.check_update(new, old)
    assert caught.value.message == status["message"]
    pipeline.check_update(old, old)


@pytest.mark.parametrize(
    ("got", "table"),
    [
        ("hpa-get-v1", "hpa-table"),
        ("hpa-get-as-v2", "hpa-table"),
        ("cronjob-create", "cronjob-get-table"),
    ],
)
def test_printer_columns(got: str, table: str, pipeline: Pipeline, exchange: Exchange) -> None:
    decoded = pipeline.load(exchange(got)[1])
    document = pipeline.dump(decoded)
    _, recorded = exchange(table)
    columns = decoded.spoke.options.printer_columns
    heads = [
        {
            "name": column.name,
            "type": "string" if column.type == "date" else column.type,
            "format": column.format,
            "priority": column.priority,
        }
        for column in columns
    ]
    assert heads == recorded["columnDefinitions"]
    cells = [cell(column, document) for column in columns]
    expected = recorded["rows"][0]["cells"]
    ages = [index for index, column in enumerate(columns) if column.name == "Age"]
    for index in ages:
        expected[index] = document["metadata"]["creationTimestamp"]
    assert cells == expected


def cell(column: Column, document: dict[str, Any]) -> Any:
    if callable(column.value):
        return column.value(document)
    found: Any = document
    for step in column.value.split("."):
        found = found[step]
    return found
