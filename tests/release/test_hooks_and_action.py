"""The pre-commit hooks and the GitHub action: what they run exists and finds what it should."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.samples import CRONJOB

ROOT = Path(__file__).resolve().parent.parent.parent
HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
}
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
BIN = Path(sys.executable).parent
NEWER = CRONJOB.replace("batch/v1beta1", "batch/v1")


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Manifests, of which one is in a version that is gone since 1.25."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "old.yaml").write_text(CRONJOB)
    (tmp_path / "manifests" / "new.yaml").write_text(NEWER)
    return tmp_path


def test_hook_on_manifests(repository: Path) -> None:
    hook = HOOKS["kconv-convert-check"]
    assert hook["pass_filenames"] is False
    command = shlex.split(hook["entry"])
    found = run([*command, "--target", "1.25"], repository)
    assert found.returncode == 1
    assert "manifests/old.yaml" in found.stdout + found.stderr
    assert "new.yaml" not in found.stdout + found.stderr
    assert run([*command, "--target", "1.24"], repository).returncode == 0


def test_hook_on_schemas() -> None:
    hook = HOOKS["kconv-check"]
    assert hook["pass_filenames"] is False
    ended = run(shlex.split(hook["entry"]), ROOT)
    assert ended.returncode == 0, ended.stderr


@pytest.fixture
def uvx(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with a `uvx` that notes what it was to install and runs what is installed here."""
    folder = tmp_path_factory.mktemp("uvx")
    program = folder / "uvx"
    program.write_text(
        "#!/bin/bash\n"
        'while [ $# -gt 0 ]; do case "$1" in\n'
        '  --from|--with) echo "$1 $2" >> uvx.log; shift 2 ;;\n'
        '  *) exec "$@" ;;\n'
        "esac; done\n"
    )
    program.chmod(0o755)
    return f"{folder}:{BIN}:{os.environ['PATH']}"


def act(folder: Path, search: str, /, **given: str) -> subprocess.CompletedProcess[str]:
    """Run the action's script as GitHub does, with the inputs given and the others' defaults."""
    inputs = {name: given.get(name, each["default"]) for name, each in ACTION["inputs"].items()}
    assert not set(given) - set(inputs)
    (step,) = (step for step in ACTION["runs"]["steps"] if "run" in step)
    assert step["shell"] == "bash"
    assert "${{" not in step["run"], "inputs are never part of the script"
    environment = {}
    for name, value in step["env"].items():
        environment[name] = inputs[value.removeprefix("${{ inputs.").removesuffix(" }}")]
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    return run(command, folder, **environment, PATH=search)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"target": "1.25"}, 1),
        ({"target": "1.24"}, 0),
        ({}, 1),
        ({"path": "manifests/new.yaml"}, 0),
        ({"path": "$(touch owned)"}, 2),
        ({"check": "everything"}, 2),
    ],
)
def test_action_on_manifests(repository: Path, uvx: str, given: dict[str, str], code: int) -> None:
    ended = act(repository, uvx, **given)
    assert ended.returncode == code, ended.stdout + ended.stderr
    if code == 1:
        assert "file=manifests/old.yaml" in ended.stdout
    assert not (repository / "owned").exists()


def test_action_on_schemas(uvx: str, tmp_path: Path) -> None:
    lock = run(["kconv", "lock", "--group", "batch"], tmp_path)
    assert lock.returncode == 0, lock.stderr
    ended = act(tmp_path, uvx, check="schemas", package="kconv==0.1.0", **{"with": "./my api"})
    assert (tmp_path / "uvx.log").read_text() == "--with ./my api\n--from kconv==0.1.0\n"
    assert ended.returncode in (0, 1), ended.stderr
