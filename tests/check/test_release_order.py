"""Releases are ordered as versions are, and not as text."""

from itertools import pairwise
from pathlib import Path

import pytest

from check.project import EDGE, Project
from cli.samples import Kconv
from kconv._check.release import earlier
from kconv._errors import UsageError
from kconv.testing._release import latest, release_folder

IN_ORDER = [
    "0.dev1", "0.9", "1.0.dev1", "1.0a1", "1.0-alpha.2", "1.0b1", "1.0.0-beta.2", "1.0rc1",
    "1.0.0-rc.10", "v1.0", "1.0.post1", "1.0.1", "1.2", "v1.9", "1.10rc1", "1.10", "1.10.1", "v2.0",
    "2024.10", "1!1.0",
]  # fmt: skip


def test_earlier() -> None:
    for one, other in pairwise(IN_ORDER):
        assert earlier(one, other) is True
        assert earlier(other, one) is False


@pytest.mark.parametrize(("one", "other"), [("1.4", "v1.4.0"), ("1.4rc1", "1.4.0-rc.1")])
def test_other_spellings_are_the_same_release(one: str, other: str) -> None:
    assert earlier(one, other) is earlier(other, one) is False


@pytest.mark.parametrize("name", ["soon", "", "1.4-SNAPSHOT", "release-1.4"])
def test_what_is_no_version_has_no_place_in_the_order(name: str) -> None:
    assert earlier(name, "1.4") is earlier("1.4", name) is None


def test_the_latest_releases(tmp_path: Path) -> None:
    for name in [*IN_ORDER, "soon", "HEAD", "aardvark"]:
        (tmp_path / name).mkdir()
    assert latest(tmp_path, 3) == IN_ORDER[:-4:-1]
    assert latest(tmp_path, 100) == [*reversed(IN_ORDER), "soon", "aardvark"]


def test_a_release_is_named_by_a_version(tmp_path: Path) -> None:
    assert release_folder(tmp_path, "1.4rc1") == tmp_path / "1.4rc1"
    with pytest.raises(UsageError, match='"spring" is not a version such as'):
        release_folder(tmp_path, "spring")


@pytest.mark.parametrize("command", ["check", "lock"])
def test_release_that_is_no_version(kconv: Kconv, project: Project, command: str) -> None:
    kconv("lock", *project.options)
    ended = kconv(command, "--release", "spring", *project.options)
    assert (ended.code, ended.out) == (2, "")
    assert '--release: "spring" is not a version' in ended.err


@pytest.mark.parametrize(
    ("release", "code"), [("1.4", 1), ("1.5rc1", 1), ("1.5", 0), ("v1.5.0", 0), ("1.10", 0)]
)
def test_a_window_ends_with_the_release_itself(
    kconv: Kconv, project: Project, release: str, code: int
) -> None:
    deprecate(project, "1.5")
    kconv("lock", *project.options)
    project.edit(EDGE, "")
    assert kconv("check", "--release", release, *project.options).code == code


def test_a_window_that_ends_with_no_version(kconv: Kconv, project: Project) -> None:
    deprecate(project, "some day")
    kconv("lock", *project.options)
    project.edit(EDGE, "")
    ended = kconv("check", "--release", "9.0", *project.options)
    assert ended.code == 1
    assert "name a version such as 1.4" in ended.out


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [("1.10", "1.9", 1), ("1.9", "1.10", 0), ("1.4", "1.4rc1", 1), ("1.4", "soon", 1)],
)
def test_a_window_that_is_shortened(
    kconv: Kconv, project: Project, before: str, after: str, code: int
) -> None:
    deprecate(project, before)
    kconv("lock", *project.options)
    project.edit(f'removed_in="{before}"', f'removed_in="{after}"')
    assert kconv("check", *project.options).code == code


def deprecate(project: Project, removed_in: str) -> None:
    project.edit(
        '        version = "v1beta1"\n',
        '        version = "v1beta1"\n'
        f'        deprecated = __import__("kconv").Deprecation("1.2", removed_in="{removed_in}")\n',
    )
