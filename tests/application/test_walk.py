"""The walk of docs/own-tables-walk.md, line by line, on both databases.

With fewer orders than the page has, unless KCONV_WALK=full: what is printed is compared but for
numbers that follow from how many there are, or how fast the machine is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fixtures.long import only_long

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "own-tables-walk.md"
FEW = 3_000
EXACT = re.compile(r"^(stored|read) as|^[0-9]$|No new")
"""Lines in which every number counts."""


class Shell:
    """One bash in which all commands of the page run, as those of a person would."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            ["bash"], cwd=folder, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, command: str) -> tuple[int, list[str]]:
        """The exit code of a command, and the lines that it prints."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{command}\necho; echo --ended-- $?\n")
        self.process.stdin.flush()
        lines: list[str] = []
        for line in self.process.stdout:
            if line.startswith("--ended--"):
                return int(line.split()[1]), [each for each in lines if each]
            lines.append(line.rstrip("\n"))
        raise AssertionError(f"the shell has ended at {command}: {lines}")

    def close(self) -> None:
        """End what runs in it still, and the shell."""
        if self.process.poll() is None:
            self.run("kill $(jobs -p) 2>/dev/null; wait")
            self.process.communicate("exit\n", timeout=60)


def steps() -> list[tuple[str, list[str]]]:
    """Each command of the page, and the lines that the page says it prints."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


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
    environment = {n: v for n, v in os.environ.items() if not n.startswith(("PYTEST", "KCONV"))}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(tmp_path),
        "COLUMNS": "200",
    }
    full = os.environ.get("KCONV_WALK") == "full"
    shell = Shell(tmp_path, environment)
    began = time.monotonic()
    try:
        for command, expected in steps():
            here = command.replace("sqlite:///shop.db", url)
            here = here if full else here.replace("200000", str(FEW))
            code, printed = shell.run(here)
            written = (each for each in tmp_path.iterdir() if each.suffix in (".txt", ".log"))
            written = (each for each in tmp_path.iterdir() if each.suffix in (".txt", ".log"))
            told = "\n".join(each.read_text() for each in sorted(written))
            assert [*map(comparable, printed)] == [*map(comparable, expected)], f"{command}\n{told}"
            assert code == 0, f"{command}\n{told}"
    finally:
        shell.close()
    sys.stdout.write(f"the walk took {time.monotonic() - began:.0f} s\n")
