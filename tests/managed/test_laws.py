"""What holds for all sets, and for all that is applied."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fixtures.long import examples
from kconv import _known_forms
from kconv._known_forms import KnownForms
from kconv._managed.compare import compare
from kconv._managed.conflicts import ApplyConflict
from kconv._managed.field_manager import UNOWNED, FieldManager
from kconv._managed.field_set import field_set
from kconv._managed.fields import (
    Fields,
    Steps,
    difference,
    has,
    intersection,
    of,
    parse,
    paths,
    recursive_difference,
    union,
    written,
)
from kconv._managed.lists import NoStep
from kconv._managed.merge import merge
from kconv._managed.new_fields import NewFields
from kconv._managed.shape import ListShape, MapShape, Shape
from kconv._managed.updater import MissingVersion, Typed

STEPS = st.sampled_from(
    ["f:a", "f:b", "f:c", 'k:{"name":"x"}', 'k:{"name":"y"}', 'v:"s"', "v:1", "v:10", "v:9", "i:0"]
)
PATHS = st.lists(STEPS, min_size=1, max_size=4).map(tuple)
SETS = st.lists(PATHS, max_size=8).map(lambda found: of(*found))


def members(fields: Fields) -> set[Steps]:
    return set(paths(fields))


@given(SETS, SETS)
def test_sets_are_those_of_their_paths(one: Fields, other: Fields) -> None:
    a, b = members(one), members(other)
    assert members(union(one, other)) == a | b
    assert members(intersection(one, other)) == a & b
    assert members(difference(one, other)) == a - b
    below = {path for path in a if any(path[: len(each)] == each for each in b)}
    assert members(recursive_difference(one, other)) == a - below
    assert all(has(one, path) for path in a)
    assert not any(has(one, path) for path in b - a)


@given(SETS, SETS, SETS)
def test_algebra(a: Fields, b: Fields, c: Fields) -> None:
    assert union(a, b) == union(b, a)
    assert union(a, union(b, c)) == union(union(a, b), c)
    assert intersection(a, union(b, c)) == union(intersection(a, b), intersection(a, c))
    assert difference(a, union(b, c)) == difference(difference(a, b), c)
    assert union(difference(a, b), intersection(a, b)) == a
    assert union(a, a) == intersection(a, a) == a
    assert difference(a, a) == {}


@given(SETS)
def test_written_and_read(fields: Fields) -> None:
    assert parse(written(fields)) == fields
    text = list(paths(written(fields)))
    assert text == list(paths(fields))
    assert str(written(parse(written(fields)))) == str(written(fields)), "the order, too"


def shape() -> Shape:
    """A bit of everything; recursive."""
    root = MapShape()
    element = Shape(map=MapShape({"name": Shape("string"), "value": Shape("numeric")}))
    root.fields.update(
        {
            "text": Shape("string"),
            "labels": Shape(map=MapShape(element=Shape("string"))),
            "whole": Shape(map=MapShape(element=Shape("string"), atomic=True)),
            "list": Shape(list=ListShape(Shape("string"))),
            "set": Shape(list=ListShape(Shape("string"), atomic=False)),
            "items": Shape(list=ListShape(element, atomic=False, keys=("name",))),
        }
    )
    found = Shape(map=root)
    root.fields["inner"] = found
    return found


SHAPE = shape()
WORDS = st.sampled_from(["p", "q", "r", "s"])
TEXTS = st.dictionaries(WORDS, WORDS, min_size=1, max_size=3)


def documents(depth: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    item = st.fixed_dictionaries({"name": WORDS}, optional={"value": st.integers(0, 3)})
    fields: dict[str, st.SearchStrategy[Any]] = {
        "text": WORDS,
        "labels": TEXTS,
        "whole": TEXTS,
        "list": st.lists(WORDS, min_size=1, max_size=3),
        "set": st.lists(WORDS, min_size=1, max_size=3, unique=True),
        "items": st.lists(item, min_size=1, max_size=3, unique_by=lambda each: each["name"]),
    }
    if depth:
        fields["inner"] = documents(depth - 1).filter(bool)
    return st.fixed_dictionaries({}, optional=fields)


NAMES = st.sampled_from(["text", "labels", "whole", "list", "set", "items", "inner", "name", "p"])
SCALARS = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "p"])


def values(elements: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Documents of any form, whatever the schema says; lists may be told to be empty."""

    def around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        lists = st.lists(inner, max_size=3) if elements else st.just([])
        return lists | st.dictionaries(NAMES, inner, max_size=4)

    return st.dictionaries(NAMES, st.recursive(SCALARS, around, max_leaves=12), max_size=5)


