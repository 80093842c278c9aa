"""The schemas of discovery's own kinds, which no object is of."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_TEXT: Document = {"type": "string"}
_TEXTS: Document = {"type": "array", "items": _TEXT}


def _each(name: str) -> Document:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{_META}{name}"}}


_TYPES: Mapping[str, Mapping[str, Document]] = {
    "APIVersions": {
        "versions": _TEXTS,
        "serverAddressByClientCIDRs": _each("ServerAddressByClientCIDR"),
    },
    "APIGroupList": {"groups": _each("APIGroup")},
    "APIGroup": {
        "name": _TEXT,
        "versions": _each("GroupVersionForDiscovery"),
        "preferredVersion": {
            "allOf": [{"$ref": f"#/components/schemas/{_META}GroupVersionForDiscovery"}]
        },
    },
    "APIResourceList": {"groupVersion": _TEXT, "resources": _each("APIResource")},
    "APIResource": {
        "name": _TEXT,
        "singularName": _TEXT,
        "namespaced": {"type": "boolean"},
        "group": _TEXT,
        "version": _TEXT,
        "kind": _TEXT,
        "verbs": _TEXTS,
        "shortNames": _TEXTS,
        "categories": _TEXTS,
        "storageVersionHash": _TEXT,
    },
    "GroupVersionForDiscovery": {"groupVersion": _TEXT, "version": _TEXT},
    "ServerAddressByClientCIDR": {"clientCIDR": _TEXT, "serverAddress": _TEXT},
    "Info": dict.fromkeys(
        (
            "major",
            "minor",
            "gitVersion",
            "gitCommit",
            "gitTreeState",
            "buildDate",
            "goVersion",
            "compiler",
            "platform",
        ),
        _TEXT,
    ),
}
_REQUIRED = {
    "APIVersions": ("versions", "serverAddressByClientCIDRs"),
    "APIGroupList": ("groups",),
    "APIGroup": ("name", "versions"),
    "APIResourceList": ("groupVersion", "resources"),
    "APIResource": ("name", "singularName", "namespaced", "kind", "verbs"),
}
_OF_OBJECTS = ("APIVersions", "APIGroupList", "APIGroup", "APIResourceList")
"""Those that have a kind and an apiVersion, and can be on their own."""
_USED = {
    "APIVersions": ("ServerAddressByClientCIDR",),
    "APIGroupList": ("APIGroup", "GroupVersionForDiscovery"),
    "APIGroup": ("GroupVersionForDiscovery",),
    "APIResourceList": ("APIResource",),
    "Info": (),
}
WORDS = {
    "APIVersions": "The versions of the core group, and where the server is.",
    "APIGroupList": "The groups that are served, each with its versions.",
    "APIGroup": "A group and its versions, preferred first.",
    "APIResourceList": "The resources of a version and what can be done with each.",
    "APIResource": "A resource, or a part of one, and what can be done with it.",
    "GroupVersionForDiscovery": "A version, with its group and without.",
    "ServerAddressByClientCIDR": "Where clients of a network reach the server.",
    "Info": "Which release of the server this is.",
}


def name_of(kind: str) -> str:
    """What the schema of a kind is called."""
    return "io.k8s.apimachinery.pkg.version.Info" if kind == "Info" else f"{_META}{kind}"


def of(kind: str) -> dict[str, Document]:
    """The schemas of a kind and of what it is made of, by name."""
    return {name_of(each): _schema(each) for each in (kind, *_USED[kind])}


def _schema(kind: str) -> Document:
    own = {"apiVersion": _TEXT, "kind": _TEXT} if kind in _OF_OBJECTS else {}
    schema: Document = {
        "type": "object",
        "description": WORDS[kind],
        "properties": copy.deepcopy({**own, **_TYPES[kind]}),
    }
    if kind in _REQUIRED:
        schema["required"] = list(_REQUIRED[kind])
    if kind in _OF_OBJECTS:
        schema["x-kubernetes-group-version-kind"] = [{"group": "", "kind": kind, "version": "v1"}]
    return schema
