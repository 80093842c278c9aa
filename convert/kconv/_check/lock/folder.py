"""A project's lock files: ``<folder>/<group>/<version>.yaml``, the core group as ``core``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath

from kconv._check.lock.document import Locks
from kconv._check.lock.read import read_lock
from kconv._check.lock.text import HEADER, text_of
from kconv._errors import UsageError
from kconv._gvk import GroupVersion
from kconv._input import read_file

LIMIT = 64 * 1024 * 1024
"""Bytes that a lock file may have."""

Texts = Mapping[PurePosixPath, str]
"""Lock files by their path in the folder."""


def texts_of(locks: Locks) -> Texts:
    """The files that hold some locks, with their texts."""
    return {path_of(gv): text_of(lock) for gv, lock in sorted(locks.items())}


def path_of(gv: GroupVersion) -> PurePosixPath:
    """Where the lock of a group/version is, within the folder."""
    return PurePosixPath(gv.group or "core", f"{gv.version}.yaml")


def read_folder(folder: Path) -> Texts:
    """The texts of all lock files in a folder.

    Raises `UsageError` where there are none, or one cannot be read or is not UTF-8.
    """
    if not folder.is_dir():
        made = f"`kconv lock --out {folder}` makes it, with the same options"
        raise UsageError(f"{folder}: no such folder; {made}")
    texts: dict[PurePosixPath, str] = {}
    for path in sorted(folder.glob("*/*.yaml")):
        try:
            text = read_file(path, LIMIT).decode()
        except UnicodeDecodeError as error:
            raise UsageError(f"{path}: not UTF-8: {error.reason}") from None
        texts[PurePosixPath(path.relative_to(folder).as_posix())] = text
    if not texts:
        raise UsageError(f"{folder}: no lock files in it; `kconv lock --out {folder}` writes them")
    return texts


def parsed(texts: Texts, name: str) -> Locks:
    """The locks in some files; ``name`` is how messages call the folder.

    Raises `UsageError` for a malformed file, or one that is not where its group and version say.
    """
    locks = {}
    for path, text in sorted(texts.items()):
        lock = read_lock(text, f"{name}/{path}")
        gv = lock.group_version
        if path_of(gv) != path:
            raise UsageError(f"{name}/{path}: is of {gv}, whose file is {path_of(gv)}")
        locks[gv] = lock
    return locks


def write_folder(folder: Path, texts: Texts, stale: Iterable[PurePosixPath]) -> None:
    """Write lock files, and remove those of versions that are gone."""
    for path, text in texts.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    for path in stale:
        (folder / path).unlink()


def stale_files(found: Texts, texts: Texts, groups: Collection[str] | None) -> list[PurePosixPath]:
    """The lock files of removed versions; ``groups`` limits which are looked at."""
    names = None if groups is None else {group or "core" for group in groups}
    return [
        path
        for path, text in found.items()
        if path not in texts
        and text.startswith(HEADER.split(".", maxsplit=1)[0])
        and (names is None or path.parts[0] in names)
    ]
