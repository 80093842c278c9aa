"""Discovery documents of ``/api``, ``/apis``, ``/apis/<group>`` and ``/apis/<group>/<version>``."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from kconv._gvk import GroupVersion
from kconv._scheme import HubKind, Scheme, Spoke
from kconv._serve.discovery.resources import groups_of, spokes_of, storage_version_hash, versions_of
from kconv._verbs.kind_rules import is_review, subresource_kind, subresource_verbs, verbs_of

Document = dict[str, Any]


def api_versions(scheme: Scheme, served: Collection[GroupVersion], address: str) -> Document:
    """The versions of the core group; ``address`` is where this server is reached."""
    return {
        "kind": "APIVersions",
        "versions": versions_of(scheme, "", served),
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def api_group_list(scheme: Scheme, served: Collection[GroupVersion]) -> Document:
    """All groups but the core group, with their versions."""
    groups = [_group(scheme, name, served) for name in groups_of(scheme, served) if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def api_group(scheme: Scheme, group: str, served: Collection[GroupVersion]) -> Document | None:
    """One group with its versions; None when nothing of it is served."""
    if not group or group not in groups_of(scheme, served):
        return None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(scheme, group, served)}


def _group(scheme: Scheme, group: str, served: Collection[GroupVersion]) -> Document:
    versions = [
        {"groupVersion": f"{group}/{each}", "version": each}
        for each in versions_of(scheme, group, served)
    ]
    return {"name": group, "versions": versions, "preferredVersion": versions[0]}


def api_resource_list(
    scheme: Scheme, group_version: GroupVersion, stored_as: Callable[[HubKind], str]
) -> Document:
    """The resources of a version and their subresources, by name.

    ``stored_as`` tells the apiVersion that a kind is stored in at present.
    """
    resources: list[Document] = []
    for spoke in spokes_of(scheme, group_version):
        options = spoke.options
        entry: Document = {
            "name": options.plural,
            "singularName": options.singular,
            "namespaced": options.namespaced,
            "kind": options.kind,
            "verbs": list(verbs_of(spoke.kind)),
        }
        if options.short_names:
            entry["shortNames"] = list(options.short_names)
        if options.categories:
            entry["categories"] = list(options.categories)
        if not is_review(spoke.kind):
            stored = stored_as(spoke.kind)
            entry["storageVersionHash"] = storage_version_hash(spoke.kind, stored)
        resources.append(entry)
        resources += [_subresource(spoke, each) for each in sorted(options.subresources)]
    document: Document = {"kind": "APIResourceList"}
    if group_version.group:
        document["apiVersion"] = "v1"
    return {**document, "groupVersion": str(group_version), "resources": resources}


def _subresource(spoke: Spoke, subresource: str) -> Document:
    options = spoke.options
    entry: Document = {
        "name": f"{options.plural}/{subresource}",
        "singularName": "",
        "namespaced": options.namespaced,
    }
    kind = subresource_kind(options.gvk, subresource)
    if kind != options.gvk:
        entry |= {"group": kind.group, "version": kind.version}
    return {**entry, "kind": kind.kind, "verbs": list(subresource_verbs(subresource))}
