"""Rules, in the words that Kubernetes has for them."""

from typing import Any

import pytest

from kconv._errors import InvalidObject
from kconv._pipeline import Pipeline
from kconv_schemas.batch.schedule import BadSchedule, check_schedule, check_time_zone

POD = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "a"}]}
CRON_JOB = {
    "apiVersion": "batch/v1",
    "kind": "CronJob",
    "metadata": {"name": "x"},
    "spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": {"spec": POD}}}},
}
IN_POD = "spec.jobTemplate.spec.template.spec"


def findings(pipeline: Pipeline, value: dict[str, Any]) -> list[str]:
    try:
        pipeline.load(value)
    except InvalidObject as error:
        return [str(finding) for finding in error.findings]
    return []


def cron_job(pipeline: Pipeline, **spec: Any) -> list[str]:
    return findings(pipeline, {**CRON_JOB, "spec": {**CRON_JOB["spec"], **spec}})  # type: ignore[dict-item]  # a nested dict


def pod(pipeline: Pipeline, **pod: Any) -> list[str]:
    template = {"spec": {**POD, **pod}}
    found = cron_job(pipeline, jobTemplate={"spec": {"template": template}})
    return [each.removeprefix(f"{IN_POD}.") for each in found]


@pytest.mark.parametrize(
    "text",
    ["* * * * *", "*/15 8-18 * JAN-mar mon-FRI", "0,30 ? 1/5 * 0", "@hourly", "@every 1h30m"],
)
def test_schedules(text: str) -> None:
    check_schedule(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty spec string"),
        ("never", "expected exactly 5 fields, found 1: [never]"),
        ("* * * * * *", "expected exactly 5 fields, found 6: [* * * * * *]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("* * * * 7", "end of range (7) above maximum (6): 7"),
        ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("1/2/3 * * * *", "too many slashes: 1/2/3"),
        (
            "x * * * *",
            'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax',
        ),
        ("@often", "unrecognized descriptor: @often"),
        (
            "TZ=UTC 0 * * * *",
            "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
        ),
    ],
)
def test_bad_schedules(text: str, message: str) -> None:
    with pytest.raises(BadSchedule) as caught:
        check_schedule(text)
    assert str(caught.value) == message


def test_time_zones() -> None:
    check_time_zone("Europe/Berlin")
    for name in ("", "Local", "Nowhere/Land", "../etc/passwd", "Europe"):
        with pytest.raises(BadSchedule):
            check_time_zone(name)


def test_all_that_is_wrong_with_a_cron_job(pipeline: Pipeline) -> None:
    found = cron_job(
        pipeline, schedule="x", timeZone="X", concurrencyPolicy="No", failedJobsHistoryLimit=-1
    )
    assert found == [
        (
            'spec.concurrencyPolicy: Unsupported value: "No": supported values: "Allow", "Forbid", '
            '"Replace"'
        ),
        "spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
        'spec.schedule: Invalid value: "x": expected exactly 5 fields, found 1: [x]',
        'spec.timeZone: Invalid value: "X": unknown time zone X',
    ]


def test_a_cron_job_without_a_spec(pipeline: Pipeline) -> None:
    value = {name: CRON_JOB[name] for name in ("apiVersion", "kind", "metadata")}
    assert set(findings(pipeline, value)) == {
        "spec.schedule: Required value",
        f"{IN_POD}.containers: Required value",
        f'{IN_POD}.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    }


def test_names_of_cron_jobs_have_room(pipeline: Pipeline) -> None:
    value = {**CRON_JOB, "metadata": {"name": "x" * 53}}
    (found,) = findings(pipeline, value)
    assert found.endswith("must be no more than 52 characters")


def test_containers(pipeline: Pipeline) -> None:
    found = pod(
        pipeline,
        containers=[{"name": "c"}, {"name": "C_1", "image": "a"}],
        initContainers=[{"name": "c", "image": "a"}],
    )
    assert "containers[0].image: Required value" in found
    assert 'containers[0].name: Duplicate value: "c"' in found
    assert any(
        each.startswith('containers[1].name: Invalid value: "C_1": a lower') for each in found
    )
    assert len(found) == 3
    assert pod(pipeline, containers=[]) == ["containers: Required value"]


def test_volumes_and_mounts(pipeline: Pipeline) -> None:
    mounts = [{"name": "v", "mountPath": "/a"}, {"name": "w", "mountPath": "/a"}]
    found = pod(
        pipeline,
        volumes=[
            {"name": "v", "emptyDir": {}, "hostPath": {"path": "/"}},
            {"name": "v"},
        ],
        containers=[{"name": "c", "image": "a", "volumeMounts": mounts}],
    )
    assert found == [
        'containers[0].volumeMounts[1].name: Not found: "w"',
        'containers[0].volumeMounts[1].mountPath: Invalid value: "/a": must be unique',
        "volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
        'volumes[1].name: Duplicate value: "v"',
    ]


def test_what_is_in_a_container(pipeline: Pipeline) -> None:
    container = {
        "name": "c",
        "image": "a",
        "resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "1500m", "memory": "-1"}},
        "livenessProbe": {},
        "env": [
            {"name": "a=b"},
            {"name": "B", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "x"}}},
        ],
    }
    assert len(pod(pipeline, containers=[container])) == 6


