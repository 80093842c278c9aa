"""Bytes, written as base64 in JSON and YAML."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from kconv.fields._base import Field, type_error


class Bytes(Field):
    """Bytes as standard base64 with padding, decoded to its canonical spelling.

    Line breaks within the text are ignored, as by Go's decoder.
    """

    type_name = "byte"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise type_error(value, "a base64 string")
        text = value.replace("\n", "").replace("\r", "")
        try:
            return base64.b64encode(base64.b64decode(text, validate=True)).decode("ascii")
        except (binascii.Error, ValueError):
            raise type_error(value, "a base64 string") from None

    def zero(self) -> str:
        """No bytes."""
        return ""
