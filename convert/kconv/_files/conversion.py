"""Converting manifests: bytes, files and folders in, converted manifests out, with the losses."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kconv._codec import json as json_codec
from kconv._errors import DecodeError, InvalidObject, UsageError
from kconv._files.converter import ConversionProblem, Converter, ObjectLoss
from kconv._files.edited import EditedFile, edited
from kconv._files.foreign import (
    BROKEN,
    PassedOver,
    broken_file,
    foreign_document,
    foreign_file,
    heads_in,
)
from kconv._files.groups import are_few, scheme_for
from kconv._files.manifests import Format, Manifest, parse_manifest, read_manifests
from kconv._files.releases import Releases
from kconv._files.replace import replace_files
from kconv._gvk import GroupVersion, GroupVersionKind
from kconv._messages import problem_lines
from kconv._scheme import Scheme

Version = str | GroupVersion
"""A group/version, such as ``batch/v1``."""

Progress = Callable[[int, int], None]
"""Is told how many files are done, and how many there are."""


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
    _edited: EditedFile | None = None

    def encode(self) -> bytes:
        """The bytes of the manifest, in its own format: each object in full, with its defaults."""
        return _encode(self.documents, self.format, self.envelope)

    def edit(self) -> EditedFile:
        """The manifest with what the conversion changes in it, and all else as it was.

        Comments, order, quotes and layout stay, and so do defaults that nobody wrote. Raises
        `InvalidObject` for a document that cannot be edited so.
        """
        if self._edited is None:
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
    options = _Options(strict, ignore_unknown, strict_files=True)
    found = _convert(manifests, versions, options, apis, scheme, source)
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
    exclude: Iterable[str] = (),
    strict_files: bool = False,
    target: str | None = None,
    progress: Progress | None = None,
) -> Conversion:
    """Convert files, folders with all that is in them, and ``-``, which is standard input.

    As `convert`, but problems with files and objects are collected in ``problems`` instead of
    being raised. Nothing is written before `Conversion.replace`. Patterns such as
    ``manifests/**/*.yaml`` are names, too.

    In folders, what Git ignores or ``exclude`` matches (patterns as in ``.gitignore``) is left
    out, and what is no manifest is passed over, unless ``strict_files`` makes it a problem. With a
    ``target`` release, such as ``1.25``, only objects in versions that it does not serve are
    converted, each to the best version that it serves. ``progress`` is called with how many files
    are done and how many there are.

    Raises `UsageError` for an unknown version or release.
    """
    if target is not None and versions:
        raise UsageError("a target release chooses the versions: name one of the two")
    releases = None if target is None else Releases(target)
    manifests = read_manifests(list(names), list(exclude))
    options = _Options(strict, ignore_unknown, strict_files, releases, progress)
    return _convert(manifests, versions, options, apis, scheme, source)


def convert_manifests(
    manifests: Sequence[Manifest], releases: Releases, strict_files: bool, apis: Sequence[str]
) -> tuple[Conversion, Converter]:
    """Convert what a release does not serve; with what did it, which knows more."""
    options = _Options(
        strict=False, ignore_unknown=False, strict_files=strict_files, releases=releases
    )
    converter = _converter(manifests, (), options, apis, None, None)
    return _converted(converter, manifests, options), converter


@dataclass(frozen=True, slots=True)
class _Options:
    strict: bool
    ignore_unknown: bool
    strict_files: bool = False
    releases: Releases | None = None
    progress: Progress | None = None
    lenient: bool = False


def _convert(
    manifests: Sequence[Manifest],
    versions: Sequence[Version],
    options: _Options,
    apis: Sequence[str],
    scheme: Scheme | None,
    source: GroupVersionKind | None,
) -> Conversion:
    targets = [GroupVersion.parse(each) if isinstance(each, str) else each for each in versions]
    if len({target.group for target in targets}) < len(targets):
        raise UsageError("only one version for each group")
    converter = _converter(manifests, targets, options, apis, scheme, source)
    return _converted(converter, manifests, options)


def _converter(
    manifests: Sequence[Manifest],
    targets: Sequence[GroupVersion],
    options: _Options,
    apis: Sequence[str],
    scheme: Scheme | None,
    source: GroupVersionKind | None,
) -> Converter:
    return Converter(
        scheme_for(manifests, targets, apis, scheme, source),
        targets,
        source=source,
        strict=options.strict,
        ignore_unknown=options.ignore_unknown,
        few=are_few(manifests),
        releases=options.releases,
    )


def _converted(
    converter: Converter, manifests: Sequence[Manifest], options: _Options
) -> Conversion:
    passed = converter.passed
    whole = manifests
    if not options.strict_files:
        whole = [each for each in manifests if not _passes_over(each, passed)]
    files: list[ConvertedFile] = []
    for manifest in whole:
        files.append(_convert_file(converter, manifest, options))
        if options.progress is not None:
            options.progress(len(files), len(whole))
    problems = [*converter.problems, *map(_unreadable, filter(_is_unreadable, whole))]
    if not problems and not passed and not any(file.documents for file in files):
        message = f"no objects in {', '.join(file.name for file in files)}"
        problems.append(ConversionProblem((message,), InvalidObject(message)))
    return Conversion(files, problems, converter.warnings, converter.losses, passed)


def _passes_over(manifest: Manifest, passed: list[PassedOver]) -> bool:
    """Whether a file as a whole is no manifest; adds why to what is passed over."""
    if manifest.named:
        return False
    reason, detail = foreign_file(manifest.path, manifest.data), ""
    if reason is None and isinstance(manifest.error, DecodeError):
        reason = broken_file(manifest.data)
        detail = manifest.error.message if reason == BROKEN else ""
    if reason is not None:
        said = heads_in(manifest.data)
        passed.append(PassedOver(manifest.name, reason, detail, said))
    return reason is not None


def _convert_file(converter: Converter, manifest: Manifest, options: _Options) -> ConvertedFile:
    file = ConvertedFile(manifest.name, manifest.path, manifest.format, data=manifest.data)
    file.envelope = converter.source is None
    is_stream = manifest.path is None and manifest.several
    found = not options.strict_files and not manifest.named
    lenient = not options.strict_files and (is_stream or found or options.lenient)
    for document in manifest.documents:
        if found and file.envelope:
            reason = foreign_document(manifest.path, document.value)
            if reason is not None:
                converter.passed.append(PassedOver(manifest.where(document), reason))
                continue
        converted = converter.convert(manifest, document, lenient=lenient)
        file.documents.append(converted.value)
        file.changed |= converted.changed
        file.objects += converted.objects
        if converted.changed:
            file.intended[document.number - 1] = converted.intended
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
