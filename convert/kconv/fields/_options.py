"""What the declarations of fields may say, for type checkers.

What a field gives when it is read from an object follows from how it is declared: a field that is
``required`` or has a ``load_default`` always has a value, any other may be absent, which is None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypedDict

from kconv.fields._spec import ListType, MapType

Function = Callable[[Any], Any]


class FieldOptions(TypedDict, total=False):
    """What any field may say, besides ``required`` and ``load_default``."""

    data_key: str | None
    attribute: str | None
    validate: Function | Iterable[Function] | None
    pre_load: Function | Iterable[Function] | None
    post_load: Function | Iterable[Function] | None
    allow_none: bool | None
    load_only: bool
    dump_only: bool
    dump_default: Any
    error_messages: dict[str, str] | None
    metadata: Mapping[str, Any] | None


class StringOptions(FieldOptions, total=False):
    """What a `String` may say."""

    enum: str | Sequence[str]
    pattern: str | None
    min_length: int | None
    max_length: int | None


class IntegerOptions(FieldOptions, total=False):
    """What an `Int32` or `Int64` may say."""

    minimum: int | None
    maximum: int | None
    multiple_of: int | None


class DoubleOptions(FieldOptions, total=False):
    """What a `Double` may say."""

    minimum: float | None
    maximum: float | None


class DurationOptions(FieldOptions, total=False):
    """What a `Duration` may say."""

    multiple_of: str | None


class MapOptions(FieldOptions, total=False):
    """What a `Map` may say."""

    map_type: MapType | None


class ObjectOptions(FieldOptions, total=False):
    """What an `Object` may say."""

    patch_strategy: str | None
    map_type: MapType | None


class ListOptions(FieldOptions, total=False):
    """What a `List` may say."""

    list_type: ListType | None
    map_keys: str | Sequence[str]
    merge_key: str | None
    patch_strategy: str | None
    unique: bool | None
    min_items: int | None
    max_items: int | None
