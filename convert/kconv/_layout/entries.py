"""Entries of mappings: what is done with them, in whatever style they are."""

from __future__ import annotations

from collections.abc import Mapping as Values
from typing import Any

from kconv._layout.editor import Editor
from kconv._layout.nodes import Entry, Mapping, NotEditable
from kconv._layout.pairs import Plan
from kconv._layout.place import Place


class Entries:
    """What both styles of mappings have in common."""

    def __init__(self, editor: Editor, node: Mapping, place: Place) -> None:
        self.editor = editor
        self.source = editor.source
        self.node = node
        self.place = place

    def make(
        self, found: Plan, fallen: list[Entry], spelled: Values[str, Any], new: Values[str, Any]
    ) -> None:
        """Make the changes of a plan."""
        for entry in found.kept:
            self.editor.edit(entry.node, new[entry.name], self.place_of(entry))
        for entry, name in found.renamed:
            self.editor.rename(entry, name, self.node.flow)
            self.editor.edit(entry.node, new[name], self.place_of(entry))
        for entry, name, others in found.replaced:
            self.editor.remove(entry.node)
            for other in others:
                self.editor.remove(other.node)
            self.replace(entry, others, {name: new[name]})
        for number, entry in enumerate(fallen):
            self.editor.remove(entry.node)
            values = {name: new[name] for name in spelled} if number == 0 else {}
            if values:
                self.replace(entry, [], values)
            else:
                found.removed.append(entry)
        for entry in found.removed:
            self.editor.remove(entry.node)
        absorbed = [other for _, _, others in found.replaced for other in others]
        going = sorted([*found.removed, *absorbed], key=lambda entry: entry.start)
        staying = [entry for entry in self.node.entries if entry not in going]
        if not staying:
            raise NotEditable("nothing of a mapping stays")
        self.delete(going, staying)
        for before, names in found.inserted:
            if names:
                self.insert(before, {name: new[name] for name in names}, staying)

    def place_of(self, entry: Entry) -> Place:
        """Where the value of an entry stands."""
        raise NotImplementedError

    def replace(self, entry: Entry, others: list[Entry], values: dict[str, Any]) -> None:
        """Write new entries in place of one; they hold values of it and of ``others``."""
        raise NotImplementedError

    def delete(self, going: list[Entry], staying: list[Entry]) -> None:
        """Take entries away."""
        raise NotImplementedError

    def insert(self, before: Entry | None, values: dict[str, Any], staying: list[Entry]) -> None:
        """Write new entries behind one, or before all."""
        raise NotImplementedError