@settings(max_examples=examples(60))
@given(values(False), documents() | values(True))
@example({"items": None, "set": [], "labels": {}}, {"items": [{"name": "q"}, {"name": "p"}]})
@example({}, {"set": ["q", "p", "q"], "items": [{"name": "p"}, {"name": "p"}]})
@example({"labels": {"q": "x"}}, {"labels": {"s": "", "p": "x", "q": "y"}, "list": ["a"]})
@example({"labels": {}, "set": None, "list": {}, "inner": ""}, {"labels": None, "set": {}})
def test_new_fields_are_what_differs_from_nothing(empty: Any, made: Any) -> None:
    try:
        _, modified, added = compare(SHAPE, empty, made)
        expected = json.dumps(written(union(modified, added)))
    except NoStep:
        expected = "no step"
    fields = NewFields(SHAPE, empty)
    for _ in range(2):  # once more from memory
        try:
            found = json.dumps(fields.of(made))
        except NoStep:
            found = "no step"
        assert found == expected


def test_parts_that_no_shape_declares_are_not_remembered() -> None:
    anything = Shape(map=MapShape({"spec": SHAPE}, element=Shape("untyped")))
    fields = NewFields(anything, {})
    for number in range(9):
        made = {"spec": {"labels": {"q": "x"}}, f"s{number}": {"a": 1}}
        _, modified, added = compare(anything, {}, made)
        assert fields.of(made) == written(union(modified, added))
    assert fields._parts.keys() == {"spec"}


class One:
    """One version."""

    def shape(self, version: str) -> Shape:
        if version != "v1":
            raise MissingVersion(version)
        return SHAPE

    def convert(self, document: Typed, version: str) -> Typed:
        self.shape(version)
        return document

    def alike(self, version: str, other: str) -> bool:
        return version == other


MANAGER = FieldManager(One(), "v1", "", {}, dict)


def renamed(value: Any, words: dict[str, str]) -> Any:
    """A document with other texts, and keys of maps, in their places."""
    if isinstance(value, dict):
        return {words.get(name, name): renamed(inner, words) for name, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, words) for inner in value]
    return words.get(value, value) if isinstance(value, str) else value


def created(manager: FieldManager, document: Any) -> Any:
    """The entries of a new object, whose fields may be known from those of others."""
    metadata = {
        name: value for name, value in document.get("metadata", {}).items() if name not in UNOWNED
    }
    text = msgspec.json.encode({**document, "metadata": metadata})
    return manager.create(lambda: {"metadata": {}, **document}, None, "me", "now", lambda: text)


OTHERS = st.dictionaries(WORDS, WORDS | st.sampled_from(["", ":", ",", "\\", '"', '":"', "{}"]))


@settings(max_examples=examples(200))
@given(documents() | values(True), OTHERS, OTHERS)
@example({"list": ["p", "q", "r"]}, {"q": ":"}, {"p": ":", "q": ","})
@example({"labels": {"p": "q"}, "text": "r"}, {"r": ""}, {"r": "s"})
@example({"items": [{"name": "p"}, {"name": "q"}]}, {}, {"q": "p"})
def test_fields_that_are_remembered_are_those_of_the_document(
    made: Any, some: dict[str, str], others: dict[str, str]
) -> None:
    """Whatever other document came before it, which may be as one but for its texts."""
    experienced = FieldManager(One(), "v1", "", {}, dict)

    def create(manager: FieldManager, document: Any) -> str:
        try:
            made = created(manager, document)
        except NoStep:
            return "no step"
        return json.dumps(made)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_known_forms, "_OFTEN", 1)
        for words in ({}, {}, some, others, some):
            document = renamed(made, words)
            fresh = FieldManager(One(), "v1", "", {}, dict)
            assert create(experienced, document) == create(fresh, document)


