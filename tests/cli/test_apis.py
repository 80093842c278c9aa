"""``--apis`` loads an API package beside the installed ones, on every command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from check.project import Project, project
from cli.samples import CRONJOB, Kconv
from kconv._cli.app import Kconv as Root
from kconv._pipeline import Pipeline
from kconv._scheme import load_scheme
from kconv._store import Key, open_store
from kconv_migrations._tables import upgrade

__all__ = ["project"]

ORDER = """\
apiVersion: shop.example.com/v1
kind: Order
metadata: {name: o}
spec: {customer: c}
"""
BOTH = {"batch", "shop.example.com"}
TO = ("--to", "batch=v1", "--to", "shop.example.com=v1beta1")


def groups_of(versions: object) -> set[str]:
    assert isinstance(versions, list)
    return {str(version).rpartition("/")[0] for version in versions}


def convert(kconv: Kconv, project: Project) -> set[str]:
    text = f"{ORDER}\n---\n{CRONJOB}"
    ended = kconv("convert", "-f", "-", "-o", "json", *project.apis, stdin=text)
    return groups_of([item["apiVersion"] for item in json.loads(ended.out)["items"]])


def versions(kconv: Kconv, project: Project) -> set[str]:
    ended = kconv("versions", "-o", "json", *project.apis)
    return {row["group"] for row in json.loads(ended.out)["versions"]}


def loss(kconv: Kconv, project: Project) -> set[str]:
    ended = kconv("versions", "--loss", "-o", "json", *project.apis)
    return groups_of([row["from"].split()[0] for row in json.loads(ended.out)["conversions"]])


def lock(kconv: Kconv, project: Project) -> set[str]:
    assert kconv("lock", *project.apis).code == 0
    return {path.name for path in (project.folder / "lock").iterdir()}


def release(kconv: Kconv, project: Project) -> set[str]:
    assert kconv("lock", "--release", "1.0", *project.apis).code == 0
    return {path.name for path in (project.folder / "tests/golden/1.0/lock").iterdir()}


def check(kconv: Kconv, project: Project) -> set[str]:
    kconv("lock", *project.apis)
    for path in [project.folder / "lock" / group / "v1.yaml" for group in sorted(BOTH)]:
        path.write_text(path.read_text().replace("singular: ", "singular: old"))
    ended = kconv("check", "-o", "json", *project.apis)
    return groups_of([each["version"] for each in json.loads(ended.out)["findings"]])


def stored(kconv: Kconv, project: Project) -> set[str]:
    fill(project)
    ended = kconv("check", "--stored", "--db", "sqlite:///a.db", "-o", "json", *project.apis)
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["rows"] == 4
    return BOTH


def plan(kconv: Kconv, project: Project) -> set[str]:
    fill(project)
    ended = kconv("migrate", "plan", *TO, "--db", "sqlite:///a.db", "-o", "json", *project.apis)
    return {row["resource"].partition(".")[2] for row in json.loads(ended.out)["resources"]}


def migrate(kconv: Kconv, project: Project, *options: str) -> set[str]:
    fill(project)
    where = ("--db", "sqlite:///a.db", *project.apis)
    ended = kconv("migrate", *TO, *options, *where, "-o", "json")
    assert ended.code == 0, ended.err
    return {row["resource"].partition(".")[2] for row in json.loads(ended.out)["resources"]}


def migrate_with_workers(kconv: Kconv, project: Project) -> set[str]:
    return migrate(kconv, project, "--workers", "2")


def serve(kconv: Kconv, project: Project) -> set[str]:
    command = [sys.executable, "-m", "kconv", "serve", "--port", "0", *project.apis]
    environment = {**os.environ, "PYTHONPATH": str(project.folder)}
    with subprocess.Popen(
        command, cwd=project.folder, env=environment, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split()[2].rstrip(";")
            with urllib.request.urlopen(f"{url}/apis") as answer:
                return {group["name"] for group in json.load(answer)["groups"]}
        finally:
            process.terminate()


def plugin(kconv: Kconv, project: Project, groups: str = "") -> set[str]:
    ini = f"[pytest]\nkconv_apis = {project.apis[1]}\nkconv_groups = {groups}\n"
    (project.folder / "pytest.ini").write_text(ini)
    command = [sys.executable, "-m", "pytest", "--kconv", "--collect-only", "-q", "-p", "no:xdist"]
    environment = {**os.environ, "PYTHONPATH": str(project.folder)}
    ended = subprocess.run(
        command, cwd=project.folder, env=environment, capture_output=True, text=True, check=True
    )
    return {name for name in (*BOTH, "core", "autoscaling") if f"[{name}" in ended.stdout}


COMMANDS: list[Callable[[Kconv, Project], set[str]]] = [
    convert, versions, loss, lock, release, check, stored, plan, migrate, migrate_with_workers,
    serve, plugin,
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_installed_ones_and_the_named_one(
    kconv: Kconv, project: Project, command: Callable[[Kconv, Project], set[str]]
) -> None:
    assert command(kconv, project) >= BOTH


@pytest.mark.parametrize("command", [convert, versions, lock, serve])
def test_named_by_the_variable(
    kconv: Kconv,
    project: Project,
    command: Callable[[Kconv, Project], set[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KCONV_APIS", f"kconv_schemas.batch:register {project.apis[1]}")
    monkeypatch.setattr(Project, "apis", ())
    assert command(kconv, project) >= BOTH


@pytest.mark.parametrize("name", ["kconv_schemas.batch:register", "engine.test_loss:register"])
def test_a_package_is_loaded_once(name: str) -> None:
    """One that is installed may be named too, and any may be named twice."""
    kinds = [str(kind.group_resource) for kind in load_scheme(apis=[name, name]).kinds]
    assert len(kinds) == len(set(kinds))


def test_groups_of_a_lock(kconv: Kconv, project: Project) -> None:
    kconv("lock", *project.apis, "--group", "shop.example.com")
    assert [path.name for path in (project.folder / "lock").iterdir()] == ["shop.example.com"]


@pytest.mark.parametrize("groups", ["shop.example.com", "core batch"])
def test_groups_of_the_plugin(kconv: Kconv, project: Project, groups: str) -> None:
    assert plugin(kconv, project, groups) == set(groups.split())


def test_help_says_the_same_everywhere() -> None:
    """Every command that has the option says the same of it."""
    found = {option for options in options_of_commands() for option in options}
    assert {text for name, text in found if name == "apis"} == {
        "Load this API package too, beside those that are installed; repeatable."
    }


def options_of_commands() -> Iterator[list[tuple[str, str]]]:
    from importlib import import_module

    for module, _ in Root.modules.values():
        root = get_command(import_module(module).app)
        for command in (root, *getattr(root, "commands", {}).values()):
            yield [(each.name or "", getattr(each, "help", "") or "") for each in command.params]


def fill(project: Project) -> None:
    """Store an object of an installed group and one of the package's, both in old versions."""
    upgrade("sqlite:///a.db")
    store = open_store("sqlite:///a.db")
    pipeline = Pipeline(load_scheme(apis=[project.apis[1]]))
    try:
        for text, resource in ((CRONJOB, "cronjobs"), (ORDER, "orders")):
            data = pipeline.encode(pipeline.decode(text.encode(), format="yaml"))
            api_version = json.loads(data)["apiVersion"]
            group = api_version.partition("/")[0]
            store.prefer(group, resource, api_version)
            store.create(
                Key(group, resource, "shop", "one"), uid="u" * 9 + group, api_version=api_version,
                data=data,
            )  # fmt: skip
    finally:
        store.close()


def test_modules_of_the_working_directory_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here_only.py").write_text("from backups import register\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each not in ("", str(tmp_path))])
    assert "backup.example.com" in load_scheme((), ["here_only:register"]).groups()


def test_one_package_under_two_names(kconv: Kconv, project: Project) -> None:
    (project.folder / "again.py").write_text(
        f"from kconv_schemas.batch import register\n"
        f"from {project.name}.api import register as shop\n"
        "def twice(scheme):\n    register(scheme)\n"
    )
    assert kconv("versions", "--apis", "again:register").code == 0
    assert kconv("versions", *project.apis, "--apis", "again:shop").code == 0
    ended = kconv("versions", "--apis", "again:twice")
    assert ended.code == 2
    (line,) = ended.err.splitlines()
    assert line == (
        'error: "again:twice" registers what the API package "kconv_schemas.batch:register" has '
        "registered already (jobs.batch, cronjobs.batch); load one of the two"
    )
