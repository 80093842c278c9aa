"""What a conversion of manifests gives: the files, what was lost, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kconv._codec import json as json_codec
from kconv._errors import InvalidObject, UsageError
from kconv._files.converted import ConversionProblem, ObjectLoss
from kconv._files.edited import EditedFile, edited
from kconv._files.foreign import (
    PassedOver,
)
from kconv._files.manifests import Format
from kconv._files.replace import back_up, replace_files
from kconv._gvk import GroupVersion

if TYPE_CHECKING:
    from kconv._files.velero import Archive

Version = str | GroupVersion
"""A group/version, such as ``batch/v1``."""

Progress = Callable[[int, int], None]
"""Is told how many files are done, and how many there are."""


@dataclass(slots=True)
class ConvertedFile:
    """A manifest, converted; ``path`` is None for what is no file.

    ``documents`` are its documents as JSON-shaped values, ``changed`` says whether an object has
    another version now, and ``objects`` how many there are, items of lists among them. ``left`` of
    these stay in a version that was not wanted, since there is no other; each is a warning.
    """

    name: str
    path: Path | None
    format: Format
    documents: list[dict[str, Any]] = field(default_factory=list)
    changed: bool = False
    objects: int = 0
    envelope: bool = True
    data: bytes = b""
    intended: dict[int, Callable[[], dict[str, Any]]] = field(default_factory=dict)
    """What gives each changed document, by its number from 0, as the file is to say it."""
    archive: Archive | None = None
    left: int = 0
    _edited: EditedFile | None = None

    def encode(self) -> bytes:
        """The bytes of the manifest, in its own format: each object in full, with its defaults."""
        if self.archive is not None:
            return self.edit().data
        return _encode(self.documents, self.format, self.envelope)

    def texts(self, *, full: bool = False) -> Iterator[tuple[str, bytes, bytes]]:
        """What it says and what it is to say, by name: of each object that changes in an archive.

        Raises as `edit` does.
        """
        if self.archive is not None:
            yield from self.archive.texts(self.name, self.intended)
        elif self.changed:
            yield self.name, self.data, self.encode() if full else self.edit().data

    def edit(self) -> EditedFile:
        """The manifest with what the conversion changes in it, and all else as it was.

        Comments, order, quotes and layout stay, and so do defaults that nobody wrote. Raises
        `InvalidObject` for a document that cannot be edited so.
        """
        if self._edited is None and self.archive is not None:
            self._edited = EditedFile(self.archive.with_values(self.intended))
        elif self._edited is None:
            self._edited = edited(self.name, self.format, self.data, self.intended)
        return self._edited


@dataclass(slots=True)
class Conversion:
    """The result of converting manifests.

    Nothing may be written while there are ``problems``. ``losses`` are what the new versions
    cannot hold, and among the ``warnings`` too, unless a strict conversion made them problems.
    ``passed_over`` is what else was found in folders: no manifests, or kinds that no API has.
    """

    files: list[ConvertedFile]
    problems: list[ConversionProblem]
    warnings: list[str]
    losses: list[ObjectLoss]
    passed_over: list[PassedOver] = field(default_factory=list)

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The documents of all files."""
        return [document for file in self.files for document in file.documents]

    def raise_problems(self) -> None:
        """Raise the error that keeps anything from being written, if there is one.

        One problem is raised as the `KconvError` that it is; several as an `InvalidObject` that
        lists them, or as a `UsageError` if only names are wrong, such as those of files.
        """
        if len(self.problems) == 1:
            raise self.problems[0].error
        if self.problems:
            lines = [line for problem in self.problems for line in problem.lines]
            message = "\n".join([f"{len(self.problems)} problems", *lines])
            findings = [each for problem in self.problems for each in problem.error.findings]
            wrong = all(isinstance(problem.error, UsageError) for problem in self.problems)
            raise (UsageError if wrong else InvalidObject)(message, findings=findings)

    def encode(self, format: Format = "yaml") -> bytes:
        """All documents in one: YAML documents, or in JSON one object, a List if they are many.

        Raises what `raise_problems` raises.
        """
        self.raise_problems()
        return _encode(self.documents, format, all(file.envelope for file in self.files))

    def replace(self, *, full: bool = False, backup: Path | None = None) -> list[Path]:
        """Write the files that changed in place, all or none; returns their paths.

        Only what the conversion changes is written anew, as `ConvertedFile.edit` does it; ``full``
        writes every object with its defaults, and no comments. What was there is copied into the
        folder ``backup`` first. Raises what `raise_problems`
        raises, `InvalidObject` for what cannot be edited, and `Unavailable` where a file cannot
        be written.
        """
        self.raise_problems()
        changed: dict[Path, bytes] = {}
        refused: list[str] = []
        for file in self.files:
            if file.path is None or not file.changed:
                continue
            try:
                changed[file.path] = file.encode() if full else file.edit().data
            except InvalidObject as error:
                refused += error.message.splitlines()
        if refused:
            raise InvalidObject("\n".join(refused))
        if backup is not None:
            back_up(changed, backup)
        replace_files(changed)
        return list(changed)


def _encode(documents: Sequence[dict[str, Any]], format: Format, envelope: bool) -> bytes:
    if format == "yaml":
        from kconv._codec import yaml as yaml_codec  # JSON need not wait for it

        return yaml_codec.encode_all(list(documents))
    if len(documents) == 1:
        return json_codec.encode_pretty(documents[0])
    if not envelope:
        return json_codec.encode_pretty(list(documents))
    items: list[Any] = []
    for document in documents:
        is_list = document.get("kind") == "List" and isinstance(document.get("items"), list)
        items.extend(document["items"] if is_list else [document])
    return json_codec.encode_pretty({"kind": "List", "apiVersion": "v1", "items": items})
