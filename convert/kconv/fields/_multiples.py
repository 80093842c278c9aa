"""Rules that say how fine an amount may be: whole multiples of something."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakSet

from marshmallow import ValidationError

from kconv.fields._spec import Spec

Amount = Callable[[Any], int]
"""The amount of a value, as a whole number."""


def multiples(of: str, step: int, amount: Amount) -> Callable[[Any], None]:
    """A rule that refuses values whose amount is no whole multiple of ``step``, called ``of``."""

    def multiple(value: Any) -> None:
        if amount(value) % step:
            raise ValidationError(f"must be a whole multiple of {of}")

    multiple.__qualname__ = f"multiple_of({of})"
    _SAID.add(multiple)
    return multiple


_SAID: WeakSet[Callable[[Any], None]] = WeakSet()


def is_said(validator: Callable[[Any], Any]) -> bool:
    """Whether a validator is one of `multiples`, which finds the same of a value each time."""
    return validator in _SAID


def whole_multiple(number: int, spec: Spec, step: int) -> int:
    """A whole multiple near a number, within the bounds of a field."""
    low, high = bounds(spec, step)
    return max(low, min(high, max(number // step, 1))) * step


def bounds(spec: Spec, step: int) -> tuple[int, int]:
    """Between which multiples the values of an integer field are."""
    low, high = spec.range or (-(2**63), 2**63 - 1)
    low = low if spec.minimum is None else max(low, int(spec.minimum))
    high = high if spec.maximum is None else min(high, int(spec.maximum))
    return -(-low // step), high // step


def step_problems(multiple_of: object, kinds: tuple[type, ...]) -> Iterator[str]:
    """What `Scheme.freeze` refuses: a multiple of nothing."""
    if isinstance(multiple_of, bool) or not isinstance(multiple_of, kinds):
        yield f"its multiple_of {multiple_of!r} is no amount"
    elif isinstance(multiple_of, int) and multiple_of <= 0:
        yield f"its multiple_of {multiple_of!r} is not above 0"
