"""`kconv import openapi`, as a command."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from importer import samples
from kconv._cli.import_openapi import import_openapi
from kconv._cli.import_options import package_name
from kconv._errors import DecodeError, KconvError, UsageError


def app_of(command: Callable[..., None]) -> typer.Typer:
    """An application that has the one command."""
    app = typer.Typer()
    app.command()(command)
    return app


def run(*arguments: str | Path) -> Any:
    """Run the command; a `KconvError` is raised, as it is to the application."""
    result = CliRunner().invoke(app_of(import_openapi), [str(part) for part in arguments])
    if isinstance(result.exception, KconvError):
        raise result.exception
    return result


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A definition file."""
    path = tmp_path / "api.json"
    path.write_text(json.dumps(samples.definitions()))
    return path


def test_what_is_written_can_be_imported_and_used(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "crontab_apis"
    result = run(document, "--out", out)
    assert result.exit_code == 0, result.output
    monkeypatch.syspath_prepend(str(tmp_path))
    types = importlib.import_module("crontab_apis.stable.v1.types")
    loaded = types.CronTab.instance().load({"spec": {"schedule": "@daily"}})
    assert loaded["spec"] == {"schedule": "@daily", "protocol": "TCP"}
    findings = list(types.CronTab.instance().check(loaded))
    assert [str(finding) for finding in findings] == ["spec.replicas: Required value"]
    for name in [name for name in sys.modules if name.startswith("crontab_apis")]:
        monkeypatch.delitem(sys.modules, name)


def test_again_check_and_dry_run(document: Path, tmp_path: Path) -> None:
    out = tmp_path / "apis"
    dry = run(document, "--out", out, "--dry-run")
    assert dry.exit_code == 0
    assert "+class CronTab(Resource):" in dry.output
    assert not out.exists()
    assert run(document, "--out", out, "--check").exit_code == 1
    assert run(document, "--out", out).exit_code == 0
    again = run(document, "--out", out, "--check")
    assert (again.exit_code, again.output.strip()) == (0, "nothing to change")


def test_overlay_and_selection(document: Path, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(
        f"""
definitions:
  {samples.V1}.CronTab:
    x-kconv-resource: {{plural: crontabs, shortNames: [ct], categories: [all]}}
  {samples.V1}.CronTabSpec:
    properties:
      protocol: {{enum: [TCP, UDP]}}
      paused: null
modules:
  {samples.V1}: {{tab: [CronTab]}}
"""
    )
    out = tmp_path / "apis"
    run(document, "--out", out, "--overlay", overlay, "--kind", "stable.example.com/v1,CronTab")
    source = (out / "stable" / "v1" / "types" / "tab.py").read_text()
    assert 'short_names = ("ct",)' in source
    assert 'protocol = String(enum=("TCP", "UDP"), load_default="TCP")' in source
    assert "paused" not in source


def test_a_mapped_package_inside_the_folder_is_written(document: Path, tmp_path: Path) -> None:
    out = tmp_path / "apis"
    run(document, "--out", out, "--map", f"{samples.META}=apis.meta", "--map", f"{samples.V1}=apis")
    assert "class ObjectMeta(Type):" in (out / "meta" / "object_meta.py").read_text()
    assert "class CronTab(Resource):" in (out / "cron_tab.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "CronTab"], "not a kind such as"),
        (["--kind", "stable.example.com/v2,CronTab"], "no definition has the kind"),
        (["--definition", "Gone"], 'no definition "Gone"'),
        (["--map", "nonsense"], "PREFIX=PACKAGE"),
        (["--overlay", "gone.yaml"], "cannot read gone.yaml"),
        (["--definition", f"{samples.META}.ObjectMeta"], "outside"),
    ],
)
def test_wrong_arguments(
    document: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        run(document, "--out", tmp_path / "apis", *arguments)
    assert not (tmp_path / "apis").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("definitions: {Gone: {properties: {}}}", 'no definition "Gone"'),
        (
            f"definitions: {{{samples.V1}.CronTabSpec: {{properties: {{gone: {{minimum: 1}}}}}}}}",
            'no property "gone"',
        ),
        ("other: {}", "not other"),
        ("definitions: []", "map of maps"),
        ("modules: {a: [b]}", "map of maps"),
        ("modules: {a: {../b: [c]}}", "not a list of types"),
        ("modules: {a: {b: c}}", "not a list of types"),
        ("- a", "one YAML map"),
        (
            f"definitions: {{{samples.V1}.CronTab: {{x-kconv-resource: {{plural: 1}}}}}}",
            "plural cannot be 1",
        ),
        (
            f"definitions: {{{samples.V1}.CronTab: {{x-kconv-resource: {{color: red}}}}}}",
            "x-kconv-resource has no color",
        ),
    ],
)
def test_wrong_overlays(document: Path, tmp_path: Path, text: str, message: str) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(text)
    with pytest.raises(UsageError, match=message):
        run(document, "--out", tmp_path / "apis", "--overlay", overlay)


def test_an_overlay_that_is_not_yaml(document: Path, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("a: [")
    with pytest.raises(DecodeError, match=r"overlay\.yaml"):
        run(document, "--out", tmp_path / "apis", "--overlay", overlay)


def test_package_names(tmp_path: Path) -> None:
    assert package_name(tmp_path / "apis") == "apis"
    (tmp_path / "company").mkdir()
    (tmp_path / "company" / "__init__.py").touch()
    assert package_name(tmp_path / "company" / "apis") == "company.apis"
    with pytest.raises(UsageError, match="cannot be a Python package"):
        package_name(tmp_path / "my-apis")
