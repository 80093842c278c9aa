"""A user's own package with a conftest of two lines: what passes, and what each fault prints."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

SHOP = Path(__file__).with_name("shop.py")
CONFTEST = 'from kconv.testing import ApiTests\nkconv_tests = ApiTests("shop:register")\n'


@dataclass
class Project:
    """A folder with the package, its tests and their golden files."""

    folder: Path

    def pytest(self, *arguments: str) -> tuple[int, str]:
        """Run pytest in the folder: the exit code, and all that it printed."""
        environment = {n: v for n, v in os.environ.items() if not n.startswith(("PYTEST", "KCONV"))}
        paths = [str(self.folder), *filter(None, [environment.get("PYTHONPATH")])]
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            cwd=self.folder,
            env={**environment, "PYTHONPATH": os.pathsep.join(paths)},
            capture_output=True,
            text=True,
            check=False,
        )
        return ended.returncode, ended.stdout + ended.stderr

    def change(self, old: str, new: str, path: str = "shop.py") -> None:
        """Change a file of the project."""
        text = (self.folder / path).read_text()
        assert old in text
        (self.folder / path).write_text(text.replace(old, new))


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after its first release, with everything right."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copy(SHOP, folder / "shop.py")
    (folder / "tests").mkdir()
    (folder / "tests" / "conftest.py").write_text(CONFTEST)
    project = Project(folder)
    code, printed = project.pytest("-k", "golden")
    assert code == 1
    assert "has no golden file" in printed
    assert "--kconv-update" in printed
    code, printed = project.pytest("--kconv-update", "--kconv-examples", "10")
    assert code == 0, printed
    shutil.copytree(folder / "tests/golden/HEAD", folder / "tests/golden/1.0")
    return folder


@pytest.fixture
def project(released: Path, tmp_path: Path) -> Project:
    """A copy of the released project, to break."""
    shutil.copytree(released, tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    return Project(tmp_path / "shop")


def test_what_is_right_passes(project: Project) -> None:
    code, printed = project.pytest("-v", "--kconv-examples", "10")
    assert code == 0, printed
    for name in (
        "round_trip[shop.example.com.v1.Sheet]",
        "hub_round_trip[shop.example.com.v1.Sheet]",
        "there_and_back[shop.example.com.v2.Sheet-shop.example.com.v1.Sheet]",
        "input_kept[shop.example.com.v1.Sheet]",
        "defaulting[shop.example.com.v1.Sheet]",
        "engines_decode_alike[shop.example.com.v1.Sheet]",
        "engines_convert_alike[shop.example.com.v1.Sheet]",
        "golden[HEAD/shop.example.com.v1.Sheet]",
        "golden[1.0/shop.example.com.v1.Sheet]",
    ):
        assert f"tests/conftest.py::kconv_tests::{name} PASSED" in printed


def test_a_field_that_a_rule_loses(project: Project) -> None:
    project.change('["size"] = f"{width}x{height}"', '["size"] = f"{width}x{width}"')
    test = (
        "tests/conftest.py::kconv_tests::"
        "there_and_back[shop.example.com.v2.Sheet-shop.example.com.v1.Sheet]"
    )
    code, printed = project.pytest(test)
    assert code == 1
    way = "shop.example.com/v2 Sheet -> shop.example.com/v1 Sheet -> shop.example.com/v2 Sheet"
    assert f"{way} does not give the object back" in printed
    assert "  spec.height: was 1, is 2" in printed or "  spec.height: was 2, is 1" in printed
    assert 'Lose(hub=("spec.height",), reason="…")' in printed
    assert f"Again:  pytest '{test}'" in printed
    assert "Traceback" not in printed


def test_a_conversion_that_makes_an_invalid_object(project: Project) -> None:
    size = "Int32(required=True, minimum=1, maximum=99)"
    project.change(size, size.replace("99", "999"))
    test = (
        "tests/conftest.py::kconv_tests::"
        "there_and_back[shop.example.com.v2.Sheet-shop.example.com.v1.Sheet]"
    )
    code, printed = project.pytest(test, "--kconv-examples", "300")
    assert code == 1
    way = "shop.example.com/v2 Sheet -> shop.example.com/v1 Sheet"
    assert f"{way} makes an invalid object of a valid one" in printed
    assert '  spec.size: Invalid value: "' in printed
    assert "Every value that shop.example.com/v2 Sheet allows must become one that" in printed


def test_a_loss_that_is_not_declared_does_not_freeze(project: Project) -> None:
    project.change("size, gloss)", "size)")
    code, printed = project.pytest()
    assert code == 2
    assert "kconv_tests: the scheme is not complete" in printed
    assert "spec.glossy of hub Sheet.shop.example.com has no counterpart" in printed


def test_a_conversion_that_changes_its_input(project: Project) -> None:
    project.change('hub["spec"]["width"], hub', 'hub["spec"].pop("width"), hub')
    code, printed = project.pytest("-k", "input_kept and v2", "--kconv-examples", "5")
    assert code == 1
    assert "hub -> shop.example.com/v1 Sheet (plain engine) changes its input" in printed
    assert "spec.width: was 1, is absent" in printed
    assert "functions(spec.size <-> spec.width, spec.height)" in printed


def test_golden_files_that_somebody_edited(project: Project) -> None:
    project.change("colourValue", "red", "tests/golden/HEAD/shop.example.com.v2.Sheet.json")
    code, printed = project.pytest("-k", "golden")
    assert code == 1
    assert "Sheet.json differs from what the schema writes today" in printed
    assert '-    "colour": "red",' in printed
    assert '+    "colour": "colourValue",' in printed
    assert "pytest 'tests/conftest.py::kconv_tests' -k golden --kconv-update" in printed


def test_a_field_that_a_release_wrote_is_gone(project: Project) -> None:
    project.change("    colour = String()\n", "")
    code, printed = project.pytest("-k", "golden", "--kconv-update")
    assert code == 1
    assert "2 failed" in printed
    assert "golden/1.0/shop.example.com.v1.Sheet.json cannot be read" in printed
    assert 'unknown field "spec.colour"' in printed


def test_a_version_that_a_release_wrote_is_gone(project: Project) -> None:
    project.change("Edge(SheetV1, size, gloss), ", "")
    code, printed = project.pytest("-k", "golden")
    assert code == 1
    assert "golden/1.0/shop.example.com.v1.Sheet.json is of a version that is gone" in printed
    assert "Golden files of no version that is registered" in printed


def test_without_hypothesis(project: Project) -> None:
    (project.folder / "hypothesis.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'hypothesis'\", name='hypothesis')\n"
    )
    code, printed = project.pytest("-p", "no:hypothesispytest")
    assert code == 2
    assert "pip install 'kconv[testing]'" in printed


def test_declared_in_a_test_module(project: Project) -> None:
    shutil.move(project.folder / "tests/conftest.py", project.folder / "tests/test_api.py")
    code, printed = project.pytest("-k", "golden", "-v")
    assert code == 0, printed
    test = "kconv_tests::golden[HEAD/shop.example.com.v1.Sheet]"
    assert f"tests/test_api.py::{test} PASSED" in printed
