"""How lists and maps are merged by patches and by server-side apply."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange, TypeChange
from kconv._check.rule import rule
from kconv._check.verdict import Verdict, Whom, breaking

_BREAKS = "what they apply is merged in another way: elements are lost or doubled"


@rule("list-type-changed")
def list_type_changed(change: FieldChange) -> Iterator[Verdict]:
    """A list whose elements are identified in another way, or a map that combines in another.

    Another list type, other keys of a map list, or another map type of a field.
    """
    for name in ("listType", "mapKeys", "mapType"):
        old, new = change.old.facts.get(name), change.new.facts.get(name)
        if old != new:
            yield breaking(
                f"{name} changed from {_in_words(old)} to {_in_words(new)}",
                Whom.WRITERS,
                _BREAKS,
                "leave it; a new version may have another",
            )


def _in_words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "none")


@rule("map-type-changed")
def map_type_changed(change: TypeChange) -> Iterator[Verdict]:
    """An object that writers replace as a whole now, or no longer do.

    Another map type.
    """
    if change.old.map_type != change.new.map_type:
        old, new = change.old.map_type, change.new.map_type
        yield breaking(
            f"mapType changed from {old or 'none'} to {new or 'none'}",
            Whom.WRITERS,
            "what they apply is merged in another way",
            "leave it; a new version may have another",
        )


@rule("merge-key-changed")
def merge_key_changed(change: FieldChange) -> Iterator[Verdict]:
    """Strategic merge patches mean something else.

    Another merge key or patch strategy.
    """
    for name in ("mergeKey", "patchStrategy"):
        old, new = change.old.facts.get(name), change.new.facts.get(name)
        if old != new:
            yield breaking(
                f"{name} changed from {old or 'none'} to {new or 'none'}",
                Whom.WRITERS,
                "their strategic merge patches replace where they merged, or the other way round",
                "leave it; a new version may have another",
            )
