"""The rooms of the house: each is in a layer, and the public names are in the rooms they say."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import kconv

ROOT = Path(__file__).resolve().parent.parent


def layers() -> set[str]:
    """Every module that the layers' contract places, without the marks of the contract's syntax."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (contract,) = (
        contract
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    )
    return {room.strip().strip("()") for layer in contract["layers"] for room in layer.split("|")}


def rooms(folder: Path, package: str) -> set[str]:
    """The modules and packages directly in a package, the package's own `__init__` left out."""
    return {
        f"{package}.{path.stem}"
        for path in folder.iterdir()
        if path.suffix == ".py" or any(path.glob("**/*.py"))
        if not path.name.startswith("__")
    }


@pytest.mark.parametrize("package", ["convert/kconv", "migrations/kconv_migrations"])
def test_no_room_stands_outside_the_layers(package: str) -> None:
    folder = ROOT / package
    assert rooms(folder, folder.name) <= layers()


@pytest.mark.parametrize("name", sorted({*kconv.__all__} - {"Path"}))
def test_public_name_loads(name: str) -> None:
    assert name in dir(kconv)
    assert getattr(kconv, name).__name__ == name


def test_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="'kconv' has no attribute 'nonsense'"):
        vars(kconv)["__getattr__"]("nonsense")


def test_import_loads_nothing_heavy() -> None:
    heavy = "{'marshmallow', 'sqlalchemy', 'typer', 'rich', 'starlette', 'yaml'}"
    command = f"import sys, kconv; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_only_the_pipeline_calls_its_engine() -> None:
    roots = ("convert", "migrations", "schemas")
    shipped = sorted(path for root in roots for path in (ROOT / root).rglob("*.py"))
    found = [
        str(path.relative_to(ROOT))
        for path in shipped
        if "_pipeline" not in path.parts and "pipeline.engine" in path.read_text(encoding="utf-8")
    ]
    assert found == []
