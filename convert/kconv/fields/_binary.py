"""Bytes, written as base64 in JSON and YAML."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from kconv.fields._base import Field, Read
from kconv.fields._spec import Spec

if TYPE_CHECKING:
    from kconv.fields._options import FieldOptions


def canonical_base64(text: str) -> str:
    """Standard base64 with padding and without line breaks. Raises ``ValueError`` for others."""
    text = text.replace("\n", "").replace("\r", "")
    return base64.b64encode(base64.b64decode(text, validate=True)).decode("ascii")


class Bytes(Field[str, Read]):
    """Bytes as standard base64 with padding, decoded to its canonical spelling.

    Line breaks within the text are ignored, as by Go's decoder.
    """

    type_name = "byte"

    @overload
    def __init__(
        self: Bytes[str],
        *,
        required: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Bytes[str],
        *,
        load_default: str | Callable[[], str],
        required: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Bytes[str | None],
        *,
        required: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)

    def make_spec(self) -> Spec:
        """A text that is read as base64."""
        return Spec(
            type_name=self.type_name,
            json_type="string",
            format="byte",
            expected="a base64 string",
            native=str,
            canonical=canonical_base64,
            zero="",
            placeholder=lambda _, name: base64.b64encode(f"{name}Value".encode()).decode(),
            strategy=lambda st: st.binary(max_size=8).map(lambda b: base64.b64encode(b).decode()),
            formats=("byte",),
        )
