"""Computed defaults: pods, jobs, secrets, namespaces."""

import base64
from typing import Any

import pytest

from kconv._pipeline import Pipeline
from kconv_schemas.core.image import image_tag, pull_policy


def job(pipeline: Pipeline, spec: dict[str, Any], **pod: Any) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": "x"}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "a:1"}], **pod},
    }
    value = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}}
    value["spec"] = {"template": template, **spec}
    return pipeline.dump(pipeline.load(value))


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("busybox", "latest"),
        ("busybox:latest", "latest"),
        ("registry.example.com:5000/a/b", "latest"),
        ("registry.example.com:5000/a/b:2", "2"),
        ("[::1]:5000/a", "latest"),
        (f"a@sha256:{'0' * 64}", ""),
        (f"a:latest@sha256:{'0' * 64}", "latest"),
        ("0" * 64, ""),
        ("Not An Image", ""),
        ("", ""),
        ("a:b:latest", ""),
        ("a:", ""),
        ("a:latest@b", ""),
        ("A:1", ""),
        ("example.com:latest/a:1", ""),
        ("a:latest2", "latest2"),
        ("a:2.latest", "2.latest"),
    ],
)
def test_image_tags(image: str, tag: str) -> None:
    assert image_tag(image) == tag
    assert pull_policy(image) == ("Always" if tag == "latest" else "IfNotPresent")


def test_a_job_has_its_defaults(pipeline: Pipeline) -> None:
    spec = job(pipeline, {})["spec"]
    assert {name: spec[name] for name in spec if name != "template"} == {
        "backoffLimit": 6,
        "completionMode": "NonIndexed",
        "completions": 1,
        "manualSelector": False,
        "parallelism": 1,
        "podReplacementPolicy": "TerminatingOrFailed",
        "suspend": False,
    }


def test_a_work_queue_has_no_completions(pipeline: Pipeline) -> None:
    spec = job(pipeline, {"parallelism": 3})["spec"]
    assert "completions" not in spec
    assert spec["parallelism"] == 3


def test_defaults_that_depend_on_policies(pipeline: Pipeline) -> None:
    rules = [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]
    indexed = {"completionMode": "Indexed", "completions": 2, "backoffLimitPerIndex": 1}
    spec = job(pipeline, {"podFailurePolicy": {"rules": rules}, **indexed})["spec"]
    assert spec["podReplacementPolicy"] == "Failed"
    assert spec["backoffLimit"] == 2**31 - 1
    (rule,) = spec["podFailurePolicy"]["rules"]
    assert rule["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]


def test_a_job_has_the_labels_of_its_pods(pipeline: Pipeline) -> None:
    assert job(pipeline, {})["metadata"]["labels"] == {"app": "x"}


def test_a_new_job_gets_a_selector(pipeline: Pipeline) -> None:
    value = job(pipeline, {})
    value["metadata"]["uid"] = "1-2"
    spoke = pipeline.load({**value}).spoke
    spoke.kind.hub.prepare_for_create(value)
    assert value["spec"]["selector"] == {
        "matchLabels": {"batch.kubernetes.io/controller-uid": "1-2"}
    }
    assert value["spec"]["template"]["metadata"]["labels"] == {
        "app": "x",
        "controller-uid": "1-2",
        "job-name": "j",
        "batch.kubernetes.io/controller-uid": "1-2",
        "batch.kubernetes.io/job-name": "j",
    }


def test_zeros_of_plain_fields_mean_absence(pipeline: Pipeline) -> None:
    probe = {"tcpSocket": {"port": 1}, "periodSeconds": 0, "timeoutSeconds": 5}
    container = {"name": "c", "image": "a", "imagePullPolicy": "", "readinessProbe": probe}
    spec = job(pipeline, {}, containers=[container], dnsPolicy="", terminationGracePeriodSeconds=0)
    pod = spec["spec"]["template"]["spec"]
    assert pod["dnsPolicy"] == "ClusterFirst"
    assert pod["terminationGracePeriodSeconds"] == 0
    (made,) = pod["containers"]
    assert made["imagePullPolicy"] == "Always"
    assert made["readinessProbe"]["periodSeconds"] == 10
    assert made["readinessProbe"]["timeoutSeconds"] == 5


FIELD = {"fieldPath": "metadata.uid"}


def test_volumes(pipeline: Pipeline) -> None:
    volumes = [
        {"name": "none"},
        {"name": "image", "image": {"reference": "a:1"}},
        {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
        {
            "name": "info",
            "downwardAPI": {"items": [{"path": "p", "fieldRef": FIELD}]},
        },
    ]
    none, image, token, info = job(pipeline, {}, volumes=volumes)["spec"]["template"]["spec"][
        "volumes"
    ]
    assert none == {"name": "none", "emptyDir": {}}
    assert image["image"]["pullPolicy"] == "IfNotPresent"
    assert token["projected"]["defaultMode"] == 420
    assert token["projected"]["sources"][0]["serviceAccountToken"]["expirationSeconds"] == 3600
    assert info["downwardAPI"]["items"][0]["fieldRef"]["apiVersion"] == "v1"


def test_the_former_name_of_the_service_account(pipeline: Pipeline) -> None:
    pod = job(pipeline, {}, serviceAccount="old")["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == pod["serviceAccount"] == "old"


def test_amounts_are_rounded_up_to_thousandths(pipeline: Pipeline) -> None:
    limits = {"cpu": "100500u", "memory": "1.5Gi", "ephemeral-storage": "1n"}
    container = {"name": "c", "image": "a", "resources": {"limits": limits}}
    pod = job(pipeline, {}, containers=[container])["spec"]["template"]["spec"]
    resources = pod["containers"][0]["resources"]
    assert resources == {"limits": {"cpu": "101m", "memory": "1536Mi", "ephemeral-storage": "1m"}}


def test_string_data_is_folded_into_data(pipeline: Pipeline) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"a": "YQ==", "b": "Yg=="},
        "stringData": {"b": "ü"},
    }
    made = pipeline.dump(pipeline.load(secret))
    assert "stringData" not in made
    assert made["type"] == "Opaque"
    assert base64.b64decode(made["data"]["b"]).decode() == "ü"
    assert made["data"]["a"] == "YQ=="
    assert secret["data"] == {"a": "YQ==", "b": "Yg=="}


def test_a_namespace_carries_its_name(pipeline: Pipeline) -> None:
    value = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}
    made = pipeline.dump(pipeline.load(value))
    assert made["metadata"]["labels"] == {"kubernetes.io/metadata.name": "n"}
    assert made["status"] == {"phase": "Active"}
