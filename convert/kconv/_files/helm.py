"""Releases of Helm as it stores them: in Secrets and ConfigMaps, packed.

A Secret holds them as base64 of gzip of JSON, in base64 once more as all data of Secrets is; a
ConfigMap without the latter. The ``manifest`` in them is what was rendered and applied; Helm
compares the next one with it, and fails where the server no longer serves what it names. Each of
the ``hooks`` has one of its own.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kconv._codec import json as json_codec
from kconv._codec.limits import FILE_LIMIT
from kconv._errors import KconvError

IN_RELEASE: Final = "Helm release"
SECRET_TYPE: Final = "helm.sh/release.v1"

UNPACKED_LIMIT: Final = FILE_LIMIT
"""Bytes that a release may have unpacked: what is packed may be anything."""

PACKED_LIMIT: Final = 1024 * 1024
"""Bytes that the data of a Secret or a ConfigMap may have."""


@dataclass(frozen=True, slots=True)
class Release:
    """A revision of a release: what it says, and whether it is packed twice."""

    namespace: str
    name: str
    revision: int
    status: str
    payload: dict[str, Any]
    twice: bool

    @property
    def manifests(self) -> dict[str, str]:
        """The texts of YAML that were rendered, by name: ``""``, and ``hook N``, from 1."""
        found = {"": self.payload}
        hooks = self.payload.get("hooks")
        for number, hook in enumerate(hooks if isinstance(hooks, list) else (), start=1):
            if isinstance(hook, dict):
                found[f"hook {number}"] = hook
        texts = {name: holder.get("manifest") for name, holder in found.items()}
        return {name: text for name, text in texts.items() if isinstance(text, str) and text}

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells it from others."""
        return self.namespace, self.name, self.revision

    def with_manifests(self, texts: Mapping[str, str]) -> str | None:
        """The release with other texts, packed; None where that is more than is stored."""
        payload = dict(self.payload)
        if "" in texts:
            payload["manifest"] = texts[""]
        if payload.get("hooks"):
            payload["hooks"] = [
                {**hook, "manifest": texts[name]} if (name := f"hook {number}") in texts else hook
                for number, hook in enumerate(payload["hooks"], start=1)
            ]
        raw = json_codec.encode(payload)
        text = base64.b64encode(gzip.compress(raw, 9, mtime=0))
        text = base64.b64encode(text) if self.twice else text
        return text.decode() if len(text) <= PACKED_LIMIT else None


def release_of(value: dict[str, Any]) -> Release | None:
    """The release that an object holds, or None where it holds none that can be read."""
    kind, data = value.get("kind"), value.get("data")
    text = data.get("release") if isinstance(data, dict) else None
    metadata = value.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    twice = kind == "Secret" and value.get("type") == SECRET_TYPE
    owned = isinstance(labels, dict) and labels.get("owner") == "helm"
    if not isinstance(text, str) or not (twice or (kind == "ConfigMap" and owned)):
        return None
    payload = _unpacked(text, twice)
    if payload is None:
        return None
    info = payload.get("info")
    status = info.get("status") if isinstance(info, dict) else ""
    revision = payload.get("version")
    return Release(
        str(payload.get("namespace") or ""), str(payload.get("name") or ""),
        revision if isinstance(revision, int) else 0, str(status), payload, twice,
    )  # fmt: skip


def current(releases: Iterable[Release]) -> set[tuple[str, str, int]]:
    """The revisions that count: the last one of each release that is deployed, and newer ones."""
    by_name: dict[tuple[str, str], list[Release]] = {}
    for each in releases:
        by_name.setdefault((each.namespace, each.name), []).append(each)
    found: set[tuple[str, str, int]] = set()
    for revisions in by_name.values():
        deployed = [each.revision for each in revisions if each.status == "deployed"]
        since = max(deployed, default=max(each.revision for each in revisions))
        found.update(each.key for each in revisions if each.revision >= since)
    return found


def _unpacked(text: str, twice: bool) -> dict[str, Any] | None:
    try:
        data = base64.b64decode(text, validate=False)
        data = base64.b64decode(data, validate=False) if twice else data
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            raw = packed.read(UNPACKED_LIMIT + 1)
        if len(raw) > UNPACKED_LIMIT:
            return None
        found = json_codec.decode(raw, UNPACKED_LIMIT)
    except (binascii.Error, OSError, EOFError, ValueError, zlib.error, KconvError):
        return None
    return found if isinstance(found, dict) else None
