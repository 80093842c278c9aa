"""Metadata of stored objects, which is written as it is to be read nearly always.

Then loading it field by field would make the same of it, which is half of what it takes to read a
custom resource.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from kconv.meta import ObjectMeta

Value = dict[str, Any]

_TIME_LENGTH: Final = len("2006-01-02T15:04:05Z")


class _Owner(Struct, forbid_unknown_fields=True, rename="camel"):
    api_version: str
    kind: str
    name: str
    uid: str
    block_owner_deletion: bool | UnsetType = UNSET
    controller: bool | UnsetType = UNSET


class _Entry(Struct, forbid_unknown_fields=True, rename="camel"):
    api_version: str | UnsetType = UNSET
    fields_type: str | UnsetType = UNSET
    fields_v1: dict[str, Any] | UnsetType = UNSET
    manager: str | UnsetType = UNSET
    operation: str | UnsetType = UNSET
    subresource: str | UnsetType = UNSET
    time: datetime | UnsetType = UNSET


class _Metadata(Struct, forbid_unknown_fields=True, rename="camel"):
    annotations: dict[str, str] | UnsetType = UNSET
    creation_timestamp: datetime | UnsetType = UNSET
    finalizers: list[str] | UnsetType = UNSET
    generate_name: str | UnsetType = UNSET
    labels: dict[str, str] | UnsetType = UNSET
    managed_fields: list[_Entry] | UnsetType = UNSET
    name: str | UnsetType = UNSET
    namespace: str | UnsetType = UNSET
    owner_references: list[_Owner] | UnsetType = UNSET
    resource_version: str | UnsetType = UNSET
    uid: str | UnsetType = UNSET
    generation: int | UnsetType = UNSET


_ENTRY_NAMES: Final = tuple(sorted(_Entry.__struct_encode_fields__))
_OWNER_NAMES: Final = tuple(sorted(_Owner.__struct_encode_fields__))
_NAMES: Final = tuple(sorted(_Metadata.__struct_encode_fields__))


def load(raw: Value) -> Value:
    """What `ObjectMeta` loads of metadata. Raises `marshmallow.ValidationError`."""
    loaded: Value = ObjectMeta.instance().load(raw)
    return loaded


def load_stored(raw: Value) -> Value:
    """The same of metadata that has been stored. Raises as `load`."""
    try:
        known = msgspec.convert(raw, _Metadata)
    except msgspec.ValidationError:
        return load(raw)
    entries = raw.get("managedFields", ())
    times = [raw[name] for name in ("creationTimestamp",) if name in raw]
    times += [each["time"] for each in entries if "time" in each]
    if not all(map(_is_canonical, times)) or (known.generation or 0) < 0:
        return load(raw)
    made = {name: raw[name] for name in _NAMES if name in raw}
    if entries:
        made["managedFields"] = [_in_order(each, _ENTRY_NAMES) for each in entries]
    if "ownerReferences" in made:
        made["ownerReferences"] = [_in_order(each, _OWNER_NAMES) for each in raw["ownerReferences"]]
    return made


def _is_canonical(time: str) -> bool:
    return len(time) == _TIME_LENGTH and time[10] == "T" and time[-1] == "Z"


def _in_order(value: Value, names: tuple[str, ...]) -> Value:
    return {name: value[name] for name in names if name in value}
