"""Definitions of custom resources and policies of pods, in versions that no reference data has.

What is expected is what Kubernetes' own conversions did, until it removed these versions.
"""

import json
from typing import Any

import pytest

from fixtures.comparing import sparse
from kconv import GroupVersion, InvalidObject, Pipeline, Scheme
from kconv_schemas.index import INDEX
from kconv_schemas.releases import RELEASES

Value = dict[str, Any]

COLUMN = {"name": "Size", "type": "integer"}
SCHEMA = {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"default": {"a": [1]}}}}}
NAMES = {"plural": "gadgets", "kind": "Gadget"}
ALL_NAMES = {**NAMES, "singular": "gadget", "listKind": "GadgetList"}
SERVED = {"served": True, "storage": False}
STORED = {"served": True, "storage": True}


def definition(version: str, spec: Value) -> Value:
    return {
        "apiVersion": f"apiextensions.k8s.io/{version}",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.example.com"},
        "spec": {"group": "example.com", "names": NAMES, **spec},
    }


def converted(pipeline: Pipeline, value: Value, to: str, *, trusted: bool = False) -> Any:
    data = json.dumps(value).encode()
    return json.loads(pipeline.convert(data, GroupVersion.parse(to), trusted=trusted))


DEFINITIONS: dict[str, tuple[Value, Value]] = {
    "one version by name": (
        {"version": "v1", "validation": SCHEMA, "preserveUnknownFields": False},
        {"versions": [{"name": "v1", **STORED, "schema": SCHEMA}]},
    ),
    "what both versions have": (
        {
            "scope": "Cluster",
            "versions": [{"name": "v2", **STORED}, {"name": "v1", **SERVED}],
            "additionalPrinterColumns": [{**COLUMN, "JSONPath": ".spec.size"}],
            "subresources": {"status": {}},
            "validation": SCHEMA,
        },
        {
            "scope": "Cluster",
            "preserveUnknownFields": True,
            "versions": [
                {
                    "name": name,
                    **how,
                    "schema": SCHEMA,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [{**COLUMN, "jsonPath": ".spec.size"}],
                }
                for name, how in (("v2", STORED), ("v1", SERVED))
            ],
        },
    ),
    "what one version has": (
        {
            "preserveUnknownFields": False,
            "versions": [
                {
                    "name": "v2",
                    **STORED,
                    "schema": SCHEMA,
                    "additionalPrinterColumns": [{**COLUMN, "JSONPath": ".spec.size"}],
                },
                {"name": "v1", **SERVED},
            ],
        },
        {
            "versions": [
                {
                    "name": "v2",
                    **STORED,
                    "schema": SCHEMA,
                    "additionalPrinterColumns": [{**COLUMN, "jsonPath": ".spec.size"}],
                },
                {"name": "v1", **SERVED},
            ],
        },
    ),
    "a webhook": (
        {
            "version": "v1",
            "preserveUnknownFields": False,
            "conversion": {
                "strategy": "Webhook",
                "webhookClientConfig": {"service": {"namespace": "n", "name": "s"}},
            },
        },
        {
            "versions": [{"name": "v1", **STORED}],
            "conversion": {
                "strategy": "Webhook",
                "webhook": {
                    "clientConfig": {"service": {"namespace": "n", "name": "s", "port": 443}},
                    "conversionReviewVersions": ["v1beta1"],
                },
            },
        },
    ),
}


@pytest.mark.parametrize("what", DEFINITIONS)
def test_definitions_of_custom_resources(what: str, pipeline: Pipeline) -> None:
    old, new = DEFINITIONS[what]
    given = definition("v1beta1", old)
    made = converted(pipeline, given, "apiextensions.k8s.io/v1")
    expected = definition(
        "v1",
        {"scope": "Namespaced", "conversion": {"strategy": "None"}, **new, "names": ALL_NAMES},
    )
    assert sparse(made) == sparse(expected)
    same = converted(pipeline, given, "apiextensions.k8s.io/v1beta1")
    assert converted(pipeline, made, "apiextensions.k8s.io/v1beta1") == same


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({}, "spec.versions"),
        ({"versions": [{"name": "v1", **SERVED}]}, "spec.versions"),
        (
            {"version": "v3", "versions": [{"name": "v1", **STORED}, {"name": "v2", **SERVED}]},
            "spec.version",
        ),
        ({"versions": [{"name": "v1", **STORED, "schema": SCHEMA}]}, "spec.versions"),
        (
            {
                "validation": SCHEMA,
                "versions": [
                    {"name": "v1", **STORED, "schema": SCHEMA},
                    {"name": "v2", **SERVED},
                ],
            },
            "spec.validation",
        ),
    ],
)
def test_definitions_that_say_too_much_or_little(
    spec: Value, path: str, pipeline: Pipeline
) -> None:
    with pytest.raises(InvalidObject) as refused:
        pipeline.load(definition("v1beta1", spec))
    assert [str(each).partition(": ")[0] for each in refused.value.findings] == [path]


def test_policies_of_pods_move_to_their_group(pipeline: Pipeline) -> None:
    rule = {"rule": "RunAsAny"}
    names = ("fsGroup", "runAsUser", "seLinux", "supplementalGroups")
    given = {
        "apiVersion": "extensions/v1beta1",
        "kind": "PodSecurityPolicy",
        "metadata": {"name": "p"},
        "spec": {"hostPorts": [{"min": 1, "max": 2}], **dict.fromkeys(names, rule)},
    }
    made = converted(pipeline, given, "policy/v1beta1")
    assert made.pop("apiVersion") == "policy/v1beta1"
    assert made["spec"].pop("allowPrivilegeEscalation") is True
    assert made == {name: each for name, each in given.items() if name != "apiVersion"}


NOT_CONVERTED = {
    # Kinds of requests and answers, which nobody keeps.
    "AdmissionReview", "APIGroupDiscovery", "List", "NodeProxyOptions", "PodAttachOptions",
    "PodExecOptions", "PodLogOptions", "PodPortForwardOptions", "PodProxyOptions",
    "SerializedReference", "ServiceProxyOptions",
    # Nothing stores or serves these.
    "JobTemplate", "ClusterCIDR",
}  # fmt: skip

FORMER_ALPHA = {
    # Alpha versions that Kubernetes 1.36 does not know any more; their kinds have others.
    "certificates.k8s.io/v1alpha1 PodCertificateRequest",
    "coordination.k8s.io/v1alpha1 LeaseCandidate",
    "flowcontrol.apiserver.k8s.io/v1alpha1 FlowSchema",
    "flowcontrol.apiserver.k8s.io/v1alpha1 PriorityLevelConfiguration",
    "networking.k8s.io/v1alpha1 IPAddress",
    "networking.k8s.io/v1alpha1 ServiceCIDR",
    "resource.k8s.io/v1alpha3 DeviceClass",
    "resource.k8s.io/v1alpha3 ResourceClaim",
    "resource.k8s.io/v1alpha3 ResourceClaimTemplate",
    "resource.k8s.io/v1alpha3 ResourceSlice",
    "storagemigration.k8s.io/v1alpha1 StorageVersionMigration",
}


def test_every_other_version_of_every_release_converts(scheme: Scheme) -> None:
    known = {
        f"{version} {kind}"
        for kinds in INDEX.values()
        for version, names in kinds.items()
        for kind in names
    } | {f"{s.api_version} {s.gvk.kind}" for kind in scheme.kinds for s in kind.spokes}
    missing = {
        f"{version} {kind}"
        for version, kinds in RELEASES.items()
        for kind in kinds
        if kind not in NOT_CONVERTED
    } - known
    assert missing == FORMER_ALPHA
