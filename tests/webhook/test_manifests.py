"""`kconv webhook manifests`: Kubernetes takes what is written, and it runs as it is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.samples import Kconv, in_process
from kconv import Pipeline, load_scheme
from kconv._cli.app import command

Written = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def kconv(capfd: pytest.CaptureFixture[str]) -> Kconv:
    return in_process(capfd, "webhook", "manifests", "--image", "example.com/hook:1")


@pytest.fixture
def written(kconv: Kconv) -> Written:
    def documents(*options: str) -> list[dict[str, Any]]:
        api = ("--apis", "webhook.gadgets:register")
        ended = kconv(*api, "-n", "gadgets", "--name", "hook", *options)
        assert ended.code == 0, ended.err
        assert "--service gadgets/hook" in ended.err
        return list(yaml.safe_load_all(ended.out))

    return documents


def test_kubernetes_takes_them(written: Written) -> None:
    """Every document decodes strictly, and breaks no rule of its kind."""
    pipeline = Pipeline(load_scheme())
    documents = written()
    assert [each["kind"] for each in documents] == [
        "ServiceAccount", "Service", "PodDisruptionBudget", "Deployment",
    ]  # fmt: skip
    for document in documents:
        pipeline.load(document, field_validation="Strict")
        assert document["metadata"]["namespace"] == "gadgets"
    budget, deployment = documents[2], documents[3]
    pod = deployment["spec"]["template"]
    for selector in (
        documents[1]["spec"]["selector"],
        budget["spec"]["selector"]["matchLabels"],
        deployment["spec"]["selector"]["matchLabels"],
    ):
        assert selector == pod["metadata"]["labels"]
    (container,) = pod["spec"]["containers"]
    (port,) = container["ports"]
    assert {
        container[probe]["httpGet"]["port"] for probe in ("livenessProbe", "readinessProbe")
    } == {port["name"]}


def test_its_command_line_is_one(written: Written) -> None:
    """The options of the container are those that the program has."""
    (container,) = written()[3]["spec"]["template"]["spec"]["containers"]
    program, *arguments = container["command"]
    assert program == "kconv"
    context = command().make_context("kconv", arguments, resilient_parsing=False)
    serve = command().get_command(context, "webhook").get_command(context, "serve")  # type: ignore[union-attr] # it is a group
    parsed = serve.make_context("serve", arguments[2:])
    assert parsed.params["host"] == "0.0.0.0"
    assert parsed.params["port"] == container["ports"][0]["containerPort"]
    assert parsed.params["apis"] == ["webhook.gadgets:register"]
    mount = container["volumeMounts"][0]["mountPath"]
    for option in ("tls_cert_file", "tls_private_key_file"):
        assert Path(parsed.params[option]).parent == Path(mount)


def test_with_cert_manager(written: Written) -> None:
    *_, issuer, certificate = written("--cert-manager", "--replicas", "3")
    assert issuer["kind"] == "Issuer"
    assert certificate["spec"]["secretName"] == "hook-tls"
    assert "hook.gadgets.svc" in certificate["spec"]["dnsNames"]
    assert certificate["spec"]["issuerRef"]["name"] == issuer["metadata"]["name"]


def test_with_its_own_authority(written: Written, kconv: Kconv) -> None:
    """Replicas may do what they have to, and no more; keys are in memory alone."""
    documents = {each["kind"]: each for each in written("--own-ca")}
    pipeline = Pipeline(load_scheme())
    for document in documents.values():
        pipeline.load(document, field_validation="Strict")
    assert documents["ServiceAccount"]["automountServiceAccountToken"] is True
    pod = documents["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    context = command().make_context("kconv", container["command"][1:], resilient_parsing=False)
    serve = command().get_command(context, "webhook").get_command(context, "serve")  # type: ignore[union-attr] # it is a group
    parsed = serve.make_context("serve", container["command"][3:])
    assert parsed.params["own_ca"] == "gadgets/hook-tls"
    assert parsed.params["service"] == "gadgets/hook"
    assert [each["emptyDir"]["medium"] for each in pod["volumes"]] == ["Memory"]
    assert container["volumeMounts"][0]["mountPath"] == "/tmp"
    assert not container["volumeMounts"][0]["readOnly"]
    rules = documents["Role"]["rules"] + documents["ClusterRole"]["rules"]
    allowed = {
        (resource, verb): rule.get("resourceNames")
        for rule in rules
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert allowed == {
        ("secrets", "get"): ["hook-tls"],
        ("secrets", "patch"): ["hook-tls"],
        ("secrets", "create"): None,
        ("customresourcedefinitions", "get"): ["gadgets.conv.kconv.dev"],
        ("customresourcedefinitions", "patch"): ["gadgets.conv.kconv.dev"],
    }
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        (subject,) = documents[kind]["subjects"]
        assert (subject["name"], subject["namespace"]) == ("hook", "gadgets")
        assert documents[kind]["roleRef"]["name"] == documents[kind[:-7]]["metadata"]["name"]
    both = kconv("--own-ca", "--cert-manager")
    assert (both.code, "without --cert-manager" in both.err) == (2, True)
