"""Zeros are taken out of structs as they are out of dicts."""

from __future__ import annotations

import copy
import random
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from kconv import Type, omits_zero
from kconv._compile import Types, canonical_source, canonical_struct, convert
from kconv._schema import has_zeros, without_zeros
from kconv._scheme import load_scheme
from kconv.fields import Boolean, Int32, List, Map, Object, String
from kconv.testing._full_objects import _object


class Part(Type):
    text = String()
    kept = String()
    names = List(String())
    class_ = Int32(data_key="class")


class Tree(Type):
    on = Boolean()
    off = Boolean()
    part = Object(Part)
    parts = List(Object(Part))
    keptParts = List(Object(Part))
    map = Map(Object(Part))
    rows = Map(List(Object(Part)))
    labels = Map(String())
    trees = List(Object(lambda: Tree))


class Plain(Type):
    tree = Object(Tree)
    text = String()


class Nothing(Type):
    text = String()


omits_zero(Part, "text", "names", "class")
omits_zero(Tree, "on", "parts", "map", "rows", "trees")

PARTS = st.fixed_dictionaries(
    {},
    optional={
        "text": st.sampled_from(["", "a"]),
        "kept": st.sampled_from(["", "a"]),
        "names": st.sampled_from([[], ["a"], [""]]),
        "class": st.sampled_from([0, 1]),
    },
)
LISTS = st.lists(PARTS, max_size=2)


def trees(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    fields: dict[str, st.SearchStrategy[Any]] = {
        "on": st.booleans(),
        "off": st.booleans(),
        "part": PARTS,
        "parts": LISTS,
        "keptParts": LISTS,
        "map": st.dictionaries(st.sampled_from("ab"), PARTS, max_size=2),
        "rows": st.dictionaries(st.sampled_from("ab"), LISTS, max_size=2),
        "labels": st.sampled_from([{}, {"a": ""}]),
    }
    if depth:
        fields["trees"] = st.lists(trees(depth - 1), max_size=2)
    return st.fixed_dictionaries({}, optional=fields)


STRUCT = Types().struct(Plain)
NULLABLE = Types(nullable=True).struct(Plain)


@given(trees(2))
@example({"trees": [{"on": True}, {"trees": [{"on": False}]}, {"on": False}]})
@example({"parts": [{"class": 1}, {"class": 0}, {"text": ""}], "off": False})
@example({"rows": {"a": [], "b": [{}, {"names": []}]}, "map": {"a": {"text": ""}}, "part": {}})
def test_structs_as_dicts(tree: dict[str, Any]) -> None:
    value = {"tree": tree, "text": ""}
    expected = without_zeros(Plain, copy.deepcopy(value))
    for struct in (STRUCT, NULLABLE):
        given_ = convert(value, struct)
        made = canonical_struct(Plain, given_)
        assert msgspec.to_builtins(made) == expected
        assert msgspec.to_builtins(given_) == value, "it stays as it was"
        assert (made is given_) == (expected == value), "it is itself where nothing changes"
        assert canonical_struct(Plain, made) is made
    assert canonical_struct(Plain, value) == expected


def test_objects_that_are_dicts_or_null() -> None:
    """As fields hold them that were set later, and documents that keep their nulls."""
    made = STRUCT(tree={"on": False, "part": {"text": "", "kept": ""}})
    assert msgspec.to_builtins(canonical_struct(Plain, made)) == {"tree": {"part": {"kept": ""}}}
    null = NULLABLE(tree=convert({"part": None, "on": None}, Types(nullable=True).struct(Tree)))
    assert msgspec.to_builtins(canonical_struct(Plain, null)) == {"tree": {"part": None}}
    assert canonical_struct(Plain, NULLABLE(tree=None)).tree is None


def test_only_what_may_be_zero_is_looked_at() -> None:
    assert canonical_source(Nothing) == ""
    source = canonical_source(Plain)
    assert "o.text" in source
    assert all(f"o.{name}\n" not in source for name in ("kept", "off", "labels"))
    part = convert({"text": ""}, Types().struct(Nothing))
    assert canonical_struct(Nothing, part) is part


def varied(chance: random.Random, value: Any) -> Any:
    """A value with some of its fields absent, some zero, and lists of other lengths."""
    if isinstance(value, dict):
        found = {}
        for name, inner in value.items():
            choice = chance.random()
            if choice > 0.15:
                found[name] = type(inner)() if choice < 0.35 else varied(chance, inner)
        return found
    if isinstance(value, list):
        return [varied(chance, inner) for inner in value for _ in range(chance.randrange(3))]
    return type(value)() if chance.random() < 0.2 else value


def test_every_registered_type() -> None:
    types, changed, itself = Types(), 0, 0
    schemas = {
        schema
        for kind in load_scheme(None).kinds
        for schema in (kind.hub, *(spoke.schema for spoke in kind.spokes))
        if has_zeros(schema)
    }
    for schema in schemas:
        struct, full = types.struct(schema), _object(schema, (), ())
        for seed in range(6):
            native = convert(varied(random.Random(f"{schema.__qualname__} {seed}"), full), struct)
            before = msgspec.to_builtins(native)
            expected = without_zeros(schema, copy.deepcopy(before))
            made = canonical_struct(schema, native)
            assert msgspec.to_builtins(made) == expected, (schema, seed)
            assert msgspec.to_builtins(native) == before, "it stays as it was"
            assert (made is native) == (expected == before), (schema, seed)
            assert canonical_struct(schema, made) is made
            changed += made is not native
            itself += made is native
    assert len(schemas) > 15
    assert changed > itself > 0
