"""A small API to import, and what is done with the result."""

from __future__ import annotations

import json
from typing import Any

from kconv._importer import Overlay, Request, generate, parse_kind, read_definitions

META = "io.k8s.apimachinery.pkg.apis.meta.v1"
V1 = "com.example.stable.v1"


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/definitions/{name}"}


def definitions() -> dict[str, Any]:
    """Definitions of a kind CronTab, as a swagger document has them."""
    return {
        f"{META}.ObjectMeta": {
            "type": "object",
            "properties": {"name": {"type": "string"}},
        },
        f"{V1}.CronTab": {
            "type": "object",
            "required": ["spec"],
            "properties": {
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": ref(f"{META}.ObjectMeta"),
                "spec": ref(f"{V1}.CronTabSpec"),
                "status": ref(f"{V1}.CronTabStatus"),
            },
            "x-kubernetes-group-version-kind": [
                {"group": "stable.example.com", "version": "v1", "kind": "CronTab"}
            ],
        },
        f"{V1}.CronTabSpec": {
            "type": "object",
            "required": ["schedule", "replicas"],
            "properties": {
                "schedule": {"type": "string", "default": ""},
                "replicas": {"type": "integer", "format": "int32", "default": 0},
                "protocol": {"type": "string", "default": "TCP"},
                "paused": {"type": "boolean", "default": False},
            },
        },
        f"{V1}.CronTabStatus": {
            "type": "object",
            "required": ["replicas"],
            "properties": {"replicas": {"type": "integer", "format": "int32", "default": 0}},
        },
    }


def with_spec(**properties: Any) -> dict[str, Any]:
    """The sample with other properties in its spec, none of them required."""
    result = definitions()
    result[f"{V1}.CronTabSpec"] = {"type": "object", "properties": properties}
    return result


def files(document: Any, *, overlay: Overlay | None = None, **request: Any) -> dict[str, str]:
    """What a document is generated to in package ``apis``."""
    given = read_definitions(json.dumps(document).encode(), "api.json")
    overlays = [overlay] if overlay else []
    kinds = [parse_kind(text) for text in request.pop("kinds", ())]
    asked = Request(package="apis", kinds=kinds, overlays=overlays, **request)
    return dict(generate(given, asked).files)


def module(document: Any, **request: Any) -> str:
    """The module of the sample's kind."""
    return files(document, **request)["stable/v1/types/cron_tab.py"]


def line(document: Any, prop: str, **request: Any) -> str:
    """The declaration of a property of the sample's spec, on one line."""
    source = module(document, **request).split("class CronTabSpec")[1].split("\nclass ")[0]
    found = source.split(f"    {prop} = ")[1].split("\n    ")
    text = found[0]
    for more in found[1:]:
        if not more.startswith((" ", ")")):
            break
        text += f" {more.strip()}"
    return text.strip().replace("( ", "(").replace(", )", ")")
