"""A rule of the group about a type that is new."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import TypeChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking, minor


def judge(change: TypeChange) -> Iterator[Verdict]:
    """A rule that came, and for which none went.

    Where the type also got a field, the rule is probably about that.
    """
    for what, old, new in (
        ("rule", change.old.rules, change.new.rules),
        ("rule about updates", change.old.update_rules, change.new.update_rules),
    ):
        came, gone = sorted(set(new) - set(old)), sorted(set(old) - set(new))
        if not came:
            continue
        if len(came) <= len(gone):
            yield minor(
                f"the {what} {', '.join(gone)} became {', '.join(came)}",
                Whom.WRITERS,
                "objects that were accepted may be refused",
                "nothing, if it accepts what the other one did",
            )
        elif change.new.fields.keys() - change.old.fields.keys():
            yield minor(
                f"the {what} {', '.join(came)} was added, with new fields",
                Whom.WRITERS,
                "objects that were accepted may be refused, unless it is about the new fields only",
                "see that the rule passes every object without the new fields",
            )
        else:
            yield breaking(
                f"the {what} {', '.join(came)} was added",
                Whom.WRITERS,
                "objects that were accepted may be refused",
                "validate in a new version, or accept what was accepted",
            )


RULE = Rule("group-rule-added", judge)
