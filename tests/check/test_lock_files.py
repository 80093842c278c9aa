"""Lock files: stable, readable, complete, and the same whatever the order of things."""

import os
import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from kconv._check.lock import Locks, VersionLock, locks_of, parsed, read_lock, text_of, texts_of
from kconv._check.lock.read import lock_of
from kconv._check.lock.text import document_of, flow
from kconv._resource import Column, Deprecation, Hub, Resource
from kconv._schema import Type, defaults, validates
from kconv._scheme import Scheme, load_scheme
from kconv.edges import Edge, MapValues, Preserve
from kconv.fields import Int32, List, Map, Object, Quantity, String

ROOT = Path(__file__).parents[2]


class Part(Type):
    name = String(required=True, pattern="^[a-z]+$", max_length=63)
    amount = Quantity(milli=True)


class Spec(Type):
    parts = List(
        Object(Part),
        list_type="map",
        map_keys=("name",),
        merge_key="name",
        patch_strategy="merge",
        min_items=1,
    )
    labels = Map(String())
    mode = String(enum=("B", "A"), load_default="A", metadata={"open": True})
    size = Int32(minimum=0, load_default=0, validate=lambda value: value != 13)
    inner = Object(lambda: Spec)
    continue_ = String(data_key="continue")


class Thing(Resource):
    class Meta:
        group = "lock.example.com"
        version = "v1beta1"
        short_names = ("th", "t")
        namespaced = False
        deprecated = Deprecation("1.2", removed_in="1.4", replacement="v1 Thing")
        printer_columns = (Column("Mode", "spec.mode"), Column("Age", lambda value: 1, "date"))

    spec = Object(Spec, required=True, load_default=dict)


class HubPart(Type):
    name = String(required=True)
    amount = Quantity()


class HubSpec(Type):
    parts = List(Object(HubPart))
    labels = Map(String())
    mode = String()
    size = Int32()
    inner = Object(Spec)
    extra = String()
    continue_ = String(data_key="continue")


class ThingHub(Hub):
    class Meta:
        group = "lock.example.com"
        kind = "Thing"

    spec = Object(HubSpec)


@defaults(Spec)
def fill_in(value: dict[str, Any]) -> None:
    value.setdefault("labels", {})["app"] = value.get("mode", "") + "!"


@validates(Spec)
def sane(value: Mapping[str, Any]) -> list[Any]:
    return []


def things() -> Locks:
    scheme = Scheme()
    scheme.add(
        ThingHub,
        Edge(
            Thing,
            MapValues("spec.mode", "spec.mode", {"A": "Auto", "B": "Basic"}),
            Preserve("spec.extra"),
        ),
        storage="lock.example.com/v1beta1",
    )
    return locks_of(scheme.freeze())


def test_a_lock_file_says_what_the_version_promises() -> None:
    (text,) = texts_of(things()).values()
    until_types = text.partition("  ManagedFieldsEntry:")[0]
    assert (
        until_types
        == """\
# Written by `kconv lock`. `kconv check` tells what the code breaks of it.
lock: 1
group: lock.example.com
version: v1beta1
level: beta
preferred: true
kinds:
  Thing:
    type: Thing
    plural: things
    singular: thing
    scope: Cluster
    shortNames: [t, th]
    subresources: [status]
    storedAs: things.lock.example.com
    storage: true
    deprecated: {removedIn: "1.4", replacement: "v1 Thing", since: "1.2"}
    columns:
      - {name: Mode, value: spec.mode, type: string}
      - {name: Age, value: "Thing.Meta.<lambda>()", type: date}
    conversion:
      rules:
        "map-values(spec.mode <-> spec.mode)": {values: {A: Auto, B: Basic}}
        "preserve(nothing <-> spec.extra)": {}
      kept:
        spec.extra: kconv.dev/preserved-fields
types:
"""
    )
    spec = text.partition("  Spec:\n")[2].partition("  Thing:\n")[0]
    assert (
        spec
        == """\
    computed:
      fill_in: {labels: {app: "A!"}}
    rules: [sane]
    fields:
      continue: {type: string}
      inner: {type: object, of: Spec}
      labels: {type: map, items: {type: string}}
      mode: {type: string, default: A, enum: [A, B], open: true}
      parts: {type: list, items: {type: object, of: Part}, minItems: 1, unique: true, \
listType: map, mapKeys: [name], mergeKey: name, patchStrategy: merge}
      size: {type: integer, format: int32, default: 0, minimum: 0, rules: ["Spec.<lambda>"]}
"""
    )


def test_reading_gives_back_what_was_written() -> None:
    for locks in (things(), locks_of(load_scheme())):
        assert parsed(texts_of(locks), "lock") == locks


def test_the_text_does_not_depend_on_the_order_of_anything() -> None:
    (lock,) = things().values()
    order = random.Random(5)

    def shuffled(value: Any, inside: str = "") -> Any:
        if isinstance(value, dict):
            items = list(value.items())
            order.shuffle(items)
            return {key: shuffled(inner, key) for key, inner in items}
        return value

    for _ in range(5):
        other: VersionLock = lock_of(shuffled(document_of(lock)))
        assert text_of(other) == text_of(lock)


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    written: list[dict[PurePosixPath, bytes]] = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        command = [sys.executable, "-m", "kconv", "lock", "--out", str(out)]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run(command, check=True, env=environment, capture_output=True)
        files = sorted(out.glob("*/*.yaml"))
        written.append({PurePosixPath(each.relative_to(out)): each.read_bytes() for each in files})
    assert written[0] == written[1]
    text = b"".join(written[0].values())
    assert str(ROOT).encode() not in text
    assert b" at 0x" not in text


def test_flow_is_yaml_whatever_the_value() -> None:
    values: list[Any] = [
        "plain", "yes", "Null", "1", "a: b", "# no", "", " x", "ü\u0085\u2028😀\x00", "~", "- a",
        1, -1, 0.5, 1e300, 1e-7, 2.0, True, None, [], {}, ["a", "b"], {"a": {"on": "off"}},
    ]  # fmt: skip
    for value in values:
        found = yaml.safe_load(f"[{flow(value)}]")
        assert found == [value]
        assert type(found[0]) is type(value)


def test_types_of_one_name_are_told_apart() -> None:
    twin = type("Part", (Type,), {"other": String(), "__module__": "elsewhere"})
    fields = {"one": Object(Part), "two": Object(twin)}
    spec = type("TwinSpec", (Type,), fields)
    meta = type("Meta", (), {"group": "twin.example.com", "version": "v1", "kind": "Twin"})
    twins = type("Twin", (Resource,), {"spec": Object(spec), "Meta": meta})
    hub = type("TwinHub", (Hub,), {"spec": Object(spec), "Meta": meta})
    scheme = Scheme()
    scheme.add(hub, Edge(twins), storage="twin.example.com/v1")
    (lock,) = locks_of(scheme.freeze()).values()
    assert "Part of elsewhere" in lock.types
    assert f"Part of {__name__}" in lock.types
    assert read_lock(text_of(lock), "twin") == lock
