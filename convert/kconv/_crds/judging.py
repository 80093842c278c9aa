"""What a CRD asks to be judged, and nobody judges here: said to its writer, and logged."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kconv._codec import json
from kconv._scheme import HubKind
from kconv._structural import StructuralKind, unjudged

_log = logging.getLogger(__name__)


def unjudged_of(data: bytes) -> list[str]:
    """Which patterns and rules of a CRD, given as JSON, are not judged, and why, by path."""
    document = json.decode(data)
    found = list(_unjudged(document))
    if found:
        name = document["metadata"].get("name", "")
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        _log.warning("the CRD %s: %s%s", name, found[0], more)
    return found


def declared_twice(data: bytes, kinds: Iterable[HubKind]) -> list[str]:
    """Why a CRD, given as JSON, is not served: an API package has its kind already."""
    spec = json.decode(data).get("spec") or {}
    group, names = spec.get("group"), spec.get("names") or {}
    for kind in kinds:
        if isinstance(kind, StructuralKind):
            continue  # of a CRD itself
        for spoke in kind.spokes:
            options = spoke.options
            if options.group == group and options.kind == names.get("kind"):
                said = (
                    f"{group} {options.kind} comes from an API package already (--apis, KCONV_APIS "
                    "or an installed one), so this CRD is not established: start kconv serve "
                    "without that package, or use its kind and leave the CRD out"
                )
                _log.warning("the CRD %s.%s: %s", names.get("plural"), group, said)
                return [said]
    return []


def _unjudged(document: Mapping[str, Any]) -> Iterator[str]:
    spec = document.get("spec") or {}
    for at, version in enumerate(spec.get("versions") or ()):
        schema = (version.get("schema") or {}).get("openAPIV3Schema")
        if schema:
            yield from unjudged(schema, ("spec", "versions", at, "schema", "openAPIV3Schema"))
    # v1beta1 may say it once for all versions.
    schema = (spec.get("validation") or {}).get("openAPIV3Schema")
    if schema:
        yield from unjudged(schema, ("spec", "validation", "openAPIV3Schema"))
