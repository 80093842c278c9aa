"""Quantities of resources: ``100m``, ``1.5Gi``, ``1e3``, in their canonical form.

The canonical form is that of ``resource.Quantity`` of apimachinery: no fraction, the largest
suffix that needs none, the suffix family that was written (binary, decimal or exponent).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_UP, Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal, Unpack, overload

from kconv.fields._base import Field, Read
from kconv.fields._spec import Spec

if TYPE_CHECKING:
    from kconv.fields._options import FieldOptions

_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))"
    r"(?:(?P<binary>[KMGTPE]i)|(?P<decimal>[numkMGTPE])|[eE](?P<exponent>[+-]?[0-9]{1,9}))?\Z"
)
QUANTITY_PATTERN: Final = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))"
    r"(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)
"""The pattern of quantities in CRDs, as controller-gen writes it."""

_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = {-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
_EXPONENTS = {suffix: exponent for exponent, suffix in _DECIMAL.items()}
_LARGEST = Decimal(2**63 - 1)
_NANO, _MILLI = -9, -3
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


def canonical_quantity(text: str, *, milli: bool = False) -> str:
    """The canonical spelling of a quantity, so that ``1.5Gi`` becomes ``1536Mi``.

    With ``milli`` it is rounded to thousandths, as amounts of resources are, else to billionths,
    either away from zero; binary amounts beyond 2**63-1 are capped. So Kubernetes does it. Raises
    ``ValueError`` for what is not a quantity.
    """
    return _canonical(_matched(text), milli)


def decoded_quantity(text: str, *, milli: bool = False) -> str:
    """What Kubernetes' decoder makes of a quantity, which may be a spelling near the canonical one.

    It keeps what was written if number and suffix are those of the canonical form, whatever their
    spelling (``+1``, ``007``, ``1E3``, ``0.125``). Raises as `canonical_quantity` does.
    """
    match = _matched(text)
    return text if _is_kept(match, milli) else _canonical(match, milli)


def _matched(text: str) -> re.Match[str]:
    match = _QUANTITY.match(text)
    if match is None:
        raise ValueError(text)
    return match


def _is_kept(match: re.Match[str], milli: bool) -> bool:
    """Whether ``ParseQuantity`` takes a spelling for canonical: it looks at few digits only."""
    whole, _, fraction = match["number"].lstrip("+-").partition(".")
    whole = whole.lstrip("0")
    digits = whole + fraction
    if not digits.strip("0"):
        return False
    if match["binary"]:
        power = _BINARY.index(match["binary"])
        fits = len(digits) + power * 3 <= 14
        return fits and not fraction and int(digits) % 8 != 0
    scale = _exponent(match) - len(fraction)
    if len(digits) > 18 or scale % 3 or scale < _NANO:
        return False
    return digits[0] != "0" and not digits.endswith("000") and (not milli or scale >= _MILLI)


def _canonical(match: re.Match[str], milli: bool) -> str:
    amount, family = _read(match, _MILLI if milli else _NANO)
    if amount == 0:
        return "0"
    if family == "binary" and (abs(amount) < 1024 or amount != amount.to_integral_value()):
        family = "decimal"
    if family == "binary":
        return _binary(int(amount))
    return _decimal(amount, family)


def _exponent(match: re.Match[str]) -> int:
    if match["exponent"] is not None:
        return int(match["exponent"])
    return _EXPONENTS[match["decimal"] or ""]


def _read(match: re.Match[str], finest: int = _NANO) -> tuple[Decimal, str]:
    """The amount, rounded away from zero to the power of ten ``finest``, and its suffix family."""
    number = Decimal(match["number"], _EXACT)
    exponent = -len(match["number"].partition(".")[2])
    if match["binary"]:
        amount = _EXACT.multiply(number, Decimal(1024 ** _BINARY.index(match["binary"])))
        family = "binary"
    else:
        exponent += _exponent(match)
        amount = number.scaleb(_exponent(match), _EXACT)
        family = "decimal" if match["exponent"] is None else "exponent"
    if exponent < finest:
        amount = amount.quantize(Decimal((0, (1,), finest)), rounding=ROUND_UP, context=_EXACT)
    if family == "binary" and amount.copy_abs() > _LARGEST:
        amount = _LARGEST.copy_sign(amount)
    return amount, family


def _binary(amount: int) -> str:
    power = 0
    while amount % 1024 == 0 and power < len(_BINARY) - 1:
        amount //= 1024
        power += 1
    return f"{amount}{_BINARY[power]}"


def _decimal(amount: Decimal, family: str) -> str:
    mantissa, _, power = f"{amount.normalize(_EXACT):E}".partition("E")
    whole, _, fraction = mantissa.partition(".")
    exponent = int(power) - len(fraction)
    zeros = exponent % 3
    exponent -= zeros
    power = f"e{exponent}" if exponent else ""
    # Beyond the largest suffix there is only the other family.
    suffix = _DECIMAL.get(exponent, power) if family == "decimal" else power
    return f"{whole}{fraction}{'0' * zeros}{suffix}"


_SHORT = 32
"""Characters of the quantities whose amounts are remembered: objects repeat a few of them."""


def quantity_value(text: str) -> Decimal:
    """The amount that a quantity stands for. Raises ``ValueError`` for what is not one."""
    return _remembered(text) if len(text) <= _SHORT else _value(text)


def _value(text: str) -> Decimal:
    return _read(_matched(text))[0]


_remembered = lru_cache(maxsize=4096)(_value)


class Quantity(Field[str, Read]):
    """An amount of a resource, decoded as Kubernetes spells it; JSON numbers are read too.

    With ``milli`` it is rounded up to thousandths.
    """

    type_name = "quantity"

    @overload
    def __init__(
        self: Quantity[str],
        *,
        required: Literal[True],
        milli: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Quantity[str],
        *,
        load_default: str | Callable[[], str],
        required: bool = ...,
        milli: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Quantity[str | None],
        *,
        required: bool = ...,
        milli: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...

    def __init__(self, *, milli: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.milli = milli

    def make_spec(self) -> Spec:
        """A text or number that is read as an amount."""
        return Spec(
            type_name=self.type_name,
            openapi={"oneOf": [{"type": "string"}, {"type": "number"}]},
            structural={"pattern": QUANTITY_PATTERN, "x-kubernetes-int-or-string": True},
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
    return decoded_quantity(_text(value))


def _rounded_to_milli(value: Any) -> str:
    return decoded_quantity(_text(value), milli=True)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else repr(value)
