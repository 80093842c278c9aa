"""What docs/ says of the check: every rule is listed, and the files to copy work."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from check.project import Project
from check.test_project import git
from cli.samples import Kconv
from kconv._check.rules import RULE_NAMES

DOCS = Path(__file__).parents[2] / "docs"
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
"""With it each run compiles every module anew, which is not what a user's installation does."""


def test_every_rule_is_in_the_table() -> None:
    text = (DOCS / "schema-regression.md").read_text().partition("## The rules")[2]
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    assert sorted(re.findall(r"`([a-z-]+)`", " ".join(rows))) == RULE_NAMES


def commands(name: str) -> list[str]:
    """The kconv commands of an example, as a shell gets them."""
    document: Any = yaml.safe_load((DOCS / "examples" / name).read_text())
    if "repos" in document:
        (repo,) = document["repos"]
        return [hook["entry"] for hook in repo["hooks"]]
    steps = document["jobs"]["schema"]["steps"]
    return [step["run"] for step in steps if step.get("run", "").startswith("kconv ")]


def ended(project: Project, command: str) -> int:
    """Run an example's command in the project, whose package has a name of its own."""
    command = command.replace("shop.api", f"{project.name}.api")
    python = shlex.quote(sys.executable)
    command = re.sub(r"^kconv ", f"{python} -m kconv ", command)
    environment = {**os.environ, "PYTHONPATH": str(project.folder), "BASE": "main"}
    done = subprocess.run(
        ["bash", "-c", command], cwd=project.folder, env=environment, capture_output=True
    )
    assert done.returncode in (0, 1), done.stderr.decode()
    return done.returncode


@pytest.mark.parametrize("name", ["pre-commit-config.yaml", "github-schema.yaml"])
def test_the_commands_of_an_example_pass_and_catch_a_breaking_change(
    kconv: Kconv, project: Project, name: str
) -> None:
    kconv("lock", *project.options)
    git(project.folder, "init", "-q", "-b", "main")
    git(project.folder, "add", "lock")
    git(project.folder, "commit", "-q", "-m", "release")
    git(project.folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    lock, check = commands(name)
    assert [ended(project, lock), ended(project, check)] == [0, 0]
    project.edit("load_default=False", "load_default=True")
    assert [ended(project, lock), ended(project, check)] == [1, 1]
    kconv("lock", *project.options)
    assert [ended(project, lock), ended(project, check)] == [0, 1]


def test_checking_all_shipped_groups_takes_under_two_seconds() -> None:
    """Of processor time, at best of three: others take some of it while tests run side by side."""
    command = [sys.executable, "-m", "kconv", "check"]
    compiled = {name: each for name, each in os.environ.items() if name != NO_BYTECODE}
    spent = []
    for _ in range(3):
        before = os.times()
        done = subprocess.run(
            command, cwd=DOCS.parent, capture_output=True, text=True, check=False, env=compiled
        )
        after = os.times()
        assert "versions against lock" in done.stdout, done.stderr
        spent.append(
            after.children_user + after.children_system
            - before.children_user - before.children_system
        )  # fmt: skip
        if spent[-1] < 2:
            break
    assert min(spent) < 2
