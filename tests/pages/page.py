"""A page's blocks, and a terminal in which its commands run one after the other.

A block with a title is a file to write; a ``console`` block has commands behind ``$`` and what they
print. Comments before a block, which readers do not see, say what only a test needs to know:
``<!-- terminal: NAME -->`` for a command that goes on in a terminal of its own until the next one
comes there, ``<!-- not run: REASON -->`` for one that a test leaves out.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(
    r"(?:^<!-- (?P<note>[a-z ]+): (?P<said>.*?) -->\n)?"
    r"^```(?P<language>[a-z]*)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$",
    re.M | re.S,
)


class Block(NamedTuple):
    """A fenced block: its language, the file that it is, the note before it."""

    language: str
    title: str
    text: str
    note: str
    said: str


class Command(NamedTuple):
    """A command of a console block, and the lines that it prints by the page."""

    text: str
    printed: list[str]


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page, such as ``docs/tutorial.md``, in their order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        yield Block(
            found["language"], found["title"] or "", found["text"], found["note"] or "",
            found["said"] or "",
        )  # fmt: skip


def commands(block: Block) -> list[Command]:
    """The commands of a console block; lines of a here-document belong to their command."""
    made: list[Command] = []
    within = ""
    for line in block.text.splitlines():
        if within:
            made[-1] = made[-1]._replace(text=f"{made[-1].text}\n{line}")
            within = "" if line == within else within
        elif line.startswith("$ "):
            made.append(Command(line[2:], []))
            opened = re.search(r"<<'?([A-Z]+)'?", line)
            within = opened[1] if opened else ""
        else:
            made[-1].printed.append(line)
    return made


def agrees(expected: list[str], printed: list[str]) -> bool:
    """Whether lines are printed as a page has them.

    ``...`` stands for any lines, or within a line for any text. What differs from run to run is
    not compared: how long something took, ages, identifiers of runs.
    """
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else f"{_line(line)}\n" for line in expected
    )
    return re.fullmatch(pattern, "".join(f"{_steady(line)}\n" for line in printed)) is not None


def _line(line: str) -> str:
    return re.escape(_steady(line.rstrip())).replace(r"\.\.\.", ".*")


def _steady(line: str) -> str:
    line = re.sub(r"\b20\d{6}-\d{6}-[0-9a-f]{4}\b", "RUN", line.rstrip())
    line = re.sub(
        r"[\d.]+ s \([\d,]+ rows/s\)|about \d+ s|\bin [\d.]+s\b( \([\d:]+\))?", "TIME", line
    )
    return re.sub(r" +\d+[sm]$", " AGE", line)


class Shell:
    """One bash in which all commands of a page run, as those of a person would."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        self.process = subprocess.Popen(
            ["bash", "-O", "expand_aliases"], cwd=folder, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._others: dict[str, subprocess.Popen[str]] = {}

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

    def start(self, terminal: str, command: Command) -> None:
        """Run a command in another terminal, in the place of what runs there, until it is up."""
        self.interrupt(terminal)
        _, exported = self.run("export -p")
        script = "\n".join([*exported, f"exec {command.text}"])
        process = subprocess.Popen(
            ["bash", "-c", script], cwd=self.folder, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._others[terminal] = process
        assert process.stdout is not None
        printed: list[str] = []
        for line in process.stdout:
            printed.append(line.rstrip("\n"))
            if len(printed) == len(command.printed):
                break
        assert agrees(command.printed, printed), (command.text, printed)

    def interrupt(self, terminal: str) -> None:
        """Press Ctrl-C in another terminal."""
        process = self._others.pop(terminal, None)
        if process is not None:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)

    def close(self) -> None:
        """End what runs in it still, and the shell."""
        for terminal in list(self._others):
            self.interrupt(terminal)
        if self.process.poll() is None:
            self.run("kill $(jobs -p) 2>/dev/null; wait")
            self.process.communicate("exit\n", timeout=60)


def environment(**more: str) -> dict[str, str]:
    """What a reader's terminal has: this Python first, nothing of kconv's or pytest's."""
    found = {n: v for n, v in os.environ.items() if not n.startswith(("PYTEST", "KCONV"))}
    bin_folder = Path(sys.executable).parent
    return {**found, "PATH": f"{bin_folder}:{os.environ['PATH']}", "COLUMNS": "200", **more}


def follow(page: str, shell: Shell, changes: dict[str, str]) -> None:
    """Write the files of a page and run its commands; ``changes`` are made to their text."""
    began = time.monotonic()
    for block in blocks(page):
        text = block.text
        for old, new in changes.items():
            text = text.replace(old, new)
        block = block._replace(text=text)
        if block.note == "not run":
            continue
        if block.title:
            path = shell.folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            for command in commands(block):
                if block.note == "terminal":
                    shell.start(block.said, command)
                    continue
                code, printed = shell.run(command.text)
                told = "\n".join(printed)
                assert agrees(command.printed, printed), f"{command.text}\n{told}"
                assert code in (0, 1, 2), f"{command.text} ended with {code}\n{told}"
    sys.stdout.write(f"{page} took {time.monotonic() - began:.0f} s\n")
