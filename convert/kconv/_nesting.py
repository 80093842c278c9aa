"""How deep JSON-shaped values nest.

Apart from `kconv._paths`, which messages need: they are printed by commands that load next to
nothing.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

_CONTAINERS: Final = (dict, list)


def nests_deeper(value: Any, levels: int) -> bool:
    """Whether objects and lists of a JSON-shaped value nest more than so many levels."""
    level = [value] if value and isinstance(value, _CONTAINERS) else []
    for depth in range(levels):
        if depth == _LOOKED_AT and level and _has_few_brackets(level, levels - depth):
            return False
        if not level:
            return False
        level = [
            inner
            for item in level
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, _CONTAINERS)
        ]
    return bool(level)


_LOOKED_AT: Final = 2
"""Levels after which it is quicker to write a value and to count its brackets."""


def _has_few_brackets(value: Any, levels: int) -> bool:
    """Whether a value opens too few lists and objects to nest deeper than that, empty ones aside.

    Below the innermost of them there may be an empty one.
    """
    try:
        text = _encode(value)
    except (TypeError, ValueError, RecursionError):
        return False
    # A text may have brackets as well, so that there are fewer than are counted.
    return text.count(b'{"') + text.count(b"[") < levels


_encode = msgspec.json.Encoder().encode
