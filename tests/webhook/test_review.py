"""What comes back of a review: the objects in their order, or a failure that says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.long import examples
from kconv import DecodeError, Edge, Hub, Pipeline, Resource, Scheme, Type, WhenAbsent
from kconv._pipeline import PlainEngine
from kconv._webhook import answer_review
from kconv.fields import Object, String
from webhook.conftest import Ask, gadget, review
from webhook.gadgets import GROUP

RIGHT = ("good", "sync", "mixed", "nocache", "crd", "cr")
"""Recordings of a webhook that converts as it should."""


@pytest.mark.parametrize("folder", ["conversion", "crd"])
def test_every_recorded_review_gets_the_recorded_answer(
    reference: Path, pipeline: Pipeline, folder: str
) -> None:
    plain = Pipeline(pipeline.scheme, PlainEngine())
    count = 0
    for file in sorted((reference / folder).glob("*.webhook.json")):
        if file.name.split("-")[1] not in RIGHT or "-bad-" in file.name:
            continue
        # The same kind was recorded in another group, too.
        text = file.read_text().replace("crd.kconv.dev", GROUP).replace("Widget", "Gadget")
        for exchange in json.loads(text):
            data = json.dumps(exchange["request"]["body"]).encode()
            recorded = exchange["response"]["body"]
            for each in (pipeline, plain):
                outcome = answer_review(each, data)
                assert json.loads(outcome.answer) == recorded, file.name
            count += 1
    assert count > 40


def test_the_order_and_what_is_in_the_wanted_version_already(ask: Ask) -> None:
    objects = [
        gadget("v1", "a", dimensions={"width": 1, "height": 2}),
        gadget("v1beta1", "b", width=3, unknown=5),
        gadget("v1alpha1", "c", size="4x5"),
    ]
    response = ask("v1beta1", *objects, version="v1beta1")
    assert response["result"] == {"status": "Success"}
    assert [each["metadata"]["name"] for each in response["convertedObjects"]] == ["a", "b", "c"]
    specs = [each["spec"] for each in response["convertedObjects"]]
    assert specs == [
        {"width": 1, "height": 2},
        {"width": 3, "unknown": 5},
        {"width": 4, "height": 5},
    ]


PARTS: list[tuple[str, Any]] = [
    ("nothing else", {}),
    ("empty metadata", {"metadata": {}}),
    ("null metadata", {"metadata": None}),
    ("null spec", {"spec": None}),
    ("one field", {"spec": {"replicas": 1}}),
    ("an element by its key", {"spec": {"items": [{"name": "a"}]}}),
    ("an element without its key", {"spec": {"items": [{"value": "b"}]}}),
    ("status alone", {"status": {"phase": "Up"}}),
    ("what breaks rules of fields", {"spec": {"replicas": 1000, "tags": ["a", "a"]}}),
]


@pytest.mark.parametrize(("said", "part"), PARTS, ids=[said for said, _ in PARTS])
@pytest.mark.parametrize("to", ["v1alpha1", "v1"])
def test_parts_of_objects_come_back_as_parts(ask: Ask, said: str, part: Any, to: str) -> None:
    """As the API server sends for what a field manager owns: nothing is filled in or required."""
    head = {"apiVersion": f"{GROUP}/v1beta1", "kind": "Gadget"}
    response = ask(to, {**head, **part})
    assert response["result"] == {"status": "Success"}, said
    (found,) = response["convertedObjects"]
    expected = {name: value for name, value in part.items() if value is not None}
    assert found == {**head, "apiVersion": f"{GROUP}/{to}", **expected}


NULLS: list[tuple[str, str, Any, str, Any]] = [
    ("by name", "v1beta1", {"note": None}, "v1", {"note": None}),
    ("there and others", "v1", {"note": None, "replicas": 1}, "v1beta1",
     {"note": None, "replicas": 1}),
    ("in an element", "v1", {"items": [{"name": "a", "value": None}, {"name": "b"}]}, "v1alpha1",
     {"items": [{"name": "a", "value": None}, {"name": "b"}]}),
    ("renamed, beside another one", "v1beta1", {"width": None, "height": 3}, "v1",
     {"dimensions": {"height": 3, "width": None}}),
    ("and back", "v1", {"dimensions": {"height": 3, "width": None}}, "v1beta1",
     {"height": 3, "width": None}),
    ("renamed, and nothing to be in", "v1beta1", {"width": None}, "v1", {}),
    ("what a rule makes of it", "v1beta1", {"color": None, "note": None}, "v1", {"note": None}),
    ("no field of the target", "v1", {"mode": None, "note": None}, "v1beta1", {"note": None}),
    ("no field at all", "v1", {"other": None}, "v1beta1", {}),
    ("within what is free", "v1", {"free": {"a": None}}, "v1beta1", {"free": {"a": None}}),
    ("a text", "v1", {"note": "null"}, "v1beta1", {"note": "null"}),
]  # fmt: skip


def test_nulls_go_where_their_fields_go(pipeline: Pipeline) -> None:
    """A null is not absent where a CRD says nullable: a default would take its place."""
    for engine in (pipeline, Pipeline(pipeline.scheme, PlainEngine())):
        for said, source, spec, to, expected in NULLS:
            given = gadget(source)
            given["spec"] = spec
            given["metadata"]["odd"] = None
            answer = json.loads(answer_review(engine, review(to, [given])).answer)["response"]
            assert answer["result"]["status"] == "Success", said
            (found,) = answer["convertedObjects"]
            assert found["spec"] == expected, said
            assert found["metadata"] == given["metadata"], said


def test_a_null_takes_no_value_away() -> None:
    """What a version means when it says nothing, it means by a null, too."""

    class Spec(Type):
        level = String()
        note = String()

    class Old(Resource):
        spec = Object(Spec)

        class Meta:
            group, version, kind = GROUP, "v1", "Level"

    class New(Resource):
        spec = Object(Spec)

        class Meta:
            group, version, kind = GROUP, "v2", "Level"

    class Level(Hub):
        spec = Object(Spec)

        class Meta:
            group = GROUP

    scheme = Scheme()
    old = Edge(Old, WhenAbsent("spec.level", "high"))
    scheme.add(Level, old, Edge(New), storage=f"{GROUP}/v2")
    for engine in (Pipeline(scheme.freeze()), Pipeline(scheme, PlainEngine())):
        value = {**gadget("v1"), "kind": "Level", "spec": {"level": None, "note": None}}
        answer = json.loads(answer_review(engine, review("v2", [value])).answer)["response"]
        assert answer["convertedObjects"][0]["spec"] == {"level": "high", "note": None}


def test_metadata_stays_but_for_labels_and_annotations(ask: Ask) -> None:
    metadata = {
        "name": "one",
        "managedFields": [{"manager": "x", "fieldsV1": {"f:spec": {"f:width": {}}}}],
        "finalizers": ["example.com/a"],
        "resourceVersion": "007",
        "labels": {"b": "1", "a": "2"},
        "selfLink": "/x",
        "somethingNew": {"deep": [1, None]},
        "annotations": {"note": "mine"},
    }
    many = {**gadget("v1", colors=["red", "green"]), "metadata": metadata}
    (old,) = ask("v1beta1", many)["convertedObjects"]
    kept = old["metadata"].pop("annotations")
    assert old["metadata"] == {k: v for k, v in metadata.items() if k != "annotations"}
    assert kept.pop("note") == "mine"
    assert list(kept) == ["kconv.dev/preserved-fields"]
    (back,) = ask("v1", {**old, "metadata": old["metadata"] | {"annotations": kept}})[
        "convertedObjects"
    ]
    assert back["spec"] == {"colors": ["red", "green"]}
    assert "annotations" not in back["metadata"]


def test_failures_name_the_objects_and_the_fields(ask: Ask) -> None:
    response = ask(
        "v1",
        gadget("v1alpha1", "fine", size="1x2"),
        gadget("v1alpha1", "no-size", size="wide"),
        gadget("v1beta1", "texts", width="3", height=[4]),
        gadget("v2", "unknown"),
        {"apiVersion": "apps/v9", "kind": "Thing", "metadata": {"name": "x"}},
        5,
        None,
        [],
        "text",
        {"kind": "Gadget"},
        {"apiVersion": 7, "kind": "Gadget"},
        {**gadget(), "metadata": "none"},
        {**gadget(), "spec": 5},
    )
    assert response["convertedObjects"] == []
    assert response["result"]["status"] == "Failure"
    message = response["result"]["message"]
    for part in (
        f"objects[1]: {GROUP}/v1alpha1 Gadget conv/no-size: ",
        f"objects[2]: {GROUP}/v1beta1 Gadget conv/texts: ",
        "spec.height",
        "spec.width",
        f'objects[3]: {GROUP}/v2 Gadget: no kind "Gadget" is registered for version',
        'objects[4]: apps/v9 Thing: no kind "Thing"',
        "objects[5]: it is no object",
        'objects[9]: it has no "apiVersion"',
        "objects[10]: it is no object of Kubernetes",
        "; and 2 more",
    ):
        assert part in message
    assert "objects[0]" not in message


@pytest.mark.parametrize("to", ["v2", "", "a/b"])
def test_a_version_that_is_not_there(ask: Ask, to: str) -> None:
    response = ask(to, gadget())
    assert response["result"]["status"] == "Failure"
    assert response["convertedObjects"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'{"kind":"ConversionReview","apiVersion":"apiextensions.k8s.io/v2"}',
        b'{"kind":"ConversionReview","apiVersion":"apiextensions.k8s.io/v1"}',
        b'{"kind":"ConversionReview","apiVersion":"apiextensions.k8s.io/v1","request":{}}',
        review("v1", []).replace(b"u-1", b""),
        review("v1", []).replace(b"[]", b"null"),
        review("v1", []).replace(b"desiredAPIVersion", b"desired"),
        b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u"}}',
        b"\xff" * 10,
        b"[" * 100_000,
    ],
)
def test_what_is_no_review(pipeline: Pipeline, body: bytes) -> None:
    with pytest.raises(DecodeError, match="ConversionReview"):
        answer_review(pipeline, body)


def test_deep_and_large_objects_fail_by_themselves(ask: Ask) -> None:
    deep: Any = None
    for _ in range(900):
        deep = {"a": deep}
    response = ask("v1", gadget(free=deep), gadget(name="large", note="x" * 4_000_000))
    message = response["result"]["message"]
    assert "objects[0]: " in message
    assert "objects[1]: " in message
    assert "too large" in message


HOSTILE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "spec", "size", "colors", "a"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@settings(max_examples=examples(150), deadline=None)
@given(
    metadata=HOSTILE,
    spec=HOSTILE,
    source=st.sampled_from(["v1alpha1", "v1beta1", "v1"]),
    to=st.sampled_from(["v1alpha1", "v1beta1", "v1"]),
)
def test_hostile_objects_are_converted_or_named(
    pipeline: Pipeline, metadata: Any, spec: Any, source: str, to: str
) -> None:
    hostile = {**gadget(source), "metadata": metadata, "spec": spec}
    fine = gadget("v1beta1", width=1)
    data = review(to, [fine, hostile])
    response = json.loads(answer_review(pipeline, data).answer)["response"]
    plain = Pipeline(pipeline.scheme, PlainEngine())
    assert json.loads(answer_review(plain, data).answer)["response"] == response
    if response["result"]["status"] == "Success":
        assert len(response["convertedObjects"]) == 2
        assert response["convertedObjects"][1].get("metadata") == metadata
    else:
        assert response["result"]["message"].startswith("objects[1]: ")
