"""What clients make up for managedFields is refused or ignored, in little time and memory."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kconv._managed import elements, owners
from kconv._managed.elements import canonical, keyed, order, spelled
from kconv._managed.field_manager import MOST_GIVEN, FieldManager
from kconv._managed.fields import of, parse, union, union_of
from kconv._managed.last_applied import LAST_APPLIED, allowed_conflicts
from kconv._managed.merge import merge
from kconv._managed.owners import APPLY, UPDATE, Manager
from kconv._managed.shape import ListShape, MapShape, Shape
from kconv._managed.skeleton import skeletons
from kconv._managed.updater import Typed

NOW = "2026-01-01T00:00:00Z"
ANY = Shape(scalar="untyped")
ROOT = Shape(map=MapShape({}, ANY, atomic=False))


class OneVersion:
    """A kind that has one version."""

    def shape(self, version: str) -> Shape:
        assert version == "v1"
        return ROOT

    def convert(self, document: Typed, version: str) -> Typed:
        return document

    def alike(self, version: str, other: str) -> bool:
        return version == other


MANAGER = FieldManager(OneVersion(), "v1", "", {}, dict)


@contextmanager
def soon(seconds: float) -> Iterator[None]:
    began = time.perf_counter()
    yield
    assert time.perf_counter() - began < seconds


def entry(manager: str, fields: Any, operation: str = UPDATE, **others: str) -> dict[str, Any]:
    head = {"apiVersion": "v1", "fieldsType": "FieldsV1", "manager": manager}
    return {**head, "operation": operation, "fieldsV1": fields, "time": NOW, **others}


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb", "é", "<a>"])
def test_names_of_keys_are_escaped(name: str) -> None:
    step = keyed({name: 1})
    assert json.loads(step[2:]) == {name: 1}
    assert canonical(step) == step
    assert order(step)
    assert spelled(step)


DEEP = ["v:" + "[" * 100_000, "v:" + "[" * 5_000 + "]" * 5_000, 'k:{"a":' + "[" * 100_000]
MEDIUM = ["v:" + "[" * depth + "]" * depth for depth in (200, 900)]


@pytest.mark.parametrize("step", [*DEEP, *MEDIUM, "v:" + '{"a":' * 300 + "1" + "}" * 300])
def test_steps_nested_too_deeply_are_none(step: str) -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        parse({"f:a": {step: {}}})
    made = MANAGER.create(lambda: {"a": 1}, [entry("x", {step: {}})], "me", NOW)
    assert [each["manager"] for each in made] == ["me"]


def test_steps_of_some_depth_are_read() -> None:
    step = "v:" + "[" * 50 + "]" * 50
    assert parse({step: {}}) == {step: {}}
    assert order(step)
    assert spelled(step)


def test_an_annotation_nested_too_deeply_allows_nothing() -> None:
    live = {"metadata": {"annotations": {LAST_APPLIED: "[" * 200_000}}}
    assert allowed_conflicts(OneVersion(), live, "v1") is None


def test_long_steps_and_names_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for make in (canonical, order, spelled):
        step = 'v:"' + "x" * 300 + '"'
        assert make(step) is not None
        known = next(
            cell.cell_contents
            for cell in make.__closure__ or ()
            if hasattr(cell.cell_contents, "cache_info")
        )
        before = known.cache_info().misses
        make(step + " ") if make is not canonical else make(step)
        assert known.cache_info().misses == before
        make(f'v:"short {make.__name__}"')
        assert known.cache_info().misses == before + 1
    before = owners._identifier.cache_info().misses
    assert "y" * 300 in Manager("y" * 300, UPDATE).identifier
    assert owners._identifier.cache_info().misses == before
    assert elements._SHORT == 256


def test_unions_of_many_sets() -> None:
    sets = [of((f"f:{at % 7}", f"f:{at}")) for at in range(23)]
    joined = sets[0]
    for each in sets[1:]:
        joined = union(joined, each)
    for some in (sets, sets[:1]):
        assert union_of(some) == (joined if some is sets else sets[0])
    assert union_of([]) == {}


def test_many_managers_become_one_soon() -> None:
    many = [entry(f"m{at}", {f"f:a{at}": {}}) for at in range(8_000)]
    with soon(3):
        made = MANAGER.update(dict, lambda: {"a": 1}, many, None, "me", NOW)
    assert len(made) == 10
    ancient = next(each for each in made if each["manager"] == "ancient-changes")
    assert len(ancient["fieldsV1"]) == 8_000 - 8


def test_too_many_given_entries_do_not_count() -> None:
    def managers(count: int) -> set[str]:
        given = [entry(f"m{at}", {"f:a": {}}, APPLY) for at in range(count)]
        there = [entry("there", {"f:b": {}})]
        made = MANAGER.update(lambda: {"b": 1}, lambda: {"b": 1}, there, given, "me", NOW)
        return {each["manager"] for each in made}

    assert len(managers(MOST_GIVEN)) == MOST_GIVEN
    assert managers(MOST_GIVEN + 1) == {"there"}


def test_many_elements_are_merged_soon() -> None:
    shape = Shape(list=ListShape(Shape("string"), atomic=False))
    names = [f"n{at}" for at in range(60_000)]
    with soon(5):
        assert merge(shape, names, names) == names
        assert merge(shape, names, names[::-1]) == names[::-1]


def test_documents_of_many_forms_are_not_all_remembered() -> None:
    """A client chooses how many there are, and how long."""
    forms = skeletons(ROOT, {})
    assert forms is not None
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for at in range(100):
            forms.of(json.dumps({"x": ["a"] * (3_900 - at)}, separators=(",", ":")).encode())
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 3 * 1024 * 1024
