"""A validator of a field that is gone."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, minor


def judge(change: FieldChange) -> Iterator[Verdict]:
    """Fewer validators than before accept more."""
    old, new = (set(field.facts.get("rules", ())) for field in (change.old, change.new))
    if old - new and not new - old:
        yield minor(
            f"the validator {', '.join(sorted(old - new))} was removed",
            Whom.READERS,
            "they may meet values that used to be refused",
            "nothing, once every server that writes accepts them",
        )


RULE = Rule("validation-removed", judge)
