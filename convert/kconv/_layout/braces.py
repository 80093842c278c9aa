"""Changes of mappings within braces, and so of all that is JSON."""

from __future__ import annotations

from typing import Any

from kconv._layout.entries import Entries
from kconv._layout.nodes import Entry, Scalar
from kconv._layout.place import Place


class Braces(Entries):
    """Makes the changes of a mapping within braces."""

    def place_of(self, entry: Entry) -> Place:
        """Where the value of an entry stands."""
        column = self.source.column(entry.start)
        return Place(entry.key.end, entry.start, column, self.place.above, flow=True)

    def replace(self, entry: Entry, others: list[Entry], values: dict[str, Any]) -> None:
        """Write new entries in place of one."""
        writer = self.editor.writer
        writer.reused.scalars[:] = [entry, *others]  # type: ignore[attr-defined]  # it has them
        text = self._text(values, self._between(entry))
        writer.reused.scalars.clear()  # type: ignore[attr-defined]  # it has them
        self._leave(entry.start, entry.node.end)
        self.editor.changes.replace(entry.start, entry.node.end, text)

    def delete(self, going: list[Entry], staying: list[Entry]) -> None:
        """Take entries away, with the commas between."""
        entries = self.node.entries
        for entry in going:
            position = entries.index(entry)
            if any(each in staying for each in entries[position + 1 :]):
                start, end = entry.start, entries[position + 1].start
            else:  # the comma before it goes with it
                start, end = entries[position - 1].node.end, entry.node.end
            self._leave(start, end)
            self.editor.changes.replace(start, end, "")

    def insert(self, before: Entry | None, values: dict[str, Any], staying: list[Entry]) -> None:
        """Write new entries behind one, or before all."""
        near = before or staying[0]
        between = self._between(near)
        text = self._text(values, between)
        if before is None:
            self.editor.changes.insert(near.start, text + between)
            return
        self.editor.changes.insert(_end(before), between + text)

    def _text(self, values: dict[str, Any], between: str) -> str:
        writer = self.editor.writer
        colon = self._colon()
        return between.join(
            f"{writer.key(name)}{colon}{self._value(value, between)}"
            for name, value in values.items()
        )

    def _value(self, value: Any, between: str) -> str:
        if between[1:2] not in ("\n", "\r"):
            return self.editor.writer.flow(value)
        return _pretty(self.editor.writer, value, between[1:], self._step())

    def _step(self) -> int:
        first = self.node.entries[0]
        start = self.source.line_start(self.node.content)
        outer = len(self.source.text[start:]) - len(self.source.text[start:].lstrip(" \t"))
        return max(self.source.column(first.start) - outer, 0) or self.editor.style.step

    def _colon(self) -> str:
        for entry in self.node.entries:
            if not (isinstance(entry.node, Scalar) and entry.node.is_empty):
                found = self.source.text[entry.key.end : entry.node.start]
                if found.strip() == ":" and "\n" not in found:
                    return found
        return ": "

    def _between(self, near: Entry) -> str:
        """What stands between two entries: a comma, and a line break where they have lines."""
        source = self.source
        if source.is_first(near.start):
            return "," + source.newline + source.text[source.line_start(near.start) : near.start]
        entries = self.node.entries
        position = entries.index(near)
        if position:
            found = source.text[entries[position - 1].node.end : near.start]
            if found.strip(" ") == ",":
                return found
        return self.editor.style.comma

    def _leave(self, start: int, end: int) -> None:
        comments = self.source.within(start, end)
        if comments:
            at = self.source.line_start(self.place.above)
            column = self.source.column(self.place.above)
            self.editor.changes.insert(at, lambda: self.editor.left_over(comments, column))


def _end(entry: Entry) -> int:
    return max(entry.node.end, entry.key.end)


def _pretty(writer: Any, value: Any, line: str, step: int) -> str:
    """A value in lines of which ``line`` is the break and the indentation around it."""
    if not isinstance(value, dict | list) or not value:
        return str(writer.flow(value))
    inner = line + ("\t" if "\t" in line else " ") * step
    if isinstance(value, list):
        items = [_pretty(writer, item, inner, step) for item in value]
        return "[" + inner + f",{inner}".join(items) + line + "]"
    entries = [
        f"{writer.key(name)}: {_pretty(writer, each, inner, step)}" for name, each in value.items()
    ]
    return "{" + inner + f",{inner}".join(entries) + line + "}"
