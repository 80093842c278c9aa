"""Rehearsing that an object is stored anew: the server is asked to do it, and to keep nothing.

What comes back through another version than the one that is stored has been through the conversion
and the pruning both ways.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from kconv._cluster.connection import MERGE_PATCH, Connection, Refused
from kconv._cluster.definition import Definition
from kconv._cluster.differing import Problem, as_findings, listed
from kconv._cluster.hubs import Hubs
from kconv._cluster.kinds import content_of
from kconv._cluster.listing import ClusterKey
from kconv._cluster.proof import differing_from, said_difference
from kconv._cluster.walk import Seen
from kconv.place import Row

DRY: Final = "dryRun=All&fieldValidation=Ignore"


def rehearsed(connection: Connection, definition: Definition, row: Row, hubs: Hubs) -> Row:
    """A row, with its problem where it would not be what it is once it is stored anew."""
    if row.problem:
        return row
    found = _problem(connection, definition, row, hubs)
    return Row(row.key, row.version, row.mark, row.data, found.text, found.findings)


def _problem(connection: Connection, definition: Definition, row: Row, hubs: Hubs) -> Problem:
    key = ClusterKey(*map(str, row.key))
    body = {"metadata": {"resourceVersion": str(row.mark)}}
    others = [each for each in definition.served if each != definition.storage]
    for version in others or [definition.storage]:
        path = f"{definition.path(version, *key)}?{DRY}"
        try:
            answer = connection.request("PATCH", path, body, content_type=MERGE_PATCH).body
        except Refused as error:
            if error.status in (404, 409) or is_undryable(error):
                return Problem()  # written or deleted meanwhile; or nobody can know
            return Problem(f"would be refused: {error.message}")
        would_be = Seen(key, "", 0, {version: content_of(answer, definition, version)})
        is_same = partial(hubs.is_same, definition)
        found = differing_from(would_be, row.data, definition.storage, is_same)
        if found:
            said = (
                f"would be changed, in {listed([each.field for each in found])}: "
                f"{definition.storage} does not hold it; {remedy(definition, version)}"
            )
            return Problem(said, as_findings(found))
    return Problem()


def would_be_other(
    connection: Connection, definition: Definition, value: Any, document: bytes
) -> bool:
    """Whether an object that is put would not be what a document of it says. Raises `Refused`."""
    metadata = value["metadata"]
    version = value["apiVersion"].rpartition("/")[2]
    key = ClusterKey(metadata.get("namespace") or "", metadata["name"])
    path = f"{definition.path(version, *key)}?{DRY}"
    try:
        answer = connection.request("PUT", path, value).body
    except Refused as error:
        if is_undryable(error):
            return False
        raise
    would_be = Seen(key, "", 0, {version: content_of(answer, definition, version)})
    return bool(said_difference(would_be, document, was_put=True))


def is_undryable(error: Refused) -> bool:
    """Whether an admission webhook has side effects, so that nothing can be rehearsed."""
    return error.status == 400 and "dry run" in error.message


def remedy(definition: Definition, version: str) -> str:
    """What to mend where a conversion loses what a version holds."""
    if (definition.conversion.get("strategy") or "None") != "None":
        return "mend the webhook"
    paths = ", ".join(definition.narrowed.get(version, ())) or "what is lost"
    return (
        f"with strategy: None, fields that {definition.storage} lacks are dropped: add {paths} to "
        "its schema, or set a conversion webhook"
    )
