"""What the workflows promise is what pyproject.toml says, and what they run is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
WORKFLOWS: dict[str, dict[str, Any]] = {
    path.stem: yaml.safe_load(path.read_text())
    for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))
}
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MAKEFILE = (ROOT / "Makefile").read_text()


def steps() -> list[dict[str, Any]]:
    return [
        step
        for each in WORKFLOWS.values()
        for job in each["jobs"].values()
        for step in job["steps"]
    ]


def test_the_matrix_is_what_is_promised() -> None:
    matrix = WORKFLOWS["test"]["jobs"]["versions"]["strategy"]["matrix"]
    promised = re.findall(r"Python :: (3\.\d+)$", "\n".join(PROJECT["classifiers"]), re.M)
    assert matrix["python"] == promised
    assert PROJECT["requires-python"] == f">={promised[0]}"
    assert matrix["dependencies"] == ["lowest", "newest"]


def test_actions_are_pinned_and_rights_are_few() -> None:
    for step in steps():
        assert re.search(r"@[0-9a-f]{40}$", step.get("uses", f"@{'0' * 40}"))
    for name, each in WORKFLOWS.items():
        assert each["permissions"] == {}, name
        for job in each["jobs"].values():
            wide = {right for right, level in job["permissions"].items() if level == "write"}
            assert name != "test" or not wide


def test_nothing_of_an_event_becomes_part_of_a_script() -> None:
    assert not [step for step in steps() if "${{" in step.get("run", "")]


def test_commands_exist() -> None:
    text = "\n".join(step.get("run", "") for step in steps())
    for program in re.findall(r"(?m)^((?:tools/|\.ci/)\S+)", text):
        assert (ROOT / program).stat().st_mode & 0o100, program
    for target in re.findall(r"(?m)^make (\w+)", text):
        assert f"\n{target}: " in MAKEFILE
    for option in re.findall(r"(?m)^tools/try-versions (--\w+) .* (--\w+) ", text)[0]:
        assert f'"{option}"' in (ROOT / "tools" / "try-versions").read_text()


def test_publishing_needs_no_secret() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text()
    assert "secrets." not in text
    jobs = WORKFLOWS["release"]["jobs"]
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert jobs["publish"]["environment"]
    uses = [step.get("uses", "") for step in jobs["build"]["steps"]]
    assert sum(each.startswith("actions/attest@") for each in uses) == 2


def test_bounds_of_every_dependency() -> None:
    """A lowest version, which `tools/try-versions -r lowest` installs."""
    for requirement in PROJECT["dependencies"]:
        assert re.match(r"[\w.-]+(\[\w+\])?>=\d", requirement), requirement
