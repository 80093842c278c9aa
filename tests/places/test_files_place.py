"""A folder of JSON and YAML files, migrated and taken back."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from kconv import Scheme
from kconv._errors import DecodeError, UsageError
from kconv._pipeline import Pipeline
from kconv.place import Place
from kconv.places import FileKey, FilesPlace
from kconv_migrations._executors.executor import InProcessExecutor
from kconv_migrations._migration import (
    Outcome,
    Settings,
    migrate,
    plan,
    status,
    undo,
    verify,
)
from shop.versions import OrderV1, OrderV2, OrderV3, register

CRONS = "cronjobs.batch"
ORDERS = "orders.shop.example.com"

CRON = """\
# {name}: every night
apiVersion: batch/v1beta1
kind: CronJob
metadata: {{name: {name}, namespace: reports}}
spec:
  schedule: 30 2 * * *
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers: [{{name: a, image: b}}]
"""
OTHER = "# not ours\napiVersion: example.com/v1\nkind: Thing\nspec: {a:   1}  # as it was\n"


def cron(name: str) -> str:
    return CRON.format(name=name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """CronJobs in every sort of file, and much that is none of the migration's business."""
    one = yaml.safe_load(cron("in-json"))
    listed = {"apiVersion": "v1", "kind": "List", "items": [one, {"kind": "Other"}, one]}
    files = {
        "one.yaml": cron("one"),
        "sub/several.yml": f"{cron('first')}---\n{OTHER}---\n{cron('second')}# the end\n",
        "sub/deep/one.json": json.dumps(one, indent=4),
        "sub-list.json": json.dumps(listed),
        "other.yaml": OTHER,
        "notes.txt": "apiVersion: batch/v1beta1",
        ".hidden/one.yaml": cron("hidden"),
        ".one.yaml": cron("hidden"),
    }
    for name, text in files.items():
        path = tmp_path / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "files"


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".kconv.db")
    }


def run(place: Place, name: str, *to: str, **settings: Any) -> Outcome:
    targets = plan(place, [name], to)
    (outcome,) = migrate(place, Pipeline(place.scheme), targets, Settings(**settings))
    return outcome


def test_all_objects_go_to_the_new_version_and_back(folder: Path) -> None:
    before = contents(folder)
    place = FilesPlace.open(folder, {"batch"})
    place.prefer([(CRONS, "batch/v1beta1")], live=None)
    outcome = run(place, CRONS, "batch=v1", batch_size=2)
    assert (outcome.objects, outcome.raced, outcome.failures, outcome.done) == (6, 0, [], True)
    after = contents(folder)
    assert before.keys() == after.keys()
    untouched = {"other.yaml", "notes.txt", ".hidden/one.yaml", ".one.yaml"}
    assert {name for name in before if before[name] == after[name]} == untouched
    several = after["sub/several.yml"]
    assert OTHER in several
    documents = list(yaml.safe_load_all(several))
    assert [each["apiVersion"] for each in documents] == ["batch/v1", "example.com/v1", "batch/v1"]
    assert documents[0]["metadata"] == {"name": "first", "namespace": "reports"}
    assert after["sub/deep/one.json"].startswith('{\n    "apiVersion": "batch/v1"')
    items = json.loads(after["sub-list.json"])["items"]
    assert [each.get("apiVersion") for each in items] == ["batch/v1", None, "batch/v1"]
    (verified,) = verify(place, InProcessExecutor(place, Pipeline(place.scheme)), [CRONS])
    assert (verified.objects, verified.compared, verified.failures) == (6, 6, [])
    done = undo(place, outcome.run)
    assert (done.restored, done.written, done.deleted) == (6, [], [])
    parsed = {name: list(yaml.safe_load_all(text)) for name, text in contents(folder).items()}
    assert parsed == {name: list(yaml.safe_load_all(text)) for name, text in before.items()}


