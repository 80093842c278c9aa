"""Schedules of cron jobs: five fields or a descriptor, and time zones.

Read as ``robfig/cron`` reads them, which Kubernetes uses, with its messages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from kconv.fields import parse_duration

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DESCRIPTORS = (
    "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly",
)  # fmt: skip
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*")


class BadSchedule(ValueError):
    """A schedule or time zone that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class _Field:
    least: int
    greatest: int
    names: Mapping[str, int] = field(default_factory=dict)


_FIELDS: Sequence[_Field] = (
    _Field(0, 59),
    _Field(0, 23),
    _Field(1, 31),
    _Field(1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    _Field(0, 6, {name: number for number, name in enumerate(_DAYS)}),
)


_SHORT = 64
"""Characters of the schedules that are remembered as good: objects repeat a few of them."""


def check_schedule(text: str) -> None:
    """Raise `BadSchedule` for what is no schedule: ``*/15 8-18 * * mon-fri``, ``@hourly``.

    A time zone within the schedule is refused: it has a field of its own.
    """
    (_check_remembered if len(text) <= _SHORT else _check)(text)


def _check(text: str) -> None:
    if not text:
        raise BadSchedule("empty spec string")
    if "TZ" in text:
        raise BadSchedule("cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
    if text.startswith("@"):
        _check_descriptor(text)
        return
    fields = text.split()
    if len(fields) != len(_FIELDS):
        listed = " ".join(fields)
        raise BadSchedule(
            f"expected exactly {len(_FIELDS)} fields, found {len(fields)}: [{listed}]"
        )
    for each, bounds in zip(fields, _FIELDS, strict=True):
        for part in each.split(","):
            if part:
                _check_range(part, bounds)


_check_remembered = lru_cache(maxsize=4096)(_check)


def _check_descriptor(text: str) -> None:
    if text.startswith("@every "):
        try:
            parse_duration(text.removeprefix("@every "))
        except ValueError:
            length = text.removeprefix("@every ")
            raise BadSchedule(
                f'failed to parse duration {text}: time: invalid duration "{length}"'
            ) from None
    elif text not in _DESCRIPTORS:
        raise BadSchedule(f"unrecognized descriptor: {text}")


def _check_range(text: str, bounds: _Field) -> None:
    span, *steps = text.split("/")
    low, *high = span.split("-")
    if low in ("*", "?"):
        start, end = bounds.least, bounds.greatest
    else:
        start = _number(low, bounds.names)
        if len(high) > 1:
            raise BadSchedule(f"too many hyphens: {text}")
        end = _number(high[0], bounds.names) if high else start
    if len(steps) > 1:
        raise BadSchedule(f"too many slashes: {text}")
    step = _number(steps[0], {}) if steps else 1
    if steps and not high:
        end = bounds.greatest
    if start < bounds.least:
        raise BadSchedule(f"beginning of range ({start}) below minimum ({bounds.least}): {text}")
    if end > bounds.greatest:
        raise BadSchedule(f"end of range ({end}) above maximum ({bounds.greatest}): {text}")
    if start > end:
        raise BadSchedule(f"beginning of range ({start}) beyond end of range ({end}): {text}")
    if step == 0:
        raise BadSchedule(f"step of range should be a positive number: {text}")


def _number(text: str, names: Mapping[str, int]) -> int:
    named = names.get(text.lower())
    if named is not None:
        return named
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        why = f'strconv.Atoi: parsing "{text}": invalid syntax'
        raise BadSchedule(f"failed to parse int from {text}: {why}")
    if len(text) > 19:
        why = f'strconv.Atoi: parsing "{text[:19]}...": value out of range'
        raise BadSchedule(f"failed to parse int from {text[:19]}...: {why}")
    number = int(text)
    if number < 0:
        raise BadSchedule(f"negative number ({number}) not allowed: {text}")
    return number


def check_time_zone(name: str) -> None:
    """Raise `BadSchedule` for what is no time zone of the IANA database.

    On a machine without that database any well-formed name will do.
    """
    if not name:
        raise BadSchedule("must be nil or non-empty string")
    if name.lower() == "local":
        raise BadSchedule(
            "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        )
    if not _ZONE.fullmatch(name) or not _is_known(name):
        raise BadSchedule(f"unknown time zone {name}")


def _is_known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return not available_timezones()
    return True
