"""Lengths of time as Go writes them: ``1h30m0s``, ``250ms``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from kconv.fields._base import Field, Read
from kconv.fields._multiples import multiples, step_problems
from kconv.fields._spec import Amounts, Spec

if TYPE_CHECKING:
    from kconv.fields._options import DurationOptions

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


def canonical_duration(text: str) -> str:
    """A length of time as Go writes it. Raises ``ValueError`` for what is none."""
    return format_duration(parse_duration(text))


_SURELY_CANONICAL = r"(?:(?:[1-9][0-9]{0,5}h[1-5]?[0-9]m|[1-5]?[1-9]m|[1-5]0m)?[1-5]?[0-9]s)"
"""Matches no fractions of a second, since there is no short pattern."""


def _number(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _seconds(text: str) -> Fraction:
    return Fraction(parse_duration(text), _UNITS["s"])


def _of_seconds(amount: Fraction) -> str:
    nanoseconds = amount * _UNITS["s"]
    if nanoseconds.denominator != 1 or not -(2**63) < nanoseconds < 2**63:
        raise ValueError("a duration counts nanoseconds, up to 292 years")
    return format_duration(int(nanoseconds))


_SECONDS = Amounts(_seconds, _of_seconds, Fraction(1, _UNITS["s"]))


class Duration(Field[str, Read]):
    """A length of time, decoded to Go's canonical spelling (``metav1.Duration``).

    With ``multiple_of`` it is a whole multiple of that, such as of ``"1s"``.
    """

    type_name = "duration"

    @overload
    def __init__(
        self: Duration[str],
        *,
        required: Literal[True],
        **options: Unpack[DurationOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Duration[str],
        *,
        load_default: str | Callable[[], str],
        required: bool = ...,
        **options: Unpack[DurationOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Duration[str | None],
        *,
        required: bool = ...,
        **options: Unpack[DurationOptions],
    ) -> None: ...

    def __init__(self, *, multiple_of: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.multiple_of = multiple_of
        self._step = 0 if multiple_of is None else parse_duration(multiple_of)
        if self._step > 0:
            rule = multiples(str(multiple_of), self._step, parse_duration)
            self.validators = [rule, *self.validators]

    def make_spec(self) -> Spec:
        """A text that is read as Go reads durations."""
        step = max(self._step, 1)
        return Spec(
            type_name=self.type_name,
            json_type="string",
            structural={"type": "string", "format": "duration"},
            expected="a duration such as 1h30m or 250ms",
            native=str,
            canonical=canonical_duration,
            canonical_pattern=_SURELY_CANONICAL,
            multiple_of=f"{Decimal(step).scaleb(-9):f}" if self._step > 0 else None,
            amounts=_SECONDS,
            problems=self._problems,
            zero="0s",
            placeholder=lambda number, _: format_duration(max(number * 10**9 // step, 1) * step),
            strategy=lambda st: st.integers(0, 10**15 // step).map(
                lambda number: format_duration(number * step)
            ),
            formats=("duration",),
            definitions=("io.k8s.apimachinery.pkg.apis.meta.v1.Duration",),
        )

    def _problems(self) -> Iterator[str]:
        if self.multiple_of is not None:
            yield from step_problems(self._step, (int,))
