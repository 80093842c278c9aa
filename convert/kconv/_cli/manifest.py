"""Manifests: the files, folders and standard input that a command is pointed at."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from kconv._codec import json as json_codec
from kconv._codec import yaml as yaml_codec
from kconv._codec.limits import FILE_LIMIT
from kconv._errors import DecodeError, KconvError, UsageError
from kconv._paths import format_path

SUFFIXES = (".yaml", ".yml", ".json")
STDIN = "-"


@dataclass(slots=True)
class Document:
    """One document of a file: its value as parsed, its number from 1, and its repeated keys."""

    number: int
    value: Any
    duplicates: tuple[str, ...] = ()


@dataclass(slots=True)
class Manifest:
    """A file as read; ``path`` is None for standard input, ``error`` says that it cannot be read.

    ``several`` is whether messages have to say which document they mean.
    """

    name: str
    path: Path | None
    format: Literal["yaml", "json"]
    documents: list[Document] = field(default_factory=list)
    error: KconvError | None = None

    @property
    def several(self) -> bool:
        """Whether it holds more than one document."""
        return len(self.documents) > 1

    def where(self, document: Document) -> str:
        """What to call a document in a message."""
        return f"{self.name}, document {document.number}" if self.several else self.name


def read_manifests(names: Sequence[str]) -> list[Manifest]:
    """Read what ``-f`` names: files, folders (with all that is in them) and ``-``.

    A file that is named twice is read once. What is not there, cannot be read or does not parse
    has its ``error`` set, so that the others are looked at too; so has a folder without a
    manifest.
    """
    sources: dict[str, tuple[Path | None, UsageError | None]] = {}
    for name in names:
        if name == STDIN:
            sources[STDIN] = None, None
            continue
        for path, error in _files(Path(name)):
            sources.setdefault(os.path.realpath(path), (path, error))
    return [
        _read(path) if error is None else Manifest(str(path), path, "yaml", error=error)
        for path, error in sources.values()
    ]


def _files(path: Path) -> Iterator[tuple[Path, UsageError | None]]:
    """The files that a name stands for, and what keeps one from being read."""
    if not os.path.lexists(path):
        yield path, UsageError("no such file or folder")
        return
    try:
        is_folder = path.is_dir()
    except OSError as error:
        yield path, _unreadable(error)
        return
    if not is_folder:
        yield path, None
        return
    unreadable: list[OSError] = []
    found = False
    for folder, folders, files in os.walk(path, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                found = True
                yield Path(folder, name), None
    for closed in unreadable:
        yield Path(str(closed.filename)), _unreadable(closed)
    if not found and not unreadable:
        yield path, UsageError(f"no {', '.join(f'*{suffix}' for suffix in SUFFIXES)} in it")


def _unreadable(error: OSError) -> UsageError:
    return UsageError(f"cannot be read: {error.strerror or error}")


def _read(path: Path | None) -> Manifest:
    try:
        data = sys.stdin.buffer.read() if path is None else path.read_bytes()
    except OSError as error:
        if path is None:
            raise
        nowhere = isinstance(error, FileNotFoundError)  # its name was there a moment ago
        problem = UsageError("a link to nowhere") if nowhere else _unreadable(error)
        return Manifest(str(path), path, "yaml", error=problem)
    is_json = data.lstrip()[:1] == b"{" if path is None else path.suffix == ".json"
    name = "standard input" if path is None else str(path)
    manifest = Manifest(name, path, "json" if is_json else "yaml")
    try:
        manifest.documents = _parse(data, manifest.format)
    except DecodeError as error:
        if path is not None or not is_json:
            manifest.error = error
            return manifest
        # Standard input that begins as JSON may still be YAML, or several documents.
        try:
            manifest.documents = _parse(data, "yaml")
        except DecodeError:
            manifest.error = error
    return manifest


def _parse(data: bytes, format: Literal["yaml", "json"]) -> list[Document]:
    if format == "yaml":
        found = yaml_codec.decode_all_with_duplicates(data, FILE_LIMIT)
    else:
        found = [(json_codec.decode(data, FILE_LIMIT), json_codec.duplicate_keys(data))]
    return [
        Document(number, value, tuple(format_path(path) for path in duplicates))
        for number, (value, duplicates) in enumerate(found, start=1)
    ]
