"""An amount that the versions count in other units: seconds and a duration, cents and ``12.50``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from kconv._paths import quote
from kconv.edges._plan import shape
from kconv.edges._steps import Steps
from kconv.edges._value import Inexact, ValueRule, misfit, whole_number
from kconv.fields import Spec, spec_of
from kconv.fields._spec import AnyField

_AMOUNT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.([0-9]+))?\Z")


class Unit(ValueRule):
    """One of the spoke's unit is ``factor`` of the hub's: 1 second is 1,000 milliseconds.

    ``factor`` is a whole number or a text such as ``"0.01"``. The fields are integers; durations,
    which count seconds; or strings that hold an amount with ``digits`` digits behind its point, as
    ``12.50`` has two. So ``Unit("seconds", "interval")`` makes ``90`` of ``1m30s``, and
    ``Unit("cents", "price", "0.01", digits=2)`` makes ``12.50`` of ``1250``.

    All is exact, both ways: a value that comes out as none of the other field is not converted.
    ``multiple_of=`` of a field says that it holds only such as do.
    """

    name = "unit"

    def __init__(
        self, spoke: str, hub: str, factor: int | str = 1, *, digits: int | None = None
    ) -> None:
        super().__init__(spoke, hub)
        self.factor = str(factor)
        self.digits = digits

    def forward(self, value: Any) -> Any:
        """Spoke to hub: times the factor."""
        (top, bottom), (many, few) = self._read(value, self._spoke_spec), self._terms
        return self._written(top * many, bottom * few, self._hub_spec)

    def backward(self, value: Any) -> Any:
        """Hub to spoke: divided by it."""
        (top, bottom), (many, few) = self._read(value, self._hub_spec), self._terms
        return self._written(top * few, bottom * many, self._spoke_spec)

    @property
    def _ratio(self) -> Fraction:
        return Fraction(self.factor)

    @cached_property
    def _terms(self) -> tuple[int, int]:
        """Numerator and denominator of the factor: whole numbers are the quickest to count with."""
        return self._ratio.as_integer_ratio()

    def _read(self, value: Any, spec: Spec | None) -> tuple[int, int]:
        """An amount, as numerator and denominator."""
        if not isinstance(value, str):
            return value, 1
        if spec is not None and spec.amounts is not None:
            return spec.amounts.read(value).as_integer_ratio()
        match = _AMOUNT.match(value)
        if match is None or len(match[1] or "") != self.digits or (value.startswith("-0") and not (
            Decimal(value)
        )):  # fmt: skip
            raise Inexact(f"an amount is written with {self.digits} digits behind its point")
        return int(value.replace(".", "")), 10 ** (self.digits or 0)

    def _written(self, top: int, bottom: int, spec: Spec | None) -> Any:
        if spec is not None and spec.amounts is not None:
            try:
                return spec.amounts.write(Fraction(top, bottom))
            except ValueError as error:
                raise Inexact(str(error)) from None
        if spec is not None and spec.any_text:
            scaled, rest = divmod(top * 10 ** (self.digits or 0), bottom)
            if rest:
                raise Inexact(f"it has more than {self.digits} digits behind its point")
            return f"{Decimal(scaled).scaleb(-(self.digits or 0)):f}"
        whole, rest = divmod(top, bottom)
        if rest:
            raise Inexact(f"it is {top / bottom:g} there, which is no whole number")
        return whole_number(whole, spec)

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        problems = super().problems()
        try:
            ratio = Fraction(self.factor)
        except (ValueError, ZeroDivisionError):
            ratio = Fraction(0)
        if ratio <= 0:
            problems.append(f"{self}: its factor {quote(self.factor)} is no number above 0")
        return problems

    def misfits(self, spoke: Sequence[AnyField], hub: Sequence[AnyField]) -> list[str]:
        """Fields that count nothing, or hold values that the other cannot."""
        sides = list(zip((self.spoke[0], self.hub[0]), (spoke[0], hub[0]), strict=True))
        found = [problem for path, field in sides for problem in self._uncounted(path, field)]
        if found:
            return found
        (at, one), (to, other) = sides
        here, there = self._step(one), self._step(other)
        return [
            *self._too_fine(at, here * self._ratio, to, there, there / self._ratio),
            *self._too_fine(to, there / self._ratio, at, here, here * self._ratio),
        ]

    def _uncounted(self, path: Steps, field: AnyField) -> list[str]:
        spec = spec_of(field)
        if spec.any_text:
            if self.digits is None:
                return [misfit(self, path, "is a string; say how many digits= its amounts have")]
            if not spec.pattern:
                return [misfit(self, path, 'takes any text; give it a pattern such as '
                               r'r"^(0|[1-9][0-9]{0,9})\.[0-9]{2}$"')]  # fmt: skip
            return []
        if spec.json_type == "integer" or spec.amounts is not None:
            return []
        return [misfit(self, path, f"is {shape(field)}, which counts nothing; use Functions")]

    def _step(self, field: AnyField) -> Fraction:
        """What the amounts of a field are whole multiples of."""
        spec = spec_of(field)
        if spec.multiple_of is not None:
            return Fraction(spec.multiple_of)
        if spec.amounts is not None:
            return spec.amounts.finest
        return Fraction(1, 10 ** (self.digits or 0)) if spec.any_text else Fraction(1)

    def _too_fine(
        self, path: Steps, comes_as: Fraction, to: Steps, step: Fraction, needed: Fraction
    ) -> list[str]:
        if (comes_as / step).denominator == 1:
            return []
        say = f'multiple_of="{float(needed):g}"'
        return [misfit(self, path, f"counts finer than {'.'.join(to)} can; declare it with {say}")]
