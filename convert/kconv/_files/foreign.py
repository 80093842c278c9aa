"""What is in a folder and no manifest to convert: recognised, so that it can be passed over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

HELM_TEMPLATE: Final = "a template of Helm"
HELM_CHART: Final = "a chart of Helm, or values for one"
KUSTOMIZATION: Final = "a kustomization"
PATCH: Final = "a patch, not a whole object"
SOPS: Final = "encrypted by SOPS"
NO_KIND: Final = "no apiVersion and kind"
UNKNOWN_KIND: Final = "a kind that no API package has"
BROKEN: Final = "does not parse"
DASHBOARD: Final = "a dashboard"
VELERO: Final = "an archive of Velero, which --embedded converts"

_CHART_FILES: Final = frozenset(
    {"Chart.yaml", "Chart.yml", "requirements.yaml", "values.yaml", "values.yml"}
)
_VALUES: Final = re.compile(r"values([-_.].*)?\.ya?ml\Z")
_HEAD: Final = re.compile(
    rb"^apiVersion:[ \t]*[\"']?([\w./-]+)[\"']?[ \t]*(?:#.*)?\r?\nkind:[ \t]*[\"']?(\w+)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file, or a document of it, that is no manifest to convert, and why.

    ``says`` are the apiVersions and kinds, with their lines, that are in it all the same.
    """

    name: str
    reason: str
    detail: str = ""
    says: tuple[tuple[int, str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}{f': {self.detail}' if self.detail else ''}"


def foreign_file(path: Path | None, data: bytes) -> str | None:
    """Why a file is passed over whatever its documents say, or None."""
    if path is None:
        return None
    if b"{{" in data and is_in_chart(path):
        return HELM_TEMPLATE
    if path.name in ("Chart.yaml", "Chart.yml", "requirements.yaml"):
        return HELM_CHART
    return None


def broken_file(data: bytes) -> str:
    """What a file is that does not parse."""
    return HELM_TEMPLATE if b"{{" in data else BROKEN


def foreign_document(path: Path | None, value: Any) -> str | None:
    """Why a document is passed over, or None for what says what it is."""
    if isinstance(value, list):
        patch = value and all(isinstance(each, dict) and "op" in each for each in value)
        return PATCH if patch else NO_KIND
    if not isinstance(value, Mapping):
        return NO_KIND
    if isinstance(value.get("sops"), Mapping) and "mac" in value["sops"]:
        return SOPS
    api_version, kind = value.get("apiVersion"), value.get("kind")
    name = path.name if path else ""
    if str(api_version).startswith("kustomize.config.k8s.io/") or (
        name.removesuffix(".yaml").removesuffix(".yml") == "kustomization" and kind is None
    ):
        return KUSTOMIZATION
    if api_version is None or kind is None:
        if name in _CHART_FILES or _VALUES.match(name):
            return HELM_CHART
        return DASHBOARD if "panels" in value and "schemaVersion" in value else NO_KIND
    return None


def heads_in(data: bytes) -> tuple[tuple[int, str, str], ...]:
    """The apiVersions and kinds that a text has at the beginning of lines, with their lines."""
    return tuple(
        (data.count(b"\n", 0, found.start()) + 1, found[1].decode(), found[2].decode())
        for found in _HEAD.finditer(data)
    )


def is_in_chart(path: Path) -> bool:
    """Whether a file is among the templates of a chart."""
    folders = path.resolve().parents
    return any(each.name == "templates" and _has_chart(each.parent) for each in folders)


@cache
def _has_chart(folder: Path) -> bool:
    return (folder / "Chart.yaml").exists()


def is_with_kustomization(path: Path | None) -> bool:
    """Whether there is a kustomization beside a file, or above it within three folders."""
    return path is not None and any(map(_has_kustomization, list(path.resolve().parents)[:3]))


@cache
def _has_kustomization(folder: Path) -> bool:
    names = ("kustomization.yaml", "kustomization.yml", "Kustomization")
    return any((folder / name).exists() for name in names)
