"""The values that an enumeration lists."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange
from kconv._check.rule import rule
from kconv._check.verdict import Verdict, Weight, Whom, breaking, minor


@rule("enum-added")
def enum_added(change: FieldChange) -> Iterator[Verdict]:
    """A value that was not allowed before.

    Kubernetes' API changes policy: clients assume that they know every value of an enumeration,
    so adding one is not compatible, unless the field says from its first release on that values
    may come.

    A value that came, or an enumeration that went.
    """
    old, new = change.old.facts.get("enum"), change.new.facts.get("enum")
    if old and change.new.facts.get("open") and not change.old.facts.get("open"):
        yield minor(
            "values may come from now on",
            Whom.READERS,
            "they may not expect a value that they do not know",
            "say so from a field's first release on",
        )
    if not old or (new and not set(new) - set(old)):
        return
    came = f"the value {', '.join(sorted(set(new) - set(old)))}" if new else "every value"
    yield Verdict(
        Weight.MINOR if change.old.facts.get("open") else Weight.BREAKING,
        f"{came} is allowed now",
        Whom.READERS,
        "they may meet a value that they do not know what to do with",
        "add the value in a new version; a field whose values may grow is declared with "
        'metadata={"open": True} from its first release on',
    )


@rule("enum-removed")
def enum_removed(change: FieldChange) -> Iterator[Verdict]:
    """A value that is no longer allowed.

    A value that went, or an enumeration where any string was allowed.
    """
    old, new = change.old.facts.get("enum"), change.new.facts.get("enum")
    if new and not old:
        yield breaking(
            f"only {', '.join(new)} are allowed now",
            Whom.WRITERS,
            "every other value, which was accepted, is refused",
            "leave the field open; enumerate in a new version",
        )
    elif new and old and set(old) - set(new):
        gone = ", ".join(sorted(set(old) - set(new)))
        yield breaking(
            f"the value {gone} is no longer allowed",
            Whom.WRITERS,
            "objects with it are refused, stored ones as soon as somebody changes them",
            "allow the value; describe it as deprecated",
        )
