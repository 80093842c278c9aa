"""`Finding`: one difference to the base, with what it means at the version's stability."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kconv._check.verdict import Verdict, Weight, Whom
from kconv._gvk import GroupVersion, Level, level


class Severity(StrEnum):
    """Breaking findings fail a check; warnings want a look; the rest is for information."""

    BREAKING = "breaking"
    WARNING = "warning"
    INFO = "info"


POLICY = {
    Level.STABLE: "a stable version breaks nothing: what must differ goes into a new version",
    Level.BETA: "a beta version breaks only by way of a new version and a deprecation window",
    Level.ALPHA: "alpha: free to change at any time",
}
"""What each level promises (Kubernetes' API change and deprecation policies)."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One difference.

    ``path`` is a field's (``spec.template.spec.containers[*].image``) or empty, ``also`` are
    other paths of the same type that differ alike. ``type`` is the name of the type that holds
    the field, in the lock of the code.
    """

    version: GroupVersion
    kind: str
    path: str
    rule: str
    severity: Severity
    level: Level
    whom: Whom
    changed: str
    breaks: str
    todo: str
    also: tuple[str, ...] = ()
    type: str = ""

    @property
    def policy(self) -> str:
        """What the level of the version promises."""
        return POLICY[self.level]

    @property
    def place(self) -> str:
        """Version, kind and path in one text."""
        return " ".join(part for part in (str(self.version), self.kind, self.path) if part)


def severity_of(verdict: Verdict, at: Level) -> Severity:
    """What a difference means in a version of a level.

    Alpha is free; only that stored objects suffer is worth a warning there.
    """
    if verdict.weight is Weight.COMPATIBLE:
        return Severity.INFO
    if at is Level.ALPHA:
        stored = verdict.whom is Whom.STORED and verdict.weight is Weight.BREAKING
        return Severity.WARNING if stored else Severity.INFO
    return Severity.BREAKING if verdict.weight is Weight.BREAKING else Severity.WARNING


def finding_of(
    rule: str,
    verdict: Verdict,
    version: GroupVersion,
    kind: str = "",
    *,
    at: str = "",
    also: tuple[str, ...] = (),
    type: str = "",
) -> Finding:
    """The finding of a rule's verdict about a version, within the path ``at``."""
    version = verdict.version or version
    counts = verdict.level or level(version.version)
    return Finding(
        version,
        verdict.kind or kind,
        joined(at, verdict.at),
        rule,
        severity_of(verdict, counts),
        counts,
        verdict.whom,
        verdict.changed,
        verdict.breaks,
        verdict.todo,
        also=tuple(joined(place, verdict.at) for place in also),
        type=type,
    )


def joined(at: str, path: str) -> str:
    """A path within another."""
    if not at or not path or path.startswith("["):
        return at + path
    return f"{at}.{path}"
