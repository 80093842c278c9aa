"""The OpenAPI v3 document of one group and version."""

from __future__ import annotations

from typing import Any

from kconv._gvk import GroupVersion
from kconv._scheme import Scheme, Spoke
from kconv._serve.discovery.resources import spokes_of
from kconv._serve.openapi.schemas import Schemas
from kconv._verbs.apply import APPLY_PATCH
from kconv._verbs.patches import patch_types
from kconv.edges._plan import field_at

Document = dict[str, Any]

_WRITE = ("dryRun", "fieldManager", "fieldValidation")
_READ_LIST = (
    "allowWatchBookmarks",
    "continue",
    "fieldSelector",
    "labelSelector",
    "limit",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "timeoutSeconds",
    "watch",
)
_DELETE = ("dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy")
_BOOLEAN = ("allowWatchBookmarks", "orphanDependents", "sendInitialEvents", "watch")
_INTEGER = ("gracePeriodSeconds", "limit", "timeoutSeconds")


def openapi_document(scheme: Scheme, group_version: GroupVersion, release: str) -> Document:
    """The paths and schemas of a group's version; ``release`` is that of the server."""
    schemas = Schemas()
    paths: Document = {}
    for spoke in spokes_of(scheme, group_version):
        _add_kind(schemas, spoke)
        paths.update(_paths(schemas, spoke))
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": release},
        "paths": paths,
        "components": {"schemas": schemas.components},
    }


def _add_kind(schemas: Schemas, spoke: Spoke) -> None:
    name = _component(schemas.ref(spoke.schema))
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
    schemas.components[f"{name}List"] = {
        "type": "object",
        "description": f"{gvk.kind}List is a list of {gvk.kind}.",
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}},
        },
        "x-kubernetes-group-version-kind": [
            {"group": gvk.group, "kind": spoke.options.list_kind, "version": gvk.version}
        ],
    }


def _component(ref: Document) -> str:
    return str(ref["$ref"]).rpartition("/")[2]


def _paths(schemas: Schemas, spoke: Spoke) -> Document:
    gvr, options = spoke.gvr, spoke.options
    root = f"/apis/{gvr.group_version}" if gvr.group else f"/api/{gvr.version}"
    place = f"{root}/namespaces/{{namespace}}" if options.namespaced else root
    name = _component(schemas.ref(spoke.schema))
    one = {"$ref": f"#/components/schemas/{name}"}
    many = {"$ref": f"#/components/schemas/{name}List"}
    collection: Document = {
        "get": _operation(spoke, "list", many, _READ_LIST),
        "post": _operation(spoke, "post", one, _WRITE, body=one),
        "delete": _operation(spoke, "deletecollection", many, (*_READ_LIST, *_DELETE)),
        "parameters": _place_parameters(place),
    }
    item: Document = {
        **_item_operations(spoke, one),
        "delete": _operation(spoke, "delete", one, _DELETE),
        "parameters": _place_parameters(f"{place}/{{name}}"),
    }
    paths = {f"{place}/{options.plural}": collection, f"{place}/{options.plural}/{{name}}": item}
    if options.namespaced:
        paths[f"{root}/{options.plural}"] = {
            "get": _operation(spoke, "list", many, _READ_LIST),
            "parameters": [],
        }
    for subresource in options.subresources:
        paths[f"{place}/{options.plural}/{{name}}/{subresource}"] = {
            **_item_operations(spoke, one),
            "parameters": _place_parameters(f"{place}/{{name}}"),
        }
    return paths


def _item_operations(spoke: Spoke, one: Document) -> Document:
    return {
        "get": _operation(spoke, "get", one, ()),
        "put": _operation(spoke, "put", one, _WRITE, body=one),
        "patch": _operation(
            spoke,
            "patch",
            one,
            (*_WRITE, "force"),
            body={"type": "object"},
            media=(*patch_types(spoke), APPLY_PATCH),
        ),
    }


def _operation(
    spoke: Spoke,
    action: str,
    answer: Document,
    parameters: tuple[str, ...],
    *,
    body: Document | None = None,
    media: tuple[str, ...] = ("*/*",),
) -> Document:
    gvk = spoke.gvk
    operation: Document = {
        "tags": [f"{gvk.group or 'core'}_{gvk.version}"],
        "parameters": [_parameter(each) for each in parameters],
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": answer}}}
        },
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": {
            "group": gvk.group,
            "kind": gvk.kind,
            "version": gvk.version,
        },
    }
    if body is not None:
        operation["requestBody"] = {
            "content": {each: {"schema": body} for each in media},
            "required": True,
        }
    return operation


def _parameter(name: str) -> Document:
    kind = "boolean" if name in _BOOLEAN else "integer" if name in _INTEGER else "string"
    schema = {"type": kind, "uniqueItems": True}
    return {"name": name, "in": "query", "schema": schema}


def _place_parameters(path: str) -> list[Document]:
    return [
        {"name": each, "in": "path", "required": True, "schema": {"type": "string"}}
        for each in ("name", "namespace")
        if f"{{{each}}}" in path
    ]
