"""What paths of files within objects may look like."""

from __future__ import annotations

from collections.abc import Iterator

from kconv import Finding, Path, invalid


def backsteps(path: Path, value: str) -> Iterator[Finding]:
    """Findings for a path that goes back."""
    if ".." in value.split("/"):
        yield invalid(path, value, "must not contain '..'")


def local_path(path: Path, value: str) -> Iterator[Finding]:
    """Findings for what is no path below a folder."""
    if value.startswith("/"):
        yield invalid(path, value, "must be a relative path")
    yield from backsteps(path, value)


def file_path(path: Path, value: str) -> Iterator[Finding]:
    """Findings for what is no path below a folder, or begins with two dots."""
    yield from local_path(path, value)
    if value.startswith("..") and not value.startswith("../") and value != "..":
        yield invalid(path, value, "must not start with '..'")
