"""Lengths of time as Go writes them: ``1h30m0s``, ``250ms``."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from kconv.fields._base import Field, type_error

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_DURATION = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+\Z")
_PART = re.compile(r"([0-9.]+)(ns|us|µs|μs|ms|s|m|h)")


def parse_duration(text: str) -> int:
    """Nanoseconds of a Go duration (``time.ParseDuration``).

    Raises ``ValueError`` for anything else, or beyond 64 bits.
    """
    if text.lstrip("+-") == "0" and len(text) <= 2:
        return 0
    if not _DURATION.match(text):
        raise ValueError(text)
    total = sum(int(Decimal(number) * _UNITS[unit]) for number, unit in _PART.findall(text))
    if total >= 2**63:
        raise ValueError(text)
    return -total if text.startswith("-") else total


def format_duration(nanoseconds: int) -> str:
    """A length of time as Go's ``Duration.String`` writes it."""
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if rest == 0:
        return "0s"
    if rest < 1_000_000_000:
        unit, size = next((u, s) for u, s in (("ms", 10**6), ("µs", 10**3), ("ns", 1)) if rest >= s)
        return f"{sign}{_number(Decimal(rest) / size)}{unit}"
    hours, rest = divmod(rest, _UNITS["h"])
    minutes, rest = divmod(rest, _UNITS["m"])
    seconds = f"{_number(Decimal(rest) / _UNITS['s'])}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}"
    return f"{sign}{minutes}m{seconds}" if minutes else f"{sign}{seconds}"


def _number(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Duration(Field):
    """A length of time, decoded to Go's canonical spelling (``metav1.Duration``)."""

    type_name = "duration"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise type_error(value, "a duration such as 1h30m or 250ms")
        try:
            return format_duration(parse_duration(value))
        except ValueError:
            raise type_error(value, "a duration such as 1h30m or 250ms") from None

    def zero(self) -> str:
        """No time at all."""
        return "0s"
