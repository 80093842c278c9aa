"""The tables of structured-merge-diff's own tests, with what its code answers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from kconv._managed.check import check
from kconv._managed.compare import compare
from kconv._managed.conflicts import ApplyConflict
from kconv._managed.field_set import field_set
from kconv._managed.fields import (
    difference,
    intersection,
    parse,
    recursive_difference,
    union,
    written,
)
from kconv._managed.lists import NoStep
from kconv._managed.merge import merge
from kconv._managed.owners import Manager, Owned
from kconv._managed.remove import remove
from kconv._managed.shape import Shape
from kconv._managed.updater import MissingVersion, Typed, Updater
from managed.smd_schemas import schema


def cases(reference: Path, name: str) -> Iterator[dict[str, Any]]:
    for line in (reference / "peers" / f"managedfields_smd_{name}.jsonl").read_text().splitlines():
        yield json.loads(line)


def test_sets(reference: Path) -> None:
    """Sets are read and written as theirs, to the letter, and combine as theirs."""
    operations = {
        "Union": union,
        "Intersection": intersection,
        "Difference": difference,
        "RecursiveDifference": recursive_difference,
    }
    done: Counter[str] = Counter()
    for case in cases(reference, "fieldpath"):
        given, expected = case["input"], case["expected"]
        name = given["fn"]
        if name == "Leaves":  # of a set, which nothing here asks for
            continue
        done[name] += 1
        if name in operations:
            made = operations[name](parse(given["a"]), parse(given["b"]))
        else:
            try:
                made = parse(json.loads(given["json"]))
            except ValueError:
                assert expected["error"], case
                continue
            assert not expected["error"], case
        assert made == expected["result"], case
        if case["source"].endswith("TestSerializeV1"):
            # What their writer wrote is read here, and written again.
            assert json.dumps(written(made)) == json.dumps(json.loads(given["json"])), case
            done["written"] += 1
    assert sum(done.values()) > 300
    assert done["written"]


TYPED = {"Validate", "Compare", "Merge", "ToFieldSet", "RemoveItems"}
"""ExtractItems is what clients do with an object."""

NO_ATOM = "schema error"
"""Schemas that are none: those of kconv come from types."""


def test_typed_values(reference: Path) -> None:
    """What is valid, how values differ and merge, which fields they have, what removing does."""
    done: Counter[str] = Counter()
    wrong: list[Any] = []
    for case in cases(reference, "typed"):
        given, expected = case["input"], case["expected"]
        name = given.get("fn")
        if name not in TYPED or NO_ATOM in str(expected.get("error")):
            continue
        done[name] += 1
        shape = schema(given["schema"]).shape(yaml.safe_load(given["typeRef"]))
        if (why := _typed(name, shape, given, expected)) is not None:
            wrong.append((why, case))
    assert sum(done.values()) > 300
    assert not wrong, f"{len(wrong)} of {done}: {wrong[0]}"


def _typed(name: str, shape: Shape, given: Any, expected: Any) -> Any:
    value = given["value"]
    if name == "Validate":
        found = check(shape, value, duplicates=bool(given["options"]))
        return None if bool(found) == bool(expected["error"]) else found
    try:
        if name == "Compare":
            removed, modified, added = map(written, compare(shape, value, given["other"]))
            made: Any = {"added": added, "modified": modified, "removed": removed}
            wanted = {key: expected.get(key) for key in made}
        elif name == "Merge":
            made, wanted = merge(shape, value, given["other"]), expected.get("result")
        elif name == "ToFieldSet":
            made, wanted = written(field_set(shape, value)), expected.get("result")
        else:
            made, wanted = remove(shape, value, parse(given["set"])), expected.get("result")
    except NoStep as error:
        return None if expected.get("error") else error
    if expected.get("error"):
        return made
    return (
        None
        if json.dumps(made, sort_keys=name in ("Merge", "RemoveItems"))
        == json.dumps(wanted, sort_keys=name in ("Merge", "RemoveItems"))
        else (made, wanted)
    )


class Yaml(yaml.SafeLoader):
    """YAML as Go's library reads it, to which ``n`` is false."""

    bool_values = {**yaml.SafeLoader.bool_values, "n": False, "y": True}


Yaml.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^[yYnN]$"), list("yYnN"))


class Relabelled:
    """Versions by schemas of their own; in names of fields, ``renames`` puts one for another."""

    def __init__(self, schemas: dict[str, Any], *, renames: bool) -> None:
        self._renames = renames
        self._shapes = {
            version: schema(each["schema"]).shape(yaml.safe_load(each["typeRef"]))
            for version, each in schemas.items()
        }

    def shape(self, version: str) -> Shape:
        if version not in self._shapes:
            raise MissingVersion(version)
        return self._shapes[version]

    def convert(self, document: Typed, version: str) -> Typed:
        self.shape(version)
        value = document.value
        if self._renames and document.version:
            value = json.loads(json.dumps(value).replace(document.version, version))
        return Typed(value, version)

    def alike(self, version: str, other: str) -> bool:
        return False


def test_managers(reference: Path) -> None:
    """Updates and applies by several managers, through several versions."""
    done, wrong = 0, []
    for case in cases(reference, "merge"):
        given, expected = case["input"], case["expected"]
        operations = given["ops"]
        if "repeating" in given["converter"] or given.get("ignored") is not None:
            continue
        if not expected.get("steps") or any(
            each["op"] in ("ChangeParser", "ExtractApply") for each in operations
        ):
            continue
        done += 1
        try:
            why = _run(given, expected)
        except Exception as error:  # noqa: BLE001 - the case is told
            why = repr(error)
        if why is not None:
            wrong.append((why, case))
    assert done > 90
    assert not wrong, f"{len(wrong)} of {done}: {wrong[0]}"


def _run(given: Any, expected: Any) -> Any:
    versions = Relabelled(given["schemas"], renames="renaming" in given["converter"])
    updater = Updater(versions, returns_unchanged=given["returnInputOnNoop"])
    live = Typed(None, "")
    managers: dict[Manager, Owned] = {}
    for operation, step in zip(given["ops"], expected["steps"], strict=False):
        version = operation["apiVersion"]
        manager = Manager(operation["manager"], "")
        wanted = Typed(yaml.load(operation["yaml"], Yaml), version)
        before = versions.convert(live, version)
        if operation["op"] == "Update":
            managers = updater.update(before, wanted, managers, manager)
            live = wanted
        else:
            force = operation["op"] == "ForceApply"
            try:
                made, managers = updater.apply(before, wanted, managers, manager, force=force)
                live = before if made is None else made
                conflicts: Any = []
            except ApplyConflict as error:
                conflicts = [(each.manager.name, each.path) for each in error.conflicts]
            if not force and len(conflicts) != len(operation.get("expectedConflicts") or ()):
                return operation, conflicts
        if json.dumps(live.value, sort_keys=True) != json.dumps(step["live"], sort_keys=True):
            return operation, live.value, step["live"]
        found = {
            each.name: {
                "apiVersion": owned.api_version,
                "applied": owned.applied,
                "fields": written(owned.fields),
            }
            for each, owned in managers.items()
        }
        if found != step["managers"]:
            return operation, found, step["managers"]
    return None
