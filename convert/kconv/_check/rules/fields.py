"""Fields that come, go, or are something else."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.absence import refused_when_absent
from kconv._check.change import FieldChange, TypeChange
from kconv._check.lock import FieldLock
from kconv._check.rule import rule
from kconv._check.shape import renamed
from kconv._check.verdict import Verdict, Whom, breaking, compatible, minor

_EMPTY_IS_ABSENT = ("string", "list")


@rule("field-added")
def field_added(change: TypeChange) -> Iterator[Verdict]:
    """A field that the base does not have.

    A new field breaks nobody, unless objects without it are refused.
    """
    pairs = renamed(change.old, change.new).values()
    filled = {path for facts in change.new.computed.values() for path in facts}
    for name, field in change.new.fields.items():
        if name in change.old.fields or name in pairs:
            continue
        if name not in filled and refused_when_absent(field, change.new_types):
            yield breaking(
                f"a field ({field}) was added that objects must have",
                Whom.WRITERS,
                "they do not know the field, so that what they write is refused",
                "make the field optional, or give it a default that keeps today's behaviour",
                name,
            )
        else:
            yield compatible(f"a field ({field}) was added", name)


@rule("field-optional")
def field_optional(change: FieldChange) -> Iterator[Verdict]:
    """A field that is no longer required.

    Was required and is not: readers may have counted on it.
    """
    if change.old.facts.get("required") and not change.new.facts.get("required"):
        yield minor(
            "the field is no longer required",
            Whom.READERS,
            "they may meet objects without a field that they count on",
            "say in the field's description what its absence means",
        )


@rule("field-removed")
def field_removed(change: TypeChange) -> Iterator[Verdict]:
    """A field that the code no longer has.

    A field that went without one of the same shape in its stead.
    """
    pairs = renamed(change.old, change.new)
    for name, field in change.old.fields.items():
        if name not in change.new.fields and name not in pairs:
            yield breaking(
                f"the field ({field}) was removed",
                Whom.WRITERS,
                "what they send in it is dropped, or refused; what is stored in it is lost",
                "put the field back; a new version may do without it",
                name,
            )


@rule("field-renamed")
def field_renamed(change: TypeChange) -> Iterator[Verdict]:
    """A field that probably has another name now.

    A field that went, and one of the same shape that came.
    """
    for name, other in renamed(change.old, change.new).items():
        yield breaking(
            f"the field was removed, and {other} of the same shape was added: renamed?",
            Whom.WRITERS,
            "what they send in the old field is dropped, or refused; what is stored in it is lost",
            f'keep the name here; a new version may rename it: Rename("{name}", "{other}")',
            name,
        )


@rule("field-required")
def field_required(change: FieldChange) -> Iterator[Verdict]:
    """A field that became required.

    Objects without the field used to be accepted.

    A default saves what leaves the field out, not what has it empty.
    """
    if change.old.facts.get("required") or not change.new.facts.get("required"):
        return
    refused = refused_when_absent(change.new, change.new_types)
    todo = "leave the field optional; if a value is needed, default it"
    if refused or change.new.type in _EMPTY_IS_ABSENT:
        left = "leave the field out" if refused else "leave the field empty"
        yield breaking(
            "the field became required", Whom.WRITERS, f"objects that {left} are refused", todo
        )
    else:
        yield minor(
            "the field became required, with a default",
            Whom.WRITERS,
            "nothing, as long as the default stays",
            "nothing, or leave the field optional",
        )


@rule("field-retyped")
def field_retyped(change: FieldChange) -> Iterator[Verdict]:
    """A field of another type or format.

    Neither a wider nor a narrower type is compatible: one breaks readers, the other writers.
    """
    yield breaking(
        f"the type changed from {_in_words(change.old)} to {_in_words(change.new)}",
        Whom.STORED,
        "values of the old type may no longer decode, and clients cannot read those of the new one",
        "keep the type; add a field of the new type, or a new version with a conversion",
    )


def _in_words(field: FieldLock) -> str:
    facts = field.facts
    marks = [str(facts["class"])] if "class" in facts else []
    marks += [name for name in ("milli", "objectOnly") if facts.get(name)]
    return f"{field} ({', '.join(marks)})" if marks else str(field)
