"""Patterns of structural schemas, judged by RE2: what they take grows with the text, and no faster.

They are strangers' who write CRDs, and Python's own engine may take for ever on one. So where RE2
is not installed nothing judges them.
"""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import Any, Final


def _re2() -> Any:
    try:
        return importlib.import_module("re2")
    except ImportError:
        return None


_RE2: Final = _re2()


def has_patterns() -> bool:
    """Whether patterns are judged."""
    return _RE2 is not None


@lru_cache(1_000)
def _compiled(pattern: str) -> Any:
    """A pattern that is ready to ``search``, or a text that says why it is none."""
    options = _RE2.Options()
    options.log_errors = False
    try:
        return _RE2.compile(pattern, options)
    except _RE2.error as error:
        found = error.args[0] if error.args else error
        return found.decode(errors="replace") if isinstance(found, bytes) else str(found)


def pattern_problem(pattern: str) -> str:
    """Why a pattern cannot be read; empty where it can, or nobody judges it."""
    if _RE2 is None:
        return ""
    found = _compiled(pattern)
    return found if isinstance(found, str) else ""


def matches(pattern: str, value: str) -> bool:
    """Whether a text matches; what cannot be read, or nobody judges, is matched by all."""
    if _RE2 is None:
        return True
    found = _compiled(pattern)
    return isinstance(found, str) or found.search(value) is not None
