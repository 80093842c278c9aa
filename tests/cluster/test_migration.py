"""Migrations of a cluster's custom resources: what is rewritten, and what is left alone."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cluster.api_server import ApiServer, Failed, Request
from cluster.conftest import (
    CRD,
    NEW,
    OBJECTS,
    OLD,
    Open,
    fill,
    gadget,
    patches,
    run,
    versions,
)
from kconv._cluster.proof import NotAsBefore
from kconv._errors import Conflict, UsageError
from kconv._pipeline import Pipeline
from kconv_migrations._executors.executor import InProcessExecutor
from kconv_migrations._migration import Vouched, plan, status, survey, undo, verify


def test_objects_are_stored_anew_and_the_version_leaves_the_crd(
    server: ApiServer, opened: Open
) -> None:
    fill(server)
    server.create(CRD, "v1alpha1", gadget("alpha", "v1alpha1", "a-b", size="3x4", color="blue"))
    server.create(CRD, "v1", gadget("new", "v1", "a", dimensions={"width": 1}))
    server.crds[CRD]["status"]["storedVersions"] = ["v1alpha1", "v1beta1", "v1"]
    place = opened()
    (before,) = status(place)
    assert [(each.api_version, each.objects) for each in before.versions] == [
        (NEW, 0), (f"{NEW[:-3]}/v1alpha1", 9), (OLD, 0),
    ]  # fmt: skip
    outcome = run(place, batch_size=3)
    assert (outcome.objects, outcome.raced, outcome.failures, outcome.done) == (9, 0, [], True)
    assert sorted(outcome.dropped) == [f"{NEW[:-3]}/v1alpha1", OLD]
    assert versions(server) == ["v1"]
    assert server.stored_versions(CRD) == ["v1"] * 9
    assert {each.body["metadata"].keys() == {"resourceVersion"} for each in patches(server)} == {
        True
    }
    again = opened()
    (found,) = verify(again, InProcessExecutor(again, Pipeline(again.scheme)), [CRD])
    assert (found.objects, found.compared, found.failures) == (9, 9, [])
    (after,) = status(again)
    assert [(each.api_version, each.objects) for each in after.versions] == [(NEW, 9)]
    assert plan(again) == []
    number = server.number
    done = undo(again, outcome.run)
    assert (done.restored, done.written, done.deleted, done.refused) == (9, [], [], [])
    assert server.number == number, "there is nothing to put back"


def test_what_cannot_be_shown_or_written_is_named_and_the_rest_is_rewritten(
    server: ApiServer, opened: Open
) -> None:
    """As the recorded migrations "sick" and "denied", after which Kubernetes' own prunes."""
    fill(server)
    server.create(CRD, "v1beta1", gadget("sick-1", width=1))

    def deny(request: Request) -> None:
        if request.method == "PATCH" and request.path.endswith("/g-003"):
            raise Failed(422, "denied request: g-003 may not be written", "Invalid")

    server.faults.append(deny)
    place = opened()
    outcome = run(place, batch_size=3)
    assert (outcome.objects, outcome.done) == (6, False)
    assert {str(each.key): each.reason for each in outcome.failures} == {
        "conv/sick-1": "Unreadable", "conv/g-003": "Invalid",
    }  # fmt: skip
    assert any("g-003 may not be written" in each.message for each in outcome.failures)
    assert versions(server) == ["v1beta1", "v1"]
    assert server.stored_versions(CRD).count("v1beta1") == 2
    server.faults.clear()
    server.delete(CRD, "conv", "sick-1")
    del server.calls[:]
    again = run(opened())
    assert (again.objects, again.done) == (1, True)
    assert [each.path for each in patches(server)] == [f"{OBJECTS}/g-003"]
    assert versions(server) == ["v1"]


def test_a_dry_run_writes_nothing_and_names_what_a_run_would(
    server: ApiServer, opened: Open
) -> None:
    fill(server)
    server.create(CRD, "v1beta1", gadget("sick-1", width=1))
    number = server.number
    outcome = run(opened(), dry_run=True)
    assert (outcome.objects, [str(each.key) for each in outcome.failures]) == (7, ["conv/sick-1"])
    assert server.number == number
    assert not [each for each in server.calls if each.method in ("PATCH", "PUT")]


def test_writers_that_come_between_are_not_overwritten(server: ApiServer, opened: Open) -> None:
    fill(server, 6)
    seen: list[str] = []

    def write(request: Request) -> None:
        if request.method != "PATCH" or not request.path.startswith(OBJECTS) or seen:
            return
        seen.append(request.path)
        server.change(CRD, "conv", "g-001", "v1", mode="manual")
        server.change(CRD, "conv", "g-002", "v1alpha1", size="9x9")
        server.delete(CRD, "conv", "g-004")
        server.create(CRD, "v1", gadget("g-new", "v1", dimensions={"width": 1}))

    server.faults.append(write)
    outcome = run(opened())
    assert outcome.done
    assert outcome.failures == []
    assert versions(server) == ["v1"]
    assert set(server.stored_versions(CRD)) == {"v1"}
    assert server.objects[CRD, "conv", "g-001"].value["spec"]["mode"] == "manual"
    assert server.objects[CRD, "conv", "g-002"].value["spec"]["dimensions"]["width"] == 9


