"""Points in time (RFC 3339), to the second and to the microsecond."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from kconv.fields._base import Field, Read
from kconv.fields._spec import Spec

if TYPE_CHECKING:
    from kconv.fields._options import FieldOptions

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))\Z",
    re.ASCII,
)
_MICROSECONDS = re.compile(r"[.,]\d{6}(?!\d)", re.ASCII)
_ZERO = datetime(1, 1, 1, tzinfo=UTC)


def parse_time(text: str) -> datetime:
    """An RFC 3339 time as an aware datetime in UTC, to the microsecond.

    Takes what Go's ``time.Parse`` does: any number of digits of a second behind a point or comma,
    hours of one digit, offsets up to 24:60. Raises ``ValueError`` for anything else, local times
    without an offset among them, and outside of the years 1 to 9999 in UTC.
    """
    match = _RFC3339.match(text)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    micro = int((match[7] or "").ljust(6, "0")[:6])
    offset = timedelta(hours=int(match[9] or 0), minutes=int(match[10] or 0))
    if offset and (int(match[9]) > 24 or int(match[10]) > 60):
        raise ValueError(text)
    try:
        when = datetime(year, month, day, hour, minute, second, micro, UTC)
        return when + offset if match[8] == "-" else when - offset
    except OverflowError:
        raise ValueError(text) from None


def format_time(when: datetime) -> str:
    """``2026-01-02T03:04:05Z``, as the API writes a Time; fractions are cut off."""
    return f"{when.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"


def format_micro_time(when: datetime) -> str:
    """``2026-01-02T03:04:05.000006Z``, as the API writes a MicroTime."""
    return f"{when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


_SURELY_SECONDS = (
    r"(?!000[01])[0-9]{4}-"
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
)
"""Matches no leap day, since there is no short pattern, and nothing that may be the zero time."""

_EXAMPLES_FROM = datetime(2001, 1, 1, tzinfo=UTC)


def canonical_time(text: str) -> str:
    """A time as the API writes it. Raises ``ValueError`` for what is no RFC 3339 time."""
    return format_time(parse_time(text))


def canonical_micro_time(text: str) -> str:
    """A time with its microseconds, of which all six digits must be there.

    Raises ``ValueError`` for what is no such RFC 3339 time.
    """
    if not _MICROSECONDS.search(text):
        raise ValueError(text)
    return stored_micro_time(text)


def stored_micro_time(text: str) -> str:
    """As `canonical_micro_time`, with any number of digits of a second."""
    return format_micro_time(parse_time(text))


def _times(st: Any) -> Any:
    return st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 30)).map(
        lambda when: when.replace(tzinfo=UTC)
    )


class Time(Field[str, Read]):
    """A point in time, decoded to UTC and whole seconds (``metav1.Time``).

    The zero time of Go, ``0001-01-01T00:00:00Z``, equals absent, as null does.
    """

    type_name = "date-time"

    @overload
    def __init__(
        self: Time[str],
        *,
        required: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Time[str],
        *,
        load_default: str | Callable[[], str],
        required: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Time[str | None],
        *,
        required: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)

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
            absent=format_time(_ZERO),
            placeholder=lambda number, _: format_time(
                _EXAMPLES_FROM + timedelta(days=number, seconds=number)
            ),
            strategy=lambda st: _times(st).map(format_time),
            formats=("date-time",),
            definitions=("io.k8s.apimachinery.pkg.apis.meta.v1.Time",),
        )


class MicroTime(Time[Read]):
    """A point in time, decoded to UTC and microseconds (``metav1.MicroTime``).

    It is written with six digits of a second; what was stored with others stays readable.
    """

    type_name = "micro-time"

    @overload
    def __init__(
        self: MicroTime[str],
        *,
        required: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: MicroTime[str],
        *,
        load_default: str | Callable[[], str],
        required: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: MicroTime[str | None],
        *,
        required: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...

    def __init__(self, **options: Any) -> None:
        Field.__init__(self, **options)

    def make_spec(self) -> Spec:
        """As of `Time`, in its own spelling."""
        return replace(
            super().make_spec(),
            expected="an RFC 3339 time such as 2026-01-02T03:04:05.000006Z, with six digits",
            canonical=canonical_micro_time,
            canonical_stored=stored_micro_time,
            canonical_pattern=_SURELY_SECONDS + r"\.[0-9]{6}Z",
            absent=format_micro_time(_ZERO),
            placeholder=lambda number, _: format_micro_time(
                _EXAMPLES_FROM + timedelta(days=number, microseconds=number)
            ),
            strategy=lambda st: _times(st).map(format_micro_time),
            formats=("micro-time",),
            definitions=("io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime",),
        )
