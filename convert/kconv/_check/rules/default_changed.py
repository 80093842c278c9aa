"""Another default."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange
from kconv._check.rule import Rule
from kconv._check.rules.default_added import default_text, has_default
from kconv._check.verdict import Verdict, Whom, breaking


def judge(change: FieldChange) -> Iterator[Verdict]:
    """Objects that leave the field out mean something else than before."""
    old, new = change.old, change.new
    if has_default(old) and has_default(new) and default_text(old) != default_text(new):
        yield breaking(
            f"the default changed from {default_text(old)} to {default_text(new)}",
            Whom.STORED,
            "objects that leave the field out mean something else now",
            "keep the default; a new version may have another, which its conversion spells out",
        )
    before, after = (bool(field.facts.get("emptyMeansDefault")) for field in (old, new))
    if before != after:
        means = "now means the default" if after else "no longer means the default"
        yield breaking(
            f"an empty value {means}",
            Whom.WRITERS,
            "what they write as empty comes back as something else than before",
            "leave the meaning of the empty value as it was",
        )


RULE = Rule("default-changed", judge)
