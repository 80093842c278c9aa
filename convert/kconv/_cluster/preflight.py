"""What has to be true before the objects of a cluster are rewritten."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from kconv._cluster.built_in import BuiltIn
from kconv._cluster.connection import Connection, Refused, reading_as
from kconv._cluster.definition import CRDS, Definition
from kconv._errors import Conflict, Forbidden, Unavailable
from kconv._gvk import GroupResource

REVIEWS: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

SETTLE: Final = 10.0
"""Seconds after which every API server of a cluster has seen that a CRD changed."""

_OURS: Final = ("kconv", "kube-apiserver")

Right = dict[str, str]


def rights(definition: Definition) -> list[Right]:
    """What a migration of a resource has to be allowed."""
    crds = {"group": "apiextensions.k8s.io", "resource": "customresourcedefinitions"}
    own = {"group": definition.group, "resource": definition.plural}
    on_objects = [{**own, "verb": verb} for verb in ("list", "get", "patch")]
    if isinstance(definition, BuiltIn):
        return on_objects
    return [
        {**crds, "verb": "get", "name": definition.name},
        {**crds, "verb": "patch", "name": definition.name, "subresource": "status"},
        *on_objects,
    ]


def check_rights(
    connection: Connection, definitions: Sequence[Definition], others: Sequence[Right] = ()
) -> None:
    """Raises `Forbidden` naming everything that we may not do, ``others`` included."""
    lacking = []
    for needed in (*map(rights, definitions), others):
        for right in needed:
            body = {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SelfSubjectAccessReview",
                "spec": {"resourceAttributes": right},
            }
            try:
                answer = connection.request("POST", REVIEWS, body).body
            except Refused as error:
                if error.status == 404:
                    return  # a server that knows no reviews may still do what it is asked
                raise
            with reading_as("review of rights"):
                allowed = (answer.get("status") or {}).get("allowed")
            if not allowed:
                lacking.append(_right_text(right))
    if lacking:
        raise Forbidden(f"{connection.host} does not allow to: {', '.join(lacking)}")


def check_definition(
    connection: Connection, definition: Definition, *, is_driven: bool = False
) -> None:
    """Raises what keeps a resource from being migrated: `Conflict`, or `Unavailable`.

    ``is_driven`` says that the cluster's own migrator rewrites objects, which looks at none.

    A webhook that cannot be reached is found by asking for an object in each version.
    """
    if definition.problem:
        raise Conflict(f"{definition.title} {definition.problem}")
    if definition.storage not in definition.served:
        raise Conflict(
            f"{definition.title} stores {definition.storage} and does not serve it: set "
            "served: true, for objects are rewritten through it"
        )
    for version in definition.old:
        paths = ", ".join(definition.narrowed.get(version, ()))
        lost = (
            f"{definition.title} has strategy: None, and {definition.storage} lacks {paths}, which "
            f"{version} has"
        )
        if paths and version not in definition.served:
            raise Conflict(
                f"{lost}: that would be lost, and nobody would see it, for {version} is not "
                f"served. Set served: true at it, and add the fields to {definition.storage} or "
                "set a conversion webhook"
            )
        if paths and is_driven:
            raise Conflict(
                f"{lost}: the cluster's own migrator would lose it. Without --engine svm, objects "
                "that use it are left as they are"
            )
    for version in definition.served:
        try:
            connection.get(definition.path(version), limit=1)
        except Refused as error:
            if error.status == 404:
                raise Unavailable(f"{definition.api_version(version)} is not served yet") from None
            # One object that is sick is no reason not to begin: it will be named.


def settle(
    connection: Connection, definition: Definition, sleep: Callable[[float], Any] = time.sleep
) -> None:
    """Wait until every API server must have seen the CRD as it is, by the server's clock.

    One that has not writes in the former storage version still.
    """
    if isinstance(definition, BuiltIn):
        return
    date = connection.get(f"{CRDS}/{definition.name}").date
    try:
        now = parsedate_to_datetime(date)
        changed = datetime.fromisoformat(definition.changed)
    except (TypeError, ValueError):
        # Nobody says when it changed: it may have been now.
        sleep(SETTLE)
        return
    age = (now.astimezone(UTC) - changed).total_seconds()
    if age < SETTLE:
        sleep(min(SETTLE - age, SETTLE))


def findings(definition: Definition) -> list[str]:
    """What is worth knowing of a CRD before its objects are migrated."""
    found = []
    if definition.problem:
        found.append(f"{definition.name}: {definition.title} {definition.problem}")
    if isinstance(definition, BuiltIn):
        return found
    others = sorted({*definition.managers} - {*_OURS})
    if others:
        found.append(f"{definition.name}: status.storedVersions is written by {', '.join(others)}")
    hidden = [each for each in definition.old if each not in definition.served]
    if hidden:
        found.append(
            f"{definition.name}: {', '.join(hidden)} is stored and not served: what objects are in "
            "it cannot be compared"
        )
    found += [
        f"{definition.name}: strategy: None, and {definition.storage} lacks "
        f"{', '.join(definition.narrowed[each])}, which {each} has: objects that use it are left "
        "as they are; add it, or set a conversion webhook"
        for each in definition.old
        if each in definition.narrowed
    ]
    gone = [each for each in definition.old if each not in definition.versions]
    if gone:
        found.append(
            f"{definition.name}: {', '.join(gone)} is no version of the CRD any more: objects in "
            "it cannot be read, nor rewritten"
        )
    return found


def _right_text(right: Right) -> str:
    subresource = f"/{right['subresource']}" if "subresource" in right else ""
    name = f" {right['name']}" if "name" in right else ""
    resource = GroupResource(right["group"], right["resource"])
    return f"{right['verb']} {resource}{subresource}{name}"
