"""A user's own project: lock, break, check, mend; against folders and git revisions."""

import json
import subprocess
from pathlib import Path

import pytest

from check.project import EDGE, Project
from cli.samples import Kconv
from kconv._errors import SchemeError
from kconv.testing import ApiTests

SIZE = '    size = String(enum=("Large", "Small"))\n'


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_lock_break_check_mend(kconv: Kconv, project: Project) -> None:
    ended = kconv("lock", *project.options)
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "lock/shop.example.com/v1.yaml: new",
        "lock/shop.example.com/v1beta1.yaml: new",
    ]
    assert kconv("check", *project.options).code == 0
    project.edit("    customer = String(required=True)\n", "    customer = Int32(required=True)\n")
    project.edit("    customer = String(required=True)\n", "    customer = Int32(required=True)\n")
    ended = kconv("check", *project.options)
    assert ended.code == 1
    assert (
        "breaking: shop.example.com/v1 Order spec.customer: "
        "the type changed from string to int32 [field-retyped]" in ended.out
    )
    project.edit("customer = Int32", "customer = String")
    project.edit("customer = Int32", "customer = String")
    assert kconv("check", *project.options).code == 0
    project.edit(SIZE, SIZE + "    gift = String()\n")
    project.edit('Preserve("spec.size")', 'Preserve("spec.size"), Preserve("spec.gift")')
    ended = kconv("check", *project.options)
    assert ended.code == 0
    added = "info: shop.example.com/v1 Order spec.gift: a field (string) was added [field-added]"
    assert added in ended.out


def test_lock_check_writes_nothing_and_shows_the_difference(kconv: Kconv, project: Project) -> None:
    kconv("lock", *project.options)
    assert kconv("lock", "--check", *project.options).code == 0
    path = project.folder / "lock/shop.example.com/v1.yaml"
    before = path.read_bytes()
    project.edit("load_default=False", "load_default=True")
    ended = kconv("lock", "--check", *project.options)
    assert ended.code == 1
    assert "+      express: {type: boolean, default: true}" in ended.out.splitlines()
    assert path.read_bytes() == before
    kconv("lock", *project.options)
    assert b"default: true" in path.read_bytes()


def test_lock_removes_files_of_versions_that_went(kconv: Kconv, project: Project) -> None:
    kconv("lock", *project.options)
    other = project.folder / "lock/shop.example.com/notes.yaml"
    other.write_text("mine: true\n")
    project.edit(EDGE, "")
    ended = kconv("lock", *project.options)
    assert "lock/shop.example.com/v1beta1.yaml: removed" in ended.out
    assert other.exists()


def test_against_a_git_revision(kconv: Kconv, project: Project) -> None:
    kconv("lock", *project.options)
    git(project.folder, "init", "-q", "-b", "main")
    git(project.folder, "add", "lock")
    git(project.folder, "commit", "-q", "-m", "release")
    git(project.folder, "tag", "v1.2")
    project.edit(SIZE, "")
    project.edit('            Preserve("spec.size"),\n', "")
    kconv("lock", *project.options)
    assert kconv("check", *project.options).code == 0
    ended = kconv("check", "--against", "v1.2", *project.options)
    assert ended.code == 1
    assert "shop.example.com/v1 Order spec.size: the field (string) was removed" in ended.out
    assert "against v1.2:lock: " in ended.out


def test_against_another_folder_only_what_is_new_is_reported(
    kconv: Kconv, project: Project
) -> None:
    kconv("lock", "--out", "released", *project.options)
    project.edit(', "Small"', ",")
    ended = kconv("check", "--against", "released", "-o", "json", *project.options)
    assert ended.code == 1
    report = json.loads(ended.out)
    assert [each["rule"] for each in report["findings"]] == ["enum-removed"]
    assert report["findings"][0]["path"] == "spec.size"
    assert report["findings"][0]["breaksFor"] == "old clients writing"
    kconv("lock", "--out", "released", *project.options)
    ended = kconv("check", "--against", "released", "-o", "json", *project.options)
    assert json.loads(ended.out)["findings"] == []


