"""What the system says where SQLite says only that it could not."""

import os
from pathlib import Path

import pytest

from kconv._store.sqlite_causes import FULL, READ_ONLY, code_of_cause

VAGUE = "SQLITE_IOERR_SHMSIZE"
NONE = {"f_flag": 0, "f_blocks": 0, "f_bavail": 0, "f_files": 0, "f_favail": 0}
ROOM = NONE | {"f_blocks": 9, "f_bavail": 1, "f_files": 9, "f_favail": 1}


class System:
    def __init__(self, said: dict[str, int]) -> None:
        self.__dict__.update(said)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (ROOM, VAGUE),
        (ROOM | {"f_bavail": 0}, FULL),
        (ROOM | {"f_favail": 0}, FULL),
        (ROOM | {"f_files": 0, "f_favail": 0}, VAGUE),
        (NONE, VAGUE),
        (ROOM | {"f_flag": os.ST_RDONLY, "f_bavail": 0}, READ_ONLY),
    ],
)
def test_what_a_file_system_says(
    said: dict[str, int], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that counts no blocks, or no inodes, is not full."""
    monkeypatch.setattr(os, "statvfs", lambda path: System(said))
    assert code_of_cause(VAGUE, Path("kconv.db")) == code
    assert code_of_cause("SQLITE_BUSY", Path("kconv.db")) == "SQLITE_BUSY"
