"""Keys of rows as tuples of JSON scalars, and back: of columns of any type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, TypeDecorator

from kconv._errors import UsageError
from kconv.place import Key, Scalar

_READERS: Final[dict[type[Any], Callable[[str], Any]]] = {
    UUID: UUID,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    Decimal: Decimal,
    bytes: bytes.fromhex,
}


def is_plain(column: Column[Any]) -> bool:
    """Whether the values of a column are JSON scalars as they are."""
    try:
        wanted = column.type.python_type
    except NotImplementedError:
        return False
    return wanted in (int, str, bool) and not isinstance(column.type, TypeDecorator)


def as_key(values: Sequence[Any]) -> Key:
    """The key of a row, from the values of its key columns."""
    return tuple(map(_scalar, values))


def as_values(key: Key, columns: Sequence[Column[Any]]) -> tuple[Any, ...]:
    """The values of the key columns, from a key."""
    return tuple(_value(part, column) for part, column in zip(key, columns, strict=True))


def _scalar(value: Any) -> Scalar:
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, UUID | Decimal):
        return str(value)
    raise UsageError(f"a key column holds a {type(value).__name__}, which keys cannot have")


def _value(part: Scalar, column: Column[Any]) -> Any:
    if not isinstance(part, str):
        return part
    try:
        wanted = column.type.python_type
    except NotImplementedError:
        return part
    if issubclass(wanted, Enum):
        return wanted[part]
    reader = next((_READERS[each] for each in wanted.__mro__ if each in _READERS), None)
    return part if reader is None else reader(part)
