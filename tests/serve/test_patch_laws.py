"""Laws of patches: applied again they change nothing, and nonsense in them is a client's fault."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.long import LONG
from kconv._errors import KconvError
from kconv._pipeline import Pipeline
from kconv._schema import Type
from kconv._verbs.patches import merge_patch, read_patch, strategic_merge
from kconv._verbs.patches.shapes import Shape
from kconv._verbs.refusal import Refusal
from kconv.fields import List, Map, Object, String
from serve.samples import STRATEGIC, cronjob


class Port(Type):
    port = String()
    protocol = String()
    hosts = List(String(), patch_strategy="merge")


class Item(Type):
    name = String()
    image = String()
    args = List(String())
    ports = List(Object(Port), patch_strategy="merge", merge_key="port")


class Strategy(Type):
    kind = String()
    rolling = Map(String())


class Sample(Type):
    items = List(Object(Item), patch_strategy="merge", merge_key="name")
    names = List(String(), patch_strategy="merge")
    plain = List(String())
    labels = Map(String())
    strategy = Object(Strategy, patch_strategy="retainKeys")


texts = st.sampled_from("abc")


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=fields)


def keyed(key: str, *, unique: bool, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    elements = st.fixed_dictionaries({key: texts}, optional=fields)
    by = (lambda each: each[key]) if unique else None
    return st.lists(elements, max_size=4, unique_by=by)


def items(*, unique: bool, ports_unique: bool) -> st.SearchStrategy[Any]:
    scalars = st.lists(texts, max_size=4, unique=unique)
    ports = keyed("port", unique=ports_unique, protocol=texts, hosts=scalars)
    return keyed("name", unique=unique, image=texts, args=scalars, ports=ports)


def objects(*, unique: bool) -> st.SearchStrategy[Any]:
    """With keys of lists once each, or several times; then not in a list of such an element, too.

    A new element is taken as it is, with what it has twice, and merged into where it comes again.
    """
    elements = items(unique=True, ports_unique=unique)
    if not unique:
        elements |= items(unique=False, ports_unique=True)
    scalars = st.lists(texts, max_size=4, unique=unique)
    labels = st.dictionaries(texts, texts, max_size=3)
    strategy = some(kind=texts, rolling=labels)
    return some(items=elements, names=scalars, plain=scalars, labels=labels, strategy=strategy)


@given(objects(unique=False), objects(unique=False))
def test_a_strategic_merge_again_changes_nothing(live: Any, manifest: Any) -> None:
    """Whatever the list: with elements of one key, in the object or in the manifest, too."""
    once = strategic_merge(live, manifest, Sample)
    assert strategic_merge(once, manifest, Sample) == once
    for name in ("items", "names"):
        before = len(live.get(name, ())) + len(manifest.get(name, ()))
        assert len(once.get(name, ())) <= before


@given(objects(unique=False), objects(unique=False))
def test_a_merge_patch_again_changes_nothing(live: Any, manifest: Any) -> None:
    once = merge_patch(live, manifest)
    assert merge_patch(once, manifest) == once


@given(objects(unique=True), objects(unique=True), objects(unique=True))
def test_kubectl_apply_again_changes_nothing(live: Any, last: Any, manifest: Any) -> None:
    """What kubectl works out of three states says the manifest, removes what it gave up, once."""
    current = strategic_merge(live, last, Sample)
    applied = strategic_merge(current, three_way(last, manifest, current), Sample)
    contains(applied, manifest, Shape.of_type(Sample))
    gone = {each["name"] for each in last.get("items", ())}
    gone -= {each["name"] for each in manifest.get("items", ())}
    assert not gone & {each["name"] for each in applied.get("items", ())}
    again = three_way(manifest, manifest, applied)
    assert strategic_merge(applied, again, Sample) == applied


def contains(applied: Any, manifest: Any, shape: Shape) -> None:
    """Whether all that a manifest says is so, in its order."""
    if isinstance(manifest, dict):
        for key, value in manifest.items():
            if value or not isinstance(value, dict | list):
                contains(applied[key], value, shape.child(key))
    elif isinstance(manifest, list) and shape.merges and shape.merge_key:
        key = shape.merge_key
        found = {each[key]: each for each in applied}
        wanted = [each[key] for each in manifest]
        assert [each[key] for each in applied if each[key] in wanted] == wanted
        for each in manifest:
            contains(found[each[key]], each, shape.element())
    elif isinstance(manifest, list) and shape.merges:
        assert [each for each in applied if each in manifest] == manifest
    else:
        assert applied == manifest


def three_way(last: Any, manifest: Any, current: Any) -> dict[str, Any]:
    """The patch of a client-side apply: what the manifest changes, and what it has given up."""
    shape = Shape.of_type(Sample)
    patch = changes(current, manifest, shape)
    return joined(patch, removals(last, manifest, shape), shape)


def changes(old: Any, new: Any, shape: Shape) -> dict[str, Any]:
    patch: dict[str, Any] = {}
    for key, value in new.items():
        inner = shape.child(key)
        if key not in old:
            patch[key] = value
        elif old[key] == value:
            continue
        elif isinstance(value, dict):
            found = changes(old[key], value, inner)
            if "retainKeys" in inner.strategies:
                found["$retainKeys"] = sorted(value)
            if found:
                patch[key] = found
        elif isinstance(value, list) and inner.merges:
            patch |= changed_list(key, old[key], value, inner)
        else:
            patch[key] = value
    return patch


def changed_list(name: str, old: Any, new: Any, shape: Shape) -> dict[str, Any]:
    key = shape.merge_key
    if not key:
        added = [each for each in new if each not in old]
        return {name: added, f"$setElementOrder/{name}": new}
    before = {each[key]: each for each in old}
    elements = []
    for each in new:
        found = each
        if each[key] in before:
            found = changes(before[each[key]], each, shape.element())
        if found:
            elements.append({**found, key: each[key]})
    order = [{key: each[key]} for each in new]
    return {name: elements, f"$setElementOrder/{name}": order}


def removals(old: Any, new: Any, shape: Shape) -> dict[str, Any]:
    patch: dict[str, Any] = {}
    for key, value in old.items():
        inner = shape.child(key)
        if key not in new:
            patch[key] = None
        elif isinstance(value, dict):
            if found := removals(value, new[key], inner):
                patch[key] = found
        elif isinstance(value, list) and inner.merges:
            patch |= removed(key, value, new[key], inner)
    return patch


def removed(name: str, old: Any, new: Any, shape: Shape) -> dict[str, Any]:
    key = shape.merge_key
    if not key:
        gone = [each for each in old if each not in new]
        return {f"$deleteFromPrimitiveList/{name}": gone} if gone else {}
    kept = {each[key]: each for each in new}
    elements = []
    for each in old:
        if each[key] not in kept:
            elements.append({key: each[key], "$patch": "delete"})
        elif found := removals(each, kept[each[key]], shape.element()):
            elements.append({**found, key: each[key]})
    return {name: elements} if elements else {}


def joined(one: Any, other: Any, shape: Shape) -> dict[str, Any]:
    """Two patches as one; the elements of keyed lists by their keys."""
    patch = dict(one)
    for key, value in other.items():
        inner = shape.child(key)
        if key not in patch:
            patch[key] = value
        elif isinstance(value, dict):
            patch[key] = joined(patch[key], value, inner)
        elif isinstance(value, list) and inner.merge_key:
            found = {each[inner.merge_key]: each for each in patch[key]}
            for each in value:
                name = each[inner.merge_key]
                mine = found.get(name)
                found[name] = each if mine is None else joined(mine, each, inner.element())
            patch[key] = order_of(list(found.values()), patch, key, inner.merge_key)
    return patch


def order_of(elements: Any, patch: Any, name: str, key: str) -> Any:
    order = [each[key] for each in patch.get(f"$setElementOrder/{name}", ())]
    return sorted(
        elements, key=lambda each: order.index(each[key]) if each[key] in order else len(order)
    )


NONSENSE: tuple[Any, ...] = (
    None,
    True,
    0,
    1.5,
    "",
    "delete",
    "replace",
    "merge",
    [],
    {},
    [None],
    [[]],
    [{}],
    ["a", 1],
    [{"name": None}],
    [{"name": {}}],
    [{"name": ["a"]}],
    [{"$patch": "delete"}],
    [{"$patch": None}],
    {"$patch": "delete"},
    {"$patch": ["delete"]},
    {"$retainKeys": "a"},
    {"$setElementOrder/a": 1},
)
DIRECTIVES = (
    "$patch",
    "$retainKeys",
    "$deleteFromPrimitiveList/{}",
    "$setElementOrder/{}",
    "$setElementOrder/",
    "$deleteFromPrimitiveList/",
    "$other",
    "{}",
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], list[str]]]:
    """Where an object of a document is, and the names that it has."""
    if isinstance(value, dict):
        yield path, [*value, "missing"]
        for key, each in value.items():
            yield from places(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from places(each, (*path, index))


POD = {
    "restartPolicy": "OnFailure",
    "containers": [
        {
            "name": "a",
            "image": "x",
            "ports": [{"containerPort": 53, "protocol": "UDP"}],
            "env": [{"name": "A", "value": "1"}],
            "args": ["b"],
        }
    ],
    "volumes": [{"name": "v", "emptyDir": {}}],
    "tolerations": [{"key": "k", "operator": "Exists"}],
}
LIVE = cronjob("one", finalizers=["a.com/b"], labels={"a": "b"})
LIVE["spec"]["jobTemplate"] = {"spec": {"template": {"spec": POD}}}
PLACES = list(places(LIVE))


def nested(path: tuple[Any, ...], at: dict[str, Any]) -> Any:
    """A patch with something at a place; an element of a list is told by its merge key."""
    made: Any = at
    value: Any = LIVE
    values = [value := value[step] for step in path]
    for step, there in zip(reversed(path), reversed(values), strict=True):
        if isinstance(step, int):
            keys = {key: there[key] for key in ("name", "containerPort", "key") if key in there}
            made = [{**keys, **made}]
        else:
            made = {step: made}
    return made


@pytest.fixture(scope="module")
def refused(pipeline: Pipeline) -> Any:
    """Applies a patch as a request does; what it is refused with, or None."""
    spoke = next(
        each
        for kind in pipeline.scheme.kinds
        for each in kind.spokes
        if each.api_version == "batch/v1" and each.options.kind == "CronJob"
    )
    live = pipeline.dump(pipeline.load(LIVE, spoke=spoke))

    def apply(patch: Any) -> KconvError | None:
        try:
            read = read_patch(STRATEGIC, json.dumps(patch).encode(), says=True)
            document = read.apply(copy.deepcopy(live), spoke.schema)
            pipeline.load(document, spoke=spoke, field_validation="Strict")
        except KconvError as error:
            return error
        return None

    return apply


def test_malformed_directives_are_a_clients_fault(refused: Any) -> None:
    """Of every sort, in every object of a manifest, about each of its fields: never a 5xx."""
    tried = 0
    every = 1 if LONG else 4
    for path, names in PLACES:
        for directive in DIRECTIVES:
            for name in names if "{}" in directive else [""]:
                for nonsense in NONSENSE[tried % every :: every]:
                    error = refused(nested(path, {directive.format(name): nonsense}))
                    tried += 1
                    if isinstance(error, Refusal):
                        assert 400 <= error.code < 500, (path, directive, name, nonsense)
    assert tried > 1_000


anything = st.recursive(
    st.sampled_from(NONSENSE),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["a", "name", "spec", "ports", "env", "containers", *DIRECTIVES[:2]]
                + [each.format("ports") for each in DIRECTIVES[2:4]]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(st.sampled_from(PLACES), st.dictionaries(st.sampled_from(DIRECTIVES), anything, max_size=3))
def test_directives_with_anything_in_them(refused: Any, place: Any, patch: Any) -> None:
    path, names = place
    at = {directive.format(names[0]): value for directive, value in patch.items()}
    error = refused(nested(path, at))
    assert not isinstance(error, Refusal) or 400 <= error.code < 500
