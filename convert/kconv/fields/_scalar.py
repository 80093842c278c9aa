"""Strings, numbers and booleans, with no coercion: an integer is not a numeric string."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from kconv._paths import several
from kconv.fields._base import Field, Read, as_written, type_error
from kconv.fields._multiples import bounds, multiples, step_problems, whole_multiple
from kconv.fields._spec import Spec, anchored

if TYPE_CHECKING:
    from kconv.fields._options import DoubleOptions, FieldOptions, IntegerOptions, StringOptions

INT32 = (-(2**31), 2**31 - 1)
INT64 = (-(2**63), 2**63 - 1)
FORMATS = ("int32", "int64")


class String(Field[str, Read]):
    """A string, with an optional enumeration, pattern (searched, ECMA style) and length bounds.

    A required string that is empty counts as absent, since Kubernetes' decoder cannot tell the
    two apart.
    """

    type_name = "string"

    @overload
    def __init__(
        self: String[str],
        *,
        required: Literal[True],
        **options: Unpack[StringOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: String[str],
        *,
        load_default: str | Callable[[], str],
        required: bool = ...,
        **options: Unpack[StringOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: String[str | None],
        *,
        required: bool = ...,
        **options: Unpack[StringOptions],
    ) -> None: ...

    def __init__(
        self,
        *,
        enum: str | Sequence[str] = (),
        pattern: str | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.enum = several(enum)
        self.pattern = pattern
        self.min_length = min_length
        self.max_length = max_length
        if pattern is not None:
            re.compile(anchored(pattern))

    def make_spec(self) -> Spec:
        """A text within its enumeration, lengths and pattern."""
        return Spec(
            type_name=self.type_name,
            json_type="string",
            expected="a string",
            native=str,
            enum=self.enum,
            pattern=self.pattern,
            min_length=self.min_length,
            max_length=self.max_length,
            zero="",
            empty_is_absent=True,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise type_error(value, "a string")
        return value


class Integer(Field[int, Read]):
    """A whole number within the range of its format, int32 or int64; bounds are inclusive.

    With ``multiple_of`` it is a whole multiple of that, such as of 1000. ``5.0`` and
    ``1e3`` are no integers, as in Kubernetes.
    """

    type_name = "integer"

    @overload
    def __init__(
        self: Integer[int],
        *,
        required: Literal[True],
        format: Literal["int32", "int64"] = ...,
        **options: Unpack[IntegerOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Integer[int],
        *,
        load_default: int | Callable[[], int],
        required: bool = ...,
        format: Literal["int32", "int64"] = ...,
        **options: Unpack[IntegerOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Integer[int | None],
        *,
        required: bool = ...,
        format: Literal["int32", "int64"] = ...,
        **options: Unpack[IntegerOptions],
    ) -> None: ...

    def __init__(
        self,
        *,
        format: Literal["int32", "int64"] = "int64",
        minimum: int | None = None,
        maximum: int | None = None,
        multiple_of: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.multiple_of = multiple_of
        if multiple_of:
            rule = multiples(str(multiple_of), multiple_of, int)
            self.validators = [rule, *self.validators]
        self.format = format
        self.minimum = minimum
        self.maximum = maximum
        self.range = INT32 if format == "int32" else INT64

    def make_spec(self) -> Spec:
        """A whole number within its format and bounds."""
        spec = self._spec()
        step = self.multiple_of
        if not step:
            return spec
        return replace(
            spec,
            multiple_of=step,
            placeholder=lambda number, _: whole_multiple(number, spec, step),
            strategy=lambda st: st.integers(*bounds(spec, step)).map(lambda each: each * step),
        )

    def _spec(self) -> Spec:
        return Spec(
            type_name=self.type_name,
            shape=self.format,
            json_type="integer",
            format=self.format,
            expected="an integer",
            native=int,
            range=self.range,
            minimum=self.minimum,
            maximum=self.maximum,
            problems=self._problems,
            zero=0,
            facts={"format": self.format},
            formats=(None,),
        )

    def _problems(self) -> Iterator[str]:
        if self.format not in FORMATS:
            yield f"its format {self.format!r} is none of {', '.join(FORMATS)}"
        if self.multiple_of is not None:
            yield from step_problems(self.multiple_of, (int,))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        value = as_written(value, int)
        if not isinstance(value, int) or isinstance(value, bool):
            raise type_error(value, "an integer")
        if not self.range[0] <= value <= self.range[1]:
            raise type_error(value, f"an integer of format {self.format}")
        return value


class Int32(Integer[Read]):
    """An integer of format int32."""

    @overload
    def __init__(
        self: Int32[int],
        *,
        required: Literal[True],
        **options: Unpack[IntegerOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Int32[int],
        *,
        load_default: int | Callable[[], int],
        required: bool = ...,
        **options: Unpack[IntegerOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Int32[int | None],
        *,
        required: bool = ...,
        **options: Unpack[IntegerOptions],
    ) -> None: ...

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="int32", **kwargs)  # type: ignore[misc]  # said by its own overloads

    def make_spec(self) -> Spec:
        """As of `Integer`."""
        return replace(super().make_spec(), formats=("int32",))


class Int64(Integer[Read]):
    """An integer of format int64."""

    @overload
    def __init__(
        self: Int64[int],
        *,
        required: Literal[True],
        **options: Unpack[IntegerOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Int64[int],
        *,
        load_default: int | Callable[[], int],
        required: bool = ...,
        **options: Unpack[IntegerOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Int64[int | None],
        *,
        required: bool = ...,
        **options: Unpack[IntegerOptions],
    ) -> None: ...

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="int64", **kwargs)  # type: ignore[misc]  # said by its own overloads

    def make_spec(self) -> Spec:
        """As of `Integer`."""
        return replace(super().make_spec(), formats=("int64",))


class Double(Field[float, Read]):
    """A number of format double; bounds are inclusive."""

    type_name = "number"

    @overload
    def __init__(
        self: Double[float],
        *,
        required: Literal[True],
        **options: Unpack[DoubleOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Double[float],
        *,
        load_default: float | Callable[[], float],
        required: bool = ...,
        **options: Unpack[DoubleOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Double[float | None],
        *,
        required: bool = ...,
        **options: Unpack[DoubleOptions],
    ) -> None: ...

    def __init__(
        self, *, minimum: float | None = None, maximum: float | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.minimum = minimum
        self.maximum = maximum

    def make_spec(self) -> Spec:
        """A number within its bounds."""
        return Spec(
            type_name=self.type_name,
            shape="double",
            json_type="number",
            format="double",
            expected="a number",
            native=int | float,
            minimum=self.minimum,
            maximum=self.maximum,
            zero=0,
            formats=(None, "double", "float"),
        )


class Boolean(Field[bool, Read]):
    """true or false, and nothing that looks like it."""

    type_name = "boolean"

    @overload
    def __init__(
        self: Boolean[bool],
        *,
        required: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Boolean[bool],
        *,
        load_default: bool | Callable[[], bool],
        required: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Boolean[bool | None],
        *,
        required: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)

    def make_spec(self) -> Spec:
        """One of two values."""
        return Spec(
            type_name=self.type_name,
            json_type="boolean",
            expected="a boolean",
            native=bool,
            zero=False,
        )
