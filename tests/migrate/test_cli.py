"""``kconv migrate`` as it is typed."""

import json
from collections.abc import Callable

import pytest

from cli.samples import Ended
from kconv._pipeline import Pipeline
from kconv._store import Server, SqlStore
from kconv_migrations._migration import hold
from migrate.samples import NEW, OLD, key, placed, rows, seed

Run = Callable[..., Ended]


def test_flip_rewrite_and_proof(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 12)
    dry = kconv("migrate", "--to", "batch=v1", "--dry-run")
    assert dry.code == 0, dry.err
    assert f"cronjobs.batch: {OLD} -> {NEW}, would flip" in dry.out
    assert "12 objects and 12 changes would be rewritten, 0 cannot be" in dry.out
    assert rows(store) == {OLD: (12, 12)}
    ended = kconv("migrate", "cronjobs.batch", "--to", "batch=v1")
    assert (ended.code, ended.err) == (0, "")
    assert "cronjobs.batch: 12 objects and 12 changes rewritten in " in ended.out
    assert f"cronjobs.batch: 0 rows left in {OLD}; dropped from the record\n" in ended.out
    assert rows(store) == {NEW: (12, 12)}
    again = kconv("migrate")
    assert (again.code, again.out) == (
        0,
        "nothing to migrate: every resource has one version on record\n",
    )


def test_what_is_refused_is_not_announced(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 2)
    store.register(Server("old", "1.0", "host", 1, (("batch", "cronjobs", OLD),)))
    refused = kconv("migrate", "cronjobs.batch", "--to", "batch=v1")
    assert (refused.code, refused.out) == (1, "")
    assert "nothing was changed" in refused.err
    with hold(placed(store), []):
        refused = kconv("migrate", "cronjobs.batch", "--to", "batch=v1")
    assert (refused.code, refused.out) == (1, "")
    assert "is going on" in refused.err
    assert rows(store) == {OLD: (2, 2)}
    nothing = kconv("migrate", "--dry-run").out
    assert nothing == "nothing to migrate: every resource has one version on record\n"


def test_one_group_of_many(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 3)
    store.ensure([("autoscaling", "horizontalpodautoscalers", "autoscaling/v2")])
    store.prefer("autoscaling", "horizontalpodautoscalers", "autoscaling/v1")
    store.prefer("batch", "cronjobs", NEW)
    planned = kconv("migrate", "plan", "--group", "batch", "--no-references")
    assert "cronjobs.batch" in planned.out
    assert "autoscaling" not in planned.out
    ended = kconv("migrate", "--group", "batch")
    assert (ended.code, ended.err) == (0, "")
    assert "cronjobs.batch: 3 objects and 3 changes rewritten in " in ended.out
    assert "autoscaling" not in ended.out
    assert rows(store) == {NEW: (3, 3)}
    checked = kconv("migrate", "verify", "--group", "batch")
    assert (checked.code, checked.out.count("wrong")) == (0, 1)
    assert kconv("migrate", "verify", "--group", "core").out == ""
    assert kconv("check", "--stored", "--group", "batch").out.startswith("6 rows")
    assert kconv("check", "--stored", "--group", "core").out.startswith("0 rows")
    for command in (["migrate"], ["migrate", "plan"], ["check", "--stored"], ["serve"]):
        refused = kconv(*command, "--group", "nope")
        assert (refused.code, 'no group "nope": there are' in refused.err) == (2, True)


def test_one_json_document(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 2)
    ended = kconv("migrate", "cronjobs.batch", "--to", "batch=v1", "-o", "json")
    assert (ended.code, ended.err) == (0, "")
    (resource,) = json.loads(ended.out)["resources"]
    assert resource.pop("seconds") >= 0
    assert resource == {
        "resource": "cronjobs.batch",
        "before": OLD,
        "version": NEW,
        "flipped": True,
        "objects": 2,
        "changes": 2,
        "raced": 0,
        "dropped": [OLD],
        "left": {},
        "failures": [],
        "broken": [],
        "brokenCount": 0,
        "lost": {},
    }


