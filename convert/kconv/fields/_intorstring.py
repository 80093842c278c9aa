"""A port or share given as a number or a name: ``8080``, ``"http"``, ``"25%"``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from kconv.fields._base import Field, Read, as_written, type_error
from kconv.fields._scalar import FORMATS, INT32, INT64
from kconv.fields._spec import Spec

if TYPE_CHECKING:
    from kconv.fields._options import FieldOptions


class IntOrString(Field[int | str, Read]):
    """An integer of format int32 or a string, kept as which of the two it is.

    With ``format="int64"`` the integer may be as large as CustomResourceDefinitions allow.
    """

    type_name = "int-or-string"

    @overload
    def __init__(
        self: IntOrString[int | str],
        *,
        required: Literal[True],
        format: Literal["int32", "int64"] = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: IntOrString[int | str],
        *,
        load_default: int | str | Callable[[], int | str],
        required: bool = ...,
        format: Literal["int32", "int64"] = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: IntOrString[int | str | None],
        *,
        required: bool = ...,
        format: Literal["int32", "int64"] = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...

    def __init__(self, *, format: Literal["int32", "int64"] = "int32", **options: Any) -> None:
        super().__init__(**options)
        self.format = format
        self.range = INT32 if format == "int32" else INT64

    def make_spec(self) -> Spec:
        """A number within its format, or any text."""
        return Spec(
            type_name=self.type_name,
            shape="" if self.format == "int32" else self.format,
            problems=self._problems,
            openapi={
                "format": "int-or-string",
                "oneOf": [{"type": "integer"}, {"type": "string"}],
            },
            structural={"x-kubernetes-int-or-string": True},
            expected="an integer or a string",
            native=int | str,
            range=self.range,
            zero=0,
            placeholder=lambda number, _: number,
            strategy=lambda st: st.one_of(
                st.integers(0, 65535),
                st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8),
            ),
            formats=("int-or-string",),
            definitions=("io.k8s.apimachinery.pkg.util.intstr.IntOrString",),
        )

    def _problems(self) -> Iterator[str]:
        if self.format not in FORMATS:
            yield f"its format {self.format!r} is none of {', '.join(FORMATS)}"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | str:
        if isinstance(value, str):
            return value
        value = as_written(value, int)
        if isinstance(value, bool) or not isinstance(value, int):
            raise type_error(value, "an integer or a string")
        if not self.range[0] <= value <= self.range[1]:
            raise type_error(value, f"an integer of format {self.format}, or a string")
        return value
