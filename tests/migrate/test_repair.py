"""``kconv migrate quarantine export`` and ``repair``, as one uses them."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.samples import Ended
from fixtures import prepared
from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from migrate.samples import NEW, OLD, encoded, key, rows, seed

Run = Callable[..., Ended]


@pytest.fixture
def file(kconv: Run, store: SqlStore, pipeline: Pipeline, tmp_path: Path) -> Path:
    """What was exported of a run that left two objects, one of which is no JSON."""
    seed(store, pipeline, 2)
    wrong = encoded(pipeline, "wrong").replace(b'"schedule"', b'"shedule"')
    store.create(key("wrong"), uid="uid-wrong", api_version=OLD, data=wrong)
    store.create(key("cut"), uid="uid-cut", api_version=OLD, data=encoded(pipeline, "cut")[:-2])
    store.compact(0)
    assert kconv("migrate", "--to", "batch=v1").code == 1
    exported = kconv("migrate", "quarantine", "export")
    assert (exported.code, exported.err) == (0, "2 rows in quarantine\n")
    found = tmp_path / "rows.ndjson"
    found.write_text(exported.out)
    return found


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def repaired(file: Path) -> str:
    """The same lines, repaired."""
    text = file.read_text()
    cut, wrong = lines(file)
    assert cut["object"] is None
    assert str(cut["data"]).startswith("{")
    cut["data"] = f"{cut['data']}}}}}"
    fixed = json.dumps(wrong).replace('"shedule"', '"schedule"', 1)
    assert fixed != text
    wrong["object"] = json.loads(json.dumps(wrong["object"]).replace("shedule", "schedule"))
    return "\n".join(json.dumps(each) for each in (cut, wrong)) + "\n\n"


def test_there_and_back(kconv: Run, store: SqlStore, file: Path) -> None:
    file.write_text(repaired(file))
    rehearsed = kconv("migrate", "quarantine", "repair", str(file), "--dry-run")
    assert (rehearsed.code, rehearsed.out) == (0, "2 rows would be repaired\n")
    assert rows(store)[OLD][0] == 2
    done = kconv("migrate", "quarantine", "repair", str(file))
    assert (done.code, done.out, done.err) == (0, "2 rows repaired\n", "")
    store.compact(0)
    assert kconv("migrate").code == 0
    assert rows(store) == {NEW: (4, 0)}
    assert kconv("migrate", "verify").code == 0
    again = kconv("migrate", "quarantine", "repair", str(file))
    assert again.code == 1
    assert "line 1: cronjobs.batch reports/cut is no longer in quarantine" in again.err
    assert kconv("migrate", "quarantine", "export").out == ""


def test_lines_that_cannot_be_taken(kconv: Run, store: SqlStore, file: Path) -> None:
    before = rows(store)
    ended = kconv("migrate", "quarantine", "repair", str(file))
    assert (ended.code, ended.out) == (1, "")
    assert "error: 2 lines cannot be taken; nothing was written" in ended.err
    assert "  line 1: is not as it was exported" in ended.err
    assert "line 2: " in ended.err
    assert "shedule" in ended.err
    assert "take them out of the file" in ended.err
    as_json = kconv("migrate", "quarantine", "repair", str(file), "-o", "json")
    document = json.loads(as_json.out)
    assert (as_json.code, document["written"]) == (1, 0)
    assert [each["line"] for each in document["invalid"]] == [1, 2]
    file.write_text("no json\n[]\n7\n{}\n")
    ended = kconv("migrate", "quarantine", "repair", str(file))
    assert (ended.code, ended.err.count("  line ")) == (1, 4)
    assert rows(store) == before


def test_through_pipes(kconv: Run, store: SqlStore, file: Path, database_url: str) -> None:
    kconv_command = [sys.executable, "-m", "kconv", "migrate", "quarantine"]
    ended = prepared.run(
        [*kconv_command, "repair", "-", "--db", database_url, "-o", "json"],
        input=repaired(file),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert (document["written"], document["changed"], document["gone"]) == (2, 0, [])
    assert document["run"] == store.runs()[0].id


@pytest.mark.parametrize(
    "arguments",
    [
        ["repair"],
        ["export", "rows.ndjson"],
        ["list", "--dry-run"],
        ["retry", "--accept-loss"],
    ],
)
def test_wrong_calls(kconv: Run, store: SqlStore, arguments: list[str]) -> None:
    assert kconv("migrate", "quarantine", *arguments).code == 2


def test_no_such_file(kconv: Run, store: SqlStore, tmp_path: Path) -> None:
    ended = kconv("migrate", "quarantine", "repair", str(tmp_path / "none"))
    assert ended.code == 3
    assert "none" in ended.err
