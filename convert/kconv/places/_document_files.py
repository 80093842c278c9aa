"""Files of documents, changed one document at a time: the rest of a file stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import yaml

from kconv._codec import json as json_codec
from kconv._codec import yaml as yaml_codec
from kconv._codec.limits import FILE_LIMIT
from kconv._errors import DecodeError, TooLarge, UsageError
from kconv._files.groups import is_list
from kconv._files.replace import replace_files
from kconv._input import read_named
from kconv._layout import NotEditable, edit_json, edit_yaml
from kconv._paths import format_path

Value = dict[str, Any]

WHOLE = -1
"""As the item of a document that is no list."""


class Spot(NamedTuple):
    """Which object of a file: the number of its document from 0, and of the list's item in it."""

    document: int
    item: int


@dataclass(frozen=True, slots=True)
class _Part:
    """A document within the text of a file: what it says, from ``start`` to ``end``."""

    start: int
    end: int
    value: Any
    repeated: tuple[str, ...]


class DocumentFile:
    """A JSON or YAML file as it was read. Raises `kconv.DecodeError` for one that cannot be."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        try:
            self.data = read_named(path, FILE_LIMIT)
            self._is_json = path.suffix == ".json"
            self._text = "" if self._is_json else self.data.decode("utf-8-sig")
            self._parts = [self._whole()] if self._is_json else list(_parts(self._text))
        except (DecodeError, TooLarge, UsageError) as error:
            raise DecodeError(f"{name}: {error.message}") from None
        except UnicodeDecodeError:
            raise DecodeError(f"{name}: the text is not valid UTF-8") from None

    def objects(self) -> Iterator[tuple[Spot, Value]]:
        """The objects that it holds, those of lists one by one."""
        for number, part in enumerate(self._parts):
            value = part.value
            if not isinstance(value, dict):
                continue
            items = value.get("items")
            if not (is_list(value) and isinstance(items, list)):
                yield Spot(number, WHOLE), value
                continue
            implied = _implied(value)
            for index, item in enumerate(items):
                if isinstance(item, dict):
                    yield Spot(number, index), {**implied, **item}

    def repeated(self, spot: Spot) -> tuple[str, ...]:
        """The fields that the document repeats, so that nobody can tell what it says."""
        return self._parts[spot.document].repeated

    def replaced(self, objects: Mapping[Spot, Value]) -> bytes:
        """The file with other objects in the places of some; what stays the same stays as it is."""
        new: dict[int, Any] = {}
        for spot, value in objects.items():
            if spot.item == WHOLE:
                new[spot.document] = value
            else:
                listed = new.setdefault(spot.document, dict(self._parts[spot.document].value))
                listed["items"] = list(listed["items"])
                listed["items"][spot.item] = value
        if self._is_json:
            return self._edited_json(new[0])
        text, edited = self._text, self._edited(new)
        for number in sorted(edited, reverse=True):
            part = self._parts[number]
            text = text[: part.start] + edited[number] + text[part.end :]
        return text.encode()

    def _edited(self, new: Mapping[int, Any]) -> dict[int, str]:
        """The texts of documents that say something else, by their numbers."""
        found: dict[int, str] = {}
        for number, value in new.items():
            part = self._parts[number]
            text = self._text[part.start : part.end]
            try:
                edited = edit_yaml(text, {0: value})
            except NotEditable:
                edited = None
            if edited is not None and not edited.refused:
                found[number] = edited.text
                continue
            made = yaml_codec.encode(value).decode()
            before = self._text[: part.start]
            begins_within = before and not before.endswith("\n")  # on the line of its ---
            found[number] = f"\n{made}" if begins_within else made
        return found

    def write(self, objects: Mapping[Spot, Value]) -> bool:
        """Replace the file, as a whole, with other objects in it; False where it has changed.

        Raises `Unavailable`.
        """
        data = self.replaced(objects)
        # Once more when the new file is there: writing that takes a thousand times as long.
        return self._is_unchanged() and replace_files({self.path: data}, self._is_unchanged)

    def _is_unchanged(self) -> bool:
        try:
            return read_named(self.path, FILE_LIMIT) == self.data
        except (UsageError, TooLarge):
            return False

    def _whole(self) -> _Part:
        value = json_codec.decode(self.data, FILE_LIMIT)
        repeated = tuple(map(format_path, json_codec.duplicate_keys(self.data)))
        return _Part(0, len(self.data), value, repeated)

    def _edited_json(self, value: Any) -> bytes:
        if b"\n" not in self.data.strip():
            return self._as_json(value)  # there is no layout to keep
        try:
            edited = edit_json(self.data.decode(), {0: value})
        except (NotEditable, UnicodeDecodeError):
            return self._as_json(value)
        return self._as_json(value) if edited.refused else edited.text.encode()

    def _as_json(self, value: Any) -> bytes:
        """In lines, indented as the file was, where it was."""
        data = json_codec.encode(value)
        lines = self.data.strip().split(b"\n")
        if len(lines) > 1:
            indented = next((line for line in lines[1:] if line.strip()), b"")
            data = msgspec.json.format(data, indent=max(len(indented) - len(indented.lstrip()), 0))
        return data + (b"\n" if self.data.endswith(b"\n") else b"")


def _implied(value: Value) -> Value:
    """The head that the items of a list of one kind need not have."""
    if value["kind"] == "List":
        return {}
    return {"apiVersion": value.get("apiVersion"), "kind": value["kind"][: -len("List")]}


def _parts(text: str) -> Iterator[_Part]:
    for start, end in _spans(text):
        found = yaml_codec.decode_all_with_duplicates(text[start:end].encode(), FILE_LIMIT)
        if found:
            value, repeated = found[0]
            yield _Part(start, end, value, tuple(map(format_path, repeated)))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where each document of a YAML text is, without what separates it from others."""
    start: int | None = None
    within = False
    try:
        for event in yaml.parse(text, Loader=yaml_codec.PARSER):
            assert event.start_mark is not None, "it is of a text"
            if isinstance(event, yaml.DocumentStartEvent):
                within, start = True, None
            elif isinstance(event, yaml.DocumentEndEvent):
                if start is not None:
                    yield start, event.start_mark.index
                within = False
            elif within and start is None:
                start = event.start_mark.index
    except yaml.YAMLError:
        # What is wrong with it, in the words that everything else says it in.
        yaml_codec.decode_all(text.encode())
        raise DecodeError("yaml parse error") from None
