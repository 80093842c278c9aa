"""``kconv migrate --place``: a table of a user's own, from the first plan to undo."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, select

from cli.samples import Ended, in_process
from fixtures.postgres import PostgresServer
from places.named_place import table
from places.shop import GROUP, V1, V3, order

NAMED = ("--place", "places.named_place:orders")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of a user's with a table, and nothing of kconv's."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'shop.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create_database()
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def kconv(
    url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """Run a command on the database, with 30 orders in it of which one is broken."""
    engine = create_engine(url)
    table.metadata.create_all(engine)
    with engine.begin() as connection:
        for at in range(1, 31):
            document = order(1 + at % 2, f"buyer-{at}")
            if at == 7:
                document["unknown"] = 1
            values = {"id": at, "document": json.dumps(document), "version": 1 + at % 2}
            connection.execute(insert(table), values)
    engine.dispose()
    monkeypatch.setenv("KCONV_DB", url)
    return in_process(capfd)


def versions(url: str) -> dict[int, int]:
    engine = create_engine(url)
    found: dict[int, int] = {}
    with engine.connect() as connection:
        for version in connection.execute(select(table.c.version)).scalars():
            found[version] = found.get(version, 0) + 1
    engine.dispose()
    return found


def test_versions_as_the_application_calls_them(kconv: Callable[..., Ended], url: str) -> None:
    wrong = kconv("migrate", "plan", *NAMED, "--to", "orders=4")
    assert (wrong.code, wrong.out) == (2, "")
    assert "--to: orders has no version 4: it has 1, 2, 3" in wrong.err
    both = kconv("migrate", "plan", *NAMED, "--to", "orders=2", "--to", f"{GROUP}=v1")
    assert both.code == 2
    assert f"--to: orders cannot go to {GROUP}/v2 and {V1}" in both.err
    both = kconv("migrate", "plan", *NAMED, "--to", "orders=2", "--to", "orders=1")
    assert f"--to: orders cannot go to {GROUP}/v2 and {V1}" in both.err
    assert kconv("migrate", "gate", *NAMED, "--to", "orders=2").code == 1
    ran = kconv("migrate", *NAMED, "--to", "orders=2")
    assert ran.code == 0
    assert ran.out.startswith(f"orders: {V3} -> {GROUP}/v2, flips")
    assert versions(url) == {2: 30}
    assert kconv("migrate", "gate", *NAMED, "--to", "orders=2").code == 0


def test_from_plan_to_undo(kconv: Callable[..., Ended], url: str) -> None:
    planned = kconv("migrate", "plan", *NAMED)
    assert (planned.code, planned.err.count("\n")) == (0, 1)
    assert planned.err.startswith("made kconv's own tables in the database")
    assert planned.out.startswith(f"orders: {V3}, preferred already")
    assert ["orders", V1, "15", "rewritten"] in [line.split() for line in planned.out.splitlines()]
    dry = kconv("migrate", *NAMED, "--dry-run")
    assert dry.code == 1
    assert "orders: 29 rows would be rewritten, 1 cannot be" in dry.out
    assert versions(url) == {1: 15, 2: 15}
    ran = kconv("migrate", *NAMED)
    assert ran.code == 1
    assert "orders: 29 rows rewritten" in ran.out
    assert 'unknown field "unknown"' in ran.err
    here = f"--place {NAMED[1]}"
    assert ran.err.startswith("error: 1 row cannot be converted; left as it was\n")
    wanted = f"it is in quarantine: `kconv migrate quarantine {here}` lists and retries it\n"
    assert wanted in ran.err
    status = kconv("migrate", "status", *NAMED)
    assert f"not settled: orders; `kconv migrate {here}` finishes it\n" in status.err
    assert f"`kconv migrate {here} --to " in status.out
    for forgotten in (["migrate"], ["migrate", "status"], ["migrate", "quarantine"]):
        elsewhere = "another place is on record here, with orders: name it with --place\n"
        assert elsewhere in kconv(*forgotten).err
    assert "another place" not in status.err
    assert "--place" not in kconv("migrate", "undo", "none").err, "it was not named"
    assert versions(url) == {3: 29, 2: 1}
    shown = json.loads(kconv("migrate", "quarantine", "show", "7", *NAMED, "-o", "json").out)
    (row,) = shown["rows"]
    assert (row["resource"], row["key"], row["in"]) == ("orders", [7], "objects")
    assert json.loads(row["data"])["unknown"] == 1
    listed = kconv("migrate", "quarantine", *NAMED).out.splitlines()
    assert listed[1].split()[:3] == ["orders", "7", "object"]
    assert kconv("migrate", "quarantine", "retry", *NAMED).code == 1
    engine = create_engine(url)
    with engine.begin() as connection:
        fixed = json.dumps(order(2, "buyer-7"))
        connection.execute(table.update().where(table.c.id == 7).values(document=fixed))
    engine.dispose()
    assert kconv("migrate", *NAMED).code == 0
    assert versions(url) == {3: 30}
    verified = kconv("migrate", "verify", *NAMED)
    assert (verified.code, verified.out) == (
        0,
        "orders: 30 rows, 0 wrong, 30 compared with before\n",
    )
    assert kconv("migrate", "status", *NAMED, "--may-drop", V1).out.startswith(f"{V1}: yes")
    runs = json.loads(kconv("migrate", "runs", *NAMED, "-o", "json").out)["runs"]
    assert [each["beforeImages"] for each in runs if each["beforeImages"]] == [1, 29]
    for each in runs:
        if each["beforeImages"]:
            done = kconv("migrate", "undo", each["id"], *NAMED)
            assert done.code == 0, done.err
    assert versions(url) == {1: 15, 2: 15}
    assert kconv("migrate", "drop-undo", runs[0]["id"], *NAMED).code == 0


def test_to_a_version_with_workers(kconv: Callable[..., Ended], url: str) -> None:
    arguments = ("migrate", "orders", *NAMED, "--to", f"{GROUP}=v2", "--workers", "2")
    ended = kconv(*arguments, "--batch-size", "4")
    assert ended.code == 0, ended.err
    assert f"orders: {V3} -> {GROUP}/v2, flips" in ended.out
    assert versions(url) == {2: 30}


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nowhere:orders", "No module named 'nowhere'"),
        ("places.named_place:other", "places.named_place has no other"),
        ("places.shop:GROUP", "is no collection and no function that opens a place"),
        ("shop", 'no installed package has "shop"'),
    ],
)
def test_places_that_are_none(kconv: Callable[..., Ended], place: str, said: str) -> None:
    ended = kconv("migrate", "plan", "--place", place)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "manifests"
    folder.mkdir()
    for name, old in (("one", "batch/v1beta1"), ("two", "batch/v1")):
        document = json.loads(CRON.replace("NAME", name)) | {"apiVersion": old}
        (folder / f"{name}.json").write_text(json.dumps(document))
    before = (folder / "one.json").read_text()

    kconv = in_process(capfd, "migrate", "--place", "files:manifests")
    assert kconv("plan", "cronjobs.batch", "--to", "batch=v1").code == 0
    done = kconv("cronjobs.batch", "--to", "batch=v1", "-o", "json")
    assert done.code == 0, done
    assert json.loads((folder / "one.json").read_text())["apiVersion"] == "batch/v1"
    assert kconv("verify").code == 0
    (ended,) = json.loads(kconv("runs", "-o", "json").out)["runs"]
    assert kconv("undo", ended["id"]).code == 0
    assert json.loads((folder / "one.json").read_text()) == json.loads(before)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifests"]
    (folder / "three.yaml").write_text("a: [")
    failed = kconv("cronjobs.batch", "--to", "batch=v1")
    assert failed.code != 0
    assert "three.yaml: yaml parse error" in failed.err
    assert "Traceback" not in failed.err


CRON = """
{"apiVersion": "", "kind": "CronJob", "metadata": {"name": "NAME"}, "spec": {
    "schedule": "30 2 * * *", "jobTemplate": {"spec": {"template": {"spec": {
        "restartPolicy": "OnFailure", "containers": [{"name": "a", "image": "b"}]}}}}}}
