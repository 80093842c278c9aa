"""What would be lost is found before it is written; and what was lost is given back."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from cluster.api_server import ApiServer, Failed, Request
from cluster.conftest import CRD, NEW, OLD, Open, fill, gadget, run, versions
from cluster.test_cli import kconv
from kconv import Conflict, KconvError
from kconv._cluster.narrowing import narrowed
from kconv._paths import Path
from kconv._structural import full_objects, pruned
from kconv._structural.field_paths import steps, written
from kconv._structural.full_objects import UNKNOWN
from kconv_migrations._migration import undo


def without_conversion(server: ApiServer) -> None:
    """A CRD whose v1 calls ``size`` ``length``, and that says no webhook."""
    crd = server.crds[CRD]
    crd["spec"]["conversion"] = {"strategy": "None"}
    kept = {"v1alpha1": ["size", "color"], "v1beta1": ["size", "color"], "v1": ["length", "color"]}
    for each in crd["spec"]["versions"]:
        properties = {name: {"type": "string"} for name in kept[each["name"]]}
        each["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"] = properties

    def prune(value: dict[str, Any], to: str) -> dict[str, Any]:
        made = deepcopy(value)
        allowed = kept[to.rpartition("/")[2]]
        made["spec"] = {name: each for name, each in made["spec"].items() if name in allowed}
        return made

    server.convert = prune
    for at in range(3):
        server.create(CRD, "v1beta1", gadget(f"g-{at}", size=str(at), color="red"))
    server.create(CRD, "v1beta1", gadget("plain", color="red"))


def sizes(server: ApiServer) -> dict[str, str]:
    return {name: each.value["spec"].get("size", "-") for (_, _, name), each in server.sorted()}


def test_what_nothing_converts_is_left_as_it_is(server: ApiServer, opened: Open) -> None:
    without_conversion(server)
    for dry_run in (True, False):
        outcome = run(opened(), dry_run=dry_run)
        assert (outcome.objects, outcome.done) == (1, False)
        assert {str(each.key) for each in outcome.failures} == {f"conv/g-{at}" for at in range(3)}
        said = outcome.failures[0].message
        assert "would be changed, in v1alpha1.spec.size" in said
        (path, _, _, details) = outcome.failures[0].findings[0]
        assert path == "spec.size"
        assert json.loads(details).items() >= {"version": "v1alpha1", "other": "v1"}.items()
        assert "add spec.size to its schema, or set a conversion webhook" in said
        assert sizes(server) == {"g-0": "0", "g-1": "1", "g-2": "2", "plain": "-"}
    assert server.stored_versions(CRD) == ["v1beta1"] * 3 + ["v1"]
    assert versions(server) == ["v1beta1", "v1"]
    assert any("v1 lacks spec.size" in each for each in opened().findings())
    place = opened()
    place._driving.is_on = True
    with pytest.raises(Conflict, match="own migrator would lose it"):
        run(place)
    for each in server.crds[CRD]["spec"]["versions"]:
        each["served"] = each["name"] == "v1"
    with pytest.raises(Conflict, match=r"spec\.size.*not served\. Set served: true"):
        run(opened())


def test_a_dry_run_has_the_server_try_it(server: ApiServer, opened: Open) -> None:
    """A webhook that loses a field on the way to v1, and a policy that refuses one object."""
    fill(server, 3)
    sound = server.convert

    def lossy(value: dict[str, Any], to: str) -> dict[str, Any]:
        found = sound(value, to)
        if to == NEW and value["metadata"]["name"] == "g-001":
            found["spec"].pop("colors", None)
        return found

    def deny(request: Request) -> None:
        if request.method == "PATCH" and request.path.endswith("/g-002"):
            raise Failed(422, "denied request: g-002 may not be written", "Invalid")

    server.convert = lossy
    server.faults.append(deny)
    number = server.number
    place = opened()
    place.rehearses = True
    outcome = run(place, dry_run=True)
    assert (outcome.objects, server.number) == (1, number)
    said = {str(each.key): each.message for each in outcome.failures}
    assert "spec.color: v1 does not hold it; mend the webhook" in said["conv/g-001"]
    assert "may not be written" in said["conv/g-002"]


@pytest.mark.parametrize("since", ["", "flipped", "migrated"])
def test_what_was_lost_is_given_back(
    server: ApiServer, opened: Open, notes: str, since: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_conversion(server)
    with monkeypatch.context() as patched:
        patched.setattr("kconv._cluster.definition.narrowed", lambda _: {})
        with pytest.raises(KconvError, match="storage: true at the former version"):
            run(opened())
    assert sizes(server)["g-1"] == "-"
    failed = opened().runs()[0].id
    printed = kconv("undo", failed, "--dry-run", "-o", "json", notes=notes)
    images = {each["name"]: each for each in json.loads(printed.stdout)["images"]}
    assert (images["g-1"]["version"], images["g-1"]["object"]["spec"]["size"]) == (OLD, "1")
    tried = undo(opened(), failed)
    assert tried.restored == 1, "there was nothing to lose in it"
    assert all("set storage: true at v1beta1" in why for _, why in tried.refused)
    if since:
        server.flip(CRD, "v1beta1")
        if since == "migrated":
            assert run(opened()).done
        done = undo(opened(), failed)
        assert (done.restored, done.written, done.refused) == (3, [], [])
        assert sizes(server) == {"g-0": "0", "g-1": "1", "g-2": "2", "plain": "-"}
        assert done.preferred == {CRD: OLD}


NONE: dict[str, Any] = {"type": "object", "properties": {}}
LISTED = {"type": "array", "items": {"type": "object", "properties": {"b": {"type": "string"}}}}
KEPT = {"x-kubernetes-preserve-unknown-fields": True}
KEEPS = {"type": "object", **KEPT}
TEXT = {"type": "string"}


def some(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        (some(a=TEXT), some(a=TEXT, b=TEXT), ()),
        (some(a=TEXT, metadata=NONE), some(), ("a",)),
        (some(a=some(b=TEXT, c=TEXT)), some(a=some(c=TEXT)), ("a.b",)),
        (some(a=some(b=TEXT)), some(a=KEEPS), ()),
        (some(a=KEEPS), some(a=NONE), ("a.*",)),
        (some(a=some(b=TEXT)), some(a={"type": "object", "additionalProperties": TEXT}), ()),
        (
            some(a={"type": "object", "additionalProperties": some(b=TEXT)}),
            some(a={"type": "object", "additionalProperties": some(c=TEXT)}),
            ("a.*.b",),
        ),
        (some(a=LISTED), some(a={"type": "array", "items": some()}), ("a[].b",)),
        # What is declared beside unknown fields that are kept is pruned as anywhere.
        (some(a=some(b=some(c=TEXT))), some(a={**KEEPS, **some(b=some())}), ("a.b.c",)),
        (some(a=LISTED), some(a={"type": "array", "items": KEEPS}), ()),
        (some(a=LISTED), some(a={**KEPT, "type": "array", "items": some()}), ()),
        (some(a=KEEPS), some(a={**KEEPS, **some(b=TEXT)}), ()),
        (
            some(t=some(metadata=NONE, spec=TEXT)),
            some(t={**some(spec=TEXT), "x-kubernetes-embedded-resource": True}),
            (),
        ),
    ],
)  # fmt: skip
def test_what_a_schema_prunes(old: Any, new: Any, lost: tuple[str, ...]) -> None:
    spec: dict[str, Any] = {
        "versions": [
            {"name": "v1", "storage": False, "schema": {"openAPIV3Schema": old}},
            {"name": "v2", "storage": True, "schema": {"openAPIV3Schema": new}},
        ]
    }
    assert narrowed(spec) == ({"v1": lost} if lost else {})
    dropped: list[Path] = []
    for each in full_objects(old).objects:
        pruned(each, new, dropped)
    keys = ("aKey", UNKNOWN)
    paths = [tuple("*" if step in keys else step for step in each) for each in dropped]
    assert {written(steps(each)) for each in paths} == {*lost}, "it is what pruning does"
    assert narrowed({**spec, "conversion": {"strategy": "Webhook"}}) == {}


KEPT_LIST = {**KEPT, "type": "array", "items": some()}
TEXTS = {"type": "array", "items": TEXT}


def mapped(values: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


@pytest.mark.parametrize(
    ("old", "new", "value", "lost"),
    [
        (KEEPS, some(b=some()), {"b": {"c": "d"}}, ("a.*",)),
        (KEEPS, {**KEEPS, **some(b=some())}, {"b": {"c": "d"}}, ("a.b.*",)),
        (KEEPS, {**KEEPS, **some(b=LISTED)}, {"b": [{"c": "d"}]}, ("a.b[].*",)),
        (KEEPS, {**KEEPS, **some(b=TEXT, c=TEXTS)}, {"b": "c", "c": ["d"]}, ()),
        (KEEPS, mapped(some()), {"b": {"c": "d"}}, ("a.*.*",)),
        (KEEPS, mapped(True), {"b": {"c": "d"}}, ("a.*.*",)),
        (KEEPS, mapped(KEEPS), {"b": {"c": "d"}}, ()),
        (KEEPS, mapped(TEXT), {"b": "c"}, ()),
        (KEPT_LIST, {"type": "array", "items": some()}, [{"c": "d"}], ("a[].*",)),
        (KEPT_LIST, {"type": "array", "items": KEEPS}, [{"c": "d"}], ()),
        (KEPT_LIST, KEPT_LIST, [{"c": "d"}], ()),
    ],
)  # fmt: skip
def test_what_a_schema_prunes_of_what_another_one_keeps_unknown(
    old: Any, new: Any, value: Any, lost: tuple[str, ...]
) -> None:
    spec: dict[str, Any] = {
        "versions": [
            {"name": "v1", "storage": False, "schema": {"openAPIV3Schema": some(a=old)}},
            {"name": "v2", "storage": True, "schema": {"openAPIV3Schema": some(a=new)}},
        ]
    }
    assert narrowed(spec) == ({"v1": lost} if lost else {})
    assert pruned({"a": value}, some(a=old)) == {"a": value}
    assert (pruned({"a": value}, some(a=new)) == {"a": value}) is not bool(lost)


def test_a_loss_is_not_for_kconv_to_accept(notes: str) -> None:
    said = kconv(CRD, "--accept-loss", notes=notes)
    assert (said.returncode, "converted by it" in said.stderr) == (2, True)
