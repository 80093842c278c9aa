"""Versions that are removed, and how long that was announced."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import KindChange, ProjectChange
from kconv._check.lock import KindLock
from kconv._check.release import earlier
from kconv._check.rule import rule
from kconv._check.verdict import Verdict, Weight, Whom, breaking, compatible
from kconv._gvk import Level, level


@rule("deprecation-shortened")
def deprecation_shortened(change: KindChange) -> Iterator[Verdict]:
    """A deprecation window that ends earlier than was said.

    ``removed_in`` moved to an earlier release.
    """
    old, new = change.old.deprecated, change.new.deprecated
    before, after = old.get("removedIn", ""), new.get("removedIn", "")
    sooner = earlier(after, before) if before and after and before != after else False
    if sooner or sooner is None:
        yield breaking(
            f"the version goes in {after} already, not in {before}"
            if sooner
            else f"the version goes in {after}, not in {before}, and one of them is no version",
            Whom.WRITERS,
            "clients were promised that they had until then",
            f'leave Deprecation(removed_in="{before}")',
        )
    elif old != new:
        now = f"deprecated since {new['since']}" if new.get("since") else "not deprecated"
        yield compatible(f"the kind is {now}")


@rule("version-removed-early")
def version_removed_early(change: ProjectChange) -> Iterator[Verdict]:
    """A version that went before its deprecation window was over.

    Kubernetes' deprecation policy, rule 4a: stable versions stay; beta versions go some releases
    after they were deprecated, and say when; alpha versions may go at any time.

    Whatever the base did not announce as gone in the release that is being made.
    """
    for gv, lock in change.old.items():
        if gv in change.new:
            continue
        for name, kind in lock.kinds.items():
            stable = level(gv.version) is Level.STABLE
            weight, changed, todo = _judged(kind, change.release, stable=stable)
            yield Verdict(
                weight,
                changed,
                Whom.WRITERS if weight is not Weight.COMPATIBLE else Whom.NOBODY,
                "every request to the version is answered with 404",
                todo,
                version=gv,
                kind=name,
            )


def _judged(kind: KindLock, release: str, *, stable: bool) -> tuple[Weight, str, str]:
    until, since = kind.deprecated.get("removedIn", ""), kind.deprecated.get("since", "")
    if stable:
        return (
            Weight.BREAKING,
            "the stable version was removed",
            "put it back: a stable version stays for good",
        )
    if not since:
        todo = 'put it back with Meta.deprecated = Deprecation(since="…", removed_in="…")'
        return Weight.BREAKING, "the version was removed without having been deprecated", todo
    if not until:
        todo = 'put it back, and say how long it stays: Deprecation(since="…", removed_in="…")'
        return Weight.BREAKING, f"the version, deprecated since {since} for no set time, went", todo
    if not release:
        todo = f"say which release this is: --release {until}, or later"
        return Weight.BREAKING, f"the version was removed, which stays until {until}", todo
    too_early = earlier(release, until)
    if too_early is None:
        todo = 'put it back, and name a version such as 1.4: Deprecation(removed_in="…")'
        return Weight.BREAKING, f"the version was removed, which stays until {until}", todo
    if too_early:
        todo = f"put it back until {until}"
        return (
            Weight.BREAKING,
            f"the version was removed in {release}, and stays until {until}",
            todo,
        )
    return Weight.COMPATIBLE, f"the version was removed, as was said, in {until}", "nothing"


@rule("version-removed-recorded")
def version_removed_recorded(change: ProjectChange) -> Iterator[Verdict]:
    """A version that went although databases may hold objects in it.

    The base stored the kind in this version, so the record of a database may name it.
    """
    for gv, lock in change.old.items():
        now = change.new.get(gv)
        for name, kind in lock.kinds.items():
            if kind.storage and (now is None or name not in now.kinds):
                yield Verdict(
                    Weight.BREAKING,
                    f"the version is gone, in which the base stores {kind.stored_as}",
                    Whom.STORED,
                    "databases with objects in it can no longer be read; servers refuse to start",
                    "ship a release that has both versions and stores another; remove it once "
                    "`kconv migrate` has taken it off the record",
                    version=gv,
                    kind=name,
                )
