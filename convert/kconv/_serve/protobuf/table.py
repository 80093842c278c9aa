"""What is known of Kubernetes' messages, which ``tools/write-protobuf`` writes.

``messages.json``: message -> number -> [name in JSON, kind, presence]. The name is empty where the
JSON has the message's fields inline. A kind is a scalar, one of `kconv._serve.protobuf.known`,
another message, or ``list:`` or ``map:`` of one of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec

from kconv._gvk import GroupVersionKind
from kconv._schema import Type
from kconv.fields import spec_of
from kconv.fields._spec import AnyField

POINTER, ALWAYS, ALWAYS_BUT_NOT_IN_JSON = 0, 1, 2


class Field(NamedTuple):
    """A field of a message.

    ``outer`` is ``list`` or ``map`` where the kind is that of elements. A ``POINTER`` is written
    where it is set. Other fields are held by value: protobuf always has them, and JSON has their
    zero or not.
    """

    number: int
    name: str
    outer: str
    kind: str
    presence: int


Message = Mapping[int, Field]


class _Listed(msgspec.Struct, array_like=True):
    name: str
    kind: str
    presence: int = POINTER


@cache
def _listed() -> dict[str, dict[str, _Listed]]:
    data = files(__package__).joinpath("messages.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, dict[str, _Listed]])


def is_known(message: str) -> bool:
    """Whether there is such a message."""
    return message in _listed()


@cache
def fields_of(message: str) -> Message:
    """The fields of a message by number, ascending, as they are written."""
    found: dict[int, Field] = {}
    listed = {int(number): each for number, each in _listed()[message].items()}
    for number in sorted(listed):
        each = listed[number]
        outer, _, kind = each.kind.rpartition(":")
        found[number] = Field(number, each.name, outer, kind, each.presence)
    return found


_PACKAGES = {
    "": "core",
    "internal.apiserver.k8s.io": "apiserverinternal",
    **{each: each for each in ("apps", "autoscaling", "batch", "extensions", "policy")},
    **{
        f"{each}.k8s.io": each
        for each in (
            "admissionregistration",
            "apidiscovery",
            "apiextensions",
            "apiregistration",
            "authentication",
            "certificates",
            "coordination",
            "discovery",
            "events",
            "networking",
            "node",
            "resource",
            "scheduling",
            "storage",
            "storagemigration",
        )
    },
    "authorization.k8s.io": "authorization",
    "flowcontrol.apiserver.k8s.io": "flowcontrol",
    "rbac.authorization.k8s.io": "rbac",
    "meta.k8s.io": "meta",
}
_META = frozenset(
    {"APIGroup", "APIGroupList", "APIResourceList", "APIVersions", "DeleteOptions", "Status"}
)
"""Kinds that every version has and that are written as ``v1``."""


def message_of(gvk: GroupVersionKind) -> str:
    """The name that the message of a kind would have; empty where its group has none."""
    if gvk.kind in _META:
        return f"meta.v1.{gvk.kind}"
    package = _PACKAGES.get(gvk.group)
    if package is None:
        return ""
    # Versions of a view differ in their name only.
    version = "v1" if package == "meta" else gvk.version
    return f"{package}.{version}.{gvk.kind}"


_FREE = ("raw", "schemaorlist", "schemaorbool", "schemaornames")
"""Kinds that hold any JSON, or what is not an object of fields."""
_JSON_TYPES = {
    "int32": ("integer",),
    "int64": ("integer",),
    "bool": ("boolean",),
    "double": ("number", "integer"),
}


@cache
def holds(message: str, schema: type[Type]) -> bool:
    """Whether a message has all fields of a type, so that none would be lost."""
    return is_known(message) and _holds(message, schema, set())


def _holds(message: str, schema: type[Type], seen: set[tuple[str, type[Type]]]) -> bool:
    if (message, schema) in seen:
        return True
    seen.add((message, schema))
    known = _by_name(message)
    for name, field in schema.instance().wire_fields().items():
        if name in ("apiVersion", "kind") and name not in known:
            continue
        if name not in known or not _fits(known[name], field, seen):
            return False
    return True


def _fits(known: Field, field: AnyField, seen: set[tuple[str, type[Type]]]) -> bool:
    spec = spec_of(field)
    outer = "list" if known.kind == "texts" and not known.outer else known.outer
    if known.kind not in _FREE and outer != (
        spec.structure if spec.structure in ("list", "map") else ""
    ):
        return False
    while spec.element is not None:
        spec = spec_of(spec.element)
    if known.kind in _JSON_TYPES:
        return spec.json_type in _JSON_TYPES[known.kind]
    if is_known(known.kind):
        return spec.object_type is not None and _holds(known.kind, spec.object_type, seen)
    return spec.structure != "free" or known.kind in _FREE


def _by_name(message: str) -> dict[str, Field]:
    """The fields of a message as JSON has them: those of inline messages beside the others."""
    found: dict[str, Field] = {}
    for field in fields_of(message).values():
        if field.name:
            found[field.name] = field
        else:
            found |= _by_name(field.kind)
    return found
