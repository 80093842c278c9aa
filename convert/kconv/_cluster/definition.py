"""A CustomResourceDefinition as a migration needs it: versions, what is stored, how it converts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from kconv._cluster.connection import MERGE_PATCH, Connection, Refused, reading_as
from kconv._cluster.narrowing import narrowed
from kconv._errors import Conflict, UsageError
from kconv._structural import only_defaults

CRDS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

_PAGE: Final = 250


class NoCrds(UsageError):
    """The server has the resources that it has by itself, and no others."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A CRD at one resourceVersion.

    ``versions`` are all of ``spec.versions``, those that are ``served`` among them, in its order;
    ``stored`` is ``status.storedVersions``, ``conversion`` the stanza. ``defaults`` are
    the structural schemas by version, as far as they say defaults.
    """

    name: str
    uid: str
    resource_version: str
    generation: int
    group: str
    kind: str
    plural: str
    namespaced: bool
    versions: tuple[str, ...]
    served: tuple[str, ...]
    storage: str
    stored: tuple[str, ...]
    conversion: Mapping[str, Any]
    problem: str
    defaults: Mapping[str, Mapping[str, Any]]
    managers: tuple[str, ...]
    changed: str
    narrowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Paths by version that are pruned when objects are stored, for nothing converts them."""

    @property
    def title(self) -> str:
        """What it is called in messages."""
        return f"the CRD {self.name}"

    @property
    def old(self) -> tuple[str, ...]:
        """The versions besides the storage version that objects may be stored in."""
        return tuple(each for each in self.stored if each != self.storage)

    @property
    def loses(self) -> bool:
        """Whether objects of a version that may be stored have what would be pruned."""
        return any(each in self.narrowed for each in self.old)

    def api_version(self, version: str) -> str:
        """A version with the group before it."""
        return f"{self.group}/{version}"

    def root(self, version: str) -> str:
        """Where everything of a version of the group is."""
        return f"/apis/{self.group}/{version}"

    def path(self, version: str, namespace: str = "", name: str = "") -> str:
        """Where objects of a version are: all of them, or one."""
        base = self.root(version)
        if namespace:
            base = f"{base}/namespaces/{namespace}"
        return f"{base}/{self.plural}/{name}" if name else f"{base}/{self.plural}"


class _PageMetadata(msgspec.Struct):
    continue_: str | None = msgspec.field(default=None, name="continue")


class _Page(msgspec.Struct):
    metadata: _PageMetadata = msgspec.field(default_factory=_PageMetadata)
    items: list[dict[str, Any]] | None = None


PAGES: Final = msgspec.json.Decoder(_Page)
"""Reads a page of a list; its ``items`` are objects of JSON, or None."""


def read_definition(document: Mapping[str, Any]) -> Definition:
    """A CRD as the API server has it. Raises `Unavailable` for what is none."""
    with reading_as("CRD"):
        return _definition(document)


def _definition(document: Mapping[str, Any]) -> Definition:
    spec, status = document["spec"], document.get("status") or {}
    metadata = document["metadata"]
    versions = spec["versions"]
    entries = metadata.get("managedFields") or []
    return Definition(
        name=metadata["name"],
        uid=metadata["uid"],
        resource_version=metadata["resourceVersion"],
        generation=metadata.get("generation") or 0,
        group=spec["group"],
        kind=spec["names"]["kind"],
        plural=spec["names"]["plural"],
        namespaced=spec["scope"] == "Namespaced",
        versions=tuple(each["name"] for each in versions),
        served=tuple(each["name"] for each in versions if each["served"]),
        storage=next(each["name"] for each in versions if each["storage"]),
        stored=tuple(status.get("storedVersions") or ()),
        conversion=spec.get("conversion") or {"strategy": "None"},
        problem=_problem(metadata, status),
        defaults={
            each["name"]: only_defaults((each.get("schema") or {}).get("openAPIV3Schema") or {})
            for each in versions
        },
        managers=tuple(
            each.get("manager", "")
            for each in entries
            if "f:storedVersions" in ((each.get("fieldsV1") or {}).get("f:status") or {})
        ),
        changed=max((each.get("time") or "" for each in entries), default=""),
        narrowed=narrowed(spec),
    )


def _problem(metadata: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    """Why its objects cannot be migrated now; empty where they can."""
    if metadata.get("deletionTimestamp"):
        return "is being deleted"
    conditions = {each["type"]: each for each in status.get("conditions") or ()}
    for wanted in ("NamesAccepted", "Established"):
        found = conditions.get(wanted)
        if found is None or found.get("status") != "True":
            why = "" if found is None else f": {found.get('message') or found.get('reason')}"
            return f"is not established ({wanted}){why}"
    structural = conditions.get("NonStructuralSchema")
    if structural is not None and structural.get("status") == "True":
        return f"has no structural schema: {structural.get('message')}"
    return ""


def get_definition(connection: Connection, name: str) -> Definition:
    """The CRD of a name as it is now. Raises `Conflict` where there is none any more."""
    try:
        return read_definition(connection.get(f"{CRDS}/{name}").body)
    except Refused as error:
        if error.status == 404:
            raise Conflict(f"the CRD {name} has been deleted") from None
        raise


def newest(connection: Connection, known: Definition) -> Definition:
    """A CRD as it is now. Raises `Conflict` where it is not the one that was known."""
    found = get_definition(connection, known.name)
    if found.uid != known.uid:
        raise Conflict(f"the CRD {known.name} has been deleted and made anew: run it again")
    if (found.versions, found.served) != (known.versions, known.served):
        raise Conflict(f"the versions of the CRD {known.name} have changed meanwhile: run it again")
    if found.problem:
        raise Conflict(f"the CRD {known.name} {found.problem}")
    return found


def list_definitions(connection: Connection) -> list[Definition]:
    """Every CRD of the cluster, by name.

    Raises `UsageError` where we may not look, `NoCrds` where the server has none.
    """
    found: list[Definition] = []
    token = ""
    while True:
        try:
            query = {"continue": token} if token else {}
            page = connection.get(CRDS, "application/json", PAGES, limit=_PAGE, **query).body
        except Refused as error:
            if error.status == 410 and token:
                found, token = [], ""
                continue
            said = f"{connection.host}: CRDs cannot be listed: {error.message}"
            raise (NoCrds if error.status == 404 else UsageError)(said) from None
        found += map(read_definition, page.items or ())
        token = page.metadata.continue_ or ""
        if not token:
            return sorted(found, key=lambda each: each.name)


def write_stored(connection: Connection, definition: Definition, stored: Sequence[str]) -> bool:
    """Write ``status.storedVersions``; False where the CRD has been written since it was read."""
    body = {
        "metadata": {"resourceVersion": definition.resource_version},
        "status": {"storedVersions": [*stored]},
    }
    path = f"{CRDS}/{definition.name}/status"
    try:
        connection.request("PATCH", path, body, content_type=MERGE_PATCH)
    except Refused as error:
        if error.status != 409:
            raise
        return False
    return True
