"""`Verdict`: what a rule says of one difference, before the stability of the version counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kconv._gvk import GroupVersion, Level


class Weight(StrEnum):
    """What a difference means for a version that is stable."""

    BREAKING = "breaking"
    MINOR = "minor"
    COMPATIBLE = "compatible"


class Whom(StrEnum):
    """Who or what a difference breaks."""

    WRITERS = "old clients writing"
    READERS = "old clients reading"
    STORED = "stored objects"
    CONVERSIONS = "conversions"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One difference, judged.

    ``at`` is the path within what was compared; ``changed`` says what is different, ``breaks``
    what that does to ``whom``, and ``todo`` what to do about it. A rule that looks at more than
    one version says which it is about: ``version``, ``kind``, and the ``level`` that counts.
    """

    weight: Weight
    changed: str
    whom: Whom
    breaks: str
    todo: str
    at: str = ""
    version: GroupVersion | None = None
    kind: str = ""
    level: Level | None = None


def breaking(changed: str, whom: Whom, breaks: str, todo: str, at: str = "") -> Verdict:
    """A difference that no stable version may have."""
    return Verdict(Weight.BREAKING, changed, whom, breaks, todo, at)


def minor(changed: str, whom: Whom, breaks: str, todo: str, at: str = "") -> Verdict:
    """A difference that a release may have, and that somebody should look at."""
    return Verdict(Weight.MINOR, changed, whom, breaks, todo, at)


def compatible(changed: str, at: str = "") -> Verdict:
    """A difference that breaks nobody."""
    return Verdict(Weight.COMPATIBLE, changed, Whom.NOBODY, "nothing", "nothing", at)
