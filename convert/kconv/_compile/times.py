"""Points in time as msgspec decodes them: texts, in their canonical spelling.

To msgspec a time is a type of its own, made by its hook from what the JSON holds. All that is
called for a spelling that was seen before is in C: a `re` pattern in the type would be searched
with, and a match made, for each one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from operator import getitem
from typing import Any, Final

import marshmallow
import msgspec

from kconv.fields import MicroTime, Time

_MEMO_SIZE: Final = 4096
_SECONDS: Final = (
    r"(?!0000)[0-9]{4}-"
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
)


class Times(dict[Any, str]):
    """Canonical spellings by what was written, remembered since objects are read more than once.

    ``canonical`` matches what surely is in its canonical spelling, which leap days are not for
    want of a short pattern. Looking up what is no time of ``field`` raises ``ValueError``.
    """

    def __init__(self, field: Time, canonical: str) -> None:
        super().__init__()
        self.field = field
        self.canonical = canonical + r"Z\Z"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # Compiling it takes longer than reading a file that holds no time.
        return re.compile(self.canonical)

    def __missing__(self, value: Any) -> str:
        # A text of another class is nobody's spelling but the caller's own.
        exactly = type(value) is str
        if exactly and self._pattern.match(value):
            found: str = value
        else:
            try:
                found = self.field.deserialize(value)
            except marshmallow.ValidationError as error:
                raise ValueError(str(error)) from None
        if exactly:
            if len(self) >= _MEMO_SIZE:
                self.clear()
            self[value] = found
        return found


class _Text(type):
    """Of types that any text is an instance of, which is what msgspec asks of the hook's result."""

    __instancecheck__ = type.__instancecheck__.__get__(str)


def _text_type(name: str, made: Callable[[Any], str]) -> Any:
    return _Text(name, (), {"__class_getitem__": made})


TIME: Final = _text_type("Time", Times(Time(), _SECONDS).__getitem__)
MICRO_TIME: Final = _text_type(
    "MicroTime", Times(MicroTime(), _SECONDS + r"\.[0-9]{6}").__getitem__
)

# The hook is given the type and what the JSON holds.
_hook: Final[Callable[[type, Any], Any]] = getitem  # type: ignore[assignment]  # it has overloads


def decoder(of: Any) -> Callable[[bytes | str], Any]:
    """What decodes JSON to a compiled type, or lists of it. Raises ``msgspec.MsgspecError``."""
    return msgspec.json.Decoder(of, dec_hook=_hook).decode


def convert(value: Any, to: Any) -> Any:
    """A JSON-shaped value as a compiled type, or lists of it. Raises ``msgspec.MsgspecError``."""
    return msgspec.convert(value, to, dec_hook=_hook)
