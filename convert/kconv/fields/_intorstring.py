"""A port or share given as a number or a name: ``8080``, ``"http"``, ``"25%"``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from kconv.fields._base import Field, Read, as_written, type_error
from kconv.fields._scalar import INT32
from kconv.fields._spec import Spec

if TYPE_CHECKING:
    from kconv.fields._options import FieldOptions


class IntOrString(Field[int | str, Read]):
    """An integer of format int32 or a string, kept as which of the two it is."""

    type_name = "int-or-string"

    @overload
    def __init__(
        self: IntOrString[int | str],
        *,
        required: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: IntOrString[int | str],
        *,
        load_default: int | str | Callable[[], int | str],
        required: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: IntOrString[int | str | None],
        *,
        required: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)

    def make_spec(self) -> Spec:
        """A number within int32, or any text."""
        return Spec(
            type_name=self.type_name,
            openapi={
                "format": "int-or-string",
                "oneOf": [{"type": "integer"}, {"type": "string"}],
            },
            structural={"x-kubernetes-int-or-string": True},
            expected="an integer or a string",
            native=int | str,
            range=INT32,
            zero=0,
            placeholder=lambda number, _: number,
            strategy=lambda st: st.one_of(
                st.integers(0, 65535),
                st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8),
            ),
            formats=("int-or-string",),
            definitions=("io.k8s.apimachinery.pkg.util.intstr.IntOrString",),
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | str:
        if isinstance(value, str):
            return value
        value = as_written(value, int)
        if isinstance(value, bool) or not isinstance(value, int):
            raise type_error(value, "an integer or a string")
        if not INT32[0] <= value <= INT32[1]:
            raise type_error(value, "an integer of format int32, or a string")
        return value
