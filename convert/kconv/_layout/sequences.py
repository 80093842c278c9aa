"""Changes of lists: items that get another value, go, or come."""

from __future__ import annotations

from collections.abc import Sequence as Values
from typing import Any

from kconv._layout.editor import Editor
from kconv._layout.nodes import NotEditable, Sequence
from kconv._layout.pairs import steps
from kconv._layout.place import Place


def edit_sequence(editor: Editor, node: Sequence, new: Values[Any], place: Place) -> None:
    """Make the changes that give a list its new items."""
    found = steps(node.value, new)
    style = _Brackets(editor, node, place) if node.flow else _Dashes(editor, node, place)
    if not any(old is not None and at is not None for old, at in found):
        raise NotEditable("nothing of a list stays")
    before: int | None = None
    coming: list[Any] = []
    for old, at in found:
        if old is not None and at is not None:
            if coming:
                style.insert(before, coming, old)
                coming = []
            editor.edit(node.items[old], new[at], style.place_of(old))
            before = old
        elif old is not None:
            editor.remove(node.items[old])
            style.delete(
                old, [each for each, there in found if each is not None and there is not None]
            )
        else:
            assert at is not None, "one of the two is there"
            coming.append(new[at])
    if coming:
        style.insert(before, coming, None)


class _Dashes:
    """A list in lines."""

    def __init__(self, editor: Editor, node: Sequence, place: Place) -> None:
        self.editor, self.source, self.node, self.place = editor, editor.source, node, place
        self.dashes = [self._dash(position) for position in range(len(node.items))]
        self.column = self.source.column(self.dashes[0])

    def _dash(self, position: int) -> int:
        text, items = self.source.text, self.node.items
        at = self.node.content if position == 0 else self.source.skip(items[position - 1].end)
        if text[at : at + 1] != "-":
            raise NotEditable("a list whose dashes are not found")
        return at

    def place_of(self, position: int) -> Place:
        dash = self.dashes[position]
        above = dash if self.source.is_first(dash) else self.place.above
        return Place(dash + 1, dash, self._inner(position), above, item=True)

    def _inner(self, position: int) -> int:
        """The column that lines of an item begin in."""
        item, dash = self.node.items[position], self.dashes[position]
        on_line = self.source.line_start(item.content) == self.source.line_start(dash)
        if on_line and item.content > dash:
            return self.source.column(item.content)
        return self.source.column(dash) + 2

    def delete(self, position: int, staying: list[int]) -> None:
        editor, source = self.editor, self.source
        dash, item = self.dashes[position], self.node.items[position]
        if not source.is_first(dash):
            raise NotEditable("an item on the line of another one")
        lead = not any(each < position for each in staying)
        editor.delete_lines(dash, item.end, lead)

    def insert(self, before: int | None, values: list[Any], following: int | None) -> None:
        editor, source = self.editor, self.source
        lines = [line for value in values for line in editor.writer.item(value)]
        text = editor.joined(lines, self.column)
        between = source.newline + " " * self.column
        if before is None:
            assert following is not None, "something of it stays"
            editor.changes.insert(self.dashes[following], text + between)
        else:
            end = source.line_end(self.node.items[before].end)
            editor.changes.insert(end, between + text)


class _Brackets:
    """A list within brackets."""

    def __init__(self, editor: Editor, node: Sequence, place: Place) -> None:
        self.editor, self.source, self.node, self.place = editor, editor.source, node, place

    def place_of(self, position: int) -> Place:
        item = self.node.items[position]
        column = self.source.column(item.start)
        return Place(item.start, item.start - 1, column, self.place.above, flow=True, item=True)

    def delete(self, position: int, staying: list[int]) -> None:
        items = self.node.items
        if position + 1 < len(items) and any(each > position for each in staying):
            start, end = items[position].start, items[position + 1].start
        elif position:
            start, end = items[position - 1].end, items[position].end
        else:
            raise NotEditable("the only item")
        if self.source.within(start, end):
            raise NotEditable("an item with comments")
        self.editor.changes.replace(start, end, "")

    def insert(self, before: int | None, values: list[Any], following: int | None) -> None:
        comma = self._between(following if before is None else before)
        text = comma.join(map(self.editor.writer.flow, values))
        if before is None:
            assert following is not None, "something of it stays"
            self.editor.changes.insert(self.node.items[following].start, text + comma)
        else:
            self.editor.changes.insert(self.node.items[before].end, comma + text)

    def _between(self, near: int | None) -> str:
        source, items = self.source, self.node.items
        start = items[near or 0].start
        if source.is_first(start):
            return "," + source.newline + source.text[source.line_start(start) : start]
        return self.editor.style.comma
