"""Changes of mappings in lines."""

from __future__ import annotations

from typing import Any

from kconv._layout.entries import Entries
from kconv._layout.nodes import Entry, NotEditable
from kconv._layout.place import Place


class Block(Entries):
    """Makes the changes of a mapping whose entries have lines of their own."""

    @property
    def column(self) -> int:
        """The column that its entries begin in."""
        return self.source.column(self.node.content)

    def place_of(self, entry: Entry) -> Place:
        """Where the value of an entry stands."""
        return Place(self._colon(entry) + 1, entry.start, self.column, self._above(entry))

    def replace(self, entry: Entry, others: list[Entry], values: dict[str, Any]) -> None:
        """Write new entries in place of one."""
        editor, source = self.editor, self.source
        end = source.line_end(entry.node.end)
        editor.writer.reused.scalars[:] = [entry, *others]  # type: ignore[attr-defined]  # it has
        lines = [
            line for name, value in values.items() for line in editor.writer.entry(name, value)
        ]
        editor.writer.reused.scalars.clear()  # type: ignore[attr-defined]  # it has
        text = editor.joined(lines, self.column)
        comments = source.within(entry.start, end)
        at = source.line_start(self._above(entry))
        column = _indent(source.text, at)
        if comments:
            editor.changes.insert(at, lambda: editor.left_over(comments, column))
        editor.changes.replace(entry.start, end, text)

    def delete(self, going: list[Entry], staying: list[Entry]) -> None:
        """Take entries away, and leave their comments as lines."""
        for entry in going:
            if self.source.is_first(entry.start):
                self._colon(entry)
                lead = not any(each.start < entry.start for each in staying)
                self.editor.delete_lines(entry.start, entry.node.end, lead)
        head = [entry for entry in going if not self.source.is_first(entry.start)]
        if head:
            self._delete_head(head[0], going, staying)

    def insert(self, before: Entry | None, values: dict[str, Any], staying: list[Entry]) -> None:
        """Write new entries behind one, or before all."""
        editor, source = self.editor, self.source
        lines = [
            line for name, value in values.items() for line in editor.writer.entry(name, value)
        ]
        text = editor.joined(lines, self.column)
        between = source.newline + " " * self.column
        if before is None:
            editor.changes.insert(staying[0].start, text + between)
            return
        editor.changes.insert(self._end_with_comments(before), between + text)

    def _end_with_comments(self, entry: Entry) -> int:
        """The end of the last line that belongs to an entry: comments further in are its own."""
        source = self.source
        end = source.line_end(entry.node.end)
        entries = self.node.entries
        position = entries.index(entry)
        limit = entries[position + 1].start if position + 1 < len(entries) else len(source.text)
        for comment in source.within(end, limit):
            is_next = source.next_line(end) == source.line_start(comment.start)
            is_next = is_next and source.is_first(comment.start)
            if not is_next or source.column(comment.start) <= self.column:
                break
            end = source.line_end(comment.end)
        return end

    def _colon(self, entry: Entry) -> int:
        at = self.source.skip(entry.key.end)
        if self.source.text[at : at + 1] != ":" or self._is_asked(entry):
            raise NotEditable("a key with a question mark")
        return at

    def _is_asked(self, entry: Entry) -> bool:
        """Whether the key is written as ``? key``."""
        start = self.source.line_start(entry.start)
        return self.source.text[start : entry.start].rstrip().endswith("?")

    def _above(self, entry: Entry) -> int:
        return entry.start if self.source.is_first(entry.start) else self.place.above

    def _delete_head(self, entry: Entry, going: list[Entry], staying: list[Entry]) -> None:
        """Take away the first entry, which stands behind a dash, and what goes right after it."""
        source, editor = self.source, self.editor
        self._colon(entry)
        following = self.node.entries[1:]
        upto = next((each for each in following if each in staying), None)
        if upto is None or any(each in going for each in following[: following.index(upto)]):
            raise NotEditable("the first entries of an item")
        comments = source.within(entry.start, upto.start)
        at = source.line_start(self.place.above)
        column = _indent(source.text, at)
        if comments:
            editor.changes.insert(at, lambda: editor.left_over(comments, column))
        editor.changes.replace(entry.start, upto.start, "")


def _indent(text: str, at: int) -> int:
    end = at
    while text[end : end + 1] == " ":
        end += 1
    return end - at
