"""Versions of an object, compared through the hub of an API package: conversions that are wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import devices
from cluster.api_server import ApiServer, Convert
from cluster.conftest import CRD, NEW, OLD, Open, definition, fill, gadget, patches, run, versions
from cluster.test_cli import command
from kconv import GroupVersion, Pipeline, Scheme
from kconv._cluster.definition import read_definition
from kconv._cluster.hubs import Hubs
from kconv._cluster.kinds import content_of
from kconv._cluster.proof import NotAsBefore
from kconv._errors import UsageError
from kconv._scheme import load_scheme
from kconv.edges._preserve import PRESERVED
from kconv_migrations._executors.executor import InProcessExecutor
from kconv_migrations._migration import Outcome, Settings, migrate, plan, verify

APIS = ("webhook.gadgets:register",)
WRONG = "conv/g-001"
Value = dict[str, Any]
Change = Callable[[Value], None]


def dropped(spec: Value) -> None:
    spec.pop("colors", None)


def swapped(spec: Value) -> None:
    sides = spec.setdefault("dimensions", {})
    sides["width"], sides["height"] = sides.get("height"), sides.get("width")


def changed(spec: Value) -> None:
    spec["replicas"] += 1


def added(spec: Value) -> None:
    spec["note"] = "made up"


def swapped_back(spec: Value) -> None:
    spec["width"], spec["height"] = spec.get("height"), spec.get("width")


def changed_back(spec: Value) -> None:
    spec["replicas"] -= 1


def dropped_size(spec: Value) -> None:
    spec.pop("size", None)


CASES: dict[str, tuple[dict[str, Change], str]] = {
    "drops a field in v1": (
        {NEW: dropped},
        'v1 does not say what v1beta1 says: v1beta1.spec.color is "red" and is missing there',
    ),
    "drops a field in a version that is only served": (
        {f"{NEW[:-2]}v1alpha1": dropped_size},
        "v1alpha1 does not say what v1beta1 says: v1beta1.spec.width is 1 and is missing there",
    ),
    "swaps two fields, there and back": (
        {NEW: swapped, OLD: swapped_back}, "v1beta1.spec.width is 1 and is 2 there, "
    ),
    "changes a number, there and back": (
        {NEW: changed, OLD: changed_back}, "v1beta1.spec.replicas is 1 and is 2 there",
    ),
    "makes something up": (
        {NEW: added}, 'v1beta1 does not say what v1 says: v1.spec.note is "made up" and is missing'
    ),
}  # fmt: skip


def wrongly(convert: Convert, changes: Mapping[str, Change]) -> Convert:
    """A webhook that converts one object wrongly."""

    def converted(value: Value, to: str) -> Value:
        found = convert(value, to)
        if value["metadata"]["name"] == "g-001" and to in changes:
            changes[to](found["spec"])
        return found

    return converted


@pytest.mark.parametrize(("changes", "said"), CASES.values(), ids=CASES)
def test_a_wrong_conversion_is_found_before_anything_is_written(
    server: ApiServer, opened: Open, changes: dict[str, Change], said: str
) -> None:
    fill(server, 3)
    server.convert = wrongly(server.convert, changes)
    for dry_run in (True, False):
        outcome = run(opened(apis=APIS), dry_run=dry_run)
        assert (outcome.objects, outcome.done) == (2, False)
        (failure,) = outcome.failures
        assert (str(failure.key), said in failure.message) == (WRONG, True), failure.message
    assert server.stored_versions(CRD) == ["v1", "v1beta1", "v1"]
    assert not any(each.path.endswith("g-001") for each in patches(server))
    assert versions(server) == ["v1beta1", "v1"]
    place = opened(apis=APIS)
    (verified,) = verify(place, InProcessExecutor(place, Pipeline(place.scheme)), [CRD])
    assert [str(each.key) for each in verified.failures] == [WRONG]


def test_by_value_it_is_found_late_or_never(server: ApiServer, opened: Open) -> None:
    """That a version shows afterwards what it showed before says not that it is right."""
    fill(server, 3)
    sound = server.convert
    server.convert = wrongly(sound, CASES["drops a field in a version that is only served"][0])
    assert run(opened()).done
    assert versions(server) == ["v1"]
    server.flip(CRD, "v1beta1")
    server.convert = wrongly(sound, CASES["swaps two fields, there and back"][0])
    with pytest.raises(NotAsBefore, match="g-001"):
        run(opened())
    assert "v1beta1" in server.stored_versions(CRD)


DEVICES = f"devices.{devices.GROUP}"
KEPT = "old.example.com/retention"
DEVICE_VERSIONS = ("v1alpha1", "v1beta1", "v1", "v2")


@pytest.fixture
def of_devices(server: ApiServer) -> ApiServer:
    """A cluster with devices that are stored in every version, and a webhook that is not kconv's.

    It spells durations as it likes, fills in what none asked for, and keeps what v1 has no field
    for in an annotation of its own.
    """
    crd = definition()
    crd["metadata"]["name"] = DEVICES
    spec = crd["spec"]
    spec |= {"group": devices.GROUP, "names": {"kind": "Device", "plural": "devices"}}
    spec["versions"] = [
        {"name": name, "served": True, "storage": name == "v2", "schema": {"openAPIV3Schema": {
            "type": "object", "properties": {"spec": {"type": "object", "properties": more}},
        }}}
        for name, more in {
            "v1alpha1": {}, "v1beta1": {"mode": {"type": "string", "default": "on"}}, "v1": {},
            "v2": {},
        }.items()
    ]  # fmt: skip
    crd["status"]["storedVersions"] = [*DEVICE_VERSIONS]
    server.crds[DEVICES] = crd
    scheme = Scheme()
    devices.register(scheme)
    pipeline = Pipeline(scheme.freeze())

    def convert(value: Value, to: str) -> Value:
        kept = value["metadata"].get("annotations", {}).get(KEPT)
        retention = kept or value["spec"].get("retention")
        data = json.dumps(value).encode()
        found: Value = json.loads(pipeline.convert(data, GroupVersion.parse(to)))
        notes = found["metadata"].pop("annotations", {})
        notes = {name: each for name, each in notes.items() if name not in (KEPT, PRESERVED)}
        if to.endswith("/v2"):
            found["spec"]["pollInterval"] = "0h0m30s"
            found["spec"] |= {"retention": retention} if retention else {}
        elif retention:
            notes[KEPT] = retention
        found["metadata"] |= {"annotations": notes} if notes else {}
        return found

    server.convert = convert
    base = {"host": "a.example.com", "serial": "7"}
    stored: dict[str, Value] = {
        "v1alpha1": {"address": "a.example.com:80", "serial": 7},
        "v1beta1": {**base, "owner": "ada", "zones": [{"label": "door"}]},
        "v1": {**base, "owners": ["ada", "bob"], "power": "Standby"},
        "v2": {"host": "b", "retention": "36h", "pollInterval": "30s"},
    }
    for name, each in stored.items():
        made = {**gadget(f"in-{name}", name), "kind": "Device", "spec": each}
        server.create(DEVICES, name, {**made, "apiVersion": f"{devices.GROUP}/{name}"})
    return server


def migrated(opened: Open, name: str, *apis: str, dry_run: bool = False) -> Outcome:
    place = opened(apis=apis)
    place.rehearses = dry_run
    targets = plan(place, [name])
    (outcome,) = migrate(place, Pipeline(place.scheme), targets, Settings(dry_run=dry_run))
    return outcome


def test_what_is_honest_is_no_finding(of_devices: ApiServer, opened: Open) -> None:
    with pytest.raises(NotAsBefore, match=r"conv/in-v1 in v1\.spec\.pollSeconds"):
        migrated(opened, DEVICES)
    assert migrated(opened, DEVICES, "devices:register", dry_run=True).failures == []
    outcome = migrated(opened, DEVICES, "devices:register")
    assert (outcome.failures, outcome.done) == ([], True)
    assert of_devices.stored_versions(DEVICES) == ["v2"] * 4
    assert of_devices.crds[DEVICES]["status"]["storedVersions"] == ["v2"]


def test_what_is_kept_in_no_annotation_is_lost(of_devices: ApiServer, opened: Open) -> None:
    sound = of_devices.convert

    def forgetful(value: Value, to: str) -> Value:
        found = sound(value, to)
        if not to.endswith("/v2"):
            found["metadata"].pop("annotations", None)
        return found

    of_devices.convert = forgetful
    outcome = migrated(opened, DEVICES, "devices:register", dry_run=True)
    said = {str(each.key): each.message for each in outcome.failures}
    assert said.keys() == {"conv/in-v1", "conv/in-v2"}
    assert 'v1 does not say what v2 says: v2.spec.retention is "36h0m0s"' in said["conv/in-v2"]
    assert 'v1.spec.owners[1] is "bob" and is missing there' in said["conv/in-v1"]


def test_the_webhook_of_kconv_itself(server: ApiServer, opened: Open) -> None:
    """Objects in every version, with what others lose, defaults that no package knows among it."""
    new: Value = {"mode": "manual", "dimensions": {"width": 3}}
    server.create(CRD, "v1alpha1", gadget("alpha", "v1alpha1", size="3x4", color="blue"))
    server.create(CRD, "v1beta1", gadget("beta", width=3))
    server.create(CRD, "v1", gadget("new", "v1", **new, colors=["red"]))
    server.create(CRD, "v1", gadget("bare", "v1"))
    server.crds[CRD]["status"]["storedVersions"] = ["v1alpha1", "v1beta1", "v1"]
    outcome = migrated(opened, CRD, *APIS)
    assert (outcome.failures, outcome.done, versions(server)) == ([], True, ["v1"])
    assert server.stored_versions(CRD) == ["v1"] * 4


def test_what_a_package_cannot_read_is_said(server: ApiServer, opened: Open) -> None:
    fill(server, 2)
    assert "no API package has it" in opened(apis=("devices:register",)).how_compared(CRD)
    assert opened().how_compared(CRD) == ""
    server.create(CRD, "v1beta1", gadget("odd", note=7))
    with pytest.raises(UsageError, match="none:register"):
        opened(apis=("none:register",))
    sound = server.convert
    server.convert = lambda value, to: {**sound({**value, "spec": {}}, to), "spec": value["spec"]}
    (failure,) = run(opened(apis=APIS), dry_run=True).failures[-1:]
    assert str(failure.key) == "conv/odd"
    assert "the API package cannot read it" in failure.message
    assert "spec.note" in failure.message


def test_as_a_command(server: ApiServer, kubeconfig: Path, notes: str, tmp_path: Path) -> None:
    fill(server, 3)
    server.convert = wrongly(server.convert, {NEW: dropped})
    junit = tmp_path / "report.xml"
    options = [CRD, "--apis", *APIS, "--dry-run", "--junit", str(junit), "-o", "json"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    found = subprocess.run(
        command(*options, notes=notes), capture_output=True, text=True, timeout=60, env=environment
    )
    assert found.returncode == 1, found.stderr
    (failure,) = json.loads(found.stdout)["resources"][0]["failures"]
    assert (failure["name"], failure["reason"]) == ("g-001", "Unreadable")
    assert "v1beta1.spec.color" in failure["message"]
    assert {each["path"] for each in failure["findings"]} == {"spec.color"}
    (finding,) = (each for each in failure["findings"] if each["version"] == "v1beta1")
    assert finding == {
        "path": "spec.color", "reason": "FieldValueInvalid", "version": "v1beta1", "other": "v1",
        "value": "red", "message": 'v1beta1: is "red" and is missing there (v1)',
    }  # fmt: skip
    cases = ElementTree.parse(junit).getroot().iter("failure")
    assert any('spec.color: v1beta1: is "red"' in (each.text or "") for each in cases)
    assert found.stderr.count("v1beta1.spec.color") == 1, "it is said once"
    assert "v1beta1.spec.color" in found.stderr
    text = subprocess.run(
        command(*options[:-2], notes=notes), capture_output=True, text=True, timeout=60,
        env=environment,
    )  # fmt: skip
    assert f"{CRD}: v1alpha1, v1beta1, v1 are compared through the hub" in text.stderr


def recorded(value: Any) -> Iterator[Value]:
    """Every object in a recorded exchange, in bodies that are texts as well."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        with suppress(ValueError):
            value = json.loads(value)
    if isinstance(value, dict):
        metadata = value.get("metadata")
        if "apiVersion" in value and isinstance(metadata, dict) and metadata.get("resourceVersion"):
            yield value
        value = [*value.values()]
    for each in value if isinstance(value, list) else ():
        yield from recorded(each)


