"""What conversions lose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kconv._check.change import KindChange
from kconv._check.newfields import covered, level_of_kind, new_fields
from kconv._check.rule import rule
from kconv._check.verdict import Verdict, Whom, breaking
from kconv._differences import FILLED
from kconv._scheme.losses import EMPTIED


@rule("field-missing-from-older")
def field_missing_from_older(change: KindChange) -> Iterator[Verdict]:
    """A new field that another served version of the kind neither has nor preserves.

    `Scheme.freeze` refuses a field without any rule; here its loss was acknowledged.

    A new loss in an existing version, of a field that is new; the field's own level counts.
    """
    old, new = change.old.conversion.lost_to_spoke, change.new.conversion.lost_to_spoke
    came = sorted(path for path in new.keys() - old.keys() if _loses(path, new[path]))
    if not came:
        return
    fresh = new_fields(change)
    for path in came:
        at = covered(path, fresh)
        if at is not None:
            verdict = breaking(
                f"the new {at} field {path} is missing here, without a rule that keeps it",
                Whom.CONVERSIONS,
                "a client of this version that reads and writes an object drops the field",
                f'keep it: Preserve("{path}"), or add the field here too',
                path,
            )
            yield replace(verdict, level=at)


@rule("round-trip-lossy")
def round_trip_lossy(change: KindChange) -> Iterator[Verdict]:
    """An acknowledged loss that is new: the way there and back was lossless.

    Kubernetes' deprecation policy, rule 2: objects go through every version of a release without
    loss. It holds for alpha versions too, so the most stable version of the kind counts.

    A path in the ledger of loss that the base does not have there. A field that comes back with a
    value where there was none is no loss, nor is an object without fields that comes back as none.
    """
    old, new = change.old.conversion, change.new.conversion
    sides = tuple(
        (side, {path: why for path, why in after.items() if _loses(path, why)}, before)
        for side, before, after in (
            ("from the newer versions", old.lost_to_spoke, new.lost_to_spoke),
            ("of this version", old.lost_to_hub, new.lost_to_hub),
        )
    )
    if not any(after.keys() - before.keys() for _, after, before in sides):
        return
    fresh = new_fields(change)
    for side, after, before in sides:
        for path in sorted(after.keys() - before.keys()):
            if side != "of this version" and covered(path, fresh):
                continue
            verdict = breaking(
                f"{path} {side} is lost in the conversion now: {after[path]}",
                Whom.CONVERSIONS,
                "a client of this version that reads and writes an object drops the field",
                f'keep it: Preserve("{path}")',
                path,
            )
            yield replace(verdict, level=level_of_kind(change))


def _loses(path: str, why: str) -> bool:
    """Whether what a lock file says of a path is a loss of something that was said."""
    return not path.endswith(FILLED) and not why.startswith(EMPTIED)
