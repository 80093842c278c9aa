"""Files on disk: all or none, the same again, and nothing of a person's replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from importer import samples
from kconv._errors import UsageError
from kconv._importer import Generated, plan, write
from kconv._importer.marker import BY_OPENAPI


def generated(**files: str) -> Generated:
    texts = {f"v1/types/{name}.py": f"{BY_OPENAPI}\n{text}" for name, text in files.items()}
    return Generated(texts, {"__init__.py": '"""Mine."""\n'}, frozenset({"v1/types"}))


def content(folder: Path) -> dict[str, str]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in found}


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    write(plan(generated(a="1", b="2"), tmp_path))
    assert sorted(content(tmp_path)) == ["__init__.py", "v1/types/a.py", "v1/types/b.py"]
    assert plan(generated(a="1", b="2"), tmp_path) == []


def test_changes_are_shown_and_made(tmp_path: Path) -> None:
    write(plan(generated(a="1", b="2"), tmp_path))
    changes = plan(generated(a="other", c="3"), tmp_path)
    assert [(change.action, change.path.name) for change in changes] == [
        ("update", "a.py"),
        ("remove", "b.py"),
        ("add", "c.py"),
    ]
    assert "-1" in changes[0].diff()
    assert "+other" in changes[0].diff()
    write(changes)
    assert sorted(content(tmp_path)) == ["__init__.py", "v1/types/a.py", "v1/types/c.py"]


def test_files_of_a_person_are_refused_all_at_once(tmp_path: Path) -> None:
    write(plan(generated(a="1"), tmp_path))
    for name in ("b", "c"):
        (tmp_path / f"v1/types/{name}.py").write_text("mine\n")
    before = content(tmp_path)
    with pytest.raises(UsageError, match=r"b\.py.*c\.py") as caught:
        plan(generated(a="2", b="2", c="2"), tmp_path)
    assert caught.value.exit_code == 2
    assert content(tmp_path) == before
    write(plan(generated(a="2", b="2", c="2"), tmp_path, force=True))
    assert content(tmp_path)["v1/types/b.py"].startswith(BY_OPENAPI)


def test_an_init_of_a_person_stays(tmp_path: Path) -> None:
    (tmp_path / "v1/types").mkdir(parents=True)
    (tmp_path / "v1/types/__init__.py").write_text("mine\n")
    (tmp_path / "__init__.py").write_text("mine too\n")
    write(plan(generated(a="1", __init__="2"), tmp_path))
    assert content(tmp_path)["v1/types/__init__.py"] == "mine\n"
    assert content(tmp_path)["__init__.py"] == "mine too\n"


def test_other_files_beside_generated_ones_stay(tmp_path: Path) -> None:
    write(plan(generated(a="1"), tmp_path))
    (tmp_path / "v1/types/notes.py").write_text("mine\n")
    assert plan(generated(a="1"), tmp_path) == []


def test_an_unwritable_folder_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "v1").mkdir()
    (tmp_path / "v1/types").write_text("a file, not a folder\n")
    before = content(tmp_path)
    with pytest.raises(UsageError, match=r"cannot (read|write)"):
        write(plan(generated(a="1"), tmp_path))
    assert content(tmp_path) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    (tmp_path / "v1").mkdir(mode=0o500)
    with pytest.raises(UsageError, match="cannot write"):
        write(plan(generated(a="1"), tmp_path))
    assert content(tmp_path) == {}


def test_a_failing_replace_leaves_no_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(UsageError, match="No space left"):
        write(plan(generated(a="1"), tmp_path))
    assert content(tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_what_was_replaced_before_a_failure_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(plan(generated(a="1", b="1"), tmp_path))
    before = content(tmp_path)
    replace = Path.replace

    def fail_at_c(self: Path, target: Path) -> Path:
        if target.name == "c.py":
            raise OSError(28, "No space left on device", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail_at_c)
    with pytest.raises(UsageError, match="No space left"):
        write(plan(generated(a="2", a2="2", c="2"), tmp_path))
    assert content(tmp_path) == before


def test_layout_of_the_sample() -> None:
    assert sorted(samples.files(samples.definitions())) == [
        "stable/v1/types/__init__.py",
        "stable/v1/types/cron_tab.py",
    ]
