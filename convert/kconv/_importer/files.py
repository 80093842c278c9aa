"""Writing generated files: all of them or none, and never over what a person wrote."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Literal

from kconv._errors import UsageError
from kconv._importer.generate import Generated
from kconv._importer.marker import GENERATED
from kconv._input import read_file

LIMIT = 64 * 1024 * 1024
"""Bytes that a module may have."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to happen to one file: its path and its text before and after."""

    action: Literal["add", "update", "remove"]
    path: Path
    before: str
    after: str

    def diff(self) -> str:
        """The change as a unified diff."""
        lines = unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            "/dev/null" if self.action == "add" else str(self.path),
            "/dev/null" if self.action == "remove" else str(self.path),
        )
        return "".join(lines)


def plan(generated: Generated, out: Path, *, force: bool = False) -> list[Change]:
    """What has to change below ``out`` so that it holds what was generated, sorted by path.

    Generated modules that are no longer needed go. An ``__init__.py`` that a person wrote stays
    as it is. Raises `UsageError`, naming all of them, where other files that do not carry the
    marker would be replaced; with ``force`` they are.
    """
    changes: list[Change] = []
    foreign: list[str] = []
    for relative, text in generated.files.items():
        path = out / relative
        before = _read(path)
        if before is None:
            changes.append(Change("add", path, "", text))
        elif before != text:
            if before.startswith(GENERATED) or force:
                changes.append(Change("update", path, before, text))
            elif path.name != "__init__.py":
                foreign.append(str(path))
    for relative, text in generated.packages.items():
        if _read(out / relative) is None:
            changes.append(Change("add", out / relative, "", text))
    if foreign:
        raise UsageError(
            f"not written by kconv import, so not replaced without --force: {', '.join(foreign)}"
        )
    changes += _stale(generated, out)
    return sorted(changes, key=lambda change: str(change.path))


def _stale(generated: Generated, out: Path) -> Iterable[Change]:
    for folder in sorted(generated.folders):
        directory = out / folder
        for path in sorted(directory.glob("*.py")) if directory.is_dir() else ():
            text = _read(path) or ""
            wanted = path.relative_to(out).as_posix() in generated.files
            if not wanted and text.startswith(GENERATED):
                yield Change("remove", path, text, "")


def _read(path: Path) -> str | None:
    try:
        return read_file(path, LIMIT).decode() if os.path.lexists(path) else None
    except UnicodeDecodeError as error:
        raise UsageError(f"cannot read {path}: {error}") from error


def write(changes: Iterable[Change]) -> None:
    """Make the changes: new text goes to temporary files first, which then take their places.

    Raises `UsageError` when a file or folder cannot be written; all is as it was then.
    """
    changes = list(changes)
    ready: list[tuple[Path, Change]] = []
    made: list[Change] = []
    folders: list[Path] = []
    try:
        for change in changes:
            if change.action != "remove":
                folders += _missing(change.path.parent)
                change.path.parent.mkdir(parents=True, exist_ok=True)
                ready.append((_temporary(change), change))
        for temporary, change in ready:
            temporary.replace(change.path)
            made.append(change)
        for change in changes:
            if change.action == "remove":
                change.path.unlink(missing_ok=True)
                made.append(change)
    except OSError as error:
        _undo(made, [temporary for temporary, _ in ready], folders)
        raise UsageError(f"cannot write {error.filename}: {error.strerror}") from error


def _missing(folder: Path) -> list[Path]:
    """The folders that have to be made for one to be there, outermost first."""
    return [path for path in (folder, *folder.parents) if not path.exists()][::-1]


def _undo(made: Iterable[Change], temporaries: Iterable[Path], folders: list[Path]) -> None:
    for change in made:
        if change.action == "add":
            change.path.unlink(missing_ok=True)
        else:
            change.path.write_text(change.before, encoding="utf-8")
    for temporary in temporaries:
        temporary.unlink(missing_ok=True)
    for folder in reversed(folders):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _temporary(change: Change) -> Path:
    handle, name = tempfile.mkstemp(dir=change.path.parent, prefix=f".{change.path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(change.after)
    path = Path(name)
    path.chmod(0o644)
    return path