def test_github_annotations_name_the_class_that_changed(kconv: Kconv, project: Project) -> None:
    kconv("lock", *project.options)
    project.edit("load_default=False", "load_default=True")
    ended = kconv("check", "-o", "github", *project.options)
    assert ended.code == 1
    (line,) = ended.out.splitlines()
    where = project.text.splitlines().index("class OrderSpec(Type):") + 1
    assert line.startswith(
        f"::error file={project.name}/api.py,line={where},title=default-changed%3A "
        "shop.example.com/v1 Order spec.express::"
    )
    assert "%0A" in line


def test_a_beta_version_goes_when_its_window_is_over(kconv: Kconv, project: Project) -> None:
    project.edit(
        '        version = "v1beta1"\n',
        '        version = "v1beta1"\n'
        '        deprecated = __import__("kconv").Deprecation("1.2", removed_in="1.5")\n',
    )
    kconv("lock", *project.options)
    project.edit(EDGE, "")
    assert kconv("check", *project.options).code == 1
    assert kconv("check", "--release", "1.4", *project.options).code == 1
    assert kconv("check", "--release", "v1.10", *project.options).code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--against", "nowhere"], '"nowhere" is neither a folder nor a git revision'),
        (["--against=-x"], '"-x" is neither a folder nor a git revision'),
        (["--against", "v1:lock"], '"v1:lock" is neither a folder nor a git revision'),
        (["--lock", "nowhere"], "--out nowhere` makes it"),
        (["--lock", "no/lock", "--against", "v1"], "no such folder, to look for v1 in"),
        (["--group", "nosuch"], 'no group "nosuch": there are'),
        (["--stored", "--against", "lock"], "--stored reads a database"),
        (["-o", "xml"], "'xml' is not one of"),
    ],
)
def test_bad_usage(kconv: Kconv, project: Project, arguments: list[str], message: str) -> None:
    kconv("lock", *project.options)
    ended = kconv("check", *arguments, *project.options)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


def test_an_empty_folder_is_no_base(kconv: Kconv, project: Project) -> None:
    (project.folder / "lock").mkdir()
    ended = kconv("check", *project.options)
    assert ended.code == 2
    assert "no lock files in it" in ended.err


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("scope: Namespaced", "scop: Namespaced", "kinds.Order.scop: not a key of a lock file"),
        ("lock: 1", "lock: 2", "lock: format 2 of another release of kconv"),
        ("size: {type: string", "size: {type: [string", "did not find expected"),
        ("type: Order\n", "type: Nothing\n", 'there is no type "Nothing" in the file'),
        ("minimum: 0", "minimum: low", "must be a number"),
        ("enum: [Large", "enum: [1", "must be a string"),
        ("version: v1\n", "version: v2\n", "whose file is shop.example.com/v2.yaml"),
    ],
)
def test_a_malformed_lock_file_is_named_with_its_line(
    kconv: Kconv, project: Project, old: str, new: str, message: str
) -> None:
    kconv("lock", *project.options)
    path = project.folder / "lock/shop.example.com/v1.yaml"
    text = path.read_text()
    assert old in text
    line = text[: text.index(old)].count("\n") + 1
    path.write_text(text.replace(old, new, 1))
    ended = kconv("check", *project.options)
    assert ended.code == 2
    assert message in ended.err
    assert "whose file" in message or f"lock/shop.example.com/v1.yaml:{line}: " in ended.err


def test_a_default_of_one_version_is_found_before_anything_is_flipped(
    kconv: Kconv, project: Project
) -> None:
    kconv("lock", *project.options)
    project.edit('            WhenAbsent("spec.express", False),\n', "")
    db = ("--db", f"sqlite:///{project.folder}/kconv.db")
    for command in (
        ("check", *project.options),
        ("lock", *project.options),
        ("migrate", "plan", "--to", "shop.example.com=v1", *db, *project.apis),
        ("migrate", "--to", "shop.example.com=v1", *db, *project.apis),
    ):
        ended = kconv(*command)
        assert ended.code != 0, command
        assert 'WhenAbsent("spec.express", False) in its edge' in ended.err, command
    with pytest.raises(SchemeError, match=r"it says nothing of spec\.express"):
        ApiTests(project.apis[1]).scheme()
