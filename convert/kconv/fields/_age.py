"""How long ago, for people: ``45s``, ``3m7s``, ``5h``, ``12d``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kconv.fields._time import parse_time

UNKNOWN = "<unknown>"


def age(text: Any, when: datetime | None = None) -> str:
    """How long before ``when`` (now by default) a time of the API was, as kubectl writes it.

    ``<unknown>`` for what is no time, ``<invalid>`` for one that lies ahead.
    """
    if not isinstance(text, str) or not text:
        return UNKNOWN
    try:
        since = parse_time(text)
    except ValueError:
        return UNKNOWN
    seconds = int(((when or datetime.now(UTC)) - since).total_seconds())
    if seconds < -1:
        return "<invalid>"
    return human_duration(max(seconds, 0))


def human_duration(seconds: int) -> str:
    """Seconds in the one or two greatest units that say something (``duration.HumanDuration``)."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return _two(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 365 * 2:
        return f"{days}d"
    if days < 365 * 8:
        return _two(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _two(greater: int, unit: str, rest: int, smaller: str) -> str:
    return f"{greater}{unit}{rest}{smaller}" if rest else f"{greater}{unit}"
