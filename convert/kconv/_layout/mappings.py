"""Changes of mappings: entries that get another value or name, go, or come."""

from __future__ import annotations

from collections.abc import Mapping as Values
from typing import Any

from kconv._layout.blocks import Block
from kconv._layout.braces import Braces
from kconv._layout.editor import Editor
from kconv._layout.nodes import Alias, Entry, Mapping, Node, same
from kconv._layout.pairs import Plan, plan
from kconv._layout.place import Place


def edit_mapping(editor: Editor, node: Mapping, new: Values[str, Any], place: Place) -> None:
    """Make the changes that give a mapping its new entries."""
    merges = [entry for entry in node.entries if entry.merge]
    standing = [entry for entry in merges if _still_merges(editor, node, entry, new)]
    fallen = [entry for entry in merges if entry not in standing]
    last = {entry.name: entry for entry in node.entries if not entry.merge}
    repeated = [
        entry for entry in node.entries if not entry.merge and last[entry.name] is not entry
    ]
    provided = {name for entry in standing for name in _given(entry)}
    found = plan(node, new, sorted(provided), repeated)
    spelled: dict[str, Any] = {}
    if fallen:
        spelled = _taken_out(found, fallen)
    if node.flow:
        Braces(editor, node, place).make(found, fallen, spelled, new)
    else:
        Block(editor, node, place).make(found, fallen, spelled, new)


def _given(entry: Entry) -> dict[str, Any]:
    """What a ``<<`` gives."""
    value = entry.node.value
    found: dict[str, Any] = {}
    for source in value[::-1] if isinstance(value, list) else [value]:
        found.update(source)
    return found


def _still_merges(editor: Editor, node: Mapping, entry: Entry, new: Values[str, Any]) -> bool:
    """Whether a ``<<`` may stay: all that it gives is what the mapping is to have."""
    own = {each.name for each in node.entries if not each.merge}
    given = {name: value for name, value in _given(entry).items() if name not in own}
    if any(name not in new or not same(new[name], value) for name, value in given.items()):
        return False
    return all(_is_unchanged(editor, each) for each in entry.node.within())


def _is_unchanged(editor: Editor, node: Node) -> bool:
    if not isinstance(node, Alias) or node.target is None:
        return True
    return same(editor.became.get(node.target, node.value), node.value)


def _taken_out(found: Plan, fallen: list[Entry]) -> dict[str, Any]:
    """What a ``<<`` that goes gave and the plan would insert; it is written in its place."""
    given = {name for entry in fallen for name in _given(entry)}
    taken: dict[str, Any] = {}
    for _, names in found.inserted:
        for name in [each for each in names if each in given]:
            names.remove(name)
            taken[name] = None
    return taken
