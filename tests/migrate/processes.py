"""The worker processes of a run."""

from pathlib import Path

import pytest


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    task = Path(f"/proc/{pid}/task")
    if not task.exists():
        pytest.skip("needs /proc")
    return [
        int(word) for each in task.iterdir() for word in (each / "children").read_text().split()
    ]


def is_worker(pid: int) -> bool:
    try:
        return b"kconv_migrations" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False
