"""`kconv webhook manifests`: Kubernetes takes what is written, and it runs as it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from cli.samples import run_process
from kconv import Pipeline, load_scheme
from kconv._cli.app import command

TESTS = Path(__file__).resolve().parents[1]


def written(*options: str) -> list[dict[str, Any]]:
    ended = run_process(
        "webhook", "manifests", "--image", "example.com/hook:1", "--apis",
        "webhook.gadgets:register", "-n", "gadgets", "--name", "hook", *options, folder=TESTS,
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert "kconv export crd --service gadgets/hook" in ended.err
    return list(yaml.safe_load_all(ended.out))


def test_kubernetes_takes_them() -> None:
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


def test_its_command_line_is_one() -> None:
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


def test_with_cert_manager() -> None:
    *_, issuer, certificate = written("--cert-manager", "--replicas", "3")
    assert issuer["kind"] == "Issuer"
    assert certificate["spec"]["secretName"] == "hook-tls"
    assert "hook.gadgets.svc" in certificate["spec"]["dnsNames"]
    assert certificate["spec"]["issuerRef"]["name"] == issuer["metadata"]["name"]