@pytest.mark.parametrize("behind", [True, False])
def test_status(
    kconv: Run, store: SqlStore, pipeline: Pipeline, database_url: str, behind: bool
) -> None:
    seed(store, pipeline, 2)
    store.prefer("batch", "cronjobs", NEW)
    db = ["--db", database_url]
    ended = (
        kconv("migrate", "status", "-o", "json", *db)
        if behind
        else kconv("migrate", *db, "status", "-o", "json")
    )
    assert (ended.code, ended.err) == (0, "")
    document = json.loads(ended.out)
    assert document["resources"] == [
        {
            "resource": "cronjobs.batch",
            "preferred": NEW,
            "settled": False,
            "versions": [
                {"version": NEW, "preferred": True, "objects": 0, "changes": 0, "decodable": True},
                {"version": OLD, "preferred": False, "objects": 2, "changes": 2, "decodable": True},
            ],
        }
    ]
    assert (document["runs"], document["quarantined"]) == ([], 0)
    text = kconv("migrate", "status")
    assert text.out.splitlines()[2].split() == ["cronjobs.batch", OLD, "2", "2", "-"]
    assert text.err == "not settled: cronjobs.batch; `kconv migrate` finishes it\n"


def test_bad_rows(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 2)
    version = store.create(key("bad"), uid="bad", api_version=OLD, data=b"{").resource_version
    ended = kconv("migrate", "--to", "batch=v1")
    assert ended.code == 1
    why = "json parse error: Input data was truncated"
    assert ended.err.splitlines() == [
        "error: 2 rows cannot be converted; left as they were",
        f"  cronjobs.batch reports/bad ({OLD}): {why}",
        f"  cronjobs.batch reports/bad (change {version}, {OLD}): {why}",
        "they are in quarantine: `kconv migrate quarantine` lists and retries them",
        f"cronjobs.batch: 2 rows left in {OLD}, which stays on record",
    ]
    again = kconv("migrate", "-o", "json")
    assert again.code == 1
    (resource,) = json.loads(again.out)["resources"]
    assert resource["left"] == {OLD: 2}
    assert [each["in"] for each in resource["failures"]] == ["objects", "changes"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "nope=v1"], 'no group "nope": there are core, autoscaling, batch'),
        (["--to", "batch=v7"], "batch has no version v7: it has v1, v1beta1, v2alpha1"),
        (["--to", "batch"], "is not GROUP=VERSION"),
        (["nope.batch"], 'no resource "nope.batch"'),
        (["--batch-size", "0"], "--batch-size"),
        (["--rate", "fast"], "--rate"),
        (["--nope"], "No such option: --nope"),
    ],
)
def test_wrong_command(
    kconv: Run, store: SqlStore, pipeline: Pipeline, arguments: list[str], said: str
) -> None:
    seed(store, pipeline, 1)
    ended = kconv("migrate", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: ")
    assert said in ended.err
    assert rows(store) == {OLD: (1, 1)}


def test_server_refuses_a_version_that_it_cannot_decode(kconv: Run, store: SqlStore) -> None:
    store.prefer("batch", "cronjobs", "batch/v3")
    ended = kconv("serve", "--port", "0")
    assert (ended.code, ended.out) == (3, "")
    assert "cronjobs.batch as batch/v3, which no installed API can decode" in ended.err
    assert "kconv migrate" in ended.err


def test_rows_in_a_version_that_the_code_does_not_have(kconv: Run, store: SqlStore) -> None:
    store.prefer("batch", "cronjobs", "batch/v9")
    data = b'{"apiVersion":"batch/v9","kind":"CronJob"}'
    store.create(key("a"), uid="a", api_version="batch/v9", data=data)
    told = "cronjobs.batch: this code cannot decode batch/v9, with 2 rows in it: install"
    said = kconv("migrate", "status")
    assert said.code == 0
    assert told in said.err
    assert "\nbatch/v9 no: " in "\n".join(" ".join(line.split()) for line in said.out.splitlines())
    (found,) = json.loads(kconv("migrate", "status", "-o", "json").out)["resources"]
    assert not found["versions"][0]["decodable"]
    planned = kconv("migrate", "plan", "cronjobs.batch", "--to", "batch=v1")
    assert told in planned.err
    assert "cannot be converted" in planned.out
    assert "rewritten" not in planned.out
    arguments = ("migrate", "plan", "cronjobs.batch", "--to", "batch=v1", "-o", "json")
    (resource,) = json.loads(kconv(*arguments).out)["resources"]
    assert (resource["objects"], resource["versions"][0]["decodable"]) == (0, False)
