"""What is where in a folder of golden files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kconv._check.release import release_key
from kconv._pipeline import Format

HEAD = "HEAD"
FORMATS: tuple[Format, ...] = ("json", "yaml")


def releases(folder: Path) -> Iterator[tuple[str, str]]:
    """Every object of every past release, oldest first: the release's name, and the object's."""
    if folder.is_dir():
        names = (each.name for each in folder.iterdir() if each.is_dir() and each.name != HEAD)
        for release in sorted(names, key=release_key):
            for stem in sorted({path.stem for path in files_in(folder / release)}):
                yield release, stem


def files_in(folder: Path) -> list[Path]:
    """The golden files of a release, or of HEAD."""
    return sorted(path for path in folder.iterdir() if path.suffix[1:] in FORMATS)
