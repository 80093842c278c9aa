"""Validators of fields, and rules of the group about whole types."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange, TypeChange
from kconv._check.rule import rule
from kconv._check.rules.unions import changed_unions, of_unions
from kconv._check.verdict import Verdict, Whom, breaking, minor


@rule("group-rule-added")
def group_rule_added(change: TypeChange) -> Iterator[Verdict]:
    """A rule of the group about a type that is new.

    A rule that came, and for which none went.

    Where the type also got a field, the rule is probably about that. Of a union, what its members
    were is known.
    """
    yield from of_unions(change)
    unions = {each for pair in changed_unions(change) for each in pair}
    for what, old, new in (
        ("rule", {*change.old.rules} - unions, {*change.new.rules} - unions),
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


@rule("group-rule-removed")
def group_rule_removed(change: TypeChange) -> Iterator[Verdict]:
    """A rule of the group about a type that is gone.

    A rule that went, and for which none came.
    """
    unions = {each for pair in changed_unions(change) for each in pair}
    for old, new in (
        ({*change.old.rules} - unions, {*change.new.rules} - unions),
        (change.old.update_rules, change.new.update_rules),
    ):
        gone = sorted(set(old) - set(new))
        if gone and not set(new) - set(old):
            yield minor(
                f"the rule {', '.join(gone)} was removed",
                Whom.READERS,
                "they may meet objects that used to be refused",
                "nothing, once every server that writes accepts them",
            )


@rule("validation-added")
def validation_added(change: FieldChange) -> Iterator[Verdict]:
    """A validator of a field that is new.

    More validators than before refuse more; others than before have to be looked at.
    """
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


@rule("validation-removed")
def validation_removed(change: FieldChange) -> Iterator[Verdict]:
    """A validator of a field that is gone.

    Fewer validators than before accept more.
    """
    old, new = (set(field.facts.get("rules", ())) for field in (change.old, change.new))
    if old - new and not new - old:
        yield minor(
            f"the validator {', '.join(sorted(old - new))} was removed",
            Whom.READERS,
            "they may meet values that used to be refused",
            "nothing, once every server that writes accepts them",
        )
