"""Rows that are not valid, would lose something, or cannot be told: what is said, and ways out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, select

from cli.samples import Ended, in_process
from kconv._errors import UsageError
from kconv.sqlalchemy import collection
from places.strict_place import GROUP, BillV1, BillV2, register, table

PLACE = ("--place", "places.strict_place:bills")
Rows = list[tuple[str, int | None]]
Kconv = Callable[..., Ended]


@pytest.fixture
def kconv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Kconv:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KCONV_DB", "sqlite:///bills.db")
    return in_process(capfd, "migrate")


def fill(rows: Rows) -> None:
    """Documents and their versions, with keys from 1."""
    engine = create_engine("sqlite:///bills.db")
    table.create(engine)
    with engine.begin() as connection:
        for at, (document, version) in enumerate(rows, 1):
            connection.execute(insert(table).values(id=at, document=document, version=version))
    engine.dispose()


def versions() -> list[int | None]:
    engine = create_engine("sqlite:///bills.db")
    with engine.connect() as connection:
        found = list(connection.execute(select(table.c.version).order_by(table.c.id)).scalars())
    engine.dispose()
    return found


NOT_VALID: Rows = [
    ('{"payer": "ada"}', 1),
    ("{}", 1),
    ('{"customer": "bob", "state": "lost"}', 2),
]


def test_rows_that_are_not_valid_are_named(kconv: Kconv) -> None:
    fill(NOT_VALID)
    ran = kconv(*PLACE, "-q")
    assert ran.code == 0, ran
    said = f"1 row is not valid in {GROUP}/v2: your application can read it and not write it"
    assert f"bills: warning: {said}; migrated all the same" in ran.out
    assert f"  bills 2 ({GROUP}/v1): " in ran.out
    assert "customer: Required value" in ran.out
    verified = kconv("verify", *PLACE)
    assert (verified.code, verified.err) == (0, "")
    lines = verified.out.splitlines()
    assert lines[0] == "bills: 3 rows, 0 wrong, 2 not valid, 2 compared with before"
    assert "2 rows are not valid" in lines[1]
    assert [line.split()[:2] for line in lines[2:]] == [["bills", "2"], ["bills", "3"]]
    (found,) = json.loads(kconv("verify", *PLACE, "-o", "json").out)["resources"]
    assert ([each["key"] for each in found["broken"]], found["brokenCount"]) == ([[2], [3]], 2)
    assert kconv("verify", *PLACE, "--strict").code == 1


def test_strict_leaves_rows_that_are_not_valid(kconv: Kconv) -> None:
    fill(NOT_VALID)
    dry = kconv(*PLACE, "--strict", "--dry-run")
    assert "1 row would be rewritten, 1 cannot be" in dry.out
    ran = kconv(*PLACE, "--strict")
    assert ran.code == 1
    assert "bills 2 " in ran.err
    assert "customer: Required value" in ran.err
    assert versions() == [2, 1, 2]


def test_a_loss_is_named_with_the_way_out(kconv: Kconv, tmp_path: Path) -> None:
    fill([(json.dumps({"payer": "ada", "note": f"n{at}"}), 1) for at in range(40)])
    planned = kconv("plan", *PLACE)
    assert planned.code == 0
    assert "note of rows in bills.example.com/v1 would be lost (nobody reads it)" in planned.out
    assert "--accept-loss accepts it" in planned.out
    ran = kconv(*PLACE)
    assert ran.code == 1
    assert ran.err.count("which --accept-loss accepts: note: ") == 3, "alike ones are grouped"
    assert "and 37 more of the same cause: -o json lists them all" in ran.err
    (tmp_path / "rows.jsonl").write_text(kconv("quarantine", "export", *PLACE).out)
    repaired = kconv("quarantine", "repair", "rows.jsonl", *PLACE)
    assert repaired.code == 1
    assert "which --accept-loss accepts" in repaired.err
    assert kconv(*PLACE, "--accept-loss").code == 0
    assert versions() == [2] * 40


def test_rows_whose_version_cannot_be_told(kconv: Kconv) -> None:
    no_object = "the document is not a JSON object"
    cases = {
        '{"payer": "ada"}': "shape() failed on it: KeyError: 'sort'",
        "null": no_object,
        "[1]": no_object,
        "{": no_object,
        '{"sort": null}': "the row says no version, and shape() tells none of it",
        '{"sort": "1"}': "shape() says '1' (str), and versions= has 1, 2 (int)",
    }
    fill([*((document, None) for document in cases), ('{"payer": "bob"}', 1), ("{}", 7)])
    ran = kconv(*PLACE, "-o", "json")
    assert (ran.code, "Traceback" in ran.err) == (1, False)
    (found,) = json.loads(ran.out)["resources"]
    messages = {each["key"][0]: each["message"] for each in found["failures"]}
    for at, said in enumerate(cases.values(), 1):
        assert messages[at].endswith(said), messages[at]
    assert messages[8].endswith("version says 7 (int), and versions= has 1, 2 (int)")
    assert versions() == [None] * 6 + [2, 7]
    assert "bills 1 (unreadable): shape()" in kconv("verify", *PLACE).err


def test_a_row_without_version_asks_for_shape(
    kconv: Kconv, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill([('{"payer": "ada"}', None)])
    monkeypatch.setattr("places.strict_place.bills.shape", None)
    assert "the row says no version: give shape=" in kconv(*PLACE).err


def test_what_is_left_is_told_from_what_is_wrong(kconv: Kconv, tmp_path: Path) -> None:
    fill([('{"payer": "ada"}', 1), ('{"payer": "bob"}', 1), ('{"payer": 3}', 1)])
    assert kconv(*PLACE).code == 1
    runs = kconv("runs", *PLACE).out.splitlines()
    assert " done, 1 left " in runs[1]
    verified = kconv("verify", *PLACE)
    assert verified.out.startswith("bills: 3 rows, 1 wrong, 2 compared with before\n")
    exported = kconv("quarantine", "export", *PLACE).out
    (tmp_path / "rows.jsonl").write_text(exported.replace('"payer": 3', '"payer": "cyd"'))
    assert kconv("quarantine", "repair", "rows.jsonl", *PLACE).code == 0
    verified = kconv("verify", *PLACE)
    assert verified.code == 0
    said = f"1 before-image in {GROUP}/v1 not compared: what the row held was not valid"
    assert said in verified.out
    run = runs[1].split()[0]
    undone = kconv("undo", run, *PLACE)
    assert f"bills: {GROUP}/v2 stays preferred\n2 objects restored\n" == undone.out
    verified = kconv("verify", *PLACE)
    assert verified.code == 1
    assert verified.out.startswith("bills: 3 rows, 0 wrong, 2 not migrated\n")
    assert "error: 2 rows not migrated: `kconv migrate " in verified.err


def test_heartbeats_that_nobody_can_note_warn_once(
    kconv: Kconv, caplog: pytest.LogCaptureFixture
) -> None:
    del kconv  # is in the folder
    fill([])
    engine = create_engine("sqlite:///bills.db")
    declared = collection(
        "bills", key="id", document="document", version="version", versions={1: BillV1},
        stored=1, table=table, scheme=register,
    )  # fmt: skip
    with engine.begin() as connection:
        declared.heartbeat(connection)
        declared.heartbeat(connection)
    engine.dispose()
    assert [each.getMessage().count("run `kconv db upgrade`") for each in caplog.records] == [1]


def test_versions_of_several_types_are_refused() -> None:
    with pytest.raises(UsageError, match=r"keys of several types: 1 \(int\); '2' \(str\)"):
        collection(
            "bills", key="id", document="document", version="version",
            versions={1: BillV1, "2": BillV2}, stored=1, table=table, scheme=register,
        )  # fmt: skip


def test_another_database_is_left_as_it_is(kconv: Kconv, tmp_path: Path) -> None:
    for command in ("plan", "status", "run"):
        wrong = kconv(command, *PLACE)
        assert (wrong.code, wrong.out) == (2, "")
        assert "no table bills in sqlite:///bills.db: there is no such file" in wrong.err
    assert list(tmp_path.iterdir()) == []
    engine = create_engine("sqlite:///bills.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE apples (id INTEGER)")
    assert "no table bills in sqlite:///bills.db: it has apples" in kconv("plan", *PLACE).err
    with engine.connect() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars().all()
    assert tables == ["apples"]
    table.create(engine)
    engine.dispose()
    assert "made kconv's own tables in the database" in kconv("plan", *PLACE).err
    assert kconv("plan", *PLACE).err == ""
