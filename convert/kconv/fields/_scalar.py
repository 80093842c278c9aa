"""Strings, numbers and booleans, with no coercion: an integer is not a numeric string."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from kconv._paths import TOO_LONG, Finding, Path, invalid, not_supported
from kconv.fields._base import Field, type_error

INT32 = (-(2**31), 2**31 - 1)
INT64 = (-(2**63), 2**63 - 1)


def anchored(pattern: str) -> str:
    """An ECMA pattern for Python, whose ``$`` would also match before a last line break."""
    return re.sub(r"((?:^|[^\\])(?:\\\\)*)\$$", r"\1\\Z", pattern)


class String(Field):
    """A string, with an optional enumeration, pattern (searched, ECMA style) and length bounds.

    A required string that is empty counts as absent, since Kubernetes' decoder cannot tell the
    two apart.
    """

    type_name = "string"

    def __init__(
        self,
        *,
        enum: Sequence[str] = (),
        pattern: str | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.enum = tuple(enum)
        self.pattern = pattern
        self.min_length = min_length
        self.max_length = max_length
        self.expression = None if pattern is None else anchored(pattern)
        """The pattern as Python and msgspec search it."""
        self._compiled = re.compile(self.expression) if self.expression is not None else None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise type_error(value, "a string")
        return value

    def zero(self) -> str:
        """The empty string."""
        return ""

    def empty(self, value: Any) -> bool:
        """The empty string counts as absent."""
        return bool(value == "")

    def check(self, value: Any, path: Path) -> Iterator[Finding]:
        """Enumeration, length, pattern, and the validators given to the field."""
        if self.enum and value not in self.enum:
            yield not_supported(path, value, self.enum)
        if self.min_length is not None and len(value) < self.min_length:
            yield invalid(path, value, f"should be at least {self.min_length} chars long")
        if self.max_length is not None and len(value) > self.max_length:
            message = f"Too long: may not be more than {self.max_length} bytes"
            yield Finding(path, TOO_LONG, message)
        if self._compiled is not None and not self._compiled.search(value):
            yield invalid(path, value, f"should match '{self.pattern}'")
        yield from super().check(value, path)


def check_bounds(
    value: float, path: Path, minimum: float | None, maximum: float | None
) -> Iterator[Finding]:
    """Findings for a number outside of its (inclusive) bounds."""
    if minimum is not None and value < minimum:
        yield invalid(path, value, f"must be greater than or equal to {minimum}")
    if maximum is not None and value > maximum:
        yield invalid(path, value, f"must be less than or equal to {maximum}")


class Integer(Field):
    """A whole number within the range of its format, int32 or int64; bounds are inclusive."""

    type_name = "integer"

    def __init__(
        self,
        *,
        format: Literal["int32", "int64"] = "int64",
        minimum: int | None = None,
        maximum: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.format = format
        self.minimum = minimum
        self.maximum = maximum
        self.range = INT32 if format == "int32" else INT64

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise type_error(value, "an integer")
        if not self.range[0] <= value <= self.range[1]:
            raise type_error(value, f"an integer of format {self.format}")
        return value

    def zero(self) -> int:
        """Zero."""
        return 0

    def check(self, value: Any, path: Path) -> Iterator[Finding]:
        """Bounds, and the validators given to the field."""
        yield from check_bounds(value, path, self.minimum, self.maximum)
        yield from super().check(value, path)


class Int32(Integer):
    """An integer of format int32."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="int32", **kwargs)


class Int64(Integer):
    """An integer of format int64."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="int64", **kwargs)


class Double(Field):
    """A number of format double; bounds are inclusive."""

    type_name = "number"

    def __init__(
        self, *, minimum: float | None = None, maximum: float | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.minimum = minimum
        self.maximum = maximum

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise type_error(value, "a number")
        return value

    def zero(self) -> float:
        """Zero."""
        return 0

    def check(self, value: Any, path: Path) -> Iterator[Finding]:
        """Bounds, and the validators given to the field."""
        yield from check_bounds(value, path, self.minimum, self.maximum)
        yield from super().check(value, path)


class Boolean(Field):
    """true or false, and nothing that looks like it."""

    type_name = "boolean"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise type_error(value, "a boolean")
        return value

    def zero(self) -> bool:
        """False."""
        return False
