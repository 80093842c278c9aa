"""A text that a pattern matches, always the same one: the first of each choice, no repeats."""

from __future__ import annotations

import importlib
import re
import string
from typing import Any

_PRINTABLE = string.ascii_lowercase + string.digits + string.ascii_uppercase + "-_./: "


def text_for(pattern: str) -> str | None:
    """The text; None where the pattern needs more than its parts say, such as a lookbehind.

    The caller checks it: what the parts say is not always all.
    """
    # The parser is private to `re`, where it has been since 3.11; without it authors give examples.
    try:
        tree = importlib.import_module("re._parser").parse(pattern)
        text = _sequence(tree)
    except (ImportError, AttributeError, LookupError, StopIteration):
        return None
    return text if re.search(pattern, text) else None


def _sequence(tree: Any) -> str:
    return "".join(_part(str(operator), argument) for operator, argument in tree)


def _part(operator: str, argument: Any) -> str:
    if operator == "LITERAL":
        return chr(argument)
    if operator in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, _, inner = argument
        return _sequence(inner) * int(least)
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
