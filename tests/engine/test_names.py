"""Groups, versions, kinds, resources; field paths and findings."""

import pytest

from kconv._errors import UsageError
from kconv._gvk import GroupKind, GroupResource, GroupVersion, Level, level, version_key
from kconv._paths import describe, duplicate, format_path, invalid, not_supported, required
from kconv._resource import plural_of


def test_versions_rank_as_kubernetes_ranks_them() -> None:
    versions = ["foo", "v1alpha1", "v1", "v1beta2", "v10", "v2alpha1", "v1beta10", "v2"]
    assert sorted(versions, key=version_key) == [
        "v10", "v2", "v1", "v1beta10", "v1beta2", "v2alpha1", "v1alpha1", "foo",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "expected"),
    [("v1", Level.STABLE), ("v1beta1", Level.BETA), ("v2alpha1", Level.ALPHA), ("x", Level.ALPHA)],
)
def test_levels(version: str, expected: Level) -> None:
    assert level(version) is expected


def test_group_versions() -> None:
    assert GroupVersion.parse("v1") == GroupVersion("", "v1")
    gvk = GroupVersion.parse("batch/v1").kind("CronJob")
    assert gvk.api_version == "batch/v1"
    assert str(GroupVersion("", "v1")) == "v1"
    assert str(GroupKind("batch", "CronJob")) == "CronJob.batch"
    assert str(gvk.group_version.resource("cronjobs").group_resource) == "cronjobs.batch"
    assert GroupResource.parse("cronjobs.batch") == GroupResource("batch", "cronjobs")
    assert str(GroupResource.parse("configmaps")) == "configmaps"


@pytest.mark.parametrize("text", ["", "/", "a/b/c", "Batch/v1", "batch/", "batch/v1\n"])
def test_no_group_version(text: str) -> None:
    with pytest.raises(UsageError):
        GroupVersion.parse(text)


@pytest.mark.parametrize(
    ("kind", "plural"),
    [
        ("CronJob", "cronjobs"), ("Ingress", "ingresses"), ("Policy", "policies"),
        ("Gateway", "gateways"), ("Mesh", "meshes"), ("Box", "boxes"),
    ],
)  # fmt: skip
def test_plurals(kind: str, plural: str) -> None:
    assert plural_of(kind) == plural


def test_paths() -> None:
    assert format_path(()) == ""
    assert format_path(("spec", "containers", 0, "image")) == "spec.containers[0].image"
    key = ("metadata", "annotations", "example.com/owner")
    assert format_path(key) == "metadata.annotations[example.com/owner]"


def test_findings_read_as_in_kubernetes() -> None:
    assert str(required(("a",), "why")) == "a: Required value: why"
    assert str(invalid(("a", 0), "x", "bad")) == 'a[0]: Invalid value: "x": bad'
    assert str(invalid((), 5, "bad")) == "Invalid value: 5: bad"
    assert str(duplicate(("a",), "x").under("b", 1)) == 'b[1].a: Duplicate value: "x"'
    text = 'a: Unsupported value: "x": supported values: "A", "B"'
    assert str(not_supported(("a",), "x", ("A", "B"))) == text
    assert describe([required(("a",))]) == "a: Required value"
    assert (
        describe([required(("a",)), required(("b",))]) == "[a: Required value, b: Required value]"
    )
