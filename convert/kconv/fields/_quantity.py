"""Quantities of resources: ``100m``, ``1.5Gi``, ``1e3``, in their canonical form.

The canonical form is that of ``resource.Quantity`` of apimachinery: no fraction, the largest
suffix that needs none, the suffix family that was written (binary, decimal or exponent).
"""

from __future__ import annotations

import re
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from functools import lru_cache
from typing import Any

from kconv.fields._base import Field
from kconv.fields._spec import Spec

_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))"
    r"(?:(?P<binary>[KMGTPE]i)|(?P<decimal>[numkMGTPE])|[eE](?P<exponent>[+-]?[0-9]{1,9}))?\Z"
)
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = {-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
_EXPONENTS = {suffix: exponent for exponent, suffix in _DECIMAL.items()}
_LARGEST = Decimal(2**63 - 1)
_MILLI = Decimal("1e-3")
_NANO = Decimal("1e-9")
_EXACT = Context(prec=160, Emax=MAX_EMAX, Emin=MIN_EMIN)


def canonical_quantity(text: str, *, milli: bool = False) -> str:
    """The canonical spelling of a quantity, so that ``1.5Gi`` becomes ``1536Mi``.

    With ``milli`` it is rounded up to thousandths, as amounts of resources are. Values beyond
    2**63-1 are capped, and anything finer than a billionth is rounded away from zero, as
    Kubernetes does. Raises ``ValueError`` for what is not a quantity.
    """
    match = _QUANTITY.match(text)
    if match is None:
        raise ValueError(text)
    amount, family = _read(match)
    if milli:
        amount = amount.quantize(_MILLI, rounding=ROUND_CEILING, context=_EXACT)
    if amount == 0:
        return "0"
    if family == "binary" and (abs(amount) < 1024 or amount != amount.to_integral_value()):
        family = "decimal"
    if family == "binary":
        return _binary(int(amount))
    return _decimal(amount, family)


def _read(match: re.Match[str]) -> tuple[Decimal, str]:
    number = _number(match["number"])
    if match["binary"]:
        factor = Decimal(1024 ** _BINARY.index(match["binary"]))
        amount, family = _EXACT.multiply(number, factor), "binary"
    elif match["exponent"] is not None:
        # An exponent beyond this is zero or the cap, whatever the digits say.
        exponent = max(min(int(match["exponent"]), 60), -60 - len(match["number"]))
        amount, family = number.scaleb(exponent, _EXACT), "exponent"
    else:
        amount = number.scaleb(_EXPONENTS[match["decimal"] or ""], _EXACT)
        family = "decimal"
    if amount.copy_abs() > _LARGEST:
        return _LARGEST.copy_sign(amount), family
    rounding = ROUND_CEILING if amount > 0 else ROUND_FLOOR
    return amount.quantize(_NANO, rounding=rounding, context=_EXACT), family


_DIGITS = 60
"""Digits either side of the point that decide anything: 2**63 has 19, a billionth 9."""


def _number(text: str) -> Decimal:
    """A decimal number, to `_DIGITS`; a digit behind them counts as one, so it rounds up."""
    whole, _, fraction = text.partition(".")
    sign = "-" if whole.startswith("-") else ""
    digits = whole.lstrip("+-").lstrip("0")
    if len(digits) > _DIGITS:
        return Decimal(f"{sign}{digits[:_DIGITS]}").scaleb(len(digits) - _DIGITS, _EXACT)
    if len(fraction) > _DIGITS:
        fraction = f"{fraction[:_DIGITS]}{1 if fraction[_DIGITS:].strip('0') else 0}"
    return Decimal(f"{sign}{digits or '0'}.{fraction or '0'}")


def _binary(amount: int) -> str:
    power = 0
    while amount % 1024 == 0 and power < len(_BINARY) - 1:
        amount //= 1024
        power += 1
    return f"{amount}{_BINARY[power]}"


def _decimal(amount: Decimal, family: str) -> str:
    sign, digits, exponent = amount.normalize(_EXACT).as_tuple()
    mantissa = int("".join(map(str, digits)))
    assert isinstance(exponent, int)
    while exponent % 3:
        mantissa *= 10
        exponent -= 1
    power = f"e{exponent}" if exponent else ""
    suffix = _DECIMAL[exponent] if family == "decimal" else power
    return f"{'-' if sign else ''}{mantissa}{suffix}"


_SHORT = 32
"""Characters of the quantities whose amounts are remembered: objects repeat a few of them."""


def quantity_value(text: str) -> Decimal:
    """The amount that a quantity stands for. Raises ``ValueError`` for what is not one."""
    return _remembered(text) if len(text) <= _SHORT else _value(text)


def _value(text: str) -> Decimal:
    match = _QUANTITY.match(text)
    if match is None:
        raise ValueError(text)
    return _read(match)[0]


_remembered = lru_cache(maxsize=4096)(_value)


class Quantity(Field):
    """An amount of a resource, decoded to its canonical string; JSON numbers are read too.

    With ``milli`` it is rounded up to thousandths.
    """

    type_name = "quantity"

    def __init__(self, *, milli: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.milli = milli

    def make_spec(self) -> Spec:
        """A text or number that is read as an amount."""
        return Spec(
            type_name=self.type_name,
            openapi={"oneOf": [{"type": "string"}, {"type": "number"}]},
            expected="a quantity such as 100m or 1.5Gi",
            native=str | int | float,
            canonical=_rounded_to_milli if self.milli else _exact,
            repeats=True,
            zero="0",
            placeholder=lambda number, _: str(number),
            strategy=lambda st: st.builds(
                "{}{}".format,
                st.integers(0, 5000),
                st.sampled_from(("", "m", "k", "M", "G", "Ki", "Mi", "Gi", "n", "u")),
            ),
            facts={"milli": self.milli},
            formats=("quantity",),
            definitions=("io.k8s.apimachinery.pkg.api.resource.Quantity",),
        )


def _exact(value: Any) -> str:
    return canonical_quantity(_text(value))


def _rounded_to_milli(value: Any) -> str:
    return canonical_quantity(_text(value), milli=True)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else repr(value)
