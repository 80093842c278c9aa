"""Edits of versions: what is served, preferred and stored, and what two of them share."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Documents = dict[str, dict[str, Any]]
"""Lock documents by group/version."""

RELEASE = "1.6"


def edits(base: Documents) -> Iterator[tuple[str, str, Documents, Documents]]:
    """Family, version, the base, and what became of it."""
    yield "remove a stable version", "batch/v1", base, without(base, "batch/v1")
    yield "remove a stable version", "autoscaling/v1", base, without(base, "autoscaling/v1")
    yield "remove the storage version", "autoscaling/v2", base, without(base, "autoscaling/v2")
    family = "remove a beta version that was not deprecated"
    yield family, "batch/v1beta1", base, without(base, "batch/v1beta1")
    late = deprecated(base, "batch/v1beta1", "1.7")
    family = "remove a beta version before its time"
    yield family, "batch/v1beta1", late, without(late, "batch/v1beta1")
    due = deprecated(base, "batch/v1beta1", "1.6")
    family = "remove a beta version in its time"
    yield family, "batch/v1beta1", due, without(due, "batch/v1beta1")
    yield "remove an alpha version", "batch/v2alpha1", base, without(base, "batch/v2alpha1")
    yield "add a version", "batch/v2alpha1", without(base, "batch/v2alpha1"), base
    yield "add a version", "batch/v1", without(base, "batch/v1"), base
    yield "prefer a beta version", "batch/v1beta1", base, preferring(base, "batch/v1beta1")
    yield "store a beta version", "batch/v1beta1", base, storing(base, "batch/v1beta1")
    yield "store an alpha version", "batch/v2alpha1", base, storing(base, "batch/v2alpha1")
    yield "store another stable version", "autoscaling/v1", base, storing(base, "autoscaling/v1")
    fresh = {"fresh": {"type": "string"}}
    family = "add a field that an older version loses"
    yield family, "batch/v1beta1", base, losing(with_fields(base, "batch/v1", fresh))
    strict = with_fields(base, "batch/v1", {"fresh": {"type": "string", "pattern": "^a"}})
    yield "remove a pattern", "batch/v1", strict, with_fields(base, "batch/v1", fresh)
    strict = with_fields(base, "batch/v1", {"fresh": {"type": "string", "rules": ["is_word"]}})
    yield "remove a validator", "batch/v1", strict, with_fields(base, "batch/v1", fresh)


def with_fields(base: Documents, version: str, fields: dict[str, Any]) -> Documents:
    edited = copy.deepcopy(base)
    edited[version]["types"]["CronJobSpec"]["fields"].update(fields)
    return edited


def losing(base: Documents) -> Documents:
    edited = copy.deepcopy(base)
    conversion = edited["batch/v1beta1"]["kinds"]["CronJob"].setdefault("conversion", {})
    conversion["lost"] = {"toSpoke": {"spec.fresh": "too new"}}
    return edited


def without(base: Documents, version: str) -> Documents:
    return {name: document for name, document in base.items() if name != version}


def deprecated(base: Documents, version: str, until: str) -> Documents:
    edited = copy.deepcopy(base)
    for kind in edited[version]["kinds"].values():
        kind["deprecated"] = {"since": "1.3", "removedIn": until}
    return edited


def preferring(base: Documents, version: str) -> Documents:
    edited = copy.deepcopy(base)
    for name, document in edited.items():
        if document["group"] == edited[version]["group"]:
            document["preferred"] = name == version
    return edited


def storing(base: Documents, version: str) -> Documents:
    edited = copy.deepcopy(base)
    for name, document in edited.items():
        if document["group"] == edited[version]["group"]:
            for kind in document["kinds"].values():
                kind["storage"] = name == version
    return edited
