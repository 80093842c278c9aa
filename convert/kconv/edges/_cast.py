"""A number or a boolean in one version that is a text in the other: ``8080`` and ``"8080"``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kconv._paths import quote
from kconv.edges._plan import shape
from kconv.edges._value import Inexact, ValueRule, misfit, whole_number
from kconv.fields import Spec, spec_of
from kconv.fields._spec import AnyField

_WHOLE = re.compile(r"(?:0|-?[1-9][0-9]{0,18})\Z")
_BOOLEANS = {True: "true", False: "false"}


class Cast(ValueRule):
    """An integer or a boolean on one side, whichever it is, and its text on the other.

    Only a text as the number is written comes back the same, so that no other is converted:
    neither ``"007"`` nor ``"1.0"``. The text's field has to say what it takes, by a ``pattern`` or
    an ``enum``.
    """

    name = "cast"

    def forward(self, value: Any) -> Any:
        """Spoke to hub: to what the hub's field is."""
        return cast_to(self._hub_spec, value)

    def backward(self, value: Any) -> Any:
        """Hub to spoke: to what the spoke's field is."""
        return cast_to(self._spoke_spec, value)

    def misfits(self, spoke: Sequence[AnyField], hub: Sequence[AnyField]) -> list[str]:
        """Fields of which not one is a text and the other an integer or a boolean."""
        one, other = spec_of(spoke[0]), spec_of(hub[0])
        text, number = (one, other) if one.any_text else (other, one)
        if not text.any_text or number.json_type not in ("integer", "boolean"):
            found = f"{shape(spoke[0])} and {shape(hub[0])}"
            return [f"{self}: casts an integer or a boolean to a string; the fields are {found}"]
        if not text.pattern and not text.enum:
            path = self.spoke[0] if text is one else self.hub[0]
            what = (
                r"takes any text; say which numbers it holds, such as "
                r'pattern=r"^(0|-?[1-9][0-9]{0,8})$"'
                if number.json_type == "integer"
                else 'takes any text; give it enum=("true", "false")'
            )
            return [misfit(self, path, what)]
        return []


def is_castable(spec: Spec) -> bool:
    """Whether texts can be made of a field's values, and the values of their texts."""
    return spec.any_text or spec.json_type in ("integer", "boolean")


def cast_to(spec: Spec | None, value: Any) -> Any:
    """A value as a field has it: the number or boolean of a text, or the text of one.

    Raises `Inexact` for a text that is not as the number is written.
    """
    kind = "string" if spec is None else spec.json_type
    if kind == "string":
        return _BOOLEANS[value] if isinstance(value, bool) else str(value)
    if kind == "boolean":
        for boolean, text in _BOOLEANS.items():
            if value == text:
                return boolean
        raise Inexact("it is neither true nor false")
    if not isinstance(value, str) or not _WHOLE.match(value):
        raise Inexact(f"it is not how a whole number is written, as {_written(value)}")
    return whole_number(int(value), spec)


def _written(text: Any) -> str:
    try:
        return quote(str(int(text)))
    except ValueError:
        return quote("10")
