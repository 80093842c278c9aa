"""How large what an expression works on may be."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

MOST: Final = 2**64 - 1
"""What no cost and no size exceeds, as in Kubernetes: it stands for what is not bounded."""

Steps = tuple[str, ...]
"""Where a value is: a variable, then fields, ``@items``, ``@values`` and ``@keys``."""


class Size(NamedTuple):
    """Characters of a text, or entries of a list or map: at least so many, and at most."""

    least: int
    most: int

    def or_else(self, other: Size) -> Size:
        """What fits both."""
        return Size(min(self.least, other.least), max(self.most, other.most))

    def plus(self, other: Size) -> Size:
        """Both of them, one after the other."""
        return Size(self.least + other.least, capped(self.most + other.most))

    def times(self, other: Size) -> Size:
        """One for each of the other."""
        return Size(capped(self.least * other.least), capped(self.most * other.most))


UNKNOWN: Final = Size(0, MOST)

Sizes = Callable[[Steps], Size | None]
"""What is known of the size of the value at a place; of one that is at none, the place is empty."""


def capped(number: int) -> int:
    """A size or a cost that is no more than `MOST`."""
    return min(number, MOST)


def scaled(number: int, factor: float) -> int:
    """A size by a factor, rounded up."""
    found = number * factor
    return MOST if found >= MOST else math.ceil(found)
