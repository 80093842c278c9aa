"""Plain command lines are read without Typer, and read alike."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from kconv._cli import convert_files, migrate_objects, run
from kconv._cli.command_groups import CommandGroup
from kconv._cli.convert import app as convert_app
from kconv._cli.migrate import app as migrate_app
from kconv._cli.plain_arguments import COMMANDS, plain
from kconv._cli.verbosity import add_verbosity

FUNCTIONS: dict[str, Callable[..., int]] = {
    "convert": convert_files.convert_and_write,
    "migrate": migrate_objects.migrate_and_report,
}


def test_options_are_those_of_the_commands() -> None:
    group = get_command(migrate_app)
    assert isinstance(group, CommandGroup)
    assert COMMANDS["migrate"].subcommands == group.commands.keys()
    commands = {"convert": get_command(convert_app), "migrate": group.commands["run"]}
    assert commands.keys() == COMMANDS.keys() == FUNCTIONS.keys()
    for name, command in commands.items():
        assert isinstance(command, TyperCommand | TyperGroup)
        add_verbosity(command)
        options = {
            written: parameter.name
            for parameter in command.params
            for written in parameter.opts
            if parameter.name not in ("help", "apis", "context", "engine", "junit", "names")
        }
        valued = {written: each.name for written, each in COMMANDS[name].values.items()}
        assert options == {**valued, **COMMANDS[name].flags}


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["serve"], ["convert"], ["convert", "a.yaml"], ["convert", "-f"], ["convert", "-fa"],
        ["convert", "-f", "--strict"], ["convert", "-f", "a", "--help"], ["convert", "--strict"],
        ["convert", "-f", "a", "-o", "xml"], ["convert", "-f", "a", "--apis", "m:f"],
        ["migrate", "status"], ["migrate", "--db", "x", "plan"], ["migrate", "--rate", "nan"],
        ["migrate", "--batch-size", "5001"], ["migrate", "--workers", "0"], ["migrate", "-h"],
        ["migrate", "--workers", "٣"], ["migrate", "--rate", "-1"], ["migrate", "--db=x"],
        ["migrate", "--", "status"], ["migrate", ""],
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_typer(arguments: list[str]) -> None:
    assert plain(arguments) is None


def test_what_is_plain() -> None:
    line = "convert -f a --filename - --output-version batch/v1 -o json --strict --dry-run"
    assert plain(line.split()) == (
        "convert",
        {
            "files": ["a", "-"],
            "output_version": ["batch/v1"],
            "output": "json",
            "strict": True,
            "dry_run": True,
        },
    )


VALUES = st.sampled_from(
    ["a", "-", "batch=v1", "batch/v1", "json", "yaml", "text", "1", "064", "70", "0.5", "x.y", ""]
)


@settings(deadline=None)  # the first one loads Typer
@given(st.data())
def test_typer_reads_the_same(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(COMMANDS)))
    command = COMMANDS[name]
    option = st.tuples(st.sampled_from(sorted(command.values)), VALUES)
    flag = st.tuples(st.sampled_from(sorted(command.flags)))
    parts = data.draw(st.lists(option | flag | st.tuples(VALUES), max_size=6))
    arguments = [name, *(each for part in parts for each in part)]
    database = data.draw(st.sampled_from(["", "sqlite:///other.db"]))
    found = taken(arguments, database, quick=True)
    if found is not None:
        assert found == taken(arguments, database, quick=False)


def taken(arguments: Sequence[str], database: str, *, quick: bool) -> dict[str, Any] | None:
    """What the command's function takes; None where it is not called."""
    calls: list[dict[str, Any]] = []

    def function(*args: Any, **kwargs: Any) -> int:
        bound = inspect.signature(FUNCTIONS[arguments[0]]).bind(*args, **kwargs)
        bound.apply_defaults()
        calls.append(
            {
                key: tuple(value) if isinstance(value, list) else value
                for key, value in bound.arguments.items()
            }
        )
        return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KCONV_DB", database)
        patch.setattr(convert_files, "convert_and_write", function)
        patch.setattr(migrate_objects, "migrate_and_report", function)
        patch.setattr(run, "fail", lambda lines, code: code)
        if not quick:
            patch.setattr(run, "plain", lambda arguments: None)
        elif plain(arguments) is None:
            return None
        run.run(arguments)
    return calls[0] if calls else None


MANIFEST = (
    "{apiVersion: autoscaling/v1, kind: HorizontalPodAutoscaler, metadata: {name: a}, "
    "spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}}}"
)


@pytest.mark.parametrize(
    ("line", "heavy"),
    [
        ("convert -f a.yaml", {"typer", "pydantic", "rich", "sqlalchemy", "starlette"}),
        ("migrate --to batch=v1 --db sqlite:///a.db", {"typer", "pydantic", "rich", "starlette"}),
    ],
)
def test_nothing_heavy_is_loaded(line: str, heavy: set[str], tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(MANIFEST)
    subprocess.run([sys.executable, "-m", "kconv", "db", "upgrade", "--db", "sqlite:///a.db"],
                   check=True, cwd=tmp_path, stdout=subprocess.DEVNULL)  # fmt: skip
    program = (
        "import sys; from kconv._cli.run import run\n"
        f"code = run({line.split()!r})\n"
        f"heavy = {heavy!r} & set(sys.modules)\n"
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)"
    )
    subprocess.run(
        [sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL, cwd=tmp_path
    )