def test_a_conversion_that_changes_objects_stops_the_run_before_it_has_written_many(
    server: ApiServer, opened: Open
) -> None:
    """Objects come back without their colour from v1: nobody would notice before they are read."""
    fill(server, 60)
    sound = server.convert

    def lossy(value: dict[str, Any], to: str) -> dict[str, Any]:
        found = sound(value, to)
        if value["apiVersion"] == NEW:
            found["spec"].pop("color", None)
        return found

    server.convert = lossy
    place = opened()
    with pytest.raises(NotAsBefore, match=r"conv/g-000 in v1alpha1\.spec\.color.*undo 20"):
        run(place, batch_size=5)
    assert len(patches(server)) <= 5
    assert versions(server) == ["v1beta1", "v1"]
    # The second run finds that the objects of the first are not what they were.
    with pytest.raises(NotAsBefore):
        run(opened(), batch_size=5)
    assert versions(server) == ["v1beta1", "v1"]
    server.convert = sound
    again = run(opened())
    assert again.done
    assert versions(server) == ["v1"]


def test_a_difference_that_shows_later_keeps_the_version(server: ApiServer, opened: Open) -> None:
    fill(server, 30)
    sound = server.convert

    def late(value: dict[str, Any], to: str) -> dict[str, Any]:
        found = sound(value, to)
        if value["apiVersion"] == NEW and value["metadata"]["name"] == "g-025":
            found["spec"].pop("color", None)
        return found

    server.convert = late
    for keep in (True, False):
        place = opened()
        with pytest.raises(NotAsBefore, match=r"conv/g-025 in " + ("v1alpha1" if keep else "some")):
            run(place, undo=keep)
        assert versions(server) == ["v1beta1", "v1"]
        for stored in server.objects.values():
            stored.version, stored.value = "v1beta1", server.convert(stored.value, OLD)
            server.number += 1
            stored.number = server.number
            stored.value["spec"]["color"] = "red"


def test_undo_puts_back_what_a_conversion_has_changed(server: ApiServer, opened: Open) -> None:
    fill(server, 3)
    sound = server.convert

    def lossy(value: dict[str, Any], to: str) -> dict[str, Any]:
        found = sound(value, to)
        if to == NEW and server.lossy:  # type: ignore[attr-defined]
            found["spec"].pop("colors", None)
        return found

    server.lossy = False  # type: ignore[attr-defined]
    server.convert = lossy
    place = opened()

    def begin(request: Request) -> None:
        server.lossy = request.method == "PATCH"  # type: ignore[attr-defined]

    server.faults.append(begin)
    with pytest.raises(NotAsBefore):
        run(place)
    server.faults.clear()
    server.lossy = False  # type: ignore[attr-defined]
    assert "colors" not in server.objects[CRD, "conv", "g-000"].value["spec"]
    server.change(CRD, "conv", "g-001", "v1", colors=["green"])
    lost: list[str] = []

    def lose(request: Request) -> None:
        """Its first answer to what is put: it meets itself when it is put again."""
        if request.method == "PUT" and not request.query.get("dryRun") and not lost:
            lost.append(request.path)
            server.route(request)
            raise Failed(504, "timed out", "Timeout")

    server.faults.append(lose)
    done = undo(opened(), place.runs()[0].id)
    assert len(lost) == 1
    assert (done.restored, [str(each.key) for each in done.written]) == (2, ["conv/g-001"])
    found = {name: each.value["spec"]["colors"] for (_, _, name), each in server.objects.items()}
    assert found == {"g-000": ["red"], "g-001": ["green"], "g-002": ["red"]}


def test_undo_puts_back_what_a_conversion_lost_that_is_mended_since(
    server: ApiServer, opened: Open
) -> None:
    """The images show what it made of the objects in the new version, which is not to come back."""
    fill(server, 3)
    sound = server.convert

    def lossy(value: dict[str, Any], to: str) -> dict[str, Any]:
        found = sound(value, to)
        if to == NEW:
            found["spec"].pop("colors", None)
        return found

    server.convert = lossy
    place = opened()
    with pytest.raises(NotAsBefore):
        run(place)
    server.convert = sound
    done = undo(opened(), place.runs()[0].id)
    assert (done.restored, done.refused) == (3, [])
    colors = [each.value["spec"]["colors"] for each in server.objects.values()]
    assert colors == [["red"]] * 3


def test_what_is_written_while_the_crd_stores_another_version_is_no_proof(
    server: ApiServer, opened: Open
) -> None:
    """The CRD stores the old version again for a while, and then the new one."""
    fill(server, 4)

    def back(request: Request) -> None:
        if request.method == "PATCH" and request.path.endswith("g-002"):
            server.faults.clear()
            server.flip(CRD, "v1beta1")

    server.faults.append(back)
    with pytest.raises(Conflict):
        run(opened())
    assert "v1beta1" in server.stored_versions(CRD)
    server.flip(CRD, "v1")
    assert run(opened()).done
    assert server.stored_versions(CRD) == ["v1"] * 4
    assert versions(server) == ["v1"]


