"""Replacing files in place: each as a whole, and none before all are ready."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from kconv._errors import Unavailable


def replace_files(
    contents: Mapping[Path, bytes], may_go_on: Callable[[], bool] = lambda: True
) -> bool:
    """Give each file its new content. Modes stay, and so do links (their targets are replaced).

    First all new files are written beside the old ones, then they take their places, so a full
    disk or a folder without write permission changes nothing. ``may_go_on`` is asked in between,
    when writing has taken its time; False where it says no. Raises `Unavailable`.
    """
    ready: list[tuple[Path, Path]] = []
    try:
        for path, data in contents.items():
            target = path.resolve()
            ready.append((_beside(target, data), target))
        if not may_go_on():
            return False
        while ready:
            temporary, target = ready[-1]
            temporary.replace(target)
            ready.pop()
    except OSError as error:
        raise Unavailable(f"cannot write {error.filename}: {error.strerror}") from error
    finally:
        for temporary, _ in ready:
            temporary.unlink(missing_ok=True)
    return True


def _beside(target: Path, data: bytes) -> Path:
    status = target.stat()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(stat.S_IMODE(status.st_mode))
        with contextlib.suppress(PermissionError):  # only root may give a file to somebody else
            os.chown(temporary, status.st_uid, status.st_gid)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def back_up(paths: Iterable[Path], folder: Path) -> list[Path]:
    """Copy files into a folder, under the paths that they have from here; returns the copies.

    What is there already stays: it is from before an earlier change. Raises `Unavailable`.
    """
    made: list[Path] = []
    for path in paths:
        inner = Path(os.path.relpath(path.absolute()))
        # A folder above is one of its own, so that no two files have the same copy.
        copy = folder / Path(*("__" if part == ".." else part for part in inner.parts))
        temporary = copy.with_name(f".{copy.name}.{os.getpid()}")
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            try:
                temporary.write_bytes(path.read_bytes())
                temporary.chmod(stat.S_IMODE(path.stat().st_mode))
                os.link(temporary, copy)  # whole, or not at all; never over another
            finally:
                temporary.unlink(missing_ok=True)
        except FileExistsError:
            continue
        except OSError as error:
            where = error.filename or copy
            raise Unavailable(f"cannot write {where}: {error.strerror}") from error
        made.append(copy)
    return made
