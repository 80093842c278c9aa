"""A new field that another served version of the kind neither has nor preserves.

`Scheme.freeze` refuses a field without any rule; here its loss was acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kconv._check.change import KindChange
from kconv._check.newfields import covered, new_fields
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking


def judge(change: KindChange) -> Iterator[Verdict]:
    """A new loss in an existing version, of a field that is new; the field's own level counts."""
    old, new = change.old.conversion.lost_to_spoke, change.new.conversion.lost_to_spoke
    came = sorted(new.keys() - old.keys())
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


RULE = Rule("field-missing-from-older", judge)
