"""Fields in which an object is not the same in two versions, or not what it was: data and words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

import msgspec

from kconv._differences import ABSENT, ORDER, Difference
from kconv._paths import INVALID, Path, format_path, quote
from kconv._pipeline.object_loss import Lost
from kconv.place import RowFinding

SHOWN: Final = 5
"""Fields that are named in a message; all are in its findings."""
MOST: Final = 100
"""Findings of an object."""


class Differing(NamedTuple):
    """A field: ``value`` is what ``version`` says, ``became`` what ``other`` says of it.

    Either is `ABSENT` where there is none. ``order`` says that elements have only moved.
    """

    version: str
    other: str
    path: Path
    value: Any
    became: Any
    order: bool = False

    @property
    def field(self) -> str:
        """The path, behind its version."""
        return f"{self.version}.{format_path(self.path)}"

    @property
    def what(self) -> str:
        """What the versions say, in words that go behind the path."""
        if self.order:
            return "has another order"
        value, became = (
            "is missing" if each is ABSENT else f"is {quote(each)}"
            for each in (self.value, self.became)
        )
        return f"{value} and {became} there"

    def finding(self) -> RowFinding:
        """As it is kept, and put into reports."""
        values = {"value": self.value, "became": self.became}
        details = {
            "version": self.version,
            "other": self.other,
            **{name: each for name, each in values.items() if each is not ABSENT},
        }
        path, message = format_path(self.path), f"{self.version}: {self.what} ({self.other})"
        return path, INVALID, message, msgspec.json.encode(details).decode()


class Problem(NamedTuple):
    """What is wrong with an object, for people, and the fields as data; nothing where it is empty.

    Only where it is about fields there are some.
    """

    text: str = ""
    findings: tuple[RowFinding, ...] = ()


def of_loss(version: str, other: str, lost: Lost) -> Differing:
    """What one version says and the other does not."""
    became = ABSENT if lost.became is None else lost.became
    return Differing(version, other, lost.path, lost.value, became, lost.order)


def of_difference(version: str, other: str, found: Difference) -> Differing:
    """In what an object in a version is not what it was, once it is stored in another one."""
    return Differing(
        version, other, found.field, found.before, found.after, found.path[-1:] == (ORDER,)
    )


def in_words(found: Sequence[Differing]) -> str:
    """``v1 does not say what v1beta1 says: v1beta1.spec.color is "red" and is missing there``."""
    said = []
    for (other, version), each in groupby(found, lambda one: (one.other, one.version)):
        fields = [f"{one.field} {one.what}" for one in each]
        said.append(f"{other} does not say what {version} says: {listed(fields)}")
    return "; ".join(said)


def listed(texts: Sequence[str]) -> str:
    """The first of some texts, and how many more there are."""
    more = len(texts) - SHOWN
    said = ", ".join(texts[:SHOWN])
    return f"{said} and {more} more" if more > 0 else said


def as_findings(found: Sequence[Differing]) -> tuple[RowFinding, ...]:
    """Fields as data, as many as are kept of an object."""
    return tuple(each.finding() for each in found[:MOST])
