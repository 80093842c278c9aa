"""``--engine svm``: the cluster migrates, and is not believed."""

from __future__ import annotations

from typing import Any

import pytest

from cluster.api_server import ApiServer, Failed, Request
from cluster.conftest import CRD, Open, fill, gadget, patches, run, versions
from kconv import Forbidden, Unavailable, UsageError
from kconv._cluster import ClusterPlace, svm
from kconv._cluster.proof import NotAsBefore


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
