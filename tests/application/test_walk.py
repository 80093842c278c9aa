"""The walk of docs/own-tables-walk.md, line by line, on both databases.

With fewer orders than the page has, unless KCONV_WALK=full: what is printed is compared but for
numbers that follow from how many there are, or how fast the machine is.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from pathlib import Path

import pytest

from fixtures.long import only_long
from pages.page import ROOT, Shell, blocks, commands, environment

PAGE = "docs/own-tables-walk.md"
FEW = 3_000
EXACT = re.compile(r"^(stored|read) as|^[0-9]$|No new")
"""Lines in which every number counts."""


def comparable(line: str) -> str:
    return line if EXACT.match(line) else re.sub(r"[1-9][0-9,]*", "N", line)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=only_long)])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database; SQLite's is that of the page."""
    if request.param == "sqlite":
        return "sqlite:///shop.db"
    server = request.getfixturevalue("postgres_server")
    found: str = server.url(server.create_database())
    return found


def test_the_walk(url: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / "shop", tmp_path / "shop")
    full = os.environ.get("KCONV_WALK") == "full"
    shell = Shell(tmp_path, environment(PYTHONPATH=str(tmp_path)))
    began = time.monotonic()
    try:
        console = (block for block in blocks(PAGE) if block.language == "console")
        steps = [each for block in console for each in commands(block)]
        for command, expected in steps:
            here = command.replace("sqlite:///shop.db", url)
            here = here if full else here.replace("200000", str(FEW))
            code, printed = shell.run(here)
            written = (each for each in tmp_path.iterdir() if each.suffix in (".txt", ".log"))
            told = "\n".join(each.read_text() for each in sorted(written))
            assert [*map(comparable, printed)] == [*map(comparable, expected)], f"{command}\n{told}"
            assert code == 0, f"{command}\n{told}"
    finally:
        shell.close()
    sys.stdout.write(f"the walk took {time.monotonic() - began:.0f} s\n")
