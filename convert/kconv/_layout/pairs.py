"""Which entries of a mapping are which: those that stay, have another name, go, or come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Final

from kconv._layout import nodes
from kconv._layout.nodes import Entry, leaves, same
from kconv._layout.scalars import json_text

_ALIKE: Final = 0.5
"""The share of scalars that two collections have in common where one has become the other."""


@dataclass(slots=True)
class Plan:
    """What becomes of the entries of a mapping.

    ``renamed`` have a new name, and perhaps another value; ``replaced`` give their place to a
    new entry that holds their values further within; ``inserted`` come behind a kept entry, or
    before all where that is None.
    """

    kept: list[Entry] = field(default_factory=list)
    renamed: list[tuple[Entry, str]] = field(default_factory=list)
    replaced: list[tuple[Entry, str, list[Entry]]] = field(default_factory=list)
    removed: list[Entry] = field(default_factory=list)
    inserted: list[tuple[Entry | None, list[str]]] = field(default_factory=list)


def likeness(one: Any, other: Any) -> float:
    """How much of two values is the same, from 0 to 1, wherever in them it is."""
    if same(one, other):
        return 1.0
    first, second = Counter(leaves(one)), Counter(leaves(other))
    shared = (first & second).total()
    return shared / max(first.total(), second.total(), 1)


def alike(one: Any, other: Any) -> bool:
    """Whether a value can have become another one of its sort."""
    if isinstance(one, dict | list):
        return type(one) is type(other) and likeness(one, other) >= _ALIKE
    if isinstance(other, dict | list) or isinstance(one, bool) or isinstance(other, bool):
        return same(one, other)
    return one is not None and other is not None and str(one) == str(other)


def becoming(
    removed: Mapping[str, Any], added: Mapping[str, Any]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Which new names old ones have got, and which new values hold those of old ones.

    The first is old names to new ones; the second, new names to the old ones in them. Where only
    as many scalars are left on both sides, each has got the next new name, and another value.
    """
    renamed: dict[str, str] = {}
    held: dict[str, list[str]] = {}
    free = dict(added)
    for old, value in removed.items():
        like = [new for new in free if alike(value, free[new])]
        if like:
            best = max(like, key=lambda new: likeness(value, free[new]))
            renamed[old] = best
            del free[best]
    for old, value in removed.items():
        if old in renamed:
            continue
        wanted = set(leaves(value))
        found = [new for new in free if wanted and wanted <= set(leaves(free[new]))]
        if found:
            held.setdefault(found[0], []).append(old)
    holding = {old for names in held.values() for old in names}
    before = [old for old in removed if old not in renamed and old not in holding]
    after = [new for new in free if new not in held]
    if len(before) == len(after) and not any(
        isinstance(each, dict | list)
        for each in (*(removed[old] for old in before), *(free[new] for new in after))
    ):
        # Values with another spelling in the other version, as "Large" and "L": the order tells.
        renamed.update(zip(before, after, strict=True))
    return renamed, held


def plan(
    node: nodes.Mapping, new: Mapping[str, Any], provided: Sequence[str], gone: Sequence[Entry]
) -> Plan:
    """What becomes of the entries of a mapping that is to have other ones.

    ``provided`` are the names that merged maps give it, and ``gone`` the entries that go
    whatever their names, as those that are repeated do.
    """
    found = Plan()
    entries = {entry.name: entry for entry in node.entries if entry not in gone and not entry.merge}
    found.removed.extend(entry for entry in gone if not entry.merge)
    found.kept = [entry for name, entry in entries.items() if name in new]
    leaving = {name: entry.node.value for name, entry in entries.items() if name not in new}
    coming = {name: new[name] for name in new if name not in entries and name not in provided}
    renamed, held = becoming(leaving, coming)
    found.renamed = [(entries[old], name) for old, name in renamed.items()]
    for name, names in held.items():
        first, *rest = sorted((entries[each] for each in names), key=lambda entry: entry.start)
        found.replaced.append((first, name, rest))
    settled = {*renamed, *(each for names in held.values() for each in names)}
    found.removed.extend(entries[name] for name in leaving if name not in settled)
    rest_coming = [name for name in coming if name not in held and name not in renamed.values()]
    if not (found.kept or found.renamed or found.replaced) and found.removed and rest_coming:
        # Something has to hold the place.
        first = min(found.removed, key=lambda entry: entry.start)
        found.removed.remove(first)
        found.replaced.append((first, rest_coming.pop(0), []))
    _insert(found, list(new), rest_coming)
    return found


def _insert(found: Plan, order: Sequence[str], coming: Sequence[str]) -> None:
    staying = {entry.name: entry for entry in found.kept}
    staying |= {name: entry for entry, name in found.renamed}
    staying |= {name: entry for entry, name, _ in found.replaced}
    places: dict[int, tuple[Entry | None, list[str]]] = {}
    before: Entry | None = None
    for name in order:
        if name in staying:
            before = staying[name]
        elif name in coming:
            places.setdefault(id(before), (before, []))[1].append(name)
    found.inserted = list(places.values())


def steps(old: Sequence[Any], new: Sequence[Any]) -> list[tuple[int | None, int | None]]:
    """Which elements of two lists are which, in order: positions, or None for none."""
    if len(old) == len(new):
        return [(index, index) for index in range(len(old))]
    matcher = SequenceMatcher(None, [*map(json_text, old)], [*map(json_text, new)], autojunk=False)
    found: list[tuple[int | None, int | None]] = []
    for _, start, end, other, last in matcher.get_opcodes():
        shared = min(end - start, last - other)
        found += [(start + each, other + each) for each in range(shared)]
        found += [(each, None) for each in range(start + shared, end)]
        found += [(None, each) for each in range(other + shared, last)]
    return found
