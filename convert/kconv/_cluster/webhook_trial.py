"""What a webhook is tried with, and how what came back is compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from kconv._cluster.connection import Connection, Refused, reading_as
from kconv._cluster.definition import CRDS, PAGES, Definition
from kconv._cluster.hubs import Hubs
from kconv._reviews import Change, Compare, Pair, Samples, by_value, name_of, samples, texts_lost

MOST: Final = 20
"""Objects of each version in the cluster that a webhook is tried with."""

_SHOWN: Final = 10


def made_samples(connection: Connection, definition: Definition) -> dict[str, Samples]:
    """Objects of each version that have all fields which its schema in the CRD knows."""
    namespace = "default" if definition.namespaced else ""
    document = connection.get(f"{CRDS}/{definition.name}").body
    with reading_as("CRD"):
        schemas = {
            each["name"]: (each.get("schema") or {}).get("openAPIV3Schema")
            for each in document["spec"]["versions"]
        }
    return {
        (named := definition.api_version(each)): samples(
            definition.kind, named, namespace, schemas.get(each)
        )
        for each in definition.versions
    }


def shown_objects(
    connection: Connection, definition: Definition
) -> tuple[dict[str, list[Any]], list[str]]:
    """Objects of the cluster as it shows them in each version that is served; what went wrong."""
    found: dict[str, list[Any]] = {}
    problems = []
    for version in definition.served:
        try:
            path = definition.path(version)
            page = connection.get(path, "application/json", PAGES, limit=MOST).body
        except Refused as error:
            problems.append(f"{definition.api_version(version)}: {error.message}")
            continue
        found[definition.api_version(version)] = page.items or []
    return found, problems


def comparing(definition: Definition, hubs: Hubs | None) -> Compare | None:
    """How what came back is compared: through the hub where an API package has both versions."""
    if hubs is None or not hubs.knows(definition):
        return None

    def compare(source: str, target: str, before: Any, there: Any, back: Any) -> Iterator[Change]:
        versions = source.rpartition("/")[2], target.rpartition("/")[2]
        found = hubs.changes(definition, versions, before, there, back)
        if found is None:
            yield from by_value(source, target, before, there, back)
            return
        for each in found:
            yield Change(name_of(before), each, is_wrong=not each.reason)
        for lost in texts_lost(before, back):
            yield Change(lost.object, lost.lost, is_wrong=True)

    return compare


def changes_of(pair: Pair) -> tuple[list[str], list[str]]:
    """What did not come back, for people: what is wrong, and what may be meant."""
    lines = []
    for is_wrong in (True, False):
        found = [str(each) for each in pair.changes if each.is_wrong is is_wrong]
        more = len(found) - _SHOWN
        rest = f"; and {more} more" if more > 0 else ""
        said = f"{pair.source} to {pair.target} and back: {'; '.join(found[:_SHOWN])}{rest}"
        lines.append([said] if found else [])
    return lines[0], lines[1]
