"""What a kustomization selects by version: objects that are converted are no longer found by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kconv._codec import yaml
from kconv._errors import KconvError

_WITHOUT_VERSION = {"extensions": "v1beta1"}
"""Groups with one version, that kinds have left: to name them is to name it."""

Steps = tuple[str | int, ...]


class Selected(NamedTuple):
    """An apiVersion and kind that a kustomization says, and by which keys and indices."""

    steps: Steps
    api_version: str
    kind: str


def selected(value: dict[str, Any]) -> Iterator[Selected]:
    """What a kustomization selects in a certain version, and its patches that are inline."""
    for field in ("patches", "patchesJson6902"):
        for steps, entry in _entries(value, field):
            yield from _selector((*steps, "target"), entry.get("target"))
            yield from _inline((*steps, "patch"), entry.get("patch"))
    merged = value.get("patchesStrategicMerge")
    for at, text in enumerate(merged if isinstance(merged, list) else ()):
        yield from _inline(("patchesStrategicMerge", at), text)
    for steps, entry in _entries(value, "replacements"):
        yield from _selector((*steps, "source"), entry.get("source"))
        for inner, target in _entries(entry, "targets"):
            yield from _selector((*steps, *inner, "select"), target.get("select"))
            for last, reject in _entries(target, "reject"):
                yield from _selector((*steps, *inner, *last), reject)


def _entries(value: dict[str, Any], field: str) -> Iterator[tuple[Steps, dict[str, Any]]]:
    found = value.get(field)
    for at, entry in enumerate(found if isinstance(found, list) else ()):
        if isinstance(entry, dict):
            yield (field, at), entry


def _selector(steps: Steps, found: Any) -> Iterator[Selected]:
    if not isinstance(found, dict):
        return
    group, kind = found.get("group") or "", found.get("kind")
    version = found.get("version") or _WITHOUT_VERSION.get(group)
    if isinstance(kind, str) and isinstance(version, str) and isinstance(group, str):
        yield Selected(steps, f"{group}/{version}" if group else version, kind)


def _inline(steps: Steps, text: Any) -> Iterator[Selected]:
    if not isinstance(text, str) or "apiVersion" not in text:
        return
    try:
        documents = yaml.decode_all(text.encode())
    except KconvError:
        return
    for patch in documents:
        if isinstance(patch, dict):
            version, kind = patch.get("apiVersion"), patch.get("kind")
            if isinstance(version, str) and isinstance(kind, str):
                yield Selected(steps, version, kind)
