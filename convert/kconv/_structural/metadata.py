"""Metadata, which is written as it is to be read nearly always.

Then loading it field by field would make the same of it, which is half of what it takes to read a
custom resource.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from kconv.fields import Time
from kconv.meta import ObjectMeta

Value = dict[str, Any]

_Generation = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]

_Time = Annotated[str, msgspec.Meta(pattern=f"^(?:{Time().spec.canonical_pattern})\\Z")]


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
    time: _Time | UnsetType = UNSET


class _Metadata(Struct, forbid_unknown_fields=True, rename="camel"):
    annotations: dict[str, str] | UnsetType = UNSET
    creation_timestamp: _Time | UnsetType = UNSET
    finalizers: list[str] | UnsetType = UNSET
    generate_name: str | UnsetType = UNSET
    labels: dict[str, str] | UnsetType = UNSET
    managed_fields: list[_Entry] | UnsetType = UNSET
    name: str | UnsetType = UNSET
    namespace: str | UnsetType = UNSET
    owner_references: list[_Owner] | UnsetType = UNSET
    resource_version: str | UnsetType = UNSET
    uid: str | UnsetType = UNSET
    generation: _Generation | UnsetType = UNSET


_ENTRY_NAMES: Final = tuple(sorted(_Entry.__struct_encode_fields__))
_OWNER_NAMES: Final = tuple(sorted(_Owner.__struct_encode_fields__))
_NAMES: Final = tuple(sorted(_Metadata.__struct_encode_fields__))


def load(raw: Value, *, is_own: bool = False) -> Value:
    """What `ObjectMeta` loads of metadata. Raises what that raises.

    Its parts are copies, unless the caller owns the metadata and nobody else has it.
    """
    try:
        msgspec.convert(raw, _Metadata)
    except msgspec.ValidationError:
        loaded: Value = ObjectMeta.instance().load(raw)
        return loaded
    made = {name: raw[name] for name in _NAMES if name in raw}
    if not is_own:
        made = _copied(made)
    if "managedFields" in made:
        made["managedFields"] = [_in_order(each, _ENTRY_NAMES) for each in made["managedFields"]]
    if "ownerReferences" in made:
        made["ownerReferences"] = [
            _in_order(each, _OWNER_NAMES) for each in made["ownerReferences"]
        ]
    return made


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _in_order(value: Value, names: tuple[str, ...]) -> Value:
    return {name: value[name] for name in names if name in value}
