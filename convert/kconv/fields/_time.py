"""Points in time (RFC 3339), to the second and to the microsecond."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from kconv.fields._base import Field, type_error

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))\Z",
    re.ASCII,
)


def parse_time(text: str) -> datetime:
    """An RFC 3339 time as an aware datetime in UTC, to the microsecond.

    Raises ``ValueError`` for anything else, local times without an offset among them.
    """
    match = _RFC3339.match(text)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    micro = int((match[7] or "").ljust(6, "0")[:6])
    zone = UTC
    if match[8]:
        offset = timedelta(hours=int(match[9]), minutes=int(match[10]))
        if int(match[9]) > 23 or int(match[10]) > 59:
            raise ValueError(text)
        zone = timezone(-offset if match[8] == "-" else offset)
    try:
        when = datetime(year, month, day, hour, minute, second, micro, zone)
        return when.astimezone(UTC)
    except OverflowError:
        raise ValueError(text) from None


def format_time(when: datetime) -> str:
    """``2026-01-02T03:04:05Z``, as the API writes a Time; fractions are cut off."""
    return f"{when.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"


def format_micro_time(when: datetime) -> str:
    """``2026-01-02T03:04:05.000006Z``, as the API writes a MicroTime."""
    return f"{when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


class Time(Field):
    """A point in time, decoded to UTC and whole seconds (``metav1.Time``)."""

    type_name = "date-time"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise type_error(value, "an RFC 3339 time such as 2026-01-02T03:04:05Z")
        try:
            return self.format_time(parse_time(value))
        except ValueError:
            raise type_error(value, "an RFC 3339 time such as 2026-01-02T03:04:05Z") from None

    def format_time(self, when: datetime) -> str:
        """The spelling of the API for this kind of time."""
        return format_time(when)


class MicroTime(Time):
    """A point in time, decoded to UTC and microseconds (``metav1.MicroTime``)."""

    type_name = "micro-time"

    def format_time(self, when: datetime) -> str:
        """The spelling of the API for this kind of time."""
        return format_micro_time(when)
