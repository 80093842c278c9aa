"""Subjects of v1alpha1 to the hub and back, as ``pkg/apis/rbac/v1alpha1/conversion.go`` does it."""

from __future__ import annotations

from typing import Any

from kconv.edges import Functions
from kconv_schemas.rbac.defaults import ACCOUNT, GROUP, NAMED

EVERYBODY = "system:authenticated"

Value = dict[str, Any]


def to_hub(spoke: Value, hub: Value) -> None:
    """The group out of the apiVersion; the user ``*`` is everybody who is authenticated."""
    if "subjects" in spoke:
        hub["subjects"] = [_subject_to_hub(each) for each in spoke["subjects"]]


def _subject_to_hub(subject: Value) -> Value:
    found = dict(subject)
    group, slash, _ = found.pop("apiVersion", "").partition("/")
    if slash and group:
        found["apiGroup"] = group
    if (found.get("kind"), found.get("apiGroup"), found.get("name")) == ("User", GROUP, "*"):
        found |= {"kind": "Group", "name": EVERYBODY}
    return found


def to_spoke(hub: Value, spoke: Value) -> None:
    """An apiVersion with the group, of v1alpha1 for what is no object."""
    if "subjects" in hub:
        spoke["subjects"] = [_subject_to_spoke(each) for each in hub["subjects"]]


def _subject_to_spoke(subject: Value) -> Value:
    found = dict(subject)
    group, kind = found.pop("apiGroup", ""), found.get("kind")
    if kind == ACCOUNT:
        found["apiVersion"] = "v1"
    elif kind in NAMED:
        found["apiVersion"] = f"{GROUP}/v1alpha1"
    elif group:
        found["apiVersion"] = f"{group}/"
    return found


SUBJECTS = Functions(
    spoke=("subjects",),
    hub=("subjects",),
    to_hub=to_hub,
    to_spoke=to_spoke,
    lost={
        "spoke:subjects[*].apiVersion": "its version is no part of the hub's apiGroup",
        "spoke:subjects[*].kind": "the user * becomes the group of all who are authenticated",
        "spoke:subjects[*].name": "the user * becomes the group of all who are authenticated",
        "subjects[*].apiGroup": "users, groups and service accounts have the group of their kind",
    },
)
"""How subjects of v1alpha1 differ from the hub's."""
