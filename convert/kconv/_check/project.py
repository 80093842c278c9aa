"""Checking a project: the schemas in its code against lock files of its own or of others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from kconv._check.compare import compare
from kconv._check.finding import Finding, Severity
from kconv._check.lock import Locks, locks_of, parsed, read_folder, read_revision, texts_of
from kconv._check.lock.folder import Texts, path_of
from kconv._check.release import checked_release
from kconv._scheme import Scheme

FOLDER = Path("lock")
"""Where a project keeps its lock files, unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a check: every difference to the ``base``, which is named for people."""

    base: str
    versions: int
    findings: tuple[Finding, ...]

    @property
    def counts(self) -> Mapping[Severity, int]:
        """How many findings there are of each severity."""
        return {
            each: sum(finding.severity is each for finding in self.findings) for each in Severity
        }

    @property
    def breaks(self) -> bool:
        """Whether anything breaks."""
        return bool(self.counts[Severity.BREAKING])


def check(
    scheme: Scheme,
    *,
    against: str = "",
    folder: Path = FOLDER,
    groups: Collection[str] | None = None,
    release: str = "",
) -> Report:
    """Compare the schemas of a frozen scheme with a base.

    ``against`` is a folder of lock files, or a git revision, whose ``folder`` is read; empty for
    ``folder`` as it is. ``groups`` limits what is compared, and ``release`` is the one that is
    being made, for deprecation windows.

    Raises `UsageError` where the base is not there or malformed, and for a ``release`` that is no
    version.
    """
    checked_release(release)
    name, base = _base(against, folder)
    if groups is not None:
        names = {group or "core" for group in groups}
        base = {path: text for path, text in base.items() if path.parts[0] in names}
    locks = locks_of(scheme, groups)
    return Report(name, len(locks), tuple(_compared(base, name, locks, release)))


def _base(against: str, folder: Path) -> tuple[str, Texts]:
    if not against:
        return str(folder), read_folder(folder)
    if Path(against).is_dir():
        return against, read_folder(Path(against))
    return f"{against}:{folder}", read_revision(against, folder)


def _compared(base: Texts, name: str, locks: Locks, release: str) -> list[Finding]:
    texts = texts_of(locks)
    if texts == base:
        return []
    # What is equal as text need not be read, and reading is most of the work.
    differing = {path: text for path, text in base.items() if texts.get(path) != text}
    same = {gv: lock for gv, lock in locks.items() if base.get(path_of(gv)) == texts[path_of(gv)]}
    return compare({**same, **parsed(differing, name)}, locks, release=release)
