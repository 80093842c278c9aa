"""What is written is laid out as ``ruff format`` would, and sorted as ruff would."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.long import examples
from importer import samples
from kconv._importer.source import quoted

RUFF = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")


def ruff(folder: Path, *arguments: str) -> str:
    """What ruff has to say about the files of a folder; "" is nothing."""
    if RUFF is None:
        pytest.skip("ruff is not installed")
    command = [RUFF, *arguments, "--isolated", "--line-length", "100", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def save(files: dict[str, str], folder: Path) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def check(files: dict[str, str], folder: Path) -> None:
    save(files, folder)
    assert ruff(folder, "format", "--diff") == ""
    assert ruff(folder, "check", "--select", "E,F,I,W,RUF") == ""


def test_the_sample(tmp_path: Path) -> None:
    check(samples.files(samples.definitions()), tmp_path)


def test_long_and_nested_expressions(tmp_path: Path) -> None:
    long = [f"AValueThatIsRatherLong{number}" for number in range(6)]
    number = {"type": "integer", "minimum": 0, "maximum": 1000000000000, "default": 123456789012}
    inner: dict[str, Any] = {"type": "string", "enum": long}
    document = samples.with_spec(
        few={"type": "string", "enum": long[:3], "default": "AValueThatIsRatherLong1"},
        many={"type": "string", "enum": long, "default": long[0]},
        listed={"type": "array", "items": inner, "x-kubernetes-list-type": "set"},
        mapped={"type": "object", "additionalProperties": {"type": "array", "items": inner}},
        aNumberOfWhichTheNameIsSoLongThatItJustDoesNotFitOnALine=number,
        text={"type": "string", "pattern": "x" * 82},
        words={"type": "string", "default": 'it\'s "quoted" \\ and\nbroken\t\u200b'},
        struct={"type": "object", "default": {"a": [1, 2, {"b": None}], "c": long[0]}},
    )
    check(samples.files(document), tmp_path)


def test_descriptions(tmp_path: Path) -> None:
    document = samples.with_spec(it={"type": "string", "description": "A short one."})
    spec = document[f"{samples.V1}.CronTabSpec"]
    spec["description"] = "It says a lot. " * 20 + '\n\nAnd ends with a "quote"'
    document[f"{samples.V1}.CronTab"]["description"] = 'A \\d and """ in it.'
    document[f"{samples.V1}.CronTabStatus"]["description"] = 'Ends with a "quote"'
    files = samples.files(document)
    check(files, tmp_path)
    assert "It says a lot." in files["stable/v1/types/cron_tab.py"]


def test_descriptions_of_fields(tmp_path: Path) -> None:
    text = 'It\'s said to be "long". ' * 9
    documents = {
        "words": samples.with_spec(it={"type": "string", "description": text}),
        "quotes": samples.with_spec(it={"type": "string", "description": '"a" ' * 40}),
        "default": samples.with_spec(
            it={"type": "string", "default": "a", "deprecated": True, "description": "word " * 25}
        ),
        "unbroken": samples.with_spec(it={"type": "string", "description": "x" * 60}),
    }
    for name, document in documents.items():
        check(samples.files(document), tmp_path / name)


@settings(max_examples=examples(300))
@given(st.text())
def test_string_literals_say_what_they_mean(text: str) -> None:
    assert ast.literal_eval(quoted(text)) == text
