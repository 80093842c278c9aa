"""Having the cluster migrate by itself: StorageVersionMigration, driven and not believed.

Its controller takes every version but the storage version off ``status.storedVersions`` when it
ends, also when objects were refused or it failed. So the list that there was is written on the
object that asks for the migration, and put back when that has ended; it is pruned, as ever, after a
proof.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

from kconv._cluster.connection import Connection, Refused, reading_as
from kconv._cluster.definition import PAGES, Definition, get_definition, write_stored
from kconv._cluster.kinds import as_document
from kconv._cluster.listing import ClusterKey
from kconv._cluster.proof import NotAsBefore
from kconv._cluster.walk import Walk
from kconv._errors import Conflict, Unavailable, UsageError

_KIND: Final = "StorageVersionMigration"
_GROUP: Final = "storagemigration.k8s.io"
_SVMS: Final = f"/apis/{_GROUP}/v1beta1/storageversionmigrations"
_STORED: Final = "kconv.dev/stored-versions"
"""The annotation that says which versions there were."""

_POLL: Final = 1.0
IDLE: Final = 120.0
"""Seconds after which a migration that nobody has begun is given up."""

_TRIES: Final = 5
_SHOWN: Final = 5
_UNCOUNTED: Final = frozenset({"metadata", "status"})

RIGHTS: Final = tuple(
    {"group": _GROUP, "resource": "storageversionmigrations", "verb": verb}
    for verb in ("list", "get", "create", "delete")
)


def name_of(definition: Definition) -> str:
    """What the migration of a resource is called: there is one at a time."""
    return f"kconv-{definition.name}"


def put_back_all(
    connection: Connection, definitions: Mapping[str, Definition], *, is_driven: bool
) -> list[str]:
    """Put back what migrations that have ended took off the record, and nobody has proved.

    Where the cluster is not driven, none may be left that ends later, with nobody there to put
    back: one that nobody has begun is deleted, and for one in progress `Conflict` is raised.
    Returns the names of the CRDs. Raises as `put_back`.
    """
    try:
        page = connection.get(_SVMS, "application/json", PAGES).body
    except Refused as error:
        if error.status == 404 or (error.status == 403 and not is_driven):
            return []
        raise
    found = []
    by_name = {name_of(each): each for each in definitions.values()}
    for body in page.items or ():
        with reading_as(_KIND):
            definition = by_name.get(body["metadata"]["name"])
        if definition is None:
            continue
        if _ended(body) is not None:
            put_back(connection, definition, _stored_of(body))
            found.append(definition.name)
        elif not is_driven and _conditions(body):
            raise Conflict(
                f"the StorageVersionMigration {name_of(definition)} goes on: use --engine svm, "
                "which waits for it"
            )
        elif not is_driven:
            forget(connection, definition)
    return found


Contents = Mapping[ClusterKey, tuple[object, bytes]]


def contents(connection: Connection, definition: Definition) -> dict[ClusterKey, Any]:
    """What every object is: who it is, and a digest of what it has in each version.

    Without its status and metadata, which change without a new generation.
    """
    found = {}
    for seen in Walk(connection, definition, None):
        if seen.problem:
            continue
        shown = {version: _counted(value) for version, value in seen.shown.items()}
        digest = sha256(as_document(shown)).digest()
        found[seen.key] = (seen.uid, seen.generation), digest
    return found


def _counted(content: bytes) -> bytes:
    value = msgspec.json.decode(content)
    return msgspec.json.encode(
        {name: each for name, each in value.items() if name not in _UNCOUNTED}, order="sorted"
    )


def have_migrated(connection: Connection, definition: Definition) -> Definition:
    """`drive` it, and compare what objects are after it with what they were; the CRD as it is now.

    What the cluster says of a failure is reported: what it means is found out.
    """
    before = contents(connection, definition)
    failure = drive(connection, definition)
    if failure:
        connection.report(f"the cluster's migration of {definition.name}: {failure}")
    check_contents(definition, before, contents(connection, definition))
    return get_definition(connection, definition.name)


def check_contents(definition: Definition, before: Contents, after: Contents) -> None:
    """Raises `NotAsBefore` naming objects that are others though nobody has changed them."""
    changed = [
        str(key)
        for key, (identity, digest) in before.items()
        if key in after and after[key][0] == identity and after[key][1] != digest
    ]
    if changed:
        more = f" and {len(changed) - _SHOWN:,} more" if len(changed) > _SHOWN else ""
        raise NotAsBefore(
            f"{definition.name}: objects are not what they were before the cluster migrated them: "
            f"{', '.join(changed[:_SHOWN])}{more}. Its conversion changes them: mend the webhook"
        )


def drive(
    connection: Connection, definition: Definition, sleep: Callable[[float], Any] = time.sleep
) -> str:
    """Have the cluster rewrite a resource, and put back what it takes off the record.

    Returns what it says of a failure; empty if it says that it has succeeded. Raises `UsageError`
    where the cluster has no such migrations, and `Unavailable` where nobody does them.
    """
    name = name_of(definition)
    body = _found_or_created(connection, definition)
    waited = 0.0
    while (ended := _ended(body)) is None:
        if waited >= IDLE and not _conditions(body):
            raise Unavailable(
                f"nobody has begun the StorageVersionMigration {name}: is its controller on?"
            )
        sleep(_POLL)
        waited += _POLL
        try:
            body = connection.get(f"{_SVMS}/{name}").body
        except Refused as error:
            if error.status != 404:
                raise
            # It may have ended first.
            put_back(connection, definition, _stored_of(body) or definition.stored)
            raise Conflict(f"the StorageVersionMigration {name} has been deleted") from None
    put_back(connection, definition, _stored_of(body) or definition.stored)
    return ended


def put_back(connection: Connection, definition: Definition, stored: tuple[str, ...]) -> None:
    """Have ``status.storedVersions`` name versions again. Raises `Conflict`."""
    for _ in range(_TRIES):
        now = get_definition(connection, definition.name)
        wanted = list(dict.fromkeys((*stored, *now.stored)))
        if [*now.stored] == wanted:
            return
        if write_stored(connection, now, wanted):
            return
    raise Conflict(f"the CRD {definition.name} is written all the time")


def forget(connection: Connection, definition: Definition) -> None:
    """Delete the migration, once it is proved that nothing is left."""
    try:
        connection.request("DELETE", f"{_SVMS}/{name_of(definition)}")
    except Refused as error:
        if error.status != 404:
            raise


def _found_or_created(connection: Connection, definition: Definition) -> Mapping[str, Any]:
    name = name_of(definition)
    for _ in range(_TRIES):
        try:
            found: Mapping[str, Any] = connection.get(f"{_SVMS}/{name}").body
        except Refused as error:
            if error.status != 404:
                raise
        else:
            if _ended(found) is None:
                return found
            # It is of a run that did not get to its end: what it took away comes back first.
            put_back(connection, definition, _stored_of(found))
            definition = get_definition(connection, definition.name)
            forget(connection, definition)
        resource = {"group": definition.group, "resource": definition.plural}
        body = {
            "apiVersion": f"{_GROUP}/v1beta1",
            "kind": _KIND,
            "metadata": {"name": name, "annotations": {_STORED: ",".join(definition.stored)}},
            "spec": {"resource": resource},
        }
        try:
            made: Mapping[str, Any] = connection.request("POST", _SVMS, body).body
        except Refused as error:
            if error.status == 409:
                continue
            if error.status == 404:
                raise UsageError(
                    f"{connection.host} has no {_GROUP}/v1beta1: leave out --engine svm"
                ) from None
            raise
        return made
    raise Conflict(f"the StorageVersionMigration {name} is made and deleted all the time")


def _stored_of(body: Mapping[str, Any]) -> tuple[str, ...]:
    with reading_as(_KIND):
        said = (body["metadata"].get("annotations") or {}).get(_STORED) or ""
        return tuple(each for each in said.split(",") if each)


def _conditions(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    with reading_as(_KIND):
        return {
            each["type"]: each
            for each in (body.get("status") or {}).get("conditions") or ()
            if each.get("status") == "True"
        }


def _ended(body: Mapping[str, Any]) -> str | None:
    """Why it failed; empty where it succeeded, None while it goes on."""
    found = _conditions(body)
    if "Failed" in found:
        return str(found["Failed"].get("message") or "it failed")
    return "" if "Succeeded" in found else None
