"""Finding what is in versions that a release does not serve: where, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from kconv._errors import KconvError
from kconv._files.converted import ObjectLoss
from kconv._files.converter import Converter
from kconv._files.converting import convert_manifests
from kconv._files.embedded import IN_LAST_APPLIED, IN_MANAGED_FIELDS, IN_MANIFEST, embedded
from kconv._files.foreign import PATCH, UNKNOWN_KIND, PassedOver
from kconv._files.groups import is_list
from kconv._files.helm import IN_RELEASE, Release, release_of
from kconv._files.inside import current_releases, objects_of_release
from kconv._files.lines import Lines
from kconv._files.manifests import Document, Manifest, read_manifests
from kconv._files.releases import Releases
from kconv._files.velero import IN_ARCHIVE

Value = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outdated:
    """Something in a version that the target release does not serve.

    ``to`` is the version and kind that it would be converted to, empty where there is none, and
    ``removed`` the release that no longer serves it, empty for one that comes only later.
    ``where`` is ``manifest``, ``last-applied``, ``managedFields``, ``Helm release``, ``Velero
    archive``, which has no lines (0), or why a file is passed over.
    ``converts`` says whether `kconv convert --target` mends it.
    """

    file: str
    line: int
    kind: str
    namespace: str
    name: str
    version: str
    to: str
    removed: str
    lost: tuple[str, ...] = ()
    where: str = IN_MANIFEST
    converts: bool = True

    @property
    def fails(self) -> bool:
        """Whether a check fails for it: what is in managedFields a cluster mends by itself."""
        return self.where != IN_MANAGED_FIELDS


@dataclass(slots=True)
class Check:
    """What was found for a release, and what was not looked at."""

    target: str
    outdated: list[Outdated] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)
    objects: int = 0
    files: int = 0

    @property
    def fails(self) -> bool:
        """Whether anything is in a version that the release does not serve."""
        return any(each.fails for each in self.outdated)


def find_outdated(
    names: Iterable[str | os.PathLike[str]],
    target: str | None = None,
    *,
    exclude: Iterable[str] = (),
    strict_files: bool = False,
    apis: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Check, list[KconvError]]:
    """What in files and folders a release does not serve, and what could not be looked at.

    Raises `UsageError` for what is no release.
    """
    releases = Releases(target)
    manifests = read_manifests(list(names), list(exclude))
    found, converter = convert_manifests(manifests, releases, strict_files, apis, progress)
    check = Check(releases.target, passed_over=found.passed_over, files=len(manifests))
    check.objects = sum(file.objects for file in found.files)
    losses: dict[str, list[ObjectLoss]] = {}
    for loss in found.losses:
        losses.setdefault(loss.where, []).append(loss)
    reasons = {each.name: each.reason for each in found.passed_over}
    look = _Look(current_releases(manifests), converter, releases, losses, reasons)
    read = {file.name for file in found.files}
    for manifest in manifests:
        if manifest.archive is not None:
            check.outdated += look.in_archive(manifest)
            check.objects += len(manifest.documents)
        elif manifest.name in read and manifest.error is None:
            check.outdated += look.in_manifest(manifest)
    for passed in found.passed_over:
        check.outdated += _in_foreign(passed, releases)
    check.outdated.sort(key=lambda each: (each.file, each.line))
    return check, [problem.error for problem in found.problems if _is_fatal(problem.error)]


def _is_fatal(error: KconvError) -> bool:
    """Whether a problem kept something from being looked at: an invalid object was."""
    return error.reason in ("BadRequest", "RequestEntityTooLarge") and not error.findings


@dataclass(frozen=True, slots=True)
class _Look:
    """Looks at objects; ``passed`` are those that are passed over, by name, and why.

    ``current`` are the revisions of releases of Helm that count.
    """

    current: Collection[tuple[str, str, int]]
    converter: Converter
    releases: Releases
    losses: dict[str, list[ObjectLoss]]
    passed: dict[str, str]

    def in_manifest(self, manifest: Manifest) -> Iterator[Outdated]:
        """What a file says in versions that are not served."""
        lines = Lines(manifest.data, manifest.format)
        for document in manifest.documents:
            for item, value in _objects(document):
                at = manifest.where(document) + (f", items[{item}]" if item is not None else "")
                for each in self._in_object(at, value):
                    line = lines.of(
                        document.number - 1, item, _FIELDS.get(each.where, "apiVersion")
                    )
                    yield replace(each, file=manifest.name, line=line)

    def in_archive(self, manifest: Manifest) -> list[Outdated]:
        """What an archive of Velero holds in such versions, each once; it has no lines."""
        found: dict[Outdated, None] = {}
        for document in manifest.documents:
            for _, value in _objects(document):
                for each in self._in_object(manifest.where(document), value):
                    where = IN_ARCHIVE if each.where == IN_MANIFEST else each.where
                    mended = replace(each, file=manifest.name, where=where, converts=False)
                    found[mended] = None
        return list(found)

    def _in_object(self, at: str, value: Value) -> Iterator[Outdated]:
        version, kind = value.get("apiVersion"), value.get("kind")
        if not isinstance(version, str) or not isinstance(kind, str):
            return
        metadata = value.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        namespace, name = (str(metadata.get(each) or "") for each in ("namespace", "name"))
        if not self.releases.serves(version, kind):
            to, removed = self._instead(version, kind)
            lost = [
                str(each.lost)
                for where, all_lost in self.losses.items()
                if where.startswith(f"{at}: ")
                for each in all_lost
            ]
            reason = self.passed.get(at, IN_MANIFEST)
            reason = IN_MANIFEST if reason == UNKNOWN_KIND else reason
            converts = reason == IN_MANIFEST and bool(self.converter.best(version, kind))
            yield Outdated(
                "", 0, kind, namespace, name, version, to, removed, tuple(lost), reason, converts
            )
        release = release_of(value)
        if release is not None and release.key in self.current:
            yield from self._in_release(release)
        for inner in embedded(value):
            if not self.releases.serves(inner.api_version, inner.kind):
                to, removed = self._instead(inner.api_version, inner.kind)
                yield Outdated(
                    "", 0, inner.kind, namespace, name, inner.api_version, to, removed,
                    where=inner.where, converts=False,
                )  # fmt: skip

    def _in_release(self, release: Release) -> Iterator[Outdated]:
        for value in objects_of_release(release):
            version, kind = str(value.get("apiVersion")), str(value.get("kind"))
            if not self.releases.serves(version, kind):
                metadata = value.get("metadata")
                metadata = metadata if isinstance(metadata, dict) else {}
                to, removed = self._instead(version, kind)
                yield Outdated(
                    "", 0, kind, str(metadata.get("namespace") or release.namespace),
                    str(metadata.get("name") or ""), version, to, removed, where=IN_RELEASE,
                    converts=False,
                )  # fmt: skip

    def _instead(self, version: str, kind: str) -> tuple[str, str]:
        """What takes the place of a version, and in which release it is gone."""
        to = self.converter.best(version, kind) or self.releases.instead(version, kind)
        return to, self.releases.of(version, kind).removed


_FIELDS: Final = {each: each for each in (IN_LAST_APPLIED, IN_MANAGED_FIELDS, IN_RELEASE)}
"""What is looked for to say on which line something is, if it is not its apiVersion."""


def _in_foreign(passed: PassedOver, releases: Releases) -> Iterator[Outdated]:
    """What a file that is passed over says anyway, at the beginning of its lines."""
    if passed.reason == PATCH:
        return  # which is looked at as an object
    file = passed.name.partition(", document ")[0]
    for line, version, kind in passed.says:
        if not releases.serves(version, kind):
            to, removed = releases.instead(version, kind), releases.of(version, kind).removed
            yield Outdated(
                file, line, kind, "", "", version, to, removed,
                where=passed.reason, converts=False,
            )  # fmt: skip


def _objects(document: Document) -> Iterator[tuple[int | None, Value]]:
    value = document.value
    if not isinstance(value, dict):
        return
    items = value.get("items")
    if not (is_list(value) and isinstance(items, list)):
        yield None, value
        return
    kind = str(value["kind"])
    head = {} if kind == "List" else {
        "apiVersion": value.get("apiVersion"), "kind": kind.removesuffix("List")
    }  # fmt: skip
    for number, item in enumerate(items):
        if isinstance(item, dict):
            yield number, {**head, **item}
