"""Texts that msgspec decodes to their canonical spelling, points in time above all.

To msgspec such a text is a type of its own, made by its hook from what the JSON holds. All that is
called for a spelling that was seen before is in C: a `re` pattern in the type would be searched
with, and a match made, for each one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, cached_property
from operator import getitem
from typing import Any, Final

import marshmallow
import msgspec

from kconv.fields import Spec

_MEMO_SIZE: Final = 4096


class CanonicalTexts(dict[Any, Any]):
    """Canonical spellings by what was written, remembered since objects are read more than once.

    ``made`` makes them; ``canonical`` matches what surely is in its canonical spelling. Looking up
    what has none raises ``ValueError``.
    """

    def __init__(self, made: Callable[[Any], Any], canonical: str) -> None:
        super().__init__()
        self.made = made
        self.canonical = rf"(?:{canonical})\Z"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # Compiling it takes longer than reading a file that holds no such text.
        return re.compile(self.canonical)

    def __missing__(self, value: Any) -> Any:
        # A text of another class is nobody's spelling but the caller's own.
        exactly = type(value) is str
        if exactly and self._pattern.match(value):
            found: Any = value
        else:
            try:
                found = self.made(value)
            except marshmallow.ValidationError as error:
                raise ValueError(str(error)) from None
        if exactly:
            if len(self) >= _MEMO_SIZE:
                self.clear()
            self[value] = found
        return found


class _Any(type):
    """Of types that anything is an instance of, which is what msgspec asks of the hook's result."""

    __instancecheck__ = type.__instancecheck__.__get__(object)


NO_VALUE: Final = object()
"""Stands for no value: a text that equals absence is left to the plain engine."""


def text_type(spec: Spec, *, stored: bool, absence: object) -> Any:
    """The type of the texts of a field that says which of them surely are canonical.

    With ``stored`` it reads what may be stored already. What equals absence, null included, is
    decoded to ``absence``: ``msgspec.UNSET`` for a field, null for an element, or `NO_VALUE`.
    """
    canonical = (spec.canonical_stored if stored else None) or spec.canonical
    assert canonical is not None, "there is a pattern for it"
    assert spec.canonical_pattern is not None, "the caller asked for one"
    return _text_type(canonical, spec.canonical_pattern, spec.absent, absence)


@cache
def _text_type(
    canonical: Callable[[Any], Any], pattern: str, absent: str | None, absence: object
) -> Any:
    def made(value: Any) -> Any:
        if value is None and absence is not NO_VALUE:
            return absence
        if not isinstance(value, str):
            raise ValueError(value)
        found: str = canonical(value)
        if found != absent:
            return found
        if absence is not NO_VALUE:
            return absence
        raise ValueError(f"{found} equals absent")

    return _Any("Text", (), {"__class_getitem__": CanonicalTexts(made, pattern).__getitem__})


# The hook is given the type and what the JSON holds.
_hook: Final[Callable[[type, Any], Any]] = getitem  # type: ignore[assignment]  # it has overloads


def decoder(of: Any) -> Callable[[bytes | str], Any]:
    """What decodes JSON to a compiled type, or lists of it. Raises ``msgspec.MsgspecError``."""
    return msgspec.json.Decoder(of, dec_hook=_hook).decode


def convert(value: Any, to: Any) -> Any:
    """A JSON-shaped value as a compiled type, or lists of it. Raises ``msgspec.MsgspecError``."""
    return msgspec.convert(value, to, dec_hook=_hook)
