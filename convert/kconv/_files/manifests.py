"""Manifests: files, folders and standard input, read and parsed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from kconv._codec import json as json_codec
from kconv._codec import yaml as yaml_codec
from kconv._codec.limits import FILE_LIMIT
from kconv._errors import DecodeError, KconvError, TooLarge, UsageError
from kconv._input import descriptor_of, read_named, read_standard_input, unreadable
from kconv._paths import format_path

Format = Literal["yaml", "json"]

SUFFIXES = (".yaml", ".yml", ".json")
STDIN = "-"
"""What names standard input."""


@dataclass(slots=True)
class Document:
    """One document of a file: its value as parsed, its number from 1, and its repeated keys."""

    number: int
    value: Any
    duplicates: tuple[str, ...] = ()


@dataclass(slots=True)
class Manifest:
    """A file as read; ``path`` is None for what is no file, ``error`` says why it cannot be read.

    ``several`` is whether messages have to say which document they mean.
    """

    name: str
    path: Path | None
    format: Format
    documents: list[Document] = field(default_factory=list)
    error: KconvError | None = None
    data: bytes = b""

    @property
    def several(self) -> bool:
        """Whether it holds more than one document."""
        return len(self.documents) > 1

    def where(self, document: Document) -> str:
        """What to call a document in a message."""
        return f"{self.name}, document {document.number}" if self.several else self.name


def read_manifests(names: Sequence[str | os.PathLike[str]]) -> list[Manifest]:
    """Read files, folders (with all that is in them) and ``-``, which is standard input.

    A file that is named twice is read once. What is not there, cannot be read or does not parse
    has its ``error`` set, so that the others are looked at too; so has a folder without a
    manifest.
    """
    sources: dict[str, tuple[Path | None, UsageError | None]] = {}
    for given in names:
        name = os.fspath(given)
        if name == STDIN or descriptor_of(name) == 0:
            sources[STDIN] = None, None
        elif descriptor_of(name) is not None:
            sources[name] = Path(name), None
        else:
            for path, error in _files(Path(name)):
                sources.setdefault(os.path.realpath(path), (path, error))
    return [
        _read(path) if error is None else Manifest(str(path), path, "yaml", error=error)
        for path, error in sources.values()
    ]


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


def _files(path: Path) -> Iterator[tuple[Path, UsageError | None]]:
    """The files that a name stands for, and what keeps one from being read."""
    if not os.path.lexists(path):
        yield path, UsageError("no such file or folder")
        return
    try:
        is_folder = path.is_dir()
    except OSError as error:
        yield path, unreadable(error)
        return
    if not is_folder:
        yield path, None
        return
    closed: list[OSError] = []
    found = False
    for folder, folders, files in os.walk(path, onerror=closed.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                found = True
                yield Path(folder, name), None
    for each in closed:
        yield Path(str(each.filename)), unreadable(each)
    if not found and not closed:
        yield path, UsageError(f"no {', '.join(f'*{suffix}' for suffix in SUFFIXES)} in it")


def _read(path: Path | None) -> Manifest:
    name = "standard input" if path is None else str(path)
    try:
        data = read_standard_input(FILE_LIMIT) if path is None else read_named(path, FILE_LIMIT)
    except (UsageError, TooLarge) as error:
        return Manifest(name, path, "yaml", error=error)
    if path is None or descriptor_of(name) is not None:
        return parse_manifest(data, name)
    manifest = parse_manifest(data, name, "json" if path.suffix == ".json" else "yaml")
    manifest.path = path
    return manifest


def _parse(data: bytes, format: Format) -> list[Document]:
    if format == "yaml":
        found = yaml_codec.decode_all_with_duplicates(data, FILE_LIMIT)
    else:
        found = [(json_codec.decode(data, FILE_LIMIT), json_codec.duplicate_keys(data))]
    return [
        Document(number, value, tuple(format_path(path) for path in duplicates))
        for number, (value, duplicates) in enumerate(found, start=1)
    ]