"""


def odd(url: str) -> None:
    """Rows that say no version, cannot be read, or are in a version that nobody declared."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for at, (document, version) in enumerate(
            [
                (json.dumps(order(1, "ada")), None),
                (json.dumps(order(3, "bob")), None),
                ("not even JSON", None),
                (json.dumps({"nothing": "known"}), None),
                (json.dumps(order(1, "cyd")), 7),
                ("{", 3),
            ],
            101,
        ):
            values = {"id": at, "document": document, "version": version}
            connection.execute(insert(table), values)
    engine.dispose()


def test_every_command_over_rows_of_all_sorts(kconv: Callable[..., Ended], url: str) -> None:
    odd(url)
    told = ("--place", "places.named_place:told_by_shape")
    run_id = ""

    def call(code: int, *arguments: str) -> Ended:
        ended = kconv("migrate", *arguments, *told)
        said = ended.out + ended.err
        assert ended.code == code, (arguments, said)
        for wrong in ("Traceback", "is not a group/version", "install the package"):
            assert wrong not in said, (arguments, said)
        return ended

    planned = call(0, "plan")
    lines = [line.split() for line in planned.out.splitlines()]
    assert ["orders", "(none)", "4", "rewritten"] in lines
    assert ["orders", "(7)", "1", "cannot", "be", "converted"] in lines
    assert "orders: 1 row in (7), which is no version that was declared" in planned.err
    call(0, "plan", "-o", "json")
    status = call(0, "status")
    assert ["orders", "(none)", "4", "-"] in [line.split() for line in status.out.splitlines()]
    resources = json.loads(call(0, "status", "-o", "json").out)["resources"]
    decodable = {each["version"]: each["decodable"] for each in resources[0]["versions"]}
    assert (decodable["(none)"], decodable["(7)"], decodable[V1]) == (True, False, True)
    for version in (V1, V3):
        call(1, "status", "--may-drop", version)
    call(1, "gate", "--to", f"{GROUP}=v3")
    call(1, "--dry-run")
    call(1, "verify")
    ran = call(1)
    assert "orders: 31 rows rewritten" in ran.out
    assert "(7), which is no version that was declared" in ran.err
    run_id = json.loads(call(0, "runs", "-o", "json").out)["runs"][0]["id"]
    call(0, "runs")
    listed = call(0, "quarantine").out.splitlines()
    assert sorted(line.split()[1] for line in listed[1:]) == ["103", "104", "105", "7"]
    for key in ("103", "104", "105"):
        call(0, "quarantine", "show", key)
    call(1, "quarantine", "retry")
    assert len(json.loads(call(1, "verify", "-o", "json").out)["resources"][0]["failures"]) == 5
    assert "1 row left in (7)" in call(1, "gate", "--to", f"{GROUP}=v3").out
    call(0, "undo", run_id)
    assert versions(url) == {1: 15, 2: 15, None: 4, 7: 1, 3: 1}
    call(0, "drop-undo", run_id)
    call(1, "--to", f"{GROUP}=v1")
