"""mypy and pyright know the fields of typed objects: a program that is mistaken fails in both."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "objects"
EXAMPLES = [ROOT / "examples" / name for name in ("devices.py", "device_client.py")]
CLEAN = [*EXAMPLES, HERE / "program.py"]
Lines = dict[str, list[int]]
"""The lines that a checker has something to say about, by the file's name."""


@pytest.fixture
def mistaken(tmp_path: Path) -> Path:
    # Under another name, so that the checkers of this project do not look at it.
    copied = tmp_path / "mistaken_program.py"
    shutil.copyfile(HERE / "mistaken_program.txt", copied)
    return copied


def marked(path: Path) -> list[int]:
    lines = path.read_text().splitlines()
    return [number for number, line in enumerate(lines, 1) if "# mistaken: " in line]


def mypy(paths: list[Path], tmp_path: Path) -> Lines:
    # What `make check` remembers of kconv's own modules saves most of the time.
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-pretty"]
    ended = subprocess.run(
        [*command, *map(str, paths)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert not ended.stderr, ended.stderr
    found: Lines = {}
    for name, line in re.findall(r"^(?:.*/)?([^/\n]+\.py):(\d+): error", ended.stdout, re.M):
        found.setdefault(name, []).append(int(line))
    assert ended.returncode == bool(found), ended.stdout
    return found


def pyright(paths: list[Path], tmp_path: Path) -> Lines:
    # It looks at what is below its settings, and finds kconv where it is installed.
    for path in paths:
        if path.parent != tmp_path:
            shutil.copy(path, tmp_path)
    settings = {"typeCheckingMode": "strict", "reportUnusedExpression": False}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    ended = subprocess.run(
        [*command, "-p", str(tmp_path)], capture_output=True, text=True, check=False
    )
    said = json.loads(ended.stdout)
    assert said["summary"]["filesAnalyzed"] == len(paths), said
    found: Lines = {}
    for each in said["generalDiagnostics"]:
        name = Path(each["file"]).name
        found.setdefault(name, []).append(each["range"]["start"]["line"] + 1)
    return found


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_what_checkers_say(checker: object, mistaken: Path, tmp_path: Path) -> None:
    assert callable(checker)
    found: Lines = checker([*CLEAN, mistaken], tmp_path)
    assert {name: sorted({*lines}) for name, lines in found.items()} == {
        mistaken.name: marked(mistaken)
    }
