"""A CustomResourceDefinition as the server goes by it: names, versions, what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kconv._crds.jsonpath import column_of
from kconv._gvk import GroupResource, GroupVersion, version_key
from kconv._resource import ScalePaths
from kconv._structural import Version

Document = dict[str, Any]

GROUP: Final = "apiextensions.k8s.io"
RESOURCE: Final = GroupResource(GROUP, "customresourcedefinitions")
V1: Final = GroupVersion(GROUP, "v1")
FINALIZER: Final = "customresourcecleanup.apiextensions.k8s.io"


@dataclass(frozen=True, slots=True)
class Definition:
    """A CRD in apiextensions.k8s.io/v1, as it is at one resourceVersion."""

    document: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name, ``widgets.example.com``."""
        return str(self.document["metadata"]["name"])

    @property
    def uid(self) -> str:
        """Which of the CRDs that have had its name it is."""
        return str(self.document["metadata"].get("uid", ""))

    @property
    def spec(self) -> Mapping[str, Any]:
        """What is wanted."""
        found: Mapping[str, Any] = self.document["spec"]
        return found

    @property
    def status(self) -> Mapping[str, Any]:
        """What is there."""
        return self.document.get("status") or {}

    @property
    def group(self) -> str:
        """The group of its kind."""
        return str(self.spec["group"])

    @property
    def resource(self) -> GroupResource:
        """What its objects are stored as."""
        return GroupResource(self.group, self.spec["names"]["plural"])

    @property
    def names(self) -> Mapping[str, Any]:
        """The names that it wants."""
        found: Mapping[str, Any] = self.spec["names"]
        return found

    @property
    def accepted(self) -> Mapping[str, Any]:
        """The names that it has been given; none before."""
        found: Mapping[str, Any] = self.status.get("acceptedNames") or {}
        return found

    @property
    def namespaced(self) -> bool:
        """Whether its objects live in namespaces."""
        return bool(self.spec.get("scope") == "Namespaced")

    @property
    def storage(self) -> str:
        """The version that objects are written in."""
        for each in self.spec["versions"]:
            if each.get("storage"):
                return str(each["name"])
        raise LookupError("none of its versions is the storage version")

    @property
    def stored(self) -> Sequence[str]:
        """The versions that objects may be stored in."""
        return list(self.status.get("storedVersions") or ())

    @property
    def conversion(self) -> Mapping[str, Any]:
        """How its versions are converted."""
        return self.spec.get("conversion") or {"strategy": "None"}

    @property
    def terminating(self) -> bool:
        """Whether it is to go, with its objects."""
        return bool(self.document["metadata"].get("deletionTimestamp"))

    @property
    def finalizers(self) -> Sequence[str]:
        """What keeps it."""
        return list(self.document["metadata"].get("finalizers") or ())

    def condition(self, name: str) -> Mapping[str, Any]:
        """A condition; empty where there is none."""
        for each in self.status.get("conditions") or ():
            if each.get("type") == name:
                found: Mapping[str, Any] = each
                return found
        return {}

    @property
    def established(self) -> bool:
        """Whether its kind is served."""
        return self.condition("Established").get("status") == "True"

    def check(self) -> None:
        """Raise what would be raised later: `LookupError` and others, for what is no CRD."""
        for each in (self.resource, self.storage, self.stored, self.finalizers, self.established):
            hash(str(each))

    @property
    def versions(self) -> Sequence[Version]:
        """Its versions, as kinds of the scheme are made of them."""
        return [_version(each, self.spec) for each in self.spec["versions"]]


def _version(given: Mapping[str, Any], spec: Mapping[str, Any]) -> Version:
    subresources = given.get("subresources") or {}
    schema = (given.get("schema") or {}).get("openAPIV3Schema") or {"type": "object"}
    if spec.get("preserveUnknownFields"):
        schema = {**schema, "x-kubernetes-preserve-unknown-fields": True}
    warning = None
    if given.get("deprecated"):
        warning = str(given.get("deprecationWarning") or "") or _is_deprecated(given, spec)
    return Version(
        name=str(given["name"]),
        schema=schema,
        served=bool(given.get("served")),
        columns=[column_of(each) for each in given.get("additionalPrinterColumns") or ()],
        subresources=[each for each in ("status", "scale") if subresources.get(each) is not None],
        scale=_scale(subresources.get("scale")),
        selectable=[each["jsonPath"].lstrip(".") for each in given.get("selectableFields") or ()],
        deprecation=warning,
    )


def _scale(given: Mapping[str, Any] | None) -> ScalePaths | None:
    if given is None:
        return None
    paths = (
        given.get(f"{each}Path") or ""
        for each in ("specReplicas", "statusReplicas", "labelSelector")
    )
    return ScalePaths(*(each.lstrip(".") for each in paths))


def _is_deprecated(given: Mapping[str, Any], spec: Mapping[str, Any]) -> str:
    """What Kubernetes says of a deprecated version: use the newest that is not."""
    group, kind = spec["group"], spec["names"]["kind"]
    text = f"{group}/{given['name']} {kind} is deprecated"
    better = newer_than(given, spec["versions"])
    return f"{text}; use {group}/{better} {kind}" if better else text


def newer_than(given: Mapping[str, Any], versions: Sequence[Mapping[str, Any]]) -> str:
    """The newest served version that is not deprecated, if it is newer; else empty."""
    fit = [each["name"] for each in versions if each.get("served") and not each.get("deprecated")]
    best = min(fit, key=version_key, default="")
    return best if best and version_key(best) < version_key(given["name"]) else ""
