"""Plain command lines of ``kconv convert`` are read without Typer, and read alike."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from kconv.cli.convert import app
from kconv.cli.quick import FLAGS, VALUES, plain_convert


def test_options_are_those_of_the_command() -> None:
    options = {
        name: parameter.name
        for parameter in get_command(app).params
        for name in parameter.opts
        if parameter.name not in ("help", "apis")
    }
    assert options == VALUES | FLAGS


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["serve"], ["convert"], ["convert", "a.yaml"], ["convert", "-f"], ["convert", "-fa"],
        ["convert", "-f", "--strict"], ["convert", "-f", "a", "--help"], ["convert", "--strict"],
        ["convert", "-f", "a", "-o", "xml"], ["convert", "-f", "a", "--apis", "m:f"],
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_typer(arguments: list[str]) -> None:
    assert plain_convert(arguments) is None


def test_what_is_plain() -> None:
    line = "convert -f a --filename - --output-version batch/v1 -o json --strict --dry-run"
    assert plain_convert(line.split()) == {
        "files": ["a", "-"],
        "output_version": ["batch/v1"],
        "output": "json",
        "strict": True,
        "dry_run": True,
    }


def test_nothing_heavy_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "{apiVersion: autoscaling/v1, kind: HorizontalPodAutoscaler, metadata: {name: a}, "
        "spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}}}"
    )
    program = (
        "import sys; from kconv.cli.run import run\n"
        f"code = run(['convert', '-f', {str(file)!r}])\n"
        "heavy = {'typer', 'pydantic', 'rich', 'sqlalchemy', 'starlette'} & set(sys.modules)\n"
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