def test_undo_keeps_the_image_of_what_cannot_be_shown(server: ApiServer, opened: Open) -> None:
    fill(server, 2)
    done = run(opened()).run
    sound = server.convert

    def broken(value: dict[str, Any], to: str) -> dict[str, Any]:
        raise Failed(500, "conversion webhook failed: no such field")

    server.convert = broken
    found = undo(opened(), done)
    assert (found.restored, len(found.refused)) == (0, 2)
    server.convert = sound
    assert undo(opened(), done).restored == 2


def test_a_write_whose_answer_is_lost_keeps_its_image(server: ApiServer, opened: Open) -> None:
    fill(server, 3)
    lost: list[str] = []

    def lose(request: Request) -> None:
        if request.method == "PATCH" and "/gadgets/" in request.path and request.path not in lost:
            lost.append(request.path)
            server.change(CRD, "conv", request.path.rpartition("/")[2], "v1")
            raise Failed(504, "timed out", "Timeout")

    server.faults.append(lose)
    place = opened()
    outcome = run(place)
    assert (outcome.done, len(lost)) == (True, 3)
    assert undo(opened(), outcome.run).restored == 3


def test_answers_to_patches_are_compared_and_not_asked_for_again(
    server: ApiServer, opened: Open
) -> None:
    """The proof reads every version but the stored one, which the answers have been compared in."""
    fill(server, 20)
    assert run(opened(), batch_size=5).done
    last = max(at for at, each in enumerate(server.calls) if each in patches(server))
    read = {
        each.path.split("/")[3]
        for each in server.calls[last:]
        if each.path.endswith("/gadgets") and "Partial" not in each.accept
    }
    assert read == {"v1alpha1", "v1beta1"}
    # What is rewritten in two runs is read in all versions, for the answers of one are gone.
    server.flip(CRD, "v1beta1")
    server.crds[CRD]["status"]["storedVersions"] = ["v1", "v1beta1"]
    run(opened(), batch_size=5, most_rows=8)
    assert versions(server) == ["v1", "v1beta1"]
    assert run(opened(), batch_size=5).done
    last = max(at for at, each in enumerate(server.calls) if "g-0" in each.path)
    read = {
        each.path.split("/")[3]
        for each in server.calls[last:]
        if each.path.endswith("/gadgets") and "Partial" not in each.accept
    }
    assert read == {"v1alpha1", "v1beta1", "v1"}
    assert versions(server) == ["v1beta1"]


def test_an_answer_that_is_another_object_ends_the_run_with_its_page(
    server: ApiServer, opened: Open
) -> None:
    """Not the tenth object, which is read again at once, but the thirtieth."""
    fill(server, 60)
    sound = server.convert

    def lossy(value: dict[str, Any], to: str) -> dict[str, Any]:
        found = sound(value, to)
        is_written = to == NEW and any(each.path.endswith("/g-030") for each in patches(server))
        if is_written and value["metadata"]["name"] == "g-030":
            found["spec"]["mode"] = "other"
        return found

    server.convert = lossy
    with pytest.raises(NotAsBefore, match=r"conv/g-030 in v1\.spec\.mode.*undo 20"):
        run(opened(), batch_size=5)
    assert 30 < len(patches(server)) <= 35
    assert versions(server) == ["v1beta1", "v1"]


def test_an_object_that_comes_and_cannot_be_shown_keeps_the_version(
    server: ApiServer, opened: Open
) -> None:
    """The only other version cannot be listed then: its objects are looked at one by one.

    What cannot be seen is so for good: the proof is not tried again and again.
    """
    fill(server, 20)
    server.crds[CRD]["spec"]["versions"][0]["served"] = False

    def come(request: Request) -> None:
        if request.method == "PATCH" and request.path.endswith("/g-019"):
            server.faults.clear()
            server.create(CRD, "v1", gadget("sick", "v1"))

    server.faults.append(come)
    began = time.monotonic()
    outcome = run(opened(), batch_size=5, patience=120)
    assert time.monotonic() - began < 60, "of the two minutes for writers"
    assert (outcome.objects, outcome.done) == (20, False)
    assert outcome.unproved.startswith("conv/sick cannot be shown in v1beta1: conversion webhook")
    assert "this object cannot be converted" in outcome.unproved
    assert versions(server) == ["v1beta1", "v1"]
    server.delete(CRD, "conv", "sick")
    assert run(opened()).done


def test_nobody_vouches_for_live_code_of_a_cluster(server: ApiServer, opened: Open) -> None:
    fill(server, 1)
    place = opened()
    with pytest.raises(UsageError, match="leave --servers out"):
        run(place, vouched=Vouched(2))
    said = Vouched(code=(("web", ("v1",)),))
    with pytest.raises(UsageError, match="leave --servers out"):
        survey(place, Pipeline(place.scheme), plan(place, [CRD]), vouched=said)
    assert not patches(server)
