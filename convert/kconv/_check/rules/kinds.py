"""Kinds of a version, and the URLs under which their objects are."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import KindChange, ProjectChange
from kconv._check.lock import DOCUMENT
from kconv._check.rule import rule
from kconv._check.verdict import Verdict, Weight, Whom, breaking, compatible


@rule("kind-added")
def kind_added(change: ProjectChange) -> Iterator[Verdict]:
    """A kind or a version that is new.

    Breaks nobody; that it loses fields of the versions there were wants a look.
    """
    for gv, lock in change.new.items():
        base = change.old.get(gv)
        for name, kind in lock.kinds.items():
            if base is not None and name in base.kinds:
                continue
            lost = [*kind.conversion.lost_to_spoke, *kind.conversion.lost_to_hub]
            if lost:
                yield Verdict(
                    Weight.MINOR,
                    f"the kind was added, and loses {', '.join(lost)}",
                    Whom.CONVERSIONS,
                    "clients that read and write an object in it drop these fields",
                    f'keep them: Preserve("{lost[0]}")',
                    version=gv,
                    kind=name,
                )
            else:
                added = compatible("the kind was added")
                yield Verdict(
                    added.weight, added.changed, added.whom, added.breaks, added.todo,
                    version=gv, kind=name,
                )  # fmt: skip


@rule("kind-removed")
def kind_removed(change: ProjectChange) -> Iterator[Verdict]:
    """A kind that a version no longer has.

    The version is still there; of versions that went, the rules about versions speak.
    """
    for gv, lock in change.old.items():
        if gv not in change.new:
            continue
        for name in lock.kinds:
            if name not in change.new[gv].kinds:
                yield Verdict(
                    Weight.BREAKING,
                    "the kind was removed",
                    Whom.WRITERS,
                    "requests for it are answered with 404",
                    "put the kind back; deprecate the version, and leave the kind out of the next",
                    version=gv,
                    kind=name,
                )


@rule("plural-changed")
def plural_changed(change: KindChange) -> Iterator[Verdict]:
    """Another plural: another URL.

    The resource has another name.
    """
    if change.old.plural != change.new.plural and change.new.scope != DOCUMENT:
        yield breaking(
            f"the plural changed from {change.old.plural} to {change.new.plural}",
            Whom.WRITERS,
            f"every request to {change.old.plural} is answered with 404",
            "put the plural back; a new version may have another",
        )


@rule("scope-changed")
def scope_changed(change: KindChange) -> Iterator[Verdict]:
    """From namespaces to the cluster, or back.

    Objects are found under other URLs, and stored under other keys.
    """
    if change.old.scope != change.new.scope:
        yield breaking(
            f"the scope changed from {change.old.scope} to {change.new.scope}",
            Whom.STORED,
            "their keys are no longer looked up, and clients' URLs return 404",
            "put the scope back; a kind of another name may have another scope",
        )
