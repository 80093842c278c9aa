"""``kconv lock --release``: what a release writes is stored once, and never written over."""

from pathlib import Path

import pytest

from check.project import EDGE, Project
from cli.samples import Kconv

GOLDEN = Path("tests/golden")
CONVERTED = [
    "converted/shop.example.com.v1.Order/shop.example.com.v1beta1.Order.json",
    "converted/shop.example.com.v1beta1.Order/shop.example.com.v1.Order.json",
]
FILES = [
    *CONVERTED,
    "lock/shop.example.com/v1.yaml",
    "lock/shop.example.com/v1beta1.yaml",
    "shop.example.com.v1.Order.json",
    "shop.example.com.v1.Order.yaml",
    "shop.example.com.v1beta1.Order.json",
    "shop.example.com.v1beta1.Order.yaml",
]


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".py"
    }


def test_a_release_is_stored_in_every_version_and_format(kconv: Kconv, project: Project) -> None:
    ended = kconv("lock", "--release", "1.3", *project.options)
    assert ended.code == 0
    assert ended.out.splitlines()[0] == "tests/golden/1.3: new, 8 files"
    stored = files(project.folder / GOLDEN / "1.3")
    assert sorted(stored) == FILES
    lock = files(project.folder / "lock")
    assert {f"lock/{path}": data for path, data in lock.items()}.items() <= stored.items()
    again = kconv("lock", "--release", "1.3", *project.options)
    assert (again.code, again.out) == (0, "")
    assert files(project.folder / GOLDEN / "1.3") == stored


def test_a_release_that_differs_is_not_written_over(kconv: Kconv, project: Project) -> None:
    kconv("lock", "--release", "1.3", "--golden", "released", *project.options)
    before = files(project.folder)
    project.edit("    express = Boolean(load_default=False)\n", "")
    project.edit('            Preserve("spec.express"),\n', "")
    project.edit('            WhenAbsent("spec.express", False),\n', "")
    ended = kconv("lock", "--release", "1.3", "--golden", "released", *project.options)
    assert ended.code == 1
    assert ended.out.splitlines() == [
        f"released/1.3/{CONVERTED[0]}: differs",
        f"released/1.3/{CONVERTED[1]}: differs",
        "released/1.3/lock/shop.example.com/v1.yaml: differs",
        "released/1.3/lock/shop.example.com/v1beta1.yaml: differs",
        "released/1.3/shop.example.com.v1.Order.json: differs",
        "released/1.3/shop.example.com.v1.Order.yaml: differs",
    ]
    assert "are never overwritten" in ended.err
    assert files(project.folder) == before
    assert kconv("lock", "--release", "1.4", "--golden", "released", *project.options).code == 0
    assert (project.folder / "released/1.4").is_dir()


def test_a_version_more_or_less_differs(kconv: Kconv, project: Project) -> None:
    edge = EDGE
    kconv("lock", "--release", "1", *project.options)
    project.edit(edge, "")
    kconv("lock", "--release", "2", *project.options)
    ended = kconv("lock", "--release", "1", *project.options)
    assert ended.code == 1
    gone = "tests/golden/1/shop.example.com.v1beta1.Order.json: belongs to no version"
    assert gone in ended.out.splitlines()
    project.edit("Edge(Order),", f"Edge(Order), {edge}")
    ended = kconv("lock", "--release", "2", *project.options)
    assert ended.code == 1
    new = "tests/golden/2/shop.example.com.v1beta1.Order.json: not there"
    assert new in ended.out.splitlines()


def test_groups_of_a_release_are_stored_one_by_one(kconv: Kconv, project: Project) -> None:
    assert kconv("lock", "--release", "1.0", "--group", "batch").code == 0
    ended = kconv("lock", "--release", "1.0", "--group", "shop.example.com", *project.apis)
    assert ended.code == 0
    assert (project.folder / GOLDEN / "1.0/batch.v1.Job.yaml").exists()
    assert (project.folder / GOLDEN / "1.0/shop.example.com.v1.Order.yaml").exists()
    assert kconv("lock", "--release", "1.0", "--group", "batch").code == 0


def test_a_dry_run_writes_nothing(kconv: Kconv, project: Project) -> None:
    before = files(project.folder)
    ended = kconv("lock", "--release", "1.3", "--dry-run", *project.options)
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "tests/golden/1.3: would be new, 8 files",
        "lock/shop.example.com/v1.yaml: would be new",
        "lock/shop.example.com/v1beta1.yaml: would be new",
    ]
    assert files(project.folder) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--release", "HEAD"], '"HEAD" cannot name a release'),
        (["--release", "../1.0"], '"../1.0" cannot name a release'),
        (["--release", "1.0", "--check"], "--check writes nothing"),
        (["--dry-run", "--check"], "--check writes nothing"),
    ],
)
def test_bad_usage(kconv: Kconv, project: Project, arguments: list[str], message: str) -> None:
    ended = kconv("lock", *arguments, *project.options)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert files(project.folder) == {}