SHOP = """\
# the shop
apiVersion: extensions/v1beta1   # once
kind: Ingress
metadata: {name: web} # named
spec:
  # all goes there
  backend: {serviceName: web, servicePort: 80}
---
apiVersion: apps/v1beta1
kind: Deployment
metadata:
  name: web # yes
spec:
  template:
    metadata: {labels: {a: b}}
    spec:
      # one is enough
      containers:
      - name: c
        image: x:1
"""
"""Kinds on demand, two in one file, so that it is written twice."""


def test_kinds_on_demand_with_their_comments(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP)
    scaler: dict[str, Any] = {
        "apiVersion": "autoscaling/v2beta2",
        "kind": "HorizontalPodAutoscaler",
    }
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    scaler |= {"metadata": {"name": "web"}, "spec": {"maxReplicas": 2, "scaleTargetRef": target}}
    (tmp_path / "scaler.json").write_text(json.dumps({"kind": "List", "items": [scaler]}))
    place = FilesPlace.open(tmp_path)
    assert {"ingresses.networking.k8s.io", "deployments.apps"} <= place.names
    assert "daemonsets.apps" not in place.names  # of the same package, and in no file
    scalers = "horizontalpodautoscalers.autoscaling"
    to = {
        "ingresses.networking.k8s.io": "networking.k8s.io=v1",
        "deployments.apps": "apps=v1",
        scalers: "autoscaling=v2",
    }
    outcomes = [run(place, name, version) for name, version in to.items()]
    assert [(each.objects, each.done) for each in outcomes] == [(1, True)] * 3
    (item,) = json.loads((tmp_path / "scaler.json").read_text())["items"]
    assert (item["apiVersion"], item["spec"]["minReplicas"]) == ("autoscaling/v2", 1)
    text = path.read_text()
    assert [line for line in SHOP.splitlines() if "#" in line and line not in text] == [
        "apiVersion: extensions/v1beta1   # once"
    ]
    assert "apiVersion: networking.k8s.io/v1   # once\n" in text
    assert "  defaultBackend: {service: {name: web, port: {number: 80}}}\n" in text
    for each in outcomes:
        undo(place, each.run)
    assert path.read_text() == SHOP


def test_notes_are_found_again(folder: Path) -> None:
    place = FilesPlace.open(folder, {"batch"})
    outcome = run(place, CRONS, "batch=v1")
    place.close()
    assert (folder / ".kconv.db").exists()
    again = FilesPlace.open(folder, {"batch"})
    assert [each.id for each in again.runs()] == [outcome.run]
    (found,) = [each for each in status(again) if each.name == CRONS]
    assert (found.preferred, [each.api_version for each in found.versions]) == (
        "batch/v1",
        ["batch/v1"],
    )


def test_files_that_changed_since_are_left_to_who_changed_them(folder: Path) -> None:
    place = FilesPlace.open(folder, {"batch"})
    outcome = run(place, CRONS, "batch=v1")
    path = folder / "one.yaml"
    path.write_text(path.read_text().replace("30 2 * * *", "0 3 * * *"))
    (folder / "sub/deep/one.json").unlink()
    done = undo(place, outcome.run)
    assert (done.restored, done.written, done.deleted) == (
        4,
        [(CRONS, FileKey("one.yaml", 0, -1))],
        [(CRONS, FileKey("sub/deep/one.json", 0, -1))],
    )
    assert "0 3 * * *" in path.read_text()


