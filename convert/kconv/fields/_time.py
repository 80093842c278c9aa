"""Points in time (RFC 3339), to the second and to the microsecond."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from kconv.fields._base import Field
from kconv.fields._spec import Spec

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


_SURELY_SECONDS = (
    r"(?!0000)[0-9]{4}-"
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
)
"""Matches no leap day, for want of a short pattern."""

_EXAMPLES_FROM = datetime(2001, 1, 1, tzinfo=UTC)


def canonical_time(text: str) -> str:
    """A time as the API writes it. Raises ``ValueError`` for what is no RFC 3339 time."""
    return format_time(parse_time(text))


def canonical_micro_time(text: str) -> str:
    """A time with its microseconds. Raises ``ValueError`` for what is no RFC 3339 time."""
    return format_micro_time(parse_time(text))


def _times(st: Any) -> Any:
    return st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 30)).map(
        lambda when: when.replace(tzinfo=UTC)
    )


class Time(Field):
    """A point in time, decoded to UTC and whole seconds (``metav1.Time``)."""

    type_name = "date-time"

    def make_spec(self) -> Spec:
        """A text that is read as RFC 3339 says."""
        return Spec(
            type_name=self.type_name,
            json_type="string",
            format="date-time",
            expected="an RFC 3339 time such as 2026-01-02T03:04:05Z",
            native=str,
            canonical=canonical_time,
            canonical_pattern=_SURELY_SECONDS + "Z",
            placeholder=lambda number, _: format_time(
                _EXAMPLES_FROM + timedelta(days=number, seconds=number)
            ),
            strategy=lambda st: _times(st).map(format_time),
            formats=("date-time",),
            definitions=("io.k8s.apimachinery.pkg.apis.meta.v1.Time",),
        )


class MicroTime(Time):
    """A point in time, decoded to UTC and microseconds (``metav1.MicroTime``)."""

    type_name = "micro-time"

    def make_spec(self) -> Spec:
        """As of `Time`, in its own spelling."""
        return replace(
            super().make_spec(),
            canonical=canonical_micro_time,
            canonical_pattern=_SURELY_SECONDS + r"\.[0-9]{6}Z",
            placeholder=lambda number, _: format_micro_time(
                _EXAMPLES_FROM + timedelta(days=number, microseconds=number)
            ),
            strategy=lambda st: _times(st).map(format_micro_time),
            formats=("micro-time",),
            definitions=("io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime",),
        )
