"""The three patch types, on JSON values."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconv._schema import Type
from kconv._verbs.patches import apply_json_patch, merge_patch, read_patch, strategic_merge
from kconv._verbs.refusal import Refusal
from kconv.fields import List, Map, Object, String


class Port(Type):
    name = String()
    port = String()


class Item(Type):
    name = String()
    image = String()
    args = List(String())
    ports = List(Object(Port), patch_strategy="merge", merge_key="port")


class Strategy(Type):
    kind = String()
    rolling = String()


class Sample(Type):
    items = List(Object(Item), patch_strategy="merge", merge_key="name")
    names = List(String(), patch_strategy="merge")
    plain = List(String())
    labels = Map(String())
    strategy = Object(Strategy, patch_strategy="retainKeys")


BASE: dict[str, Any] = {
    "items": [{"name": "a", "image": "1"}, {"name": "b", "image": "2", "args": ["x"]}],
    "names": ["n1", "n2"],
    "plain": ["p1", "p2"],
    "labels": {"k": "v", "l": "w"},
    "strategy": {"kind": "old", "rolling": "yes"},
}


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"labels": {"k": None, "m": "x"}}, {"labels": {"l": "w", "m": "x"}}),
        ({"plain": ["q"]}, {"plain": ["q"]}),
        ({"plain": None}, {"plain": None}),
        ({"names": ["n2", "n3"]}, {"names": ["n1", "n2", "n3"]}),
        ({"$deleteFromPrimitiveList/names": ["n1"]}, {"names": ["n2"]}),
        (
            {"names": ["n3"], "$setElementOrder/names": ["n3", "n2", "n1"]},
            {"names": ["n3", "n2", "n1"]},
        ),
        (
            {"items": [{"name": "a", "image": "9"}]},
            {"items": [{"name": "a", "image": "9"}, BASE["items"][1]]},
        ),
        (
            {"items": [{"name": "new", "image": "3"}]},
            {"items": [{"name": "new", "image": "3"}, *BASE["items"]]},
        ),
        ({"items": [{"name": "a", "$patch": "delete"}]}, {"items": [BASE["items"][1]]}),
        (
            {"items": [{"name": "b", "$patch": "replace"}, {"name": "c", "image": "3"}]},
            {"items": [{"name": "c", "image": "3"}]},
        ),
        (
            {"items": [{"$patch": "replace"}, {"name": "only", "image": "5"}]},
            {"items": [{"name": "only", "image": "5"}]},
        ),
        (
            {
                "$setElementOrder/items": [{"name": "b"}, {"name": "a"}],
                "items": [{"name": "a", "image": "9"}],
            },
            {"items": [BASE["items"][1], {"name": "a", "image": "9"}]},
        ),
        (
            {"items": [{"name": "b", "args": ["y"], "ports": [{"port": "1"}]}]},
            {
                "items": [
                    BASE["items"][0],
                    {"name": "b", "image": "2", "args": ["y"], "ports": [{"port": "1"}]},
                ]
            },
        ),
        ({"strategy": {"$retainKeys": ["kind"], "kind": "new"}}, {"strategy": {"kind": "new"}}),
        ({"strategy": {"$patch": "replace", "kind": "new"}}, {"strategy": {"kind": "new"}}),
        ({"labels": {"$patch": "delete"}}, {"labels": {}}),
        ({"unknown": {"deep": [1]}}, {"unknown": {"deep": [1]}}),
    ],
)
def test_strategic_merge(patch: dict[str, Any], expected: dict[str, Any]) -> None:
    whole = {**BASE, **expected}
    before = repr(BASE)
    result = strategic_merge(BASE, patch, Sample)
    assert result == {key: value for key, value in whole.items() if value is not None}
    assert repr(BASE) == before


elements = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abc"), "image": st.sampled_from("12")}),
    max_size=6,
)


@given(elements, elements, st.booleans())
def test_applying_a_patch_again_changes_nothing(
    live: list[Any], manifest: list[Any], ordered: bool
) -> None:
    patch: dict[str, Any] = {"items": manifest}
    if ordered:
        patch["$setElementOrder/items"] = [{"name": each["name"]} for each in manifest]
    once = strategic_merge({"items": live}, patch, Sample)
    assert len(once["items"]) <= len(live) + len(manifest)
    assert strategic_merge(once, patch, Sample) == once


@given(elements)
def test_an_order_alone_keeps_every_element(live: list[Any]) -> None:
    order = [{"name": each["name"]} for each in reversed(live)]
    ordered = strategic_merge({"items": live}, {"$setElementOrder/items": order}, Sample)
    assert sorted(map(repr, ordered["items"])) == sorted(map(repr, live))


@pytest.mark.parametrize(
    "patch",
    [
        {"items": [{"image": "no name"}]},
        {"items": [{"name": "a", "$patch": "explode"}]},
        {"$patch": "explode"},
        {"items": [["list of lists"]]},
        {"$deleteFromPrimitiveList/names": "n1"},
        {"$setElementOrder/names": "n1"},
        {"$setElementOrder/items": [{"image": "x"}]},
        {"strategy": {"$retainKeys": [], "kind": "new"}},
        {"items": [{"name": "z"}], "$setElementOrder/items": [{"name": "a"}]},
    ],
)
def test_bad_strategic_merge(patch: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        strategic_merge(BASE, patch, Sample)
    assert refused.value.code in (400, 422)


@pytest.mark.parametrize(
    ("value", "patch", "expected"),
    [
        # The examples of RFC 7386, appendix A.
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch(value: Any, patch: Any, expected: Any) -> None:
    assert merge_patch(value, patch) == expected


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "add", "path": "/b", "value": 1}], {"a": [1, 2], "b": 1}),
        ([{"op": "add", "path": "/a/1", "value": 9}], {"a": [1, 9, 2]}),
        ([{"op": "add", "path": "/a/-", "value": 9}], {"a": [1, 2, 9]}),
        ([{"op": "remove", "path": "/a/0"}], {"a": [2]}),
        ([{"op": "replace", "path": "/a/0", "value": 9}], {"a": [9, 2]}),
        ([{"op": "move", "from": "/a", "path": "/b"}], {"b": [1, 2]}),
        ([{"op": "copy", "from": "/a/0", "path": "/b"}], {"a": [1, 2], "b": 1}),
        ([{"op": "test", "path": "/a/0", "value": 1}], {"a": [1, 2]}),
        ([{"op": "add", "path": "/x~1y~0z", "value": 1}], {"a": [1, 2], "x/y~z": 1}),
        ([{"op": "replace", "path": "", "value": {"z": 1}}], {"z": 1}),
        ([{"op": "replace", "path": "/nope", "value": 1}], {"a": [1, 2], "nope": 1}),
        ([{"op": "add", "path": "/a/01", "value": 9}], {"a": [1, 9, 2]}),
        ([{"op": "add", "path": "/a/-1", "value": 9}], {"a": [1, 2, 9]}),
        ([{"op": "remove", "path": "/a/-2"}], {"a": [2]}),
        ([{"op": "add", "path": "/b"}], {"a": [1, 2], "b": None}),
        ([{"op": "copy", "from": "/nope", "path": "/b"}], {"a": [1, 2], "b": None}),
        ([{"op": "test", "path": "/nope", "value": None}], {"a": [1, 2]}),
    ],
)
def test_json_patch(operations: list[Any], expected: Any) -> None:
    assert apply_json_patch({"a": [1, 2]}, operations) == expected


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ({"op": "remove", "path": "/nope"}, 422),
        ({"op": "replace", "path": "/a/2", "value": 1}, 422),
        ({"op": "replace", "path": "", "value": 1}, 422),
        ({"op": "add", "path": "", "value": {}}, 422),
        ({"op": "move", "from": "/nope", "path": "/b"}, 422),
        ({"op": "remove", "path": "/a/-3"}, 422),
        ({"op": "remove", "path": "/a/-"}, 422),
        ({"op": "test", "path": "/nope", "value": False}, 422),
        ({"op": "add", "path": "/nope/deeper", "value": 1}, 422),
        ({"op": "add", "path": "/a/7", "value": 1}, 422),
        ({"op": "test", "path": "/a/0", "value": True}, 422),
        ({"op": "move", "from": "/a", "path": "/a/0"}, 422),
        ({"op": "explode", "path": "/a"}, 422),
        ({"op": "add", "path": "a", "value": 1}, 422),
        ({"op": "add", "path": 5, "value": 1}, 422),
        ({"op": "copy", "path": "/b"}, 422),
        (None, 422),
        ("add", 400),
    ],
)
def test_bad_json_patch(operation: Any, code: int) -> None:
    with pytest.raises(Refusal) as refused:
        apply_json_patch({"a": [1, 2]}, [operation])
    assert refused.value.code == code


def test_copies_made_to_explode_are_refused() -> None:
    value = {"a": {"c": "x" * 1000}}
    operations = [{"op": "copy", "from": "/a", "path": f"/a/b{number}"} for number in range(40)]
    with pytest.raises(Refusal):
        apply_json_patch(value, operations)


@pytest.mark.parametrize(
    ("media_type", "body", "code"),
    [
        ("application/apply-patch+yaml", b"{}", 415),
        ("application/json", b"{}", 415),
        ("application/merge-patch+json", b"[]", 400),
        ("application/merge-patch+json", b"{", 400),
        ("application/merge-patch+json", b"", 400),
        ("application/json-patch+json", b"{}", 400),
        ("application/strategic-merge-patch+json", b'"x"', 400),
    ],
)
def test_unreadable_patch(media_type: str, body: bytes, code: int) -> None:
    with pytest.raises(Refusal) as refused:
        read_patch(media_type, body)
    assert refused.value.code == code


def test_too_many_operations() -> None:
    one = b'{"op":"test","path":"","value":1}'
    with pytest.raises(Refusal) as refused:
        read_patch("application/json-patch+json", b"[" + b",".join([one] * 10_001) + b"]")
    assert refused.value.code == 413
