"""Durations as people write them: ``90s``, ``5m``, ``12h``, ``14d``, ``1h30m``; ``forever``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from kconv._errors import UsageError

FOREVER: Final = "forever"

_UNITS: Final = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)([dhms])")
_WHOLE: Final = re.compile(rf"(?:{_PART.pattern})+")
_MOST: Final = 100 * 365 * 86400


def parse_duration(text: str, what: str) -> timedelta | None:
    """Read a duration; None for ``forever``. ``what`` names it in the `UsageError` for others."""
    text = text.strip()
    if text == FOREVER:
        return None
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    if not _WHOLE.fullmatch(text) or seconds > _MOST:
        raise UsageError(f'{what} is no duration: "{text}"; write 90s, 10m, 12h, 14d or {FOREVER}')
    return timedelta(seconds=seconds)
