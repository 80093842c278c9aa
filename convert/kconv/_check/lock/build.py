"""The locks of the schemas in the code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from kconv._check.lock.document import (
    DOCUMENT,
    ConversionLock,
    Facts,
    KindLock,
    Locks,
    TypeLock,
    VersionLock,
)
from kconv._check.lock.fieldlock import function_name, json_value
from kconv._check.lock.typelock import reached, type_lock
from kconv._gvk import GroupVersion
from kconv._resource import Column, Resource
from kconv._schema import Type
from kconv._scheme import Scheme, Spoke
from kconv.edges import Loss, Rule
from kconv.edges._steps import format_steps

_NO_PARTICULARS = (
    "spoke",
    "hub",
    "key",
    "reverse",
    "reason",
    "lost",
    "kept",
    "refused",
    "structs",
    "annotation",
    "beside_name",
)
"""Attributes of rules that the description or the losses tell already, or that say nothing."""


def locks_of(scheme: Scheme, groups: Collection[str] | None = None) -> Locks:
    """The lock of every group/version of a frozen scheme, or of those of some groups."""
    wanted = [group for group in scheme.groups() if groups is None or group in groups]
    return {
        GroupVersion(group, version): _version_lock(scheme, GroupVersion(group, version))
        for group in wanted
        for version in sorted(scheme.versions(group))
    }


def type_names(roots: Collection[type[Type]]) -> dict[type[Type], str]:
    """The types that are reached from some, each with a name that no other has."""
    types = reached(roots)
    times = Counter(cls.__name__ for cls in types)
    return {
        cls: cls.__name__ if times[cls.__name__] == 1 else f"{cls.__name__} of {cls.__module__}"
        for cls in types
    }


def _version_lock(scheme: Scheme, gv: GroupVersion) -> VersionLock:
    spokes = scheme.spokes(gv)
    names = type_names([spoke.schema for spoke in spokes])
    types: dict[str, TypeLock] = {
        name: type_lock(cls, names.__getitem__, resource=Resource in cls.__mro__)
        for cls, name in names.items()
    }
    kinds = {spoke.options.kind: _kind_lock(spoke, names[spoke.schema]) for spoke in spokes}
    return VersionLock(
        gv.group,
        gv.version,
        preferred=scheme.versions(gv.group)[0] == gv.version,
        kinds={kind: kinds[kind] for kind in sorted(kinds)},
        types={name: types[name] for name in sorted(types)},
    )


def _kind_lock(spoke: Spoke, type_name: str) -> KindLock:
    options, deprecated = spoke.options, spoke.options.deprecated
    document = spoke.kind.document
    return KindLock(
        type_name,
        plural=options.plural,
        singular=options.singular,
        scope=_scope(spoke),
        stored_as=str(spoke.kind.group_resource),
        storage=spoke is spoke.kind.storage_spoke,
        short_names=tuple(sorted(options.short_names)),
        categories=tuple(sorted(options.categories)),
        subresources=tuple(sorted(options.subresources)),
        columns=tuple(_column(column) for column in options.printer_columns),
        deprecated={}
        if deprecated is None
        else _said(
            since=deprecated.since,
            removedIn=deprecated.removed_in,
            replacement=deprecated.replacement,
        ),
        document={}
        if document is None
        else {
            "nulls": "keep" if document.keeps_null else "absent",
            "unknown": document.unknown_policy,
        },
        conversion=_conversion(spoke),
    )


def _scope(spoke: Spoke) -> str:
    if not spoke.envelope:
        return DOCUMENT
    return "Namespaced" if spoke.options.namespaced else "Cluster"


def _column(column: Column) -> Facts:
    value = column.value if isinstance(column.value, str) else f"{function_name(column.value)}()"
    facts: dict[str, Any] = {"name": column.name, "value": value, "type": column.type}
    if column.format:
        facts["format"] = column.format
    if column.priority:
        facts["priority"] = column.priority
    return facts


def _said(**texts: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}


def _conversion(spoke: Spoke) -> ConversionLock:
    told: dict[str, Facts] = {}
    for rule in spoke.rules:
        text, number = rule.describe(), 1
        while text in told:
            number += 1
            text = f"{rule.describe()} #{number}"
        told[text] = _particulars(rule)
    losses = spoke.losses
    return ConversionLock(
        {text: told[text] for text in sorted(told)},
        kept=_by_path((loss, loss.kept) for loss in losses if loss.kept),
        lost_to_spoke=_by_path(
            (loss, loss.reason) for loss in losses if not loss.kept and loss.direction == "to spoke"
        ),
        lost_to_hub=_by_path(
            (loss, loss.reason) for loss in losses if not loss.kept and loss.direction == "to hub"
        ),
        via="" if spoke.via is None else spoke.via.api_version,
    )


def _by_path(pairs: Any) -> dict[str, str]:
    texts: list[tuple[Loss, str]] = list(pairs)
    found = {format_steps(loss.path): text for loss, text in texts}
    return {path: found[path] for path in sorted(found)}


def _particulars(rule: Rule) -> Facts:
    """What is particular to a rule: its public attributes that are plain data."""
    return {
        name: json_value(value)
        for name, value in sorted(vars(rule).items())
        if not name.startswith("_")
        and name not in _NO_PARTICULARS
        and isinstance(value, str | int | float | dict | list | tuple)
    }
