"""Converting manifests: bytes, files and folders in, converted manifests out, with the losses."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kconv._codec import json as json_codec
from kconv._errors import InvalidObject, UsageError
from kconv._files.converter import ConversionProblem, Converter, ObjectLoss
from kconv._files.edited import EditedFile, edited
from kconv._files.groups import are_few, scheme_for
from kconv._files.manifests import Format, Manifest, parse_manifest, read_manifests
from kconv._files.replace import replace_files
from kconv._gvk import GroupVersion, GroupVersionKind
from kconv._messages import problem_lines
from kconv._scheme import Scheme

Version = str | GroupVersion
"""A group/version, such as ``batch/v1``."""


@dataclass(slots=True)
class ConvertedFile:
    """A manifest, converted; ``path`` is None for what is no file.

    ``documents`` are its documents as JSON-shaped values, ``changed`` says whether an object has
    another version now, and ``objects`` how many there are, items of lists among them.
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

    def encode(self) -> bytes:
        """The bytes of the manifest, in its own format: each object in full, with its defaults."""
        return _encode(self.documents, self.format, self.envelope)

    def edit(self) -> EditedFile:
        """The manifest with what the conversion changes in it, and all else as it was.

        Comments, order, quotes and layout stay, and so do defaults that nobody wrote. Raises
        `InvalidObject` for a document that cannot be edited so.
        """
        return edited(self.name, self.format, self.data, self.intended)


@dataclass(slots=True)
class Conversion:
    """The result of converting manifests.

    Nothing may be written while there are ``problems``. ``losses`` are what the new versions
    cannot hold, and among the ``warnings`` too, unless a strict conversion made them problems.
    """

    files: list[ConvertedFile]
    problems: list[ConversionProblem]
    warnings: list[str]
    losses: list[ObjectLoss]

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

    def replace(self, *, full: bool = False) -> list[Path]:
        """Write the files that changed in place, all or none; returns their paths.

        Only what the conversion changes is written anew, as `ConvertedFile.edit` does it; ``full``
        writes every object with its defaults, and no comments. Raises what `raise_problems`
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
        replace_files(changed)
        return list(changed)


def convert(
    data: bytes | str,
    *versions: Version,
    strict: bool = False,
    ignore_unknown: bool = False,
    format: Format | None = None,
    apis: Sequence[str] = (),
    scheme: Scheme | None = None,
    source: GroupVersionKind | None = None,
) -> Conversion:
    """Convert a manifest: YAML or JSON, several documents and lists too.

    Each object is converted to the one of the ``versions`` that its kind has, by default to the
    preferred version of its group. A ``strict`` conversion refuses unknown and duplicate fields,
    broken rules and any loss; ``ignore_unknown`` leaves kinds that no API has as they are. The
    API packages are those installed and ``apis`` (``module:function``), or those of a ``scheme``.
    ``source`` says which version and kind the objects are that do not say it: `kconv.Document`.

    Raises `UsageError` for an unknown version, and for invalid objects what
    `Conversion.raise_problems` raises.
    """
    raw = data.encode() if isinstance(data, str) else data
    manifests = [parse_manifest(raw, "the manifest", format)]
    found = _convert(manifests, versions, strict, ignore_unknown, apis, scheme, source)
    found.raise_problems()
    return found


def convert_files(
    names: Iterable[str | os.PathLike[str]],
    *versions: Version,
    strict: bool = False,
    ignore_unknown: bool = False,
    apis: Sequence[str] = (),
    scheme: Scheme | None = None,
    source: GroupVersionKind | None = None,
) -> Conversion:
    """Convert files, folders with all that is in them, and ``-``, which is standard input.

    As `convert`, but problems with files and objects are collected in ``problems`` instead of
    being raised. Nothing is written before `Conversion.replace`.

    Raises `UsageError` for an unknown version.
    """
    manifests = read_manifests(list(names))
    return _convert(manifests, versions, strict, ignore_unknown, apis, scheme, source)


def _convert(
    manifests: Sequence[Manifest],
    versions: Sequence[Version],
    strict: bool,
    ignore_unknown: bool,
    apis: Sequence[str],
    scheme: Scheme | None,
    source: GroupVersionKind | None,
) -> Conversion:
    targets = [GroupVersion.parse(each) if isinstance(each, str) else each for each in versions]
    if len({target.group for target in targets}) < len(targets):
        raise UsageError("only one version for each group")
    converter = Converter(
        scheme_for(manifests, targets, apis, scheme, source),
        targets,
        source=source,
        strict=strict,
        ignore_unknown=ignore_unknown,
        few=are_few(manifests),
    )
    files = [_convert_file(converter, manifest) for manifest in manifests]
    problems = [*converter.problems, *map(_unreadable, filter(_is_unreadable, manifests))]
    if not problems and not any(file.documents for file in files):
        message = f"no objects in {', '.join(file.name for file in files)}"
        problems.append(ConversionProblem((message,), InvalidObject(message)))
    return Conversion(files, problems, converter.warnings, converter.losses)


def _convert_file(converter: Converter, manifest: Manifest) -> ConvertedFile:
    file = ConvertedFile(manifest.name, manifest.path, manifest.format, data=manifest.data)
    file.envelope = converter.source is None
    for document in manifest.documents:
        converted = converter.convert(manifest, document)
        file.documents.append(converted.value)
        file.changed |= converted.changed
        file.objects += converted.objects
        if converted.changed:
            file.intended[len(file.documents) - 1] = converted.intended
    return file


def _is_unreadable(manifest: Manifest) -> bool:
    return manifest.error is not None


def _unreadable(manifest: Manifest) -> ConversionProblem:
    assert manifest.error is not None, "only what cannot be read is a problem"
    head, *rest = problem_lines(manifest.error)
    lines = (f"{manifest.name}: {head}", *rest)
    return ConversionProblem(lines, type(manifest.error)("\n".join(lines)))


def _encode(documents: Sequence[dict[str, Any]], format: Format, envelope: bool) -> bytes:
    if format == "yaml":
        from kconv._codec import yaml as yaml_codec  # whoever wants JSON need not wait for it

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
