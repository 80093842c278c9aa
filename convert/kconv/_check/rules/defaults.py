"""What becomes of a field that is left out: constant and computed defaults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kconv._check.change import FieldChange, TypeChange
from kconv._check.lock import FieldLock, TypeLock
from kconv._check.rule import rule
from kconv._check.verdict import Verdict, Whom, breaking, minor


def has_default(field: FieldLock) -> bool:
    """Whether an absent field becomes a value."""
    return field.facts.get("default") is not None or "computedDefault" in field.facts


def default_text(field: FieldLock) -> str:
    """The default in words."""
    if "computedDefault" in field.facts:
        return f"{field.facts['computedDefault']}()"
    return repr(field.facts.get("default"))


_TODO = "keep the default; a new version may have another"
_NOTHING = object()


@rule("default-added")
def default_added(change: FieldChange) -> Iterator[Verdict]:
    """A default where there was none.

    Objects that leave an existing field out mean something else than before.
    """
    if has_default(change.new) and not has_default(change.old):
        yield breaking(
            f"the default {default_text(change.new)} was added",
            Whom.STORED,
            "objects that leave the field out get a value that nobody gave them",
            "let absence mean what it meant; default the field in a new version, or a new field",
        )


@rule("default-changed")
def default_changed(change: FieldChange) -> Iterator[Verdict]:
    """Another default.

    Objects that leave the field out mean something else than before.
    """
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


@rule("default-computed")
def default_computed(change: TypeChange) -> Iterator[Verdict]:
    """The group's functions fill in something else.

    Functions are compared by what they do to an empty object; where that is nothing, by name.
    """
    old, new = _effects(change.old), _effects(change.new)
    for path in sorted(old.keys() | new.keys()):
        before, after = old.get(path, _NOTHING), new.get(path, _NOTHING)
        # A new field is filled in as its author likes: no object has it yet.
        if before != after and not (before is _NOTHING and _is_new(change, path)):
            yield breaking(
                f"the computed default {_in_words(before)} became {_in_words(after)}",
                Whom.STORED,
                "objects that leave the field out mean something else now",
                _TODO,
                path,
            )
    silent_old, silent_new = _silent(change.old), _silent(change.new)
    gone, came = silent_old - change.new.computed.keys(), silent_new - change.old.computed.keys()
    if gone and not came and len(change.new.computed) < len(change.old.computed):
        yield breaking(
            f"the function {', '.join(sorted(gone))} that computes defaults was removed",
            Whom.STORED,
            "objects that leave fields out may stay without a value that they used to get",
            "put the function back",
        )
    elif gone or came:
        names = ", ".join(sorted(gone | came))
        yield minor(
            f"other functions compute defaults: {names}",
            Whom.STORED,
            "if they do something else than before, objects mean something else now",
            "nothing, if the same values come of it: golden data shows it",
        )


def _is_new(change: TypeChange, path: str) -> bool:
    name = path.split(".", maxsplit=1)[0].split("[", maxsplit=1)[0]
    return name not in change.old.fields


def _effects(each: TypeLock) -> dict[str, Any]:
    return {path: value for facts in each.computed.values() for path, value in facts.items()}


def _silent(each: TypeLock) -> set[str]:
    return {name for name, facts in each.computed.items() if not facts}


def _in_words(value: Any) -> str:
    return "nothing" if value is _NOTHING else repr(value)


@rule("default-removed")
def default_removed(change: FieldChange) -> Iterator[Verdict]:
    """A default that is gone.

    Objects that leave the field out stay without it, where they used to have a value.
    """
    if has_default(change.old) and not has_default(change.new):
        refused = bool(change.new.facts.get("required"))
        yield breaking(
            f"the default {default_text(change.old)} was removed",
            Whom.WRITERS if refused else Whom.READERS,
            "objects that leave the field out are refused"
            if refused
            else "they meet objects without a value that was always there",
            "put the default back",
        )
