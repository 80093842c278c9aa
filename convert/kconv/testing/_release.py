"""The golden files of a release: written once, beside the lock files that it had."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from kconv._check.lock import locks_of, texts_of
from kconv._check.release import checked_release, release_key
from kconv._codec.limits import FILE_LIMIT
from kconv._errors import UsageError
from kconv._input import read_file
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv.testing import _golden as golden
from kconv.testing._converted import CONVERTED, converted_files
from kconv.testing._names import slug

LOCK = "lock"
"""The folder within a release's that holds its lock files."""

Files = Mapping[PurePosixPath, bytes]
"""A release's files by their paths in its folder."""


def release_files(scheme: Scheme, groups: Collection[str] | None = None) -> Files:
    """The files of a release of the present code: golden files, what they convert to, locks.

    ``groups`` limits it to some. Raises `SchemeError` for a field that no placeholder fits.
    """
    pipeline = Pipeline(scheme)
    spokes = [
        spoke
        for spoke in golden.spokes_of(scheme)
        if groups is None or spoke.gvk.group in groups
    ]  # fmt: skip
    files = {
        PurePosixPath(f"{slug(spoke)}.{format}"): golden.written(pipeline, spoke, format)
        for spoke in spokes
        for format in golden.FORMATS
    }
    for spoke in spokes:
        data = files[PurePosixPath(f"{slug(spoke)}.json")]
        files |= converted_files(pipeline, spoke, data)
    for path, text in texts_of(locks_of(scheme, groups)).items():
        files[LOCK / path] = text.encode()
    return files


def release_folder(folder: Path, release: str) -> Path:
    """Where a folder of golden files has a release. Raises `UsageError` for a bad name.

    A release's name is a version, since releases are put in order by it.
    """
    if release == golden.HEAD or release.startswith(".") or set(release) & set("/\\"):
        raise UsageError(f'"{release}" cannot name a release: it names a folder in {folder}')
    return folder / checked_release(release)


def differing(folder: Path, files: Files, groups: Collection[str] | None = None) -> Files | None:
    """The files of a release that differ from today's: their content today, empty if they are gone.

    None where the release has nothing yet, of ``groups`` if they are given.
    """
    names = None if groups is None else {group or "core" for group in groups}
    found = {
        path: data
        for path, data in _found(folder).items()
        if names is None or _group(path) in names
    }  # fmt: skip
    if not found:
        return None
    if not any(path.parts[0] == CONVERTED for path in found):
        # Releases did not always note what their objects convert to.
        files = {path: data for path, data in files.items() if path.parts[0] != CONVERTED}
    paths = sorted({*found, *files}, key=str)
    return {path: files.get(path, b"") for path in paths if found.get(path) != files.get(path)}


def write_release(folder: Path, files: Files) -> None:
    """Write a release's files into its folder."""
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def latest(folder: Path, count: int) -> list[str]:
    """The last releases that a folder of golden files has, the latest first.

    Folders whose names are no versions are older than all that are.
    """
    if not folder.is_dir():
        return []
    names = [path.name for path in folder.iterdir() if path.is_dir() and path.name != golden.HEAD]
    return sorted(names, key=release_key, reverse=True)[:count]


def _found(folder: Path) -> Files:
    paths = [*folder.glob("*.json"), *folder.glob("*.yaml"), *folder.glob(f"{LOCK}/*/*.yaml")]
    paths += folder.glob(f"{CONVERTED}/*/*.json")
    return {
        PurePosixPath(path.relative_to(folder).as_posix()): read_file(path, FILE_LIMIT)
        for path in paths
    }


def _group(path: PurePosixPath) -> str:
    if path.parts[0] == LOCK:
        return path.parts[1]
    return (path.parts[1] if path.parts[0] == CONVERTED else path.stem).rsplit(".", 2)[0]
