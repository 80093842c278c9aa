"""What calls of functions cost, of CEL's and of those that Kubernetes adds to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from kconv._cel.sizes import MOST, UNKNOWN, Size, Sizes, Steps, capped, scaled

_TEXT: Final = 0.1
"""What it costs to look at a character."""
_PATTERN: Final = 0.25
"""What a character of a pattern costs, for each unit of the text."""


class Estimate(NamedTuple):
    """What a call costs, and the size of what it gives, if that is known."""

    cost: int
    size: Size | None = None


@dataclass(frozen=True, slots=True)
class Argument:
    """What a function is called with."""

    path: Steps
    kind: Any
    size: Size | None
    expr: Any

    @property
    def size_or_unknown(self) -> Size:
        """Its size; unbounded where nothing is known of it."""
        return UNKNOWN if self.size is None else self.size


Args = list[Argument]


def call_estimate(
    expr: Any, overload: str, target: Argument | None, args: Args, sizes: Sizes
) -> Estimate:
    """What a call costs beside its arguments."""
    function = expr.call_expr.function
    if overload in _BY_OVERLOAD:
        found = _BY_OVERLOAD[overload](target, args)
        return found or Estimate(1)
    if function in _BY_NAME:
        found = _BY_NAME[function](target, args, sizes)
        return found or Estimate(1)
    return Estimate(1)


def _text(size: Size, factor: float = _TEXT) -> int:
    return scaled(size.most, factor)


def _sets(factor: int) -> Callable[[Argument | None, Args, Sizes], Estimate | None]:
    def cost(_: Argument | None, args: Args, sizes: Sizes) -> Estimate:
        pairs = args[0].size_or_unknown.times(args[1].size_or_unknown)
        return Estimate(capped(pairs.most * factor + 1))

    return cost


def _in_list(_: Argument | None, args: Args) -> Estimate:
    return Estimate(args[1].size_or_unknown.most)


def _of_argument(_: Argument | None, args: Args) -> Estimate | None:
    return Estimate(_text(args[0].size_or_unknown)) if len(args) == 1 else None


def _text_to_bytes(_: Argument | None, args: Args) -> Estimate:
    size = args[0].size_or_unknown
    return Estimate(_text(size), Size(size.least, capped(size.most * 4)))


def _bytes_to_text(_: Argument | None, args: Args) -> Estimate:
    size = args[0].size_or_unknown
    return Estimate(_text(size), Size(size.least // 4, size.most))


def _pattern(text: Size, pattern: Size) -> int:
    return capped(scaled(capped(text.most + 1), _TEXT) * scaled(pattern.most, _PATTERN))


def _matches(target: Argument | None, args: Args) -> Estimate:
    text, pattern = (target, args[0]) if target else (args[0], args[1])
    return Estimate(_pattern(text.size_or_unknown, pattern.size_or_unknown))


def _contains(target: Argument | None, args: Args) -> Estimate | None:
    if target is None or len(args) != 1:
        return None
    return Estimate(capped(_text(target.size_or_unknown) * _text(args[0].size_or_unknown)))


def _joined(_: Argument | None, args: Args) -> Estimate | None:
    size = args[0].size_or_unknown.plus(args[1].size_or_unknown)
    return Estimate(_text(size), size)


def _added(_: Argument | None, args: Args) -> Estimate | None:
    return Estimate(1, args[0].size_or_unknown.plus(args[1].size_or_unknown))


def _compared(_: Argument | None, args: Args) -> Estimate | None:
    return Estimate(scaled(min(each.size_or_unknown.most for each in args), _TEXT))


def _either(_: Argument | None, args: Args) -> Estimate:
    return Estimate(0)


_BY_OVERLOAD: Final[dict[str, Callable[[Argument | None, Args], Estimate | None]]] = {
    "in_list": _in_list,
    "starts_with_string": _of_argument,
    "ends_with_string": _of_argument,
    "string_to_bytes": _text_to_bytes,
    "bytes_to_string": _bytes_to_text,
    "matches": _matches,
    "matches_string": _matches,
    "contains_string": _contains,
    "add_string": _joined,
    "add_bytes": _joined,
    "add_list": _added,
    "logical_and": _either,
    "logical_or": _either,
    "equals": _compared,
    "not_equals": _compared,
    **{
        f"{each}_{kind}": _compared
        for each in ("less", "less_equals", "greater", "greater_equals")
        for kind in ("string", "bytes")
    },
}


def _traversed(target: Argument | None, _: Args, sizes: Sizes) -> Estimate | None:
    if target is None:
        return None
    size = target.size_or_unknown
    if target.kind.WhichOneof("kind") != "list_type":
        return Estimate(_text(size))
    element = target.kind.list_type.elem_type
    each = 1
    if element.WhichOneof("kind") == "primitive" and element.primitive in (5, 6):
        each = capped(1 + _text(_of_elements(target, sizes)))
    return Estimate(capped(size.most * each))


def _of_elements(target: Argument, sizes: Sizes) -> Size:
    if not target.path:
        return UNKNOWN
    return sizes((*target.path, "@items")) or UNKNOWN


def _rewritten(target: Argument | None, _: Args, sizes: Sizes) -> Estimate | None:
    if target is None:
        return None
    return Estimate(_text(target.size_or_unknown), target.size_or_unknown)


def _replaced(target: Argument | None, args: Args, sizes: Sizes) -> Estimate | None:
    if target is None or len(args) < 2:
        return None
    text, old, new = (each.size_or_unknown for each in (target, *args[:2]))
    if old.least == 0:
        most = capped(min(text.most + 1, MOST) * new.most + text.most)
    elif new.most <= old.least:
        most = text.most
    else:
        most = capped(-(-text.most // old.least) * new.most)
    if old.most == 0:
        least = (text.least + 1) * new.least + text.least
    elif old.most <= new.least:
        least = text.least
    else:
        least = -(-text.least // old.most) * new.least
    return Estimate(_text(text, 2 * _TEXT), Size(capped(least), most))


def _split(target: Argument | None, args: Args, sizes: Sizes) -> Estimate | None:
    if target is None:
        return None
    most = target.size_or_unknown.most
    if len(args) > 1 and args[1].expr.const_expr.WhichOneof("kind") == "int64_value":
        most = max(args[1].expr.const_expr.int64_value, 0) or most
    return Estimate(_text(target.size_or_unknown, 2 * _TEXT), Size(0, most))


def _join(target: Argument | None, args: Args, sizes: Sizes) -> Estimate | None:
    if target is None:
        return None
    count, size = target.size_or_unknown, Size(0, 0)
    if target.kind.WhichOneof("kind") == "list_type":
        size = count.times(_of_elements(target, sizes))
    if args:
        between = Size(max(count.least - 1, 0), max(count.most - 1, 0))
        size = size.plus(args[0].size_or_unknown.times(between))
    return Estimate(_text(size), size)


def _found(target: Argument | None, args: Args, sizes: Sizes) -> Estimate | None:
    if target is None or not args:
        return None
    text = target.size_or_unknown
    return Estimate(_pattern(text, args[0].size_or_unknown), Size(0, text.most))


def _parsed(_: Argument | None, args: Args, sizes: Sizes) -> Estimate | None:
    # A quantity is of one size, and compared with another at once.
    return Estimate(_text(args[0].size_or_unknown), Size(1, 1)) if args else None


def _amount(_: Argument | None, args: Args, sizes: Sizes) -> Estimate | None:
    return Estimate(1, Size(1, 1))


def _largest(_: Argument | None, args: Args, sizes: Sizes) -> Estimate | None:
    """Of ``math.greatest`` and ``math.least``, of as many as there are, or of a list of them."""
    return Estimate(capped(1 + (args[0].size_or_unknown.most if len(args) == 1 else len(args))))


_BY_NAME: Final[dict[str, Callable[[Argument | None, Args, Sizes], Estimate | None]]] = {
    **dict.fromkeys(("isSorted", "sum", "min", "max", "indexOf", "lastIndexOf"), _traversed),
    **dict.fromkeys(("lowerAscii", "upperAscii", "substring", "trim", "reverse"), _rewritten),
    "replace": _replaced,
    "split": _split,
    "join": _join,
    **dict.fromkeys(("find", "findAll"), _found),
    "sets.contains": _sets(1),
    "sets.intersects": _sets(1),
    "sets.equivalent": _sets(2),
    **dict.fromkeys(("isIP", "isCIDR", "quantity", "isQuantity"), _parsed),
    **dict.fromkeys(("add", "sub"), _amount),
    **dict.fromkeys(("math.@max", "math.@min"), _largest),
}
