"""Resources that the API server has by itself, as a migration needs them.

Which version one of them is stored in, discovery says: by the hash of it. What was stored before
that nothing in the cluster says, so it is in the notes of the migration.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from kconv._cluster.connection import Connection, Refused, reading_as
from kconv._cluster.definition import Definition
from kconv._errors import Conflict, UsageError
from kconv._gvk import GroupResource

EARLIER: Final = "earlier"
"""What objects may be stored in where the server serves one version only, and names no other."""

_NEEDED: Final = frozenset({"list", "get", "patch"})


@dataclass(frozen=True, slots=True)
class BuiltIn(Definition):
    """A resource without a CRD. ``uid`` is the hash of the version that it is stored in."""

    @property
    def title(self) -> str:
        return f"the resource {self.name}"

    def api_version(self, version: str) -> str:
        return f"{self.group}/{version}" if self.group else version

    def root(self, version: str) -> str:
        return f"/apis/{self.group}/{version}" if self.group else f"/api/{version}"


def get_built_in(
    connection: Connection, name: str, recorded: Sequence[str] | None = None
) -> BuiltIn | None:
    """A resource that the API server has by itself; None where it has none of the name.

    ``recorded`` are the versions that objects may be in besides the one that is stored now; not
    known are all others that are served. Raises `UsageError` for a resource that is not stored
    there.
    """
    wanted = GroupResource.parse(name)
    found = {
        version: entry
        for version in _versions(connection, wanted.group)
        if (entry := _entry(connection, wanted, version)) is not None
    }
    if not found:
        return None
    first = next(iter(found.values()))
    with reading_as("list of resources"):
        can = all({*entry["verbs"]} >= _NEEDED for entry in found.values())
    if not can:
        raise UsageError(f"{name}: its objects are not there to be listed and patched")
    stored_as = first.get("storageVersionHash") or ""
    storage = next(
        (each for each, entry in found.items() if _hash(wanted, each, entry["kind"]) == stored_as),
        "",
    )
    others = [each for each in found if each != storage] or [EARLIER]
    return BuiltIn(
        name=name,
        uid=stored_as,
        resource_version="",
        generation=0,
        group=wanted.group,
        kind=first["kind"],
        plural=wanted.resource,
        namespaced=bool(first.get("namespaced")),
        versions=tuple(found),
        served=tuple(found),
        storage=storage,
        stored=tuple(dict.fromkeys((storage, *(others if recorded is None else recorded)))),
        conversion={},
        problem="" if storage else "does not say which of the served versions it is stored in",
        defaults={},
        managers=(),
        changed="",
    )


def newest_built_in(connection: Connection, known: BuiltIn) -> BuiltIn:
    """A resource as it is now. Raises `Conflict` where it is stored or served otherwise."""
    found = get_built_in(connection, known.name, known.stored[1:])
    if found is None or (found.uid, found.served) != (known.uid, known.served):
        raise Conflict(f"{known.title} is served or stored otherwise than before: run it again")
    return found


def _versions(connection: Connection, group: str) -> list[str]:
    if not group:
        return ["v1"]
    try:
        body = connection.get(f"/apis/{group}").body
    except Refused as error:
        if error.status == 404:
            return []
        raise
    with reading_as("list of versions"):
        return [str(each["version"]) for each in body.get("versions") or ()]


def _entry(connection: Connection, wanted: GroupResource, version: str) -> Mapping[str, Any] | None:
    root = f"/apis/{wanted.group}/{version}" if wanted.group else f"/api/{version}"
    try:
        body = connection.get(root).body
    except Refused as error:
        if error.status == 404:
            return None
        raise
    with reading_as("list of resources"):
        listed = [each for each in body.get("resources") or () if each["name"] == wanted.resource]
        return {"verbs": (), **listed[0], "kind": str(listed[0]["kind"])} if listed else None


def _hash(resource: GroupResource, version: str, kind: str) -> str:
    """What discovery says for a version that is stored (`StorageVersionHash` of Kubernetes)."""
    text = f"{resource.group}/{version}/{kind}"
    return b64encode(sha256(text.encode()).digest()[:8]).decode()