def test_what_a_real_kubernetes_shows_in_several_versions(reference: Path) -> None:
    """It converts rightly: nothing is found in objects that were read in more than one of them."""
    found: dict[tuple[str, ...], dict[str, Value]] = {}
    for path in (each for name in ("ssa", "http", "misc", "convert") for each in
                 sorted((reference / name).rglob("*.json"))):  # fmt: skip
        for each in recorded(path.read_text()):
            group, _, version = each["apiVersion"].rpartition("/")
            state = each["metadata"].get("uid", ""), each["metadata"]["resourceVersion"]
            found.setdefault((group, each.get("kind", ""), *state), {}).setdefault(version, each)
    several = {key: each for key, each in found.items() if len(each) > 1 and key[2]}
    hubs = Hubs(load_scheme({key[0] for key in several}))
    crd, compared = read_definition(definition()), 0
    for (group, kind, *_), items in several.items():
        read = replace(crd, group=group, kind=kind, served=tuple(items), defaults={})
        shown = {version: content_of(each, read, version) for version, each in items.items()}
        compared += len(hubs.knows(read)) > 1
        assert hubs.disagreement(read, items, shown) == ("", ()), (group, kind, items)
    assert compared > 12


WIDTH = "v1alpha1 does not say what v1 says: v1.spec.dimensions.width is"
SAID_BY_RECORDED_WEBHOOKS: dict[str, dict[str, str]] = {
    # The exchange in which an object was seen in the second version, the objects, and what is said.
    "832-bad-changed-generation-patch": {"m2": "v1.metadata.generation is 4 and is 77 there"},
    "836-bad-missing-creation-timestamp-patch": {
        "m2": "v1.metadata.creationTimestamp is",
    },
    "857-bad-schema-invalid-output-patch": {"m2": "v1.spec.dimensions.width is 6 and is -5 there"},
    "860-bad-schema-wrong-type-output-patch": {"m2": 'spec.replicas: Invalid value: "many"'},
    # The CRD says strategy: None by then, and v1alpha1 has no dimensions.
    "912-strategy-none-list-v1alpha1": {
        "m1": WIDTH, "m3": WIDTH, "n-changed-finalizers": WIDTH, "n-changed-generation": WIDTH,
        "n-changed-labels-annot": WIDTH, "n-dropped-managed-fiel": WIDTH,
        "n-missing-creation-tim": WIDTH, "n-unknown-field-output": WIDTH,
        "n-schema-invalid-outpu": "v1.spec.replicas is 100000 and is 1 there",
        "n-schema-wrong-type-ou": 'spec.replicas: Invalid value: "many"',
    },
}  # fmt: skip


