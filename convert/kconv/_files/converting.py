"""Converting manifests: bytes, files and folders in, converted manifests out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from kconv._errors import DecodeError, InvalidObject, UsageError
from kconv._files.conversion import Conversion, ConvertedFile, Progress, Version
from kconv._files.converted import ConversionProblem
from kconv._files.converter import Converter
from kconv._files.foreign import (
    BROKEN,
    KUSTOMIZATION,
    PATCH,
    VELERO,
    PassedOver,
    broken_file,
    foreign_document,
    foreign_file,
    heads_in,
)
from kconv._files.groups import are_few, scheme_for
from kconv._files.kustomize import selected
from kconv._files.lines import Lines
from kconv._files.manifests import Document, Format, Manifest, parse_manifest, read_manifests
from kconv._files.releases import Releases
from kconv._gvk import GroupVersion, GroupVersionKind
from kconv._messages import problem_lines
from kconv._scheme import Scheme, load_scheme


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
    embedded: bool = False,
) -> Conversion:
    """Convert files, folders with all that is in them, and ``-``, which is standard input.

    As `convert`, but problems with files and objects are collected in ``problems`` instead of
    being raised. Nothing is written before `Conversion.replace`. Patterns such as
    ``manifests/**/*.yaml`` are names, too.

    In folders, what Git ignores or ``exclude`` matches (patterns as in ``.gitignore``) is left
    out, and what is no manifest is passed over, unless ``strict_files`` makes it a problem. With a
    ``target`` release, such as ``1.25``, only objects in versions that it does not serve are
    converted, each to the best version that it serves. ``progress`` is called with how many files
    are done and how many there are. ``embedded`` converts objects inside objects, too: what kubectl
    applied last, and what releases of Helm have rendered.

    Raises `UsageError` for an unknown version or release.
    """
    if target is not None and versions:
        raise UsageError("a target release chooses the versions: name one of the two")
    releases = None if target is None else Releases(target)
    manifests = read_manifests(list(names), list(exclude))
    options = _Options(strict, ignore_unknown, strict_files, releases, progress, embedded=embedded)
    return _convert(manifests, versions, options, apis, scheme, source)


def convert_manifests(
    manifests: Sequence[Manifest],
    releases: Releases,
    strict_files: bool,
    apis: Sequence[str],
    progress: Progress | None = None,
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
    embedded: bool = False


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
    if options.embedded and scheme is None:
        scheme = load_scheme(apis=apis)  # what is inside may be of any group
    scheme = scheme_for(manifests, targets, apis, scheme, source)
    make = partial(
        Converter,
        scheme,
        targets,
        source=source,
        strict=options.strict,
        few=are_few(manifests),
        releases=options.releases,
    )
    converter = make(ignore_unknown=options.ignore_unknown)
    if options.embedded:
        from kconv._files.inside import Inside, current_releases  # seldom asked for

        converter.inside = Inside(make(ignore_unknown=True), current_releases(manifests))
    return converter


def _converted(
    converter: Converter, manifests: Sequence[Manifest], options: _Options
) -> Conversion:
    passed = converter.passed
    whole = manifests
    if not options.embedded:
        archives = [each for each in manifests if each.archive is not None]
        passed += [PassedOver(each.name, VELERO) for each in archives]
        whole = [each for each in manifests if each.archive is None]
    if not options.strict_files:
        whole = [each for each in whole if not _passes_over(each, passed)]
    files: list[ConvertedFile] = []
    for manifest in whole:
        files.append(_convert_file(converter, manifest, options))
        if options.progress is not None:
            options.progress(len(files), len(whole))
    problems = [*converter.problems, *map(_unreadable, filter(_is_unreadable, whole))]
    if not problems and not passed and not any(file.documents for file in files):
        message = f"no objects in {', '.join(file.name for file in files)}"
        problems.append(ConversionProblem((message,), InvalidObject(message)))
    warnings = converter.warnings
    warnings += [line for each in passed for line in _stay_behind(each, converter)]
    if converter.inside is not None:
        warnings += converter.inside.notes
    return Conversion(files, problems, warnings, converter.losses, passed)


def _stay_behind(passed: PassedOver, converter: Converter) -> Iterator[str]:
    """What patches say of objects that are converted: they match nothing any more."""
    if passed.reason not in (KUSTOMIZATION, PATCH):
        return
    for line, version, kind in passed.says:
        to = converter.goes_to(version, kind)
        if to:
            at = f"{passed.name.partition(', document ')[0]}:{line}" if line else passed.name
            yield (
                f"{at}: names {kind} of {version}, and is left as it is: it matches no object that "
                f"is converted; write {to}"
            )


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
    file.envelope, file.archive = converter.source is None, manifest.archive
    is_stream = manifest.path is None and manifest.several
    found = not options.strict_files and not manifest.named
    lenient = not options.strict_files and (is_stream or found or options.lenient)
    lenient |= manifest.archive is not None
    for document in manifest.documents:
        if found and file.envelope:
            reason = foreign_document(manifest.path, document.value)
            if reason is not None:
                says = _selected(manifest, document) if reason == KUSTOMIZATION else ()
                converter.passed.append(PassedOver(manifest.where(document), reason, says=says))
                continue
        converted = converter.convert(manifest, document, lenient=lenient)
        file.documents.append(converted.value)
        file.changed |= converted.changed
        file.objects += converted.objects
        file.left += converted.left
        if converted.changed:
            file.intended[document.number - 1] = converted.intended
    return file


def _selected(manifest: Manifest, document: Document) -> tuple[tuple[int, str, str], ...]:
    """What a kustomization selects by version, with the lines."""
    lines = Lines(manifest.data, manifest.format)
    return tuple(
        (lines.at(document.number - 1, each.steps), each.api_version, each.kind)
        for each in selected(document.value)
    )


def _is_unreadable(manifest: Manifest) -> bool:
    return manifest.error is not None


def _unreadable(manifest: Manifest) -> ConversionProblem:
    assert manifest.error is not None, "only what cannot be read is a problem"
    head, *rest = problem_lines(manifest.error)
    lines = (f"{manifest.name}: {head}", *rest)
    return ConversionProblem(lines, type(manifest.error)("\n".join(lines)))
