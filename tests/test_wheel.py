"""What an installation puts on a user's machine: three packages, typed, and nothing else."""

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {
    "kconv": ROOT / "convert" / "kconv",
    "kconv_schemas": ROOT / "schemas" / "kconv_schemas",
    "kconv_migrations": ROOT / "migrations" / "kconv_migrations",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel as a release would build it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    build = subprocess.run(
        [*command, "--outdir", str(folder), str(ROOT)], capture_output=True, text=True, check=False
    )
    assert build.returncode == 0, build.stdout + build.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_top_level_names(wheel: zipfile.ZipFile) -> None:
    tops = {PurePosixPath(name).parts[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith((".dist-info", ".data"))} == set(PACKAGES)


def test_what_lands_beside_the_packages(wheel: zipfile.ZipFile) -> None:
    beside = [name.partition(".data/")[2] for name in wheel.namelist() if ".data/" in name]
    assert beside == ["data/share/man/man1/kconv.1"]


def test_every_module_and_marker_is_in(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    for package, folder in PACKAGES.items():
        assert f"{package}/py.typed" in names
        modules = {
            f"{package}/{path.relative_to(folder).as_posix()}" for path in folder.rglob("*.py")
        }
        assert modules <= names
    page = [each for kind in ("*.html", "static/*") for each in PACKAGES["kconv"].rglob(kind)]
    assert len(page) > 10
    assert {f"kconv/{each.relative_to(PACKAGES['kconv']).as_posix()}" for each in page} <= names


def test_entry_points_and_licence(wheel: zipfile.ZipFile) -> None:
    (entry_points,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    text = wheel.read(entry_points).decode()
    for line in (
        "kconv = kconv._cli:main",
        "batch = kconv_schemas.batch:register",
        "autoscaling = kconv_schemas.autoscaling:register",
        "core = kconv_schemas.core:register",
    ):
        assert line in text.splitlines()
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    assert Parser().parsestr(wheel.read(metadata).decode())["License-Expression"] == "Apache-2.0"
    for text in ("LICENSE", "NOTICE"):
        assert any(name.endswith(f"/licenses/{text}") for name in wheel.namelist())