def test_what_recorded_webhooks_did(reference: Path) -> None:
    """Nothing is found but what they did wrong, and what nothing converted any more."""
    found: dict[tuple[str, str, str], dict[str, tuple[Value, str]]] = {}
    for path in (each for name in ("crd", "conversion", "migrate") for each in
                 sorted((reference / name).glob("*.json"))):  # fmt: skip
        exchange = json.loads(path.read_text())
        if "dry-run" in path.name:
            continue  # it would have been, under the resourceVersion of what is
        if isinstance(exchange, dict):
            exchange = exchange.get("response")  # what was asked for is not what is stored
        for each in recorded([exchange]):
            _, _, version = each["apiVersion"].rpartition("/")
            metadata = each["metadata"]
            key = metadata.get("name", ""), metadata.get("uid", ""), metadata["resourceVersion"]
            if each.get("kind") == "Gadget":
                found.setdefault(key, {}).setdefault(version, (each, path.name.partition(".")[0]))
    hubs = Hubs(load_scheme((), APIS))
    crd, compared = read_definition(definition()), 0
    said: dict[str, dict[str, str]] = {}
    for (name, *_), states in found.items():
        items = {version: each for version, (each, _) in states.items()}
        read = replace(crd, served=tuple(items), defaults={})
        shown = {version: content_of(each, read, version) for version, each in items.items()}
        compared += len(items) > 1
        text = hubs.disagreement(read, items, shown).text
        if text:
            said.setdefault(max(file for _, file in states.values()), {})[name] = text
    assert compared > 40
    assert said.keys() == SAID_BY_RECORDED_WEBHOOKS.keys()
    for exchange, objects in SAID_BY_RECORDED_WEBHOOKS.items():
        assert said[exchange].keys() == objects.keys()
        for name, words in objects.items():
            assert words in said[exchange][name]
