"""Manifests: files, folders and standard input, read and parsed."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kconv._codec import json as json_codec
from kconv._codec import yaml as yaml_codec
from kconv._codec.limits import FILE_LIMIT
from kconv._errors import DecodeError, KconvError, TooLarge, UsageError
from kconv._files.walk import ARCHIVE_SUFFIX, Found, find
from kconv._input import descriptor_of, read_named, read_standard_input
from kconv._paths import format_path

if TYPE_CHECKING:
    from kconv._files.velero import Archive

Format = Literal["yaml", "json"]
_SPACE = re.compile(r"\s*")


@dataclass(slots=True)
class Document:
    """One document of a file: its value as parsed, its number from 1, and its repeated keys.

    ``member`` is its path within an archive.
    """

    number: int
    value: Any
    duplicates: tuple[str, ...] = ()
    member: str = ""


@dataclass(slots=True)
class Manifest:
    """A file as read; ``path`` is None for what is no file, ``error`` says why it cannot be read.

    ``named`` is whether it was asked for by its name, not found in a folder; ``several`` is
    whether messages have to say which document they mean. ``archive`` is what it is, if it is no
    text.
    """

    name: str
    path: Path | None
    format: Format
    documents: list[Document] = field(default_factory=list)
    error: KconvError | None = None
    data: bytes = b""
    named: bool = True
    archive: Archive | None = None

    @property
    def several(self) -> bool:
        """Whether it holds more than one document."""
        return len(self.documents) > 1

    def where(self, document: Document) -> str:
        """What to call a document in a message."""
        if document.member:
            return f"{self.name}, {document.member}"
        return f"{self.name}, document {document.number}" if self.several else self.name


def read_manifests(
    names: Sequence[str | os.PathLike[str]], exclude: Sequence[str] = ()
) -> list[Manifest]:
    """Read files, folders (with all that is in them) and ``-``, which is standard input.

    A file that is named twice is read once. What is not there, cannot be read or does not parse
    has its ``error`` set, so that the others are looked at too; so has a folder without a
    manifest.
    """
    return [_read(each) for each in find(names, exclude)]


def parse_manifest(data: bytes, name: str, format: Format | None = None) -> Manifest:
    """The manifest in some bytes, which are looked at for their format if it is not given."""
    is_json = format == "json" or (format is None and data.lstrip()[:1] == b"{")
    manifest = Manifest(name, None, "json" if is_json else "yaml", data=data)
    try:
        manifest.documents = _parse(data, manifest.format)
    except DecodeError as error:
        manifest.error = error
        if is_json and format is None:
            # What begins as JSON may still be YAML, or several documents.
            with contextlib.suppress(DecodeError):
                manifest.documents = _parse(data, "yaml")
                manifest.error = None
    return manifest


def _read(found: Found) -> Manifest:
    path = found.path
    name = "standard input" if path is None else str(path)
    if found.error is not None:
        return Manifest(name, path, "yaml", error=found.error)
    try:
        data = read_standard_input(FILE_LIMIT) if path is None else read_named(path, FILE_LIMIT)
    except (UsageError, TooLarge) as error:
        return Manifest(name, path, "yaml", error=error)
    if path is None or descriptor_of(name) is not None:
        return parse_manifest(data, name)
    if path.name.endswith(ARCHIVE_SUFFIX):
        manifest = _parse_archive(data, name)
    else:
        manifest = parse_manifest(data, name, "json" if path.suffix == ".json" else "yaml")
    manifest.path = path
    manifest.named = found.named
    return manifest


def _parse_archive(data: bytes, name: str) -> Manifest:
    from kconv._files.velero import read_archive  # hardly any file is one

    manifest = Manifest(name, None, "json", data=data)
    try:
        manifest.archive = archive = read_archive(data)
        manifest.documents = [
            Document(number, value, member=member)
            for number, (member, value) in enumerate(archive.values(), start=1)
        ]
    except (DecodeError, TooLarge) as error:
        manifest.error = error
    return manifest


def _parse(data: bytes, format: Format) -> list[Document]:
    if format == "yaml":
        found = yaml_codec.decode_all_with_duplicates(data, FILE_LIMIT)
    else:
        found = [
            (json_codec.decode(each, FILE_LIMIT), json_codec.duplicate_keys(each))
            for each in _json_texts(data)
        ]
    return [
        Document(number, value, tuple(format_path(path) for path in duplicates))
        for number, (value, duplicates) in enumerate(found, start=1)
    ]


def _json_texts(data: bytes) -> list[bytes]:
    """The documents of a JSON file: one, or several in a row."""
    try:
        json_codec.decode(data, FILE_LIMIT)
    except TooLarge:
        raise
    except DecodeError:
        several = _in_a_row(data)
        if len(several) > 1:
            return several
    return [data]


def _in_a_row(data: bytes) -> list[bytes]:
    found: list[bytes] = []
    decoder = json.JSONDecoder()
    with contextlib.suppress(ValueError, RecursionError):
        text = data.decode("utf-8-sig")
        end = 0
        while (rest := _SPACE.match(text, end)) and rest.end() < len(text):
            start = rest.end()
            _, end = decoder.raw_decode(text, start)
            found.append(text[start:end].encode())
        return found
    return []
