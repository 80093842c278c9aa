"""The lock files of a git revision."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

from kconv._check.lock.folder import Texts
from kconv._errors import UsageError


def read_revision(revision: str, folder: Path) -> Texts:
    """The texts of the lock files that ``folder`` had at a revision: a commit, tag or branch.

    Raises `UsageError` where git, the repository, the revision, or lock files in it are missing.
    """
    place, name = folder.absolute().parent, folder.name
    if revision.startswith("-") or ":" in revision:
        raise UsageError(f'"{revision}" is neither a folder nor a git revision')
    if not place.is_dir():
        raise UsageError(f"{place}: no such folder, to look for {revision} in")
    wanted = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    found = _git(place, *wanted)
    if found.returncode:
        why = found.stderr.decode(errors="replace").strip()
        told = f" ({why})" if why else ""
        raise UsageError(f'"{revision}" is neither a folder nor a git revision{told}')
    commit = found.stdout.decode().strip()
    listed = _git(place, "ls-tree", "-r", "-z", "--name-only", commit, "--", f"{name}/")
    files = [PurePosixPath(path) for path in listed.stdout.decode().split("\0") if path]
    texts = {
        path.relative_to(name): _show(place, commit, path)
        for path in files
        if path.suffix == ".yaml" and len(path.parts) == 3
    }
    if not texts:
        raise UsageError(f"{revision} has no lock files in {folder}; --lock names another folder")
    return texts


def _show(place: Path, commit: str, path: PurePosixPath) -> str:
    shown = _git(place, "show", f"{commit}:./{path}")
    if shown.returncode:
        raise UsageError(shown.stderr.decode(errors="replace").strip())
    try:
        return shown.stdout.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{commit}:{path}: not UTF-8: {error.reason}") from None


def _git(place: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", *arguments], cwd=place, capture_output=True, check=False, timeout=60
        )
    except FileNotFoundError:
        raise UsageError("git, which reads revisions, is not installed") from None
