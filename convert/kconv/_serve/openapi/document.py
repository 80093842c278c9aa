"""The OpenAPI v3 documents: one for each version, and those of discovery."""

from __future__ import annotations

from typing import Any

from kconv._gvk import GroupVersion
from kconv._scheme import Scheme, Spoke
from kconv._serve.discovery.resources import spokes_of
from kconv._serve.negotiation import JSON, YAML
from kconv._serve.openapi import discovery_types
from kconv._serve.openapi.names import group_word, version_word
from kconv._serve.openapi.operations import Operations, refusals
from kconv._serve.openapi.schemas import Schemas
from kconv._serve.protobuf import MEDIA_TYPE as PROTOBUF
from kconv._verbs.kind_rules import is_review
from kconv._verbs.scale import Scale
from kconv.edges._plan import field_at
from kconv.meta import ListMeta, Status

Document = dict[str, Any]


def openapi_document(scheme: Scheme, group_version: GroupVersion, release: str) -> Document:
    """The paths and schemas of a group's version; ``release`` is that of the server."""
    schemas = Schemas()
    status = schemas.ref(Status)
    paths: Document = {}
    spokes = spokes_of(scheme, group_version)
    for spoke in spokes:
        one, many = _add_kind(schemas, spoke)
        scale = schemas.ref(Scale) if "scale" in spoke.options.subresources else {}
        paths.update(Operations(schemas, spoke, one, many, status).paths(scale))
    root = f"/apis/{group_version}" if group_version.group else f"/api/{group_version.version}"
    tag = f"{group_version.group or 'core'}_{group_version.version}"
    word = version_word(group_version)
    paths[f"{root}/"] = _read(f"get{word}APIResources", tag, "APIResourceList", status)
    schemas.components.update(discovery_types.of("APIResourceList"))
    return _document(paths, schemas, release)


def discovery_document(group: str | None, release: str) -> Document:
    """The document of a group, or of ``/api`` (None is the core group's)."""
    schemas = Schemas()
    status = schemas.ref(Status)
    if group is None:
        path, kind, operation = "/api/", "APIVersions", "getCoreAPIVersions"
    elif group:
        path, kind, operation = f"/apis/{group}/", "APIGroup", f"get{group_word(group)}APIGroup"
    else:
        path, kind, operation = "/apis/", "APIGroupList", "getAPIVersions"
    schemas.components.update(discovery_types.of(kind))
    tag = "core" if group is None else group or "apis"
    return _document({path: _read(operation, tag, kind, status)}, schemas, release)


def version_document(release: str) -> Document:
    """The document of ``/version``."""
    schemas = Schemas()
    item = _read("getCodeVersion", "version", "Info", schemas.ref(Status))
    del item["get"]["responses"]["200"]["content"][PROTOBUF]
    schemas.components.update(discovery_types.of("Info"))
    return _document({"/version/": item}, schemas, release)


def _document(paths: Document, schemas: Schemas, release: str) -> Document:
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": release},
        "security": [{"BearerToken": []}, {}],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "BearerToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Where the server has been given tokens, each request has one.",
                }
            },
        },
    }


def _read(operation: str, tag: str, kind: str, status: Document) -> Document:
    """The one operation of a path of discovery."""
    schema = {"$ref": f"#/components/schemas/{discovery_types.name_of(kind)}"}
    content = {each: {"schema": schema} for each in (JSON, YAML, PROTOBUF)}
    return {
        "get": {
            "operationId": operation,
            "tags": [tag],
            "description": discovery_types.WORDS[kind],
            "parameters": [],
            "responses": {
                "200": {"description": "Here it is.", "content": content},
                **refusals(status),
            },
        }
    }


def _add_kind(schemas: Schemas, spoke: Spoke) -> tuple[Document, Document]:
    """References to a kind's schema and to that of its lists, which not every kind has."""
    one = schemas.ref(spoke.schema)
    name = str(one["$ref"]).rpartition("/")[2]
    component = schemas.components[name]
    gvk = spoke.gvk
    component["x-kubernetes-group-version-kind"] = [
        {"group": gvk.group, "kind": gvk.kind, "version": gvk.version}
    ]
    fields = [
        {"fieldPath": each.name}
        for each in spoke.kind.options.selectable_fields
        if field_at(spoke.schema, tuple(each.name.split("."))) is not None
    ]
    if fields:
        component["x-kubernetes-selectable-fields"] = fields
    if is_review(spoke.kind):
        return one, {}
    schemas.components[f"{name}List"] = {
        "type": "object",
        "description": f"{gvk.kind}List is a list of {gvk.kind}.",
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"allOf": [schemas.ref(ListMeta)], "default": {}},
            "items": {"type": "array", "items": one},
        },
        "x-kubernetes-group-version-kind": [
            {"group": gvk.group, "kind": spoke.options.list_kind, "version": gvk.version}
        ],
    }
    return one, {"$ref": f"#/components/schemas/{name}List"}
