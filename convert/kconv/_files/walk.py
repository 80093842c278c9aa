"""Which files names stand for: files, folders with all that is in them, and patterns."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kconv._errors import KconvError, UsageError
from kconv._input import descriptor_of, unreadable

SUFFIXES = (".yaml", ".yml", ".json")
ARCHIVE_SUFFIX = ".tar.gz"
"""Of archives, among which those of Velero are looked for."""

STDIN = "-"
"""What names standard input."""

_IGNORE = ".gitignore"


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read, None for standard input; ``error`` says what keeps it from being read.

    ``named`` is whether somebody asked for this very file, so that it must be a manifest.
    """

    path: Path | None
    named: bool = True
    error: KconvError | None = None


def find(names: Sequence[str | os.PathLike[str]], exclude: Sequence[str] = ()) -> list[Found]:
    """The files that names stand for, each once, in order.

    In folders, hidden files, those that Git ignores and those that ``exclude`` matches are left
    out; its patterns are written as in ``.gitignore``. What Git ignores is read where it is named.
    """
    found: dict[str, Found] = {}
    excluded = _Excluded(exclude)
    for given in names:
        name = os.fspath(given)
        if name == STDIN or descriptor_of(name) == 0:
            found[STDIN] = Found(None)
        elif descriptor_of(name) is not None:
            found[name] = Found(Path(name))
        else:
            for each in _named(name, excluded):
                key = os.path.realpath(each.path) if each.path else name
                before = found.setdefault(key, each)
                if each.named and not before.named:
                    found[key] = each
    return list(found.values())


def _named(name: str, excluded: _Excluded) -> Iterator[Found]:
    path = Path(name)
    if os.path.lexists(path):
        yield from _files(path, excluded)
        return
    is_pattern = glob.has_magic(name)
    # Path.glob knows no absolute patterns.
    matching = sorted(glob.glob(name, recursive=True)) if is_pattern else []  # noqa: PTH207
    if not matching:
        why = "nothing matches it" if is_pattern else "no such file or folder"
        yield Found(path, error=UsageError(why))
    for each in matching:
        inner = Path(each)
        if inner.is_dir():
            yield from _files(inner, excluded)
        elif not excluded.has(inner):
            yield Found(inner, named=False)


def _files(path: Path, excluded: _Excluded) -> Iterator[Found]:
    """The files that a path stands for, and what keeps one from being read."""
    try:
        is_folder = path.is_dir()
    except OSError as error:
        yield Found(path, error=unreadable(error))
        return
    if not is_folder:
        yield Found(path)
        return
    closed: list[OSError] = []
    found = False
    ignored = _Ignored(path)
    for folder, folders, files in os.walk(path, onerror=closed.append):
        at = Path(folder)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and not ignored.has(at, name, is_folder=True)
        )
        for name in sorted(files):
            if name.startswith("."):
                continue
            if name.endswith(SUFFIXES) or _is_archive(at / name):
                found = True
                if not ignored.has(at, name) and not excluded.has(at / name):
                    yield Found(at / name, named=False)
    for each in closed:
        yield Found(Path(str(each.filename)), error=unreadable(each))
    if not found and not closed:
        message = f"no {', '.join(f'*{suffix}' for suffix in SUFFIXES)} in it"
        yield Found(path, error=UsageError(message))


def _is_archive(path: Path) -> bool:
    if not path.name.endswith(ARCHIVE_SUFFIX):
        return False
    from kconv._files.velero import is_velero  # hardly any file is one

    return is_velero(path)


class _Excluded:
    """What ``--exclude`` leaves out, by the path as it is shown."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = list(patterns)

    def has(self, path: Path) -> bool:
        return bool(self.patterns) and bool(self._spec.match_file(os.path.normpath(path)))

    @cached_property
    def _spec(self) -> Any:
        return _spec(self.patterns)


class _Ignored:
    """What Git ignores in a folder: by the ``.gitignore`` of each folder, from the root down."""

    def __init__(self, folder: Path) -> None:
        self._specs: dict[Path, Any] = {}
        above = [folder.resolve(), *folder.resolve().parents]
        root = next((number for number, each in enumerate(above) if (each / ".git").exists()), None)
        self._root = None if root is None else above[root]

    def has(self, folder: Path, name: str, is_folder: bool = False) -> bool:
        if self._root is None:
            return False
        path = folder.resolve() / name
        verdict = False
        for above in reversed(path.parents):
            if not above.is_relative_to(self._root):
                continue
            spec = self._of(above)
            if spec is not None:
                inner = path.relative_to(above).as_posix() + ("/" if is_folder else "")
                said = spec.check_file(inner).include
                verdict = verdict if said is None else bool(said)
        return verdict

    def _of(self, folder: Path) -> Any:
        if folder not in self._specs:
            try:
                lines = (folder / _IGNORE).read_text(errors="replace").splitlines()
            except OSError:
                lines = []
            self._specs[folder] = _spec(lines) if lines else None
        return self._specs[folder]


def _spec(lines: Sequence[str]) -> Any:
    from pathspec import GitIgnoreSpec  # who has no .gitignore need not load it

    return GitIgnoreSpec.from_lines(lines)
