"""The man page says what the command line says, command by command."""

import re
import subprocess
import sys
from pathlib import Path

from released.surface import surface

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "share" / "man" / "man1" / "kconv.1"


def test_it_is_what_the_command_line_gives() -> None:
    ended = subprocess.run(
        [sys.executable, ROOT / "tools" / "write-man"], capture_output=True, text=True, check=True
    )
    assert ended.stdout == PAGE.read_text(), "the command line has changed: make man"


def test_each_command_and_option_is_in_it() -> None:
    text = PAGE.read_text().replace("\\-", "-")
    sections = re.split(r"(?m)^\.S[SH] ", text.replace(".SH OPTIONS", ".SS kconv [OPTIONS]"))
    names = [name for name in surface() if name.startswith("kconv ")]
    assert len(names) > 100
    for name in names:
        command, _, option = re.sub(r"^kconv migrate run\b", "kconv migrate", name).partition(" -")
        found = [part for part in sections if re.match(rf"{command} [\[A-Z]", part)]
        assert found, name
        assert not option or any(
            re.search(rf"fB[^\n]*-{re.escape(option)}\b", part) for part in found
        ), name


def test_no_text_is_read_as_a_request() -> None:
    known = {".TH", ".SH", ".SS", ".PP", ".TP", ".B"}
    for line in PAGE.read_text().splitlines():
        assert not line.startswith("'")
        assert not line.startswith(".") or line.split()[0] in known
