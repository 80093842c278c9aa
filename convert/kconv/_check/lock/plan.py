"""`LockPlan`: what would make a lock folder say what the code says."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kconv._check.lock.build import locks_of
from kconv._check.lock.folder import Texts, read_folder, stale_files, texts_of, write_folder
from kconv._scheme import Scheme


@dataclass(frozen=True, slots=True)
class LockPlan:
    """The files that a folder has, those that the code gives, and what differs.

    ``changed`` are files to write, ``stale`` those to remove, by their paths in the folder.
    """

    folder: Path
    found: Texts
    texts: Texts
    changed: tuple[PurePosixPath, ...]
    stale: tuple[PurePosixPath, ...]

    def __bool__(self) -> bool:
        return bool(self.changed or self.stale)

    @property
    def new_texts(self) -> Texts:
        """The files to write."""
        return {path: self.texts[path] for path in self.changed}

    def carry_out(self) -> None:
        """Write and remove what differs."""
        write_folder(self.folder, self.new_texts, self.stale)


def lock_plan(scheme: Scheme, folder: Path, groups: Collection[str] | None = None) -> LockPlan:
    """The plan for a folder, which need not be there; ``groups`` limits it to some.

    Raises `UsageError` for a file in the folder that is not UTF-8.
    """
    texts = texts_of(locks_of(scheme, groups))
    found = read_folder(folder) if any(folder.glob("*/*.yaml")) else {}
    changed = tuple(path for path, text in texts.items() if found.get(path) != text)
    return LockPlan(folder, found, texts, changed, tuple(stale_files(found, texts, groups)))
