"""Functions that Kubernetes has beside those of CEL and its common extensions.

Those of lists, sets, regular expressions and quantities, and what is an address or a URL. What else
it has is named in `LACKING`: a rule that calls it cannot be evaluated. So is ``indexOf``, as lists
have it, since that of texts has the name.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Hashable
from decimal import Decimal
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit

from kconv.fields import quantity_value

LACKING: Final = frozenset({
    "ip", "cidr", "url", "format", "semver", "isSemver", "authorizer", "jsonpatch", "indexOf",
    "lastIndexOf", "sort", "sortBy", "distinct", "slice", "lists", "all", "exists", "existsOne",
    "transformList", "transformMap", "transformMapEntry",
})  # fmt: skip
"""Functions and names of Kubernetes that are not there; of macros, the ones with two variables."""

Value = dict[str, Any]


def _sorted(items: list[Any]) -> bool:
    return all(one <= other for one, other in pairwise(items))


def _sum(items: list[Any]) -> Any:
    return sum(items)


@lru_cache(64)
def re2(pattern: str) -> Any:
    """A pattern, ready to be matched. Raises `ValueError`."""
    library = importlib.import_module("re2")
    options = library.Options()
    options.log_errors = False
    try:
        return library.compile(pattern, options)
    except library.error as error:
        why = error.args[0] if error.args else ""
        raise ValueError(why.decode(errors="replace") if isinstance(why, bytes) else why) from None


def _find(text: str, pattern: str) -> str:
    found = re2(pattern).search(text)
    return found.group(0) if found else ""


def _find_all(text: str, pattern: str, most: int = -1) -> list[str]:
    every = [each.group(0) for each in re2(pattern).finditer(text)]
    return every if most < 0 else every[:most]


def _key(value: Any) -> Hashable:
    """The same for values that are equal in an expression: 1 and 1.0, and not 1 and true."""
    if isinstance(value, bool):
        return bool, value
    if isinstance(value, list):
        return tuple(map(_key, value))
    if isinstance(value, dict):
        return frozenset((_key(name), _key(each)) for name, each in value.items())
    found: Hashable = value
    return found


def _set(items: list[Any]) -> set[Hashable]:
    return set(map(_key, items))


def _contains(one: list[Any], other: list[Any]) -> bool:
    return _set(one) >= _set(other)


def _equivalent(one: list[Any], other: list[Any]) -> bool:
    return _set(one) == _set(other)


def _intersects(one: list[Any], other: list[Any]) -> bool:
    return not _set(one).isdisjoint(_set(other))


# A quantity is a map here, of its amount in one spelling: equal amounts are equal.
_AMOUNT: Final = "quantity"


def _quantity(text: str) -> Value:
    return _of(quantity_value(text))


def _of(amount: Decimal) -> Value:
    return {_AMOUNT: format(amount.normalize(), "f")}


def _amount(value: Any) -> Decimal:
    return Decimal(value) if isinstance(value, int) else Decimal(str(value[_AMOUNT]))


def _is_quantity(text: str) -> bool:
    try:
        quantity_value(text)
    except ValueError:
        return False
    return True


def _sign(value: Value) -> int:
    amount = _amount(value)
    return (amount > 0) - (amount < 0)


def _add(one: Value, other: Any) -> Value:
    return _of(_amount(one) + _amount(other))


def _subtract(one: Value, other: Any) -> Value:
    return _of(_amount(one) - _amount(other))


def _is_integer(value: Value) -> bool:
    amount = _amount(value)
    return amount == amount.to_integral_value() and -(2**63) <= amount < 2**63


def _integer(value: Value) -> int:
    if not _is_integer(value):
        raise ValueError("cannot convert value to integer")
    return int(_amount(value))


def _compare(one: Value, other: Value) -> int:
    return (_amount(one) > _amount(other)) - (_amount(one) < _amount(other))


def _is_ip(text: str) -> bool:
    try:
        found = ip_address(text)
    except ValueError:
        return False
    return not (isinstance(found, IPv6Address) and (found.scope_id or found.ipv4_mapped))


def _is_cidr(text: str) -> bool:
    address, _, bits = text.partition("/")
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return bits.isdecimal() and _is_ip(address)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc) or text.startswith("/")


def declarations(cel: Any) -> list[Any]:
    """All of them, as the library takes them."""
    kinds = cel.Type
    items, text, amount = kinds.List(kinds.DYN), kinds.STRING, kinds.Map(kinds.STRING, kinds.DYN)
    whole, true, any_ = kinds.INT, kinds.BOOL, kinds.DYN
    said: list[tuple[str, Callable[..., Any], Any, list[Any], bool]] = [
        ("isSorted", _sorted, true, [items], True),
        ("sum", _sum, any_, [items], True),
        ("min", min, any_, [items], True),
        ("max", max, any_, [items], True),
        ("find", _find, text, [text, text], True),
        ("findAll", _find_all, kinds.List(text), [text, text], True),
        ("findAll", _find_all, kinds.List(text), [text, text, whole], True),
        ("sets.contains", _contains, true, [items, items], False),
        ("sets.equivalent", _equivalent, true, [items, items], False),
        ("sets.intersects", _intersects, true, [items, items], False),
        ("isIP", _is_ip, true, [text], False),
        ("isCIDR", _is_cidr, true, [text], False),
        ("isURL", _is_url, true, [text], False),
        ("isQuantity", _is_quantity, true, [text], False),
        ("quantity", _quantity, amount, [text], False),
        ("sign", _sign, whole, [amount], False),
        ("isInteger", _is_integer, true, [amount], True),
        ("asInteger", _integer, whole, [amount], True),
        ("asApproximateFloat", lambda value: float(_amount(value)), kinds.DOUBLE, [amount], True),
        ("compareTo", _compare, whole, [amount, amount], True),
        ("isLessThan", lambda one, other: _compare(one, other) < 0, true, [amount, amount], True),
        ("isGreaterThan", lambda one, other: _compare(one, other) > 0, true, [amount] * 2, True),
    ]  # fmt: skip
    for other in (amount, whole):
        said += [("add", _add, amount, [amount, other], True)]
        said += [("sub", _subtract, amount, [amount, other], True)]
    overloads: dict[str, list[Any]] = {}
    for at, (name, work, result, takes, is_member) in enumerate(said):
        made = cel.Overload(
            f"kubernetes_{at}", return_type=result, parameters=takes, is_member=is_member, impl=work
        )
        overloads.setdefault(name, []).append(made)
    return [cel.FunctionDecl(name, found) for name, found in overloads.items()]