BAD: dict[str, Callable[[str], str]] = {
    "unknown field": lambda text: text.replace("schedule:", "shedule:"),
    "repeated field": lambda text: text.replace("spec:\n  sch", "spec:\n  schedule: a\n  sch"),
    "unknown version": lambda text: text.replace("batch/v1beta1", "batch/v9"),
    "wrong type": lambda text: text.replace("30 2 * * *", "[1]"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_converted_stays_as_it_is(folder: Path, what: str) -> None:
    bad = BAD[what](cron("bad"))
    (folder / "bad.yaml").write_text(bad)
    place = FilesPlace.open(folder, {"batch"})
    outcome = run(place, CRONS, "batch=v1")
    assert (outcome.objects, outcome.done) == (6, False)
    (entry,) = place.quarantined()
    assert (entry.key, str(entry.key)) == (FileKey("bad.yaml", 0, -1), "bad.yaml")
    assert (folder / "bad.yaml").read_text() == bad
    (folder / "bad.yaml").write_text(cron("bad"))
    assert place.quarantined() == []
    again = run(place, CRONS)
    assert (again.objects, again.done) == (1, True)


def test_a_file_that_cannot_be_parsed_is_named_and_nothing_is_written(folder: Path) -> None:
    (folder / "zz.yaml").write_text("a: [1\n")
    before = contents(folder)
    place = FilesPlace.open(folder, {"batch"})
    with pytest.raises(DecodeError, match=r"^zz\.yaml: "):
        run(place, CRONS, "batch=v1")
    assert contents(folder) == before


def test_a_rehearsal_writes_nothing(folder: Path) -> None:
    before = contents(folder)
    place = FilesPlace.open(folder, {"batch"})
    outcome = run(place, CRONS, "batch=v1", dry_run=True)
    assert outcome.objects == 6
    assert contents(folder) == before


def test_a_writer_in_between_wins(folder: Path) -> None:
    place = FilesPlace.open(folder, {"batch"})
    replace = place.replace_many
    text = cron("one").replace("30 2 * * *", "0 4 * * *")

    def late(*arguments: Any) -> list[bool]:
        (folder / "one.yaml").write_text(text)
        place.replace_many = replace  # type: ignore[method-assign]  # once is enough
        return replace(*arguments)

    place.replace_many = late  # type: ignore[assignment, method-assign]  # watched until it is called
    outcome = run(place, CRONS, "batch=v1")
    assert (outcome.objects, outcome.raced, outcome.done) == (6, 1, True)
    assert yaml.safe_load((folder / "one.yaml").read_text())["spec"]["schedule"] == "0 4 * * *"


def test_worker_processes_open_it_anew(folder: Path) -> None:
    place = FilesPlace.open(folder, {"batch"})
    copy = pickle.loads(pickle.dumps(place))
    assert [each.key for each in copy.entries(CRONS, None)] == [
        each.key for each in place.entries(CRONS, None)
    ]
    told = FilesPlace(folder, Scheme())
    with pytest.raises(UsageError, match="--workers 1"):
        pickle.dumps(told)


def tell(_: PurePosixPath, value: dict[str, Any]) -> type[Any] | None:
    if "item" in value:
        return OrderV1
    if "cents" in value:
        return OrderV3 if "placedAt" in value else OrderV2
    return None


def test_documents_without_an_envelope(tmp_path: Path) -> None:
    first = {"customer": "ada", "item": {"sku": "a", "count": 2}, "price": "12.50 EUR"}
    (tmp_path / "1.json").write_text(json.dumps(first))
    second = {"customer": "bob", "items": [{"sku": "b", "count": 1}], "cents": 1, "currency": "EUR"}
    (tmp_path / "2.yaml").write_text(yaml.safe_dump(second))
    (tmp_path / "3.yaml").write_text("nothing: to see\n")
    scheme = Scheme()
    register(scheme)
    place = FilesPlace(tmp_path, scheme, tell=tell)
    versions = {each.key.path: each.version for each in place.entries(ORDERS, None)}  # type: ignore[attr-defined]  # a FileKey
    assert versions == {"1.json": "shop.example.com/v1", "2.yaml": "shop.example.com/v2"}
    outcome = run(place, ORDERS, "shop.example.com=v2")
    assert (outcome.objects, outcome.failures) == (1, [])
    made = json.loads((tmp_path / "1.json").read_text())
    assert (made["items"], made["cents"]) == ([{"sku": "a", "count": 2}], 1250)
    done = undo(place, outcome.run)
    assert (done.restored, json.loads((tmp_path / "1.json").read_text())) == (1, first)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        FilesPlace.open(tmp_path / "none")
