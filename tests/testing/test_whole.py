"""``pytest --kconv`` in a user's project: lock files, golden files of releases, round trips."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from fixtures import prepared
from testing.test_user_project import CONFTEST, SHOP, Project

INI = "[pytest]\nkconv_apis = shop:register\nkconv_groups = shop.example.com\n"
V2 = "shop.example.com.v2.Sheet"
V1 = "shop.example.com.v1.Sheet"


def lock(folder: Path, *arguments: str) -> int:
    """Run ``kconv lock`` in a folder."""
    options = ["--apis", "shop:register", "--group", "shop.example.com"]
    command = [sys.executable, "-m", "kconv", "lock", *options, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return prepared.run(command, cwd=folder, env=environment, check=False).returncode


@pytest.fixture(scope="session")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose release 1.0 is locked, and which declares no tests."""
    folder = tmp_path_factory.mktemp("locked")
    shutil.copy(SHOP, folder / "shop.py")
    (folder / "pytest.ini").write_text(INI)
    code, printed = Project(folder).pytest("--kconv", "-k", "golden or check", "--kconv-update")
    assert code == 0, printed
    assert lock(folder, "--check") == 0
    assert lock(folder, "--release", "1.0") == 0
    return folder


@pytest.fixture
def project(locked: Path, tmp_path: Path) -> Project:
    """A copy of the locked project, to break."""
    shutil.copytree(locked, tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    return Project(tmp_path / "shop")


def fast(project: Project, *arguments: str) -> tuple[int, str]:
    """Run what looks at files, and no round trips."""
    return project.pytest("--kconv", "-v", "-k", "check or golden or read_by", *arguments)


def test_all_is_tested_without_a_declaration(project: Project) -> None:
    code, printed = project.pytest("--kconv", "-v", "--kconv-examples", "3")
    assert code == 0, printed
    for name in (
        "check[shop.example.com]",
        f"round_trip[{V1}]",
        f"there_and_back[{V2}-{V1}]",
        f"golden[HEAD/{V1}]",
        f"golden[1.0/{V1}]",
        f"read_by[1.0/{V2}]",
    ):
        assert f"kconv::{name} PASSED" in printed
    assert project.pytest()[0] == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_breaking_edit_fails_and_its_fix_passes(project: Project) -> None:
    colour = "    colour = String()\n"
    project.change(colour, '    colour = String(enum=("blue", "red"))\n')
    code, printed = fast(project)
    assert code == 1
    assert "kconv::check[shop.example.com] FAILED" in printed
    assert "shop.example.com: the code breaks what lock promises." in printed
    assert "breaking: shop.example.com/v1 Sheet spec.colour: " in printed
    assert "[enum-removed]" in printed
    assert "Again:  pytest --kconv -k 'check[shop.example.com]'" in printed
    assert "Traceback" not in printed
    project.change('    colour = String(enum=("blue", "red"))\n', colour)
    code, printed = fast(project)
    assert code == 0, printed


def test_what_again_says_selects_that_test(project: Project) -> None:
    code, printed = project.pytest("--kconv", "-v", "-k", f"golden[1.0/{V1}]")
    assert code == 0, printed
    assert f"kconv::golden[1.0/{V1}] PASSED" in printed
    assert "1 passed" in printed


def test_a_conversion_that_loses_what_a_release_wrote(project: Project) -> None:
    project.change('f"{width}x{height}"', 'f"{width}x1"')
    code, printed = fast(project, "-k", "golden and 1.0")
    assert code == 1
    assert f"kconv::golden[1.0/{V2}] FAILED" in printed
    way = "shop.example.com/v2 Sheet -> shop.example.com/v1 Sheet -> shop.example.com/v2 Sheet"
    assert f"tests/golden/1.0/{V2}.json: {way} does not give the object back." in printed
    assert "  spec.height: was 99, is 1" in printed


def test_a_value_that_the_last_release_cannot_read(project: Project) -> None:
    project.change("    colour = String()\n", "    colour = Int32()\n")
    code, printed = fast(project, "--kconv-update")
    assert code == 1
    assert "kconv::check[shop.example.com] PASSED" in printed
    assert f"golden/1.0/{V1}.json cannot be read" in printed
    assert "Release 1.0 cannot read every shop.example.com/v1 Sheet that the code" in printed
    assert "  spec.colour: the type changed from string to int32 [field-retyped]" in printed


def test_a_field_that_the_last_release_needs(project: Project) -> None:
    project.change("    width = Int32(required=True, ", "    width = Int32(")
    project.change('hub["spec"]["width"]', 'hub["spec"].get("width", 1)')
    project.change("    size = String(required=True, ", "    size = String(")
    project.change(
        '    spoke["spec"]["size"] = f"{width}x{height}"\n', "    assert width + height\n"
    )
    code, printed = project.pytest("--kconv", "-k", f"read_by[1.0/{V1}]")
    assert code == 1
    assert "  spec.size: is required there, and not written" in printed


def test_a_field_that_the_last_release_drops_is_a_warning(project: Project) -> None:
    project.change("    glossy = Boolean()\n", "    glossy = Boolean()\n    gift = String()\n")
    project.change('"spec.glossy",)', '"spec.glossy", "spec.gift")')
    run = ("--kconv", "-k", "read_by")
    code, printed = project.pytest(*run)
    assert code == 0, printed
    dropped = "release 1.0 drops what it does not know of shop.example.com/v2 Sheet: spec.gift"
    assert dropped in printed
    code, printed = project.pytest(*run, "-W", "error::kconv.testing._skew.SkewWarning")
    assert code == 1
    assert dropped in printed


def test_lock_files_that_are_not_there_or_malformed(project: Project) -> None:
    path = project.folder / "lock/shop.example.com/v1.yaml"
    path.write_text(path.read_text().replace("scope:", "scop:"))
    code, printed = project.pytest("--kconv", "-k", "check")
    assert code == 1
    assert "lock/shop.example.com/v1.yaml:" in printed
    assert "not a key of a lock file" in printed
    shutil.rmtree(project.folder / "lock")
    code, printed = project.pytest("--kconv", "-k", "check")
    assert code == 1
    assert "shop.example.com has no lock files in lock." in printed
    code, printed = project.pytest("--kconv", "-k", "check", "--kconv-update")
    assert code == 0, printed
    assert path.exists()


def test_a_declaration_counts_alone(project: Project) -> None:
    (project.folder / "tests/conftest.py").write_text(CONFTEST)
    (project.folder / "tests/test_mine.py").write_text("def test_mine(): pass\n")
    code, printed = fast(project)
    assert code == 0, printed
    assert "tests/conftest.py::kconv_tests::check[shop.example.com] PASSED" in printed
    assert " kconv::" not in f" {printed}".replace("\n", " ")
    code, printed = project.pytest("--kconv", "tests/test_mine.py")
    assert code == 0
    assert "1 passed" in printed
    code, printed = project.pytest("-v", "-k", "golden")
    assert code == 0, printed
    assert "read_by" not in printed


def test_installed_apis(tmp_path: Path) -> None:
    code, printed = Project(tmp_path).pytest("--kconv", "-q", "--collect-only")
    assert code == 0, printed
    for name in ("check[core]", "check[batch]", "round_trip[autoscaling.v2.HorizontalPodAuto"):
        assert f"kconv::{name}" in printed