def test_objects_that_differ_in_texts_share_what_was_found_out() -> None:
    manager = FieldManager(One(), "v1", "", {}, dict)
    for at in range(5):
        document = {"metadata": {"name": f"n{at}"}, "text": f"t{at}", "items": [{"name": "p"}]}
        created(manager, document)
    assert isinstance(manager._of_new, KnownForms)
    assert len(manager._of_new._known._found) == 1


def apply(live: Any, config: Any, entries: Any, who: str, when: str, force: bool = True) -> Any:
    return MANAGER.apply(live, config, entries, who, when, force=force)


def sets(entries: Any) -> dict[str, Fields]:
    return {each["manager"]: each["fieldsV1"] for each in entries}


few = settings(max_examples=examples(40))


@few
@given(documents(), documents())
def test_what_differs_between_documents(one: Any, other: Any) -> None:
    removed, modified, added = compare(SHAPE, one, other)
    back = compare(SHAPE, other, one)
    assert (added, modified, removed) == (back.removed, back.modified, back.added)
    assert not intersection(added, removed)
    assert not intersection(modified, union(added, removed))
    same = compare(SHAPE, one, one)
    assert not any(same)


@few
@given(documents(), documents())
def test_merging_keeps_all_that_there_is_and_sets_all_that_is_applied(live: Any, new: Any) -> None:
    made = merge(SHAPE, live, new) or {}
    assert merge(SHAPE, made, new) in (made, None)
    removed, _, _ = compare(SHAPE, live, made)
    assert removed == {}
    wanted = compare(SHAPE, new, made)
    assert wanted.removed == wanted.modified == {}


@few
@given(documents(), documents())
def test_applying_twice_changes_nothing(live: Any, config: Any) -> None:
    entries = MANAGER.create(lambda: live, None, "creator", "2026-01-01T00:00:00Z")
    made, owned = apply(live, config, entries, "m", "2026-01-01T00:00:01Z")
    again, still = apply(made, config, owned, "m", "2026-01-01T00:00:02Z", force=False)
    assert (again, still) == (made, owned)
    assert sets(owned).get("m", {}) == field_set(SHAPE, config)


@few
@given(documents(), documents(), documents())
def test_applying_nothing_removes_what_was_owned_alone(live: Any, one: Any, other: Any) -> None:
    entries = MANAGER.create(lambda: live, None, "creator", "2026-01-01T00:00:00Z")
    made, entries = apply(live, other, entries, "other", "2026-01-01T00:00:01Z")
    made, entries = apply(made, one, entries, "m", "2026-01-01T00:00:02Z")
    before = sets(entries)
    left, entries = apply(made, {}, entries, "m", "2026-01-01T00:00:03Z")
    assert "m" not in sets(entries)
    gone = difference(field_set(SHAPE, made), field_set(SHAPE, left or {}))
    others = union(before.get("other", {}), before.get("creator", {}))
    assert members(gone) <= members(before.get("m", {}))
    assert not intersection(gone, others)
    # What is left of it belongs to somebody, or holds what does.
    kept = intersection(field_set(SHAPE, left or {}), before.get("m", {}))
    held = {path[:n] for path in members(others) for n in range(1, len(path) + 1)}
    assert members(kept) <= held


@few
@given(documents(), documents())
def test_a_conflict_is_about_what_others_own_and_would_change(live: Any, config: Any) -> None:
    entries = MANAGER.create(lambda: live, None, "creator", "2026-01-01T00:00:00Z")
    changed = compare(SHAPE, live, merge(SHAPE, live, config) or {})
    expected = intersection(
        sets(entries).get("creator", {}), union(changed.modified, changed.added)
    )
    found: Fields = {}
    try:
        apply(live, config, entries, "m", "2026-01-01T00:00:01Z", force=False)
    except ApplyConflict as conflict:
        found = conflict.fields
    assert found == expected
