"""Values that stand for those of people: from a path or a pattern, and always the same ones."""

from __future__ import annotations

import importlib
import re
import string
import zlib
from typing import Any, Final

from kconv._paths import Path, format_path

_PRINTABLE: Final = string.ascii_lowercase + string.digits + string.ascii_uppercase + "-_./: "
_LONGEST: Final = 10_000
_CLASSES: Final = {
    "[:alnum:]": "0-9A-Za-z", "[:alpha:]": "A-Za-z", "[:digit:]": "0-9", "[:lower:]": "a-z",
    "[:upper:]": "A-Z", "[:word:]": r"\w", "[:space:]": r"\s", "[:xdigit:]": "0-9A-Fa-f",
}  # fmt: skip
"""What RE2 has in sets, and Python not."""
_FLAGS: Final = re.compile(r"\(\?[imsU]+\)")


def number_at(path: Path) -> int:
    """A number from 1 to 999, which depends on nothing but the path."""
    return zlib.crc32(format_path(path).encode()) % 999 + 1


def name_at(path: Path) -> str:
    """The innermost field of a path; elements are called as their list is."""
    return next(str(step) for step in reversed(path) if isinstance(step, str))


def text_at(path: Path) -> str:
    """``colorValue`` for ``spec.color``; that of a later element has its number behind it."""
    index = next((step for step in reversed(path) if isinstance(step, int)), 0)
    return f"{name_at(path)}Value{index or ''}"


def within(value: float, minimum: float | None, maximum: float | None) -> float:
    """A number, or the bound that is nearest to it."""
    if minimum is not None and value < minimum:
        return minimum
    return maximum if maximum is not None and value > maximum else value


def text_for(pattern: str) -> str | None:
    """A text that a pattern matches: the first of each choice, no repeats.

    None where the pattern needs more than its parts say, such as a lookbehind. Of a pattern that
    somebody else wrote, take `text_of_parts`: Python may search for ever.
    """
    text = text_of_parts(pattern)
    return text if text is not None and re.search(pattern, text) else None


def text_of_parts(pattern: str) -> str | None:
    """What the parts of a pattern say, which is not always all; None where they cannot be read."""
    for name, characters in _CLASSES.items():
        pattern = pattern.replace(name, characters)
    # The parser is private to `re`, where it has been since 3.11; without it authors give examples.
    try:
        # Flags may stand anywhere in Go's patterns; case alone is nothing to a text that is made.
        known = _FLAGS.sub("", pattern).replace(r"\z", r"\Z")
        tree = importlib.import_module("re._parser").parse(known)
        return _sequence(tree)
    except (ImportError, AttributeError, LookupError, StopIteration, re.error, RecursionError):
        return None


def _sequence(tree: Any) -> str:
    return _short("".join(_part(str(operator), argument) for operator, argument in tree))


def _short(text: str, times: int = 1) -> str:
    if len(text) * times > _LONGEST:
        raise LookupError("too long")
    return text * times


def _part(operator: str, argument: Any) -> str:
    if operator == "LITERAL":
        return chr(argument)
    if operator in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, _, inner = argument
        return _short(_sequence(inner), int(least))
    if operator == "SUBPATTERN":
        return _sequence(argument[-1])
    if operator == "ATOMIC_GROUP":
        return _sequence(argument)
    if operator == "BRANCH":
        return _sequence(argument[1][0])
    if operator == "ANY":
        return _PRINTABLE[0]
    if operator == "NOT_LITERAL":
        return next(each for each in _PRINTABLE if ord(each) != argument)
    if operator == "IN":
        return next(each for each in _PRINTABLE if _within(each, argument))
    if operator in ("AT", "ASSERT", "ASSERT_NOT"):
        return ""
    raise LookupError(operator)


def _within(character: str, choices: Any) -> bool:
    negated = str(choices[0][0]) == "NEGATE"
    return any(_is(character, str(name), what) for name, what in choices) is not negated


def _is(character: str, operator: str, argument: Any) -> bool:
    if operator == "LITERAL":
        return bool(ord(character) == argument)
    if operator == "RANGE":
        return bool(argument[0] <= ord(character) <= argument[1])
    if operator != "CATEGORY":
        return False
    kind, negated = str(argument).removeprefix("CATEGORY_"), "_NOT_" in str(argument)
    shorthand = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}[kind.removeprefix("NOT_")]
    return (re.match(shorthand, character) is not None) is not negated
