"""Editing a text: some of its documents get another value, and all else stays as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kconv._codec import yaml as yaml_codec
from kconv._errors import KconvError
from kconv._layout import nodes
from kconv._layout.changes import Changes
from kconv._layout.editor import Editor
from kconv._layout.json_tree import json_documents
from kconv._layout.mappings import edit_mapping
from kconv._layout.nodes import Node, NotEditable, same
from kconv._layout.place import Place
from kconv._layout.sequences import edit_sequence
from kconv._layout.source import Comment, Source
from kconv._layout.writer import Style
from kconv._layout.yaml_tree import yaml_documents

__all__ = ["Edited", "NotEditable", "edit_json", "edit_yaml"]

_BOM = "\ufeff"

_MOST_MOVED = 100
"""How many collections that go, the largest, are looked for in what comes."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A text with other values in it.

    ``orphans`` are the comments of fields that are gone, with the lines that they were on; they
    are in the text still, where the fields were. ``refused`` says why a document is not changed,
    by its number from 0.
    """

    text: str
    orphans: tuple[tuple[int, str], ...]
    refused: dict[int, str]


def edit_yaml(text: str, values: Mapping[int, Any]) -> Edited:
    """Give the documents with these numbers, from 0, other values.

    Documents without a value do not count. Raises `NotEditable` where the text does not parse.
    """
    mark = _BOM if text.startswith(_BOM) else ""
    edited = _edit(text.removeprefix(_BOM), values, is_json=False)
    return Edited(mark + edited.text, edited.orphans, edited.refused)


def edit_json(text: str, values: Mapping[int, Any]) -> Edited:
    """As `edit_yaml`, for a text of JSON: a document, or several one after another."""
    mark = _BOM if text.startswith(_BOM) else ""
    edited = _edit(text.removeprefix(_BOM), values, is_json=True)
    return Edited(mark + edited.text, edited.orphans, edited.refused)


def _edit(text: str, values: Mapping[int, Any], is_json: bool) -> Edited:
    roots = json_documents(text) if is_json else yaml_documents(text)
    source = Source(text, roots, comments=not is_json)
    style = Style.of(source, roots, is_json)
    changes = Changes()
    starts = _starts(source, roots)
    refused: dict[int, str] = {}
    orphans: list[Comment] = []
    for number, value in values.items():
        try:
            editor = _edited(source, style, roots[number], value)
            start, end = starts[number : number + 2]
            made = editor.changes.applied(text, start, end)
            lost = [] if is_json else _lost(source, start, end, made)
            column = source.column(roots[number].content)
            made = "".join(" " * column + each.text + source.newline for each in lost) + made
            _check(made, value, is_json)
        except NotEditable as error:
            refused[number] = str(error)
            continue
        except IndexError:
            refused[number] = "its place in the text is not found"
            continue
        changes.replace(start, end, made)
        orphans += [*editor.orphans, *lost]
    lines = tuple((source.line(each.start), each.text) for each in orphans)
    return Edited(changes.applied(text, 0, len(text)), lines, refused)


def _edited(source: Source, style: Style, root: Node, value: Any) -> Editor:
    place = Place(root.content, root.content, source.column(root.content), root.content)
    first = Editor(source, style, _edit_collection)
    first.edit(root, value, place)
    moved = [
        each
        for gone in first.gone
        for each in gone.within()
        if isinstance(each, nodes.Mapping | nodes.Sequence) and each.value
    ]
    moved.sort(key=lambda each: each.start - each.end)
    del moved[_MOST_MOVED:]
    if not moved and not first.became:
        return first
    second = Editor(source, style, _edit_collection, moved)
    second.became = dict(first.became)
    second.edit(root, value, place)
    return second


def _edit_collection(editor: Editor, node: Node, new: Any, place: Place) -> None:
    if isinstance(node, nodes.Mapping):
        edit_mapping(editor, node, new, place)
    elif isinstance(node, nodes.Sequence):
        edit_sequence(editor, node, new, place)


def _starts(source: Source, roots: Sequence[Node]) -> list[int]:
    """Where each document begins: with its line, unless it is behind its ``---``, and the end."""
    found = []
    for root in roots:
        start = source.line_start(root.start)
        found.append(root.start if source.text[start : root.start].strip() else start)
    return [*found, len(source.text)]


def _check(made: str, value: Any, is_json: bool) -> None:
    """Read the document again: it must say what it is to say."""
    try:
        if is_json:
            found = [each.value for each in json_documents(made)]
        else:
            found = yaml_codec.decode_all(_as_document(made).encode())
    except (KconvError, NotEditable) as error:
        raise NotEditable(f"what would be written does not parse: {error}") from None
    if len(found) != 1 or not same(found[0], value):
        raise NotEditable("what would be written does not say the same")


def _lost(source: Source, start: int, end: int, made: str) -> list[Comment]:
    """The comments that are no longer in a document, whose first line they go before."""
    before = source.within(start, end)
    counts = Counter(each.text for each in before)
    lines = made + source.newline
    if all(lines.count(text + source.newline) >= number for text, number in counts.items()):
        return []  # they are at the ends of lines, and need not be looked for among values
    kept = Counter(each.text for each in Source(made, yaml_documents(made)).comments)
    lost = []
    for comment in before:
        kept[comment.text] -= 1
        if kept[comment.text] < 0:
            lost.append(comment)
    return lost


def _as_document(text: str) -> str:
    return text if text.endswith(("\n", "\r")) else text + "\n"
