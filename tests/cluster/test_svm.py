"""``--engine svm``: the cluster migrates, and is not believed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from cli.samples import in_process
from cluster.api_server import ApiServer, Failed, Request
from cluster.conftest import CRD, NEW, OLD, Open, fill, gadget, patches, run, versions
from cluster.migrator import SVMS
from kconv import Conflict, Forbidden, Unavailable, UsageError
from kconv._cluster import ClusterPlace, svm
from kconv._cluster.proof import NotAsBefore
from kconv.place import RunTarget
from webhook.gadgets import GROUP


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svm, "_POLL", 0.001)


@pytest.fixture
def driven(opened: Open) -> Open:
    def open_() -> ClusterPlace:
        place = opened()
        place.drive_cluster()
        return place

    return open_


def test_what_it_does_well_is_proved_and_not_done_again(server: ApiServer, driven: Open) -> None:
    fill(server, 12)
    server.create(CRD, "v1", gadget("new", "v1", mode="manual"))
    outcome = run(driven())
    assert outcome.done
    assert versions(server) == ["v1"]
    assert {*server.stored_versions(CRD)} == {"v1"}
    assert server.migrator.begun == [f"kconv-{CRD}"]
    # Where an object is stored that nobody had to write the server tells nobody.
    assert [each.path.rpartition("/")[2] for each in patches(server)] == ["new"]
    assert server.migrator.migrations == {}, "nothing is left of it"


def test_what_it_leaves_behind_keeps_the_old_version_on_record(
    server: ApiServer, driven: Open
) -> None:
    """Kubernetes prunes though its migration has failed, and the object could be read no more."""
    fill(server, 3)
    server.create(CRD, "v1beta1", gadget("sick-1", width=1))
    outcome = run(driven())
    assert not outcome.done
    assert [str(each.key) for each in outcome.failures] == ["conv/sick-1"]
    assert versions(server) == ["v1beta1", "v1"]
    server.delete(CRD, "conv", "sick-1")
    assert run(driven()).done
    assert versions(server) == ["v1"]
    assert server.migrator.migrations == {}


def test_killed_while_the_cluster_migrates(server: ApiServer, driven: Open) -> None:
    """What it has taken off the record meanwhile is put back when the place is opened again."""
    fill(server, 3)
    server.create(CRD, "v1beta1", gadget("sick-1", width=1))

    def gone(request: Request) -> None:
        if request.path.endswith("/status") and request.method == "PATCH":
            raise Failed(0, drop=True)

    server.faults.append(gone)
    place = driven()
    place.connection._patience = 0.05
    with pytest.raises(Unavailable):
        run(place)
    assert versions(server) == ["v1"], "it has pruned, though an object is left"
    server.faults.clear()
    again = driven()
    assert versions(server) == ["v1beta1", "v1"]
    assert [str(each.key) for each in run(again).failures] == ["conv/sick-1"]
    assert versions(server) == ["v1beta1", "v1"]


def test_a_conversion_that_changes_objects_is_found(server: ApiServer, driven: Open) -> None:
    fill(server, 8)
    convert = server.convert

    def lossy(value: dict[str, Any], to: str) -> dict[str, Any]:
        made = convert(value, to)
        if to.endswith("/v1") and server.migrator.begun:
            made["spec"].pop("colors", None)
        return made

    server.convert = lossy
    with pytest.raises(NotAsBefore, match=r"conv/g-000, .* and 3 more"):
        run(driven())
    assert versions(server) == ["v1beta1", "v1"]


def test_clusters_that_cannot(
    server: ApiServer, driven: Open, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(server, 1)
    server.denied.add("create storageversionmigrations/")
    server.denied.add("create storageversionmigrations")
    with pytest.raises(Forbidden, match=r"create storageversionmigrations\.storagemigration"):
        run(driven())
    server.denied.clear()
    server.migrator.is_served = False
    with pytest.raises(UsageError, match="leave out --engine svm"):
        run(driven())
    server.migrator.is_served, server.migrator.is_on = True, False
    monkeypatch.setattr(svm, "IDLE", 0.01)
    with pytest.raises(Unavailable, match="is its controller on"):
        run(driven())
    assert versions(server) == ["v1beta1", "v1"]
    server.migrator.is_on = True
    assert run(driven()).done, "the one that was asked for is waited for"
    assert server.migrator.begun == [f"kconv-{CRD}"]


def test_a_second_run_asks_for_nothing_while_the_first_goes_on(
    server: ApiServer, driven: Open
) -> None:
    fill(server, 3)
    first, second = driven(), driven()
    begun = first.begin_run("a", [RunTarget(CRD, (OLD,), NEW)], 30.0)
    assert server.migrator.begun == [f"kconv-{CRD}"]
    with pytest.raises(Conflict, match="a"):
        run(second)
    assert server.migrator.begun == [f"kconv-{CRD}"]
    assert versions(server) == ["v1beta1", "v1"]
    first.end_run(begun.id, "interrupted")
    # One that fails to drive holds nobody up.
    server.migrator.is_on = False
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(svm, "IDLE", 0.01)
        server.migrator.migrations.clear()
        with pytest.raises(Unavailable):
            run(first)
    server.migrator.is_on = True
    assert run(second).done


def test_the_lease_is_held_while_the_cluster_migrates(
    server: ApiServer, driven: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(server, 3)
    place = driven()
    renewed: list[str] = []
    monkeypatch.setattr(place, "renew_run", lambda run, lease: renewed.append(run))

    def slow(request: Request) -> None:
        if request.path.startswith(SVMS) and request.method == "GET":
            deadline = time.monotonic() + 20
            while not renewed and time.monotonic() < deadline:
                time.sleep(0.005)

    server.faults.append(slow)
    begun = place.begin_run("a", [RunTarget(CRD, (OLD,), NEW)], 0.05)
    assert {*renewed} == {begun.id}


def test_what_another_run_took_off_the_record_is_not_believed(
    server: ApiServer, driven: Open
) -> None:
    """Its notes are others, so no lease keeps it away: it prunes, and deletes the migration."""
    fill(server, 3)
    server.create(CRD, "v1beta1", gadget("sick-1", width=1))
    server.create(CRD, "v1", gadget("new", "v1", mode="manual"))

    def other(request: Request) -> None:
        if request.method == "PATCH" and request.path.endswith("/new"):
            server.migrator.migrations.clear()
            server.crds[CRD]["status"]["storedVersions"] = ["v1"]
            server.touch(server.crds[CRD])

    server.faults.append(other)
    outcome = run(driven())
    assert [str(each.key) for each in outcome.failures] == ["conv/sick-1"]
    assert not outcome.done
    assert {*versions(server)} == {"v1beta1", "v1"}


def test_a_migration_that_is_deleted_meanwhile(server: ApiServer, driven: Open) -> None:
    fill(server, 3)
    server.create(CRD, "v1beta1", gadget("sick-1", width=1))

    def other(request: Request) -> None:
        name = request.path.removeprefix(f"{SVMS}/")
        if request.method == "GET" and name in server.migrator.migrations:
            server.migrator.migrate(name)
            del server.migrator.migrations[name]

    server.faults.append(other)
    with pytest.raises(Conflict, match="has been deleted"):
        run(driven())
    assert versions(server) == ["v1beta1", "v1"]


def test_runs_that_do_not_drive_put_back_too_and_dry_ones_write_nothing(
    server: ApiServer, kubeconfig: Path, notes: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A run that drove was killed: its migration has pruned, or is about to."""
    kconv = in_process(capfd, "migrate", CRD, "--place", "cluster", "--db", notes)
    fill(server, 2)
    server.create(CRD, "v1beta1", gadget("sick-1", width=1))
    name = f"kconv-{CRD}"

    def asked() -> None:
        server.migrator.migrations[name] = {
            "metadata": {"name": name, "annotations": {svm._STORED: "v1beta1,v1"}},
            "spec": {"resource": {"group": GROUP, "resource": "gadgets"}},
            "status": {},
        }

    asked()
    server.migrator.migrations[name]["status"] = {
        "conditions": [{"type": "Running", "status": "True"}]
    }
    going_on = kconv()
    assert (going_on.code, "goes on: use --engine svm" in going_on.err) == (1, True)
    server.migrator.migrate(name)
    assert versions(server) == ["v1"]
    for engine in ("kconv", "svm"):
        assert kconv("--dry-run", "--engine", engine).code == 0
        assert versions(server) == ["v1"]
    found = kconv()
    assert (found.code, "sick-1" in found.err) == (1, True)
    assert versions(server) == ["v1beta1", "v1"]
    # One that nobody has begun does nothing any more.
    asked()
    assert kconv().code == 1
    assert server.migrator.migrations == {}
