"""Aggregated discovery: every group, version and resource in one document."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from kconv._gvk import GroupVersion, GroupVersionKind
from kconv._scheme import Scheme, Spoke
from kconv._serve.discovery.resources import groups_of, spokes_of, versions_of
from kconv._serve.negotiation import parse_accept
from kconv._verbs.kind_rules import subresource_kind, subresource_verbs, verbs_of

GROUP = "apidiscovery.k8s.io"
VERSIONS = ("v2", "v2beta1")
_KIND = "APIGroupDiscoveryList"

Document = dict[str, Any]


def aggregated_request(accept: str) -> str:
    """The version of aggregated discovery that a client asks for; empty: it wants the old form."""
    for item in parse_accept(accept):
        if not item.covers("application/json"):
            continue
        asked = item.parameters
        if not asked.get("as"):
            return ""
        fits = asked.get("as") == _KIND and asked.get("g") == GROUP
        if fits and asked.get("v") in VERSIONS:
            return asked["v"]
    return ""


def aggregated(
    scheme: Scheme, served: Collection[GroupVersion], *, core: bool, version: str
) -> tuple[Document, dict[str, str]]:
    """The document of ``/api`` (``core``) or ``/apis``, and the headers to send with it."""
    names = [group for group in groups_of(scheme, served) if (group == "") == core]
    document: Document = {
        "kind": _KIND,
        "apiVersion": f"{GROUP}/{version}",
        "metadata": {},
        "items": [_group(scheme, group, served) for group in names],
    }
    headers = {
        "Content-Type": f"application/json;g={GROUP};v={version};as={_KIND}",
        "Vary": "Accept",
        "Cache-Control": "public",
    }
    return document, headers


def _group(scheme: Scheme, group: str, served: Collection[GroupVersion]) -> Document:
    return {
        "metadata": {"name": group} if group else {},
        "versions": [
            {
                "version": each,
                "resources": [
                    _resource(spoke) for spoke in spokes_of(scheme, GroupVersion(group, each))
                ],
                "freshness": "Current",
            }
            for each in versions_of(scheme, group, served)
        ],
    }


def _resource(spoke: Spoke) -> Document:
    options = spoke.options
    # Empty group and version mean those of the document's entry.
    kind = {"group": "", "version": "", "kind": options.kind}
    entry: Document = {
        "resource": options.plural,
        "responseKind": kind,
        "scope": "Namespaced" if options.namespaced else "Cluster",
        "singularResource": options.singular,
        "verbs": list(verbs_of(spoke.kind)),
    }
    if options.short_names:
        entry["shortNames"] = list(options.short_names)
    if options.categories:
        entry["categories"] = list(options.categories)
    if options.subresources:
        entry["subresources"] = [
            {
                "subresource": name,
                "responseKind": _response_kind(options.gvk, name),
                "verbs": list(subresource_verbs(name)),
            }
            for name in sorted(options.subresources)
        ]
    return entry


def _response_kind(gvk: GroupVersionKind, subresource: str) -> Document:
    """What a subresource is served as; empty group and version mean those of the entry."""
    kind = subresource_kind(gvk, subresource)
    if kind == gvk:
        return {"group": "", "version": "", "kind": kind.kind}
    return {"group": kind.group, "version": kind.version, "kind": kind.kind}
