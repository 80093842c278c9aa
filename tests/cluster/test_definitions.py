"""CRDs that are not ready, change under a run, or must not be touched by us."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cluster.api_server import CRDS, ApiServer, Request
from cluster.conftest import (
    CRD,
    OLD,
    Open,
    definition,
    fill,
    gadget,
    patches,
    run,
    versions,
)
from kconv import Conflict, Forbidden, Unavailable, UsageError
from kconv._pipeline import Pipeline
from kconv_migrations._migration import Settings, migrate, plan


def test_what_is_not_allowed_is_said_before_anything_is_written(
    server: ApiServer, opened: Open
) -> None:
    fill(server)
    server.denied |= {"patch gadgets", "patch customresourcedefinitions/status"}
    number = server.number
    with pytest.raises(Forbidden) as caught:
        run(opened())
    assert f"patch gadgets.{CRD.partition('.')[2]}" in caught.value.message
    assert f"patch customresourcedefinitions.apiextensions.k8s.io/status {CRD}" in str(caught.value)
    assert "list" not in caught.value.message
    assert server.number == number
    assert opened().runs() == []


@contextmanager
def changed(server: ApiServer, **status: Any) -> Iterator[None]:
    before = server.crds[CRD]
    server.crds[CRD] = {**before, **status}
    yield
    server.crds[CRD] = before


def test_a_crd_that_is_not_ready_is_refused(server: ApiServer, opened: Open) -> None:
    fill(server, 1)
    whole = definition()
    pending = [{"type": "Established", "status": "False", "message": "not all names are accepted"}]
    cases = {
        "is not established (NamesAccepted)": {"status": {**whole["status"], "conditions": []}},
        "is not established": {"status": {**whole["status"], "conditions": pending}},
        "is being deleted": {"metadata": {**whole["metadata"], "deletionTimestamp": "2026"}},
        "does not serve it": {"spec": _unserved(whole["spec"], "v1")},
    }
    for said, case in cases.items():
        with changed(server, **case), pytest.raises(Conflict, match=re.escape(said)):
            run(opened())
    assert patches(server) == []


def _unserved(spec: dict[str, Any], version: str) -> dict[str, Any]:
    served = [{**each, "served": each["name"] != version} for each in spec["versions"]]
    return {**spec, "versions": served}


def _flipped(server: ApiServer) -> None:
    server.flip(CRD, "v1beta1")


def _to_and_fro(server: ApiServer) -> None:
    server.flip(CRD, "v1beta1")
    server.create(CRD, "v1beta1", gadget("between", width=1))
    server.flip(CRD, "v1")


def _remade(server: ApiServer) -> None:
    server.crds[CRD]["metadata"]["uid"] = "another"
    server.touch(server.crds[CRD])


def _gone(server: ApiServer) -> None:
    del server.crds[CRD]


def _no_longer_served(server: ApiServer) -> None:
    server.crds[CRD]["spec"] = _unserved(server.crds[CRD]["spec"], "v1beta1")
    server.crds[CRD]["metadata"]["generation"] += 1
    server.touch(server.crds[CRD])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_flipped, "flipped"), (_to_and_fro, ""), (_remade, "made anew"),
        (_gone, "deleted|changed|written all"), (_no_longer_served, "changed"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("at", ["first patch", "second look"])
def test_a_crd_that_changes_under_a_run(
    server: ApiServer, opened: Open, change: Callable[[ApiServer], None], said: str, at: str
) -> None:
    """Above all: a version that objects are in does not leave storedVersions."""
    fill(server, 4)
    done: list[str] = []

    def once(request: Request) -> None:
        look = "Partial" in request.accept and len(patches(server)) >= 4
        if not done and (look if at == "second look" else request.method == "PATCH"):
            done.append(request.path)
            change(server)

    place = opened()
    server.faults.append(once)
    if said:
        with pytest.raises((Conflict, Unavailable), match=said):
            run(place, patience=0.5)
    else:
        run(place, patience=0.5)
    assert done
    if CRD in server.crds:
        assert {*server.stored_versions(CRD)} <= {*versions(server)}
        server.faults.clear()
        outcome = run(opened())
        assert outcome.done
        storage = outcome.target.api_version.rpartition("/")[2]
        assert {*server.stored_versions(CRD)} == {storage}
        assert versions(server) == [storage]


def test_a_status_that_somebody_else_writes_is_read_again(server: ApiServer, opened: Open) -> None:
    fill(server, 2)
    seen: list[str] = []

    def write(request: Request) -> None:
        if request.method == "PATCH" and request.path.startswith(CRDS) and not seen:
            seen.append(request.path)
            server.touch(server.crds[CRD])

    server.faults.append(write)
    assert run(opened()).done
    assert versions(server) == ["v1"]


def test_a_fresh_crd_is_given_time(
    server: ApiServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other API servers of the cluster may store the former version for a moment yet."""
    slept: list[float] = []
    monkeypatch.setattr("kconv._cluster.preflight.SETTLE", 10.0)
    monkeypatch.setattr("kconv._cluster.resources.settle", _settle_with(slept))
    fill(server, 1)
    place = opened()
    assert run(place).done
    assert slept == []
    from datetime import UTC, datetime, timedelta

    recent = datetime.now(UTC) - timedelta(seconds=4)
    for said, expected in ((recent.strftime("%Y-%m-%dT%H:%M:%SZ"), 6), ("", 10)):
        server.crds[CRD]["metadata"]["managedFields"][0]["time"] = said
        server.crds[CRD]["status"]["storedVersions"] = ["v1beta1", "v1"]
        run(opened())
        assert slept.pop() == pytest.approx(expected, abs=1.5)


def _settle_with(slept: list[float]) -> Any:
    from kconv._cluster.preflight import settle

    return lambda connection, found: settle(connection, found, slept.append)


def test_which_version_is_stored_is_the_crds_to_say(server: ApiServer, opened: Open) -> None:
    fill(server, 1)
    place = opened()
    targets = plan(place, [CRD], [f"{OLD.partition('/')[0]}=v1beta1"])
    with pytest.raises(UsageError, match=r"stores conv\.kconv\.dev/v1: set storage: true"):
        list(migrate(place, Pipeline(place.scheme), targets, Settings()))
    assert patches(server) == []
