"""The schemas of a group against its lock files, as one test of a suite."""

from __future__ import annotations

import os
from pathlib import Path

from kconv._check import check, render
from kconv._check.lock import lock_plan
from kconv._scheme import Scheme
from kconv.testing._failure import Broken


def update(scheme: Scheme, folder: Path, group: str) -> None:
    """Write the lock files of a group up to date."""
    lock_plan(scheme, folder, [group]).carry_out()


def breaks_nothing(scheme: Scheme, folder: Path, group: str, release: str, command: str) -> None:
    """The code breaks nothing that the lock files of a group promise. Raises `Broken`.

    ``release`` is the one that is being made, for deprecation windows; ``command`` accepts what
    the code says. Raises `UsageError` for a malformed lock file.
    """
    name, shown = group or "core", Path(os.path.relpath(folder))
    if not any((folder / name).glob("*.yaml")):
        raise Broken(f"{name} has no lock files in {shown}.", (), f"Write them:  {command}")
    report = check(scheme, folder=shown, groups=[group], release=release)
    if report.breaks:
        raise Broken(
            f"{name}: the code breaks what {shown} promises.",
            render.as_text(report).splitlines(),
            f"If no release has promised it, and it is meant:  {command}",
        )
