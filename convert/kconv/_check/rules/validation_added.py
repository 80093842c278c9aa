"""A validator of a field that is new."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking, minor


def judge(change: FieldChange) -> Iterator[Verdict]:
    """More validators than before refuse more; others than before have to be looked at."""
    old, new = (set(field.facts.get("rules", ())) for field in (change.old, change.new))
    came, gone = sorted(new - old), sorted(old - new)
    if came and len(came) > len(gone):
        yield breaking(
            f"the validator {', '.join(came)} was added",
            Whom.WRITERS,
            "values that were accepted may be refused",
            "validate in a new version, or accept what was accepted",
        )
    elif came:
        yield minor(
            f"the validator {', '.join(gone)} became {', '.join(came)}",
            Whom.WRITERS,
            "values that were accepted may be refused",
            "nothing, if it accepts what the other one did",
        )


RULE = Rule("validation-added", judge)
