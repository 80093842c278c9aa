"""The CustomResourceDefinition of a kind: every version, columns, subresources, conversion."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from kconv._exporter.structural import structural
from kconv._gvk import version_key
from kconv._resource import Column, Resource, options_of
from kconv._schema.openapi import Document
from kconv._scheme import HubKind, Spoke
from kconv.edges._plan import field_at
from kconv.fields import spec_of

_HEAD = ("apiVersion", "kind", "metadata")


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where the API server finds the conversion webhook: a service, and who signed for it."""

    namespace: str
    name: str
    port: int = 443
    path: str = "/convert"
    ca_bundle: bytes = b""
    """PEM certificates; empty where something else fills them in, such as cert-manager."""


def crd_of(kind: HubKind, webhook: Webhook | None = None) -> tuple[Document, list[str]]:
    """The CRD of a kind with all its versions, and what it cannot say, by path.

    Without a webhook the versions are said to differ in nothing but their names, which holds where
    no edge has a rule.
    """
    main = options_of(kind.hub).kind
    notes = [
        f"{each.api_version} {each.options.kind}: a CRD has one kind"
        for each in kind.spokes
        if each.options.kind != main
    ]
    spokes = [each for each in kind.spokes if each.options.kind == main]
    spokes.sort(key=lambda each: version_key(each.gvk.version))
    first = options_of(spokes[0].schema)
    names: Document = {"plural": first.plural, "singular": first.singular, "kind": first.kind}
    names["listKind"] = f"{first.kind}List"
    if first.short_names:
        names["shortNames"] = list(first.short_names)
    if first.categories:
        names["categories"] = list(first.categories)
    document: Document = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{first.plural}.{first.group}"},
        "spec": {
            "group": first.group,
            "names": names,
            "scope": "Namespaced" if first.namespaced else "Cluster",
            "conversion": _conversion(webhook),
            "versions": [_version(kind, each, notes) for each in spokes],
        },
    }
    if webhook is None and any(each.ruled for each in spokes):
        where = f"{first.plural}.{first.group}"
        notes.append(f"{where}: its versions are converted by rules: say the webhook's service")
    return document, notes


def _conversion(webhook: Webhook | None) -> Document:
    if webhook is None:
        return {"strategy": "None"}
    service: Document = {"namespace": webhook.namespace, "name": webhook.name}
    service |= {"path": webhook.path, "port": webhook.port}
    client: Document = {"service": service}
    if webhook.ca_bundle:
        client["caBundle"] = base64.b64encode(webhook.ca_bundle).decode()
    return {
        "strategy": "Webhook",
        "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": client},
    }


def _version(kind: HubKind, spoke: Spoke, notes: list[str]) -> Document:
    assert issubclass(spoke.schema, Resource)
    options, path = spoke.options, f"{spoke.api_version} {spoke.options.kind}"
    schema, said = structural(spoke.schema, path, without=_HEAD)
    notes += said
    head: Document = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
    schema["properties"] = {**head, "metadata": {"type": "object"}, **schema["properties"]}
    version: Document = {
        "name": spoke.gvk.version,
        "served": True,
        "storage": spoke.gvk.version == kind.storage.version,
        "schema": {"openAPIV3Schema": schema},
    }
    if options.deprecated is not None:
        version["deprecated"] = True
    if "status" in options.subresources and "status" in schema["properties"]:
        version["subresources"] = {"status": {}}
    if "scale" in options.subresources:
        version.setdefault("subresources", {})["scale"] = _scale(spoke)
    columns = [each for column in options.printer_columns if (each := _column(column, path, notes))]
    if columns:
        version["additionalPrinterColumns"] = columns
    selectable = _selectable(kind, schema)
    if selectable:
        version["selectableFields"] = [{"jsonPath": f".{each}"} for each in selectable]
    return version


def _scale(spoke: Spoke) -> Document:
    paths = spoke.options.scale
    said = {
        "specReplicasPath": f".{paths.spec_replicas}",
        "statusReplicasPath": f".{paths.status_replicas}",
    }
    selector = field_at(spoke.schema, tuple(paths.label_selector.split(".")))
    if selector is not None and spec_of(selector).json_type == "string":
        # Only text can be one in a CRD.
        said["labelSelectorPath"] = f".{paths.label_selector}"
    return said


def _column(column: Column, path: str, notes: list[str]) -> Document | None:
    if not isinstance(column.value, str):
        notes.append(f"{path}: column {column.name} is a function")
        return None
    said: Document = {"name": column.name, "type": column.type, "jsonPath": f".{column.value}"}
    for key, value in (
        ("format", column.format),
        ("priority", column.priority),
        ("description", column.description),
    ):
        if value:
            said[key] = value
    return said


def _selectable(kind: HubKind, schema: Document) -> list[str]:
    """The selectable fields of the hub that a version has by the same path."""
    found = []
    for field in options_of(kind.hub).selectable_fields:
        at: Any = schema
        for step in field.steps:
            at = (at.get("properties") or {}).get(step) if isinstance(at, dict) else None
        single = isinstance(at, dict) and at.get("type") in ("string", "integer", "boolean")
        if single and field.name not in ("metadata.name", "metadata.namespace"):
            found.append(".".join(field.steps))
    return found