def test_always_is_no_policy_for_jobs(pipeline: Pipeline) -> None:
    assert pod(pipeline, restartPolicy="Always") == [
        'restartPolicy: Required value: valid values: "OnFailure", "Never"'
    ]


def test_a_template_brings_no_selector(pipeline: Pipeline) -> None:
    spec = {"selector": {}, "manualSelector": True, "template": {"spec": POD}}
    found = cron_job(pipeline, jobTemplate={"spec": spec})
    assert [each.partition(":")[0] for each in found] == [
        "spec.jobTemplate.spec.selector",
        "spec.jobTemplate.spec.manualSelector",
    ]


def v1(kind: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}, **fields}


def test_config_maps(pipeline: Pipeline) -> None:
    found = findings(
        pipeline, v1("ConfigMap", data={"a b": "", "..": "", "k": ""}, binaryData={"k": ""})
    )
    assert len(found) == 3
    assert 'data[k]: Invalid value: "k": duplicate of key present in binaryData' in found
    assert findings(pipeline, v1("ConfigMap", data={"k": "x" * 2**20})) == []
    assert findings(pipeline, v1("ConfigMap", data={"k": "x" * 2**20, "l": "y"})) == [
        "Too long: may not be more than 1048576 bytes"
    ]


@pytest.mark.parametrize(
    ("type_", "data", "problems"),
    [
        ("kubernetes.io/tls", {}, 2),
        ("kubernetes.io/tls", {"tls.crt": "", "tls.key": ""}, 0),
        ("kubernetes.io/basic-auth", {}, 2),
        ("kubernetes.io/basic-auth", {"password": "YQ=="}, 0),
        ("kubernetes.io/dockerconfigjson", {".dockerconfigjson": "e30="}, 0),
        ("kubernetes.io/dockerconfigjson", {".dockerconfigjson": "YQ=="}, 1),
        ("kubernetes.io/service-account-token", {}, 1),
        ("example.com/own", {}, 0),
    ],
)
def test_secrets(type_: str, data: dict[str, str], problems: int, pipeline: Pipeline) -> None:
    assert len(findings(pipeline, v1("Secret", type=type_, data=data))) == problems


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_immutable_data(kind: str, pipeline: Pipeline) -> None:
    old = pipeline.load(v1(kind, immutable=True, data={"k": "YQ=="}))
    pipeline.check_update(old, old)
    new = pipeline.load(v1(kind, data={"k": "Yg=="}))
    with pytest.raises(InvalidObject) as caught:
        pipeline.check_update(new, old)
    assert [each.path for each in caught.value.findings] == [("immutable",), ("data",)]


def test_the_type_of_a_secret_is_fixed(pipeline: Pipeline) -> None:
    old, new = (pipeline.load(v1("Secret", type=type_)) for type_ in ("a", "b"))
    with pytest.raises(InvalidObject, match='type: Invalid value: "b": field is immutable'):
        pipeline.check_update(new, old)


@pytest.mark.parametrize(
    ("namespace", "of_object", "problems"),
    [("a", "a", 0), ("a", "b", 1), ("default", "", 0), ("a", "", 1)],
)
def test_events(namespace: str, of_object: str, problems: int, pipeline: Pipeline) -> None:
    event = v1("Event", involvedObject={"kind": "Pod", "namespace": of_object})
    event["metadata"]["namespace"] = namespace
    assert len(findings(pipeline, event)) == problems


def hpa(pipeline: Pipeline, **spec: Any) -> list[str]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    value = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "x"},
        "spec": {"maxReplicas": 2, "scaleTargetRef": target, **spec},
    }
    return findings(pipeline, value)


def test_metrics(pipeline: Pipeline) -> None:
    resource = {"name": "cpu", "target": {"type": "Utilization"}}
    assert hpa(pipeline, metrics=[{"type": "Pods", "resource": resource}, {"type": "X"}]) == [
        (
            "spec.metrics[0].pods: Required value: must populate information for the given metric "
            "source"
        ),
        (
            "spec.metrics[0].resource.target.averageUtilization: Required value: must set either a "
            "target raw value or a target utilization"
        ),
        (
            'spec.metrics[1].type: Unsupported value: "X": supported values: "ContainerResource", '
            '"External", "Object", "Pods", "Resource"'
        ),
    ]


def test_no_maximum(pipeline: Pipeline) -> None:
    target = {"kind": "ReplicationController", "name": "rc"}
    value = {
        "apiVersion": "autoscaling/v1",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "x"},
        "spec": {"scaleTargetRef": target},
    }
    assert findings(pipeline, value)[0] == (
        "spec.maxReplicas: Required value: must be set and greater than 0"
    )
    assert hpa(pipeline, scaleTargetRef={"apiVersion": "a/b/c", "kind": "K", "name": "n"}) == [
        (
            'spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": '
            "unexpected GroupVersion string: a/b/c"
        )
    ]
