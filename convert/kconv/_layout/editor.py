"""Editing a document: from the value that it has to the one that it is to have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from kconv._layout.changes import Changes
from kconv._layout.nodes import Alias, Entry, Mapping, Node, NotEditable, Scalar, Sequence, same
from kconv._layout.pairs import alike, likeness
from kconv._layout.place import Place
from kconv._layout.scalars import json_text, scalar_text
from kconv._layout.source import Comment, Source
from kconv._layout.writer import Style, Writer, indented

EditCollection = Callable[["Editor", Node, Any, Place], None]
"""Makes the changes of a mapping or a list that stays one."""


class Editor:
    """Collects the changes of one document.

    What is taken away is kept in ``moved``, for where it comes again; a comment of what goes for
    good is put in its place, and listed in ``orphans``.
    """

    def __init__(
        self,
        source: Source,
        style: Style,
        edit_collection: EditCollection,
        moved: Iterable[Node] = (),
    ) -> None:
        self._edit_collection = edit_collection
        self.source = source
        self.style = style
        self.moved = list(moved)
        self.changes = Changes()
        self.gone: list[Node] = []
        self.orphans: list[Comment] = []
        self.used: set[int] = set()
        self.writer = Writer(style, _Moved(self))
        self.became: dict[Node, Any] = {}

    def note(self, node: Node, new: Any) -> None:
        """Say what an anchored value is to be, for the aliases that stand for it."""
        if node.anchor is not None:
            self.became[node] = new

    def edit(self, node: Node, new: Any, place: Place) -> None:
        """Make the changes that give a node its new value."""
        if same(node.value, new):
            self._settle_aliases(node, place)
            return
        self.note(node, new)
        before, used = self.changes.count(), set(self.used)
        try:
            if _is_same_sort(node, new):
                self._edit_collection(self, node, new, place)
            else:
                self._rewrite(node, new, place)
        except NotEditable:
            if place.after == place.start:
                raise
            self.changes.forget(before)
            self.used = used
            self._rewrite(node, new, place)

    def remove(self, node: Node) -> None:
        """Say that a node is no longer where it was."""
        self.gone.append(node)
        for each in node.within():
            if each.anchor is not None:
                self.became[each] = _GONE

    def _settle_aliases(self, node: Node, place: Place) -> None:
        """Write out the aliases in an unchanged value whose anchors have another value now."""
        if not self.became:
            return
        if isinstance(node, Alias):
            if not self.stands(node):
                self._rewrite(node, node.value, place)
        elif isinstance(node, Mapping | Sequence) and not self.stands(node):
            self._edit_collection(self, node, node.value, place)

    def stands(self, node: Node) -> bool:
        """Whether every alias in a node still stands for what it did."""
        return all(
            same(self.became.get(each.target, each.value), each.value)
            for each in node.within()
            if isinstance(each, Alias) and each.target is not None
        )

    def _rewrite(self, node: Node, new: Any, place: Place) -> None:
        if isinstance(node, Alias) and self._is_new_value(node, new):
            return
        if isinstance(node, Scalar) and not isinstance(new, dict | list):
            style = node.style if node.style in ("'", '"') else None
            flow = place.flow
            text = json_text(new) if self.style.is_json else scalar_text(new, style, flow)
            end = node.end
            if node.content == end:
                text = f" {text}"
                line_end = self.source.line_end(end)
                end = line_end if not self.source.text[end:line_end].strip() else end
            for comment in self.source.within(node.content, node.body):
                self.used.add(comment.start)
                text = f"{text}  {comment.text}"
            self.changes.replace(node.content, end, text)
            return
        self.remove(node)
        if node.anchor is not None:
            self.became[node] = new
        if place.flow or self.style.is_json:
            text = self.writer.flow(new)
            self.changes.replace(
                node.content, node.end, text if node.content < node.end else f" {text}"
            )
            return
        self._rewrite_lines(node, new, place)

    def _rewrite_lines(self, node: Node, new: Any, place: Place) -> None:
        anchor = f" &{node.anchor}" if node.anchor is not None else ""
        lines = self.writer.lines(new)
        own_lines = isinstance(new, dict | list) and new and lines[0][:1] not in ("{", "[")
        if place.item and own_lines and not anchor:
            text = " " + self.joined(lines, place.indent)
        elif own_lines:
            by = self.style.dash if isinstance(new, list) else self.style.step
            column = place.indent + (0 if place.after == place.start else by)
            text = anchor + self.source.newline + " " * column + self.joined(lines, column)
        else:
            text = anchor + " " + self.joined(lines, place.indent)
        if place.after == place.start:  # a document
            text = text.lstrip() if not anchor else text
        source = self.source
        end = source.line_end(node.end)
        comments = source.within(place.after, end)
        head = source.line_end(place.after)
        tail = next(
            (each for each in comments if each.start < head or each.start >= node.end), None
        )
        first, newline, rest = text.partition(source.newline)
        free = (own_lines or not rest) and "#" not in first
        if tail is not None and tail.start not in self.used and free:
            self.used.add(tail.start)
            text = f"{first}  {tail.text}{newline}{rest}"
        self._comments_above(place.after, end, place)
        self.changes.replace(place.after, end, text)

    def _is_new_value(self, node: Alias, new: Any) -> bool:
        target = node.target
        return target is not None and same(self.became.get(target, target.value), new)

    def _comments_above(self, start: int, end: int, place: Place) -> None:
        comments = [each for each in self.source.within(start, end) if each.start not in self.used]
        if comments:
            at = self.source.line_start(place.above)
            column = len(self.source.text[at:]) - len(self.source.text[at:].lstrip(" "))
            self.changes.insert(at, lambda: self.left_over(comments, column))

    def delete_lines(self, start: int, end: int, lead: bool) -> None:
        """Take away the lines of an entry or an item, and leave its comments in their place.

        With the line break before them, so that what comes behind them still finds its place;
        ``lead`` says that nothing stays before them, and the break behind them goes.
        """
        source = self.source
        column = source.column(start)
        first, last = source.line_start(start), source.line_end(end)
        comments = source.within(first, last)
        if lead:
            after = source.next_line(end)
            self.changes.replace(first, after, lambda: self.left_over(comments, column))
            return
        before = source.line_end(first)
        self.changes.replace(before, last, lambda: self._before_lines(comments, column))

    def _before_lines(self, comments: Iterable[Comment], column: int) -> str:
        text = self.left_over(comments, column)
        newline = self.source.newline
        return newline + text.removesuffix(newline) if text else ""

    def joined(self, lines: list[str], column: int) -> str:
        """Lines as a text whose first line has its place already."""
        return self.source.newline.join([lines[0], *indented(lines[1:], column)])

    def left_over(self, comments: Iterable[Comment], column: int) -> str:
        """Comments as lines of their own, those that went elsewhere left out."""
        rest = [each for each in comments if each.start not in self.used]
        self.used.update(each.start for each in rest)
        self.orphans.extend(rest)
        return "".join(" " * column + each.text + self.source.newline for each in rest)

    def rename(self, entry: Entry, name: str, flow: bool) -> None:
        """Give an entry another name, in the quotes that it has."""
        key = entry.key
        assert isinstance(key, Scalar), "only words are keys"
        style = key.style if key.style in ("'", '"') else None
        text = json_text(name) if self.style.is_json else scalar_text(name, style, flow)
        self.changes.replace(key.content, key.end, text)

    def moved_lines(self, node: Mapping | Sequence, value: Any) -> list[str]:
        """The lines of something that was elsewhere in the text, edited, as if in column 0."""
        source, outer = self.source, self.changes
        self.changes = Changes()
        self.moved.remove(node)  # it is not inside itself
        column = source.column(node.content)
        start = source.line_start(node.content) if source.is_first(node.content) else node.content
        place = Place(node.content, node.content, column, node.content)
        end = self._end_of(node)
        try:
            self.edit(node, value, place)
            text = self.changes.applied(source.text, start, end)
        finally:
            self.changes = outer
            self.moved.append(node)
        self.used.update(each.start for each in source.within(node.content, end))
        first, *rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return [
            first[column:] if start < node.content else first,
            *(_dedented(line, column) for line in rest),
        ]

    def _end_of(self, node: Mapping | Sequence) -> int:
        return (
            node.end if node.flow and not self.ends_alone(node) else self.source.line_end(node.end)
        )

    def ends_alone(self, node: Node) -> bool:
        """Whether a line ends with a node, and with a comment that is not elsewhere already."""
        source = self.source
        end = source.line_end(node.end)
        behind = source.within(node.end, end)
        alone = not source.text[node.end : behind[0].start if behind else end].strip()
        return alone and all(each.start not in self.used for each in behind)


def _is_same_sort(node: Node, new: Any) -> bool:
    """Whether a collection with something in it stays one."""
    if isinstance(node, Mapping):
        return isinstance(new, dict) and bool(new and node.entries)
    return isinstance(node, Sequence) and isinstance(new, list) and bool(new and node.items)


_GONE: Any = object()
"""What an anchor stands for whose value is no longer in the text."""


def _dedented(line: str, by: int) -> str:
    blank = len(line) - len(line.lstrip(" "))
    return line[min(blank, by) :]


class _Moved:
    """Writes values in the words that they had where they were taken away."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.scalars: list[Entry] = []

    def lines(self, value: Any) -> list[str] | None:
        node = max(
            (
                each
                for each in self.editor.moved
                if isinstance(each, Mapping | Sequence)
                and alike(each.value, value)
                and (each.flow or self.editor.ends_alone(each))
            ),
            key=lambda each: likeness(each.value, value),
            default=None,
        )
        if node is None:
            return None
        used = set(self.editor.used)
        try:
            return self.editor.moved_lines(node, value)
        except NotEditable:
            self.editor.used = used
            return None  # it is written anew

    def scalar(self, value: Any) -> tuple[str, str] | None:
        editor = self.editor
        for entry in self.scalars:
            node = entry.node
            if (
                isinstance(node, Scalar)
                and same(node.value, value)
                and node.style not in ("|", ">")
            ):
                text = editor.source.text[node.content : node.end]
                if "\n" in text or not text:
                    continue
                self.scalars.remove(entry)
                return text, self._comment_behind(node)
        return None

    def _comment_behind(self, node: Node) -> str:
        source = self.editor.source
        end = source.line_end(node.end)
        found = source.within(node.end, end)
        if not found or found[0].start in self.editor.used:
            return ""
        self.editor.used.add(found[0].start)
        return source.text[node.end : found[0].end].rstrip()
