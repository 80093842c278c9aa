"""Documents from version to version: nothing but the fields, nulls and unknown fields as said."""

from __future__ import annotations

import json
from typing import Any

import pytest

import kconv
from documents import kinds
from kconv import Document, DocumentHub, Edge, Scheme
from kconv._errors import ConversionError, DecodeError, InvalidObject, StrictDecodeError
from kconv._pipeline import Engine, Pipeline, PlainEngine
from kconv._pipeline.compiled import CompiledEngine
from kconv._pipeline.loose import Loose
from kconv._scheme import Spoke
from kconv.fields import FreeForm, Integer, List, Object, String, Time
from shop.versions import OrderV1, OrderV2, OrderV3
from shop.versions import register as register_orders

ENGINES: list[Any] = [PlainEngine, CompiledEngine]


def pipelines(engine: type[Engine], *register: Any) -> Pipeline:
    scheme = Scheme()
    for each in register:
        each(scheme)
    return Pipeline(scheme.freeze(), engine())


@pytest.fixture(params=ENGINES, ids=["plain", "compiled"])
def shop(request: pytest.FixtureRequest) -> Pipeline:
    return pipelines(request.param, register_orders)


@pytest.fixture(params=ENGINES, ids=["plain", "compiled"])
def every(request: pytest.FixtureRequest) -> Pipeline:
    found = pipelines(request.param, kinds.register)
    found.fallbacks.strict = True
    return found


def spoke(pipeline: Pipeline, name: str, version: str) -> Spoke:
    return pipeline.scheme.spoke(kconv.GroupVersion(kinds.GROUP, version).kind(name))


def converted(pipeline: Pipeline, name: str, document: Any, source: str, target: str) -> Any:
    found, to = spoke(pipeline, name, source), spoke(pipeline, name, target)
    data = json.dumps(document).encode()
    at_once = json.loads(pipeline.convert(data, to.group_version, spoke=found))
    stepwise = pipeline.from_hub(pipeline.to_hub(pipeline.load(document, spoke=found)), to)
    assert pipeline.dump(stepwise) == at_once
    assert json.loads(pipeline.encode(stepwise)) == at_once
    return at_once


def test_bytes_hold_the_fields_and_nothing_else(shop: Pipeline) -> None:
    old = (
        b'{"customer":"ada","item":{"sku":"x"},"price":"12.50 EUR","placed":"2026-01-02T03:04:05Z"}'
    )
    done = kconv.convert_document(shop, old, OrderV1, OrderV3)
    assert done.value == {
        "customer": "ada",
        "items": [{"sku": "x", "count": 1}],
        "cents": 1250,
        "currency": "EUR",
        "placedAt": "2026-01-02T03:04:05Z",
    }
    assert done.losses == ()
    assert json.loads(done.encode()) == done.value
    back = kconv.convert_document(shop, done.value, OrderV3, OrderV1)
    assert back.value == {**json.loads(old), "item": {"sku": "x", "count": 1}}


def test_what_older_versions_cannot_hold_is_kept_in_the_field_that_the_hub_names(
    shop: Pipeline,
) -> None:
    new = {
        "customer": "ada",
        "items": [{"sku": "x", "count": 1}, {"sku": "y", "count": 2}],
        "shipTo": {"city": "London"},
        "labels": {"gift": "yes"},
    }
    old = kconv.convert_document(shop, new, OrderV3, OrderV1, strict=True).value
    assert old == {
        "customer": "ada",
        "item": {"sku": "x", "count": 1},
        "_kept": {
            "items[1:]": [{"sku": "y", "count": 2}],
            "shipTo": {"city": "London"},
            "labels": {"gift": "yes"},
        },
    }
    assert kconv.convert_document(shop, old, OrderV1, OrderV3, strict=True).value == new
    between = kconv.convert_document(shop, old, OrderV1, OrderV2).value
    assert between["address"] == {"city": "London"}
    assert between["_kept"] == {"labels": {"gift": "yes"}}


def test_what_is_kept_can_be_stored_apart(shop: Pipeline) -> None:
    new = {"customer": "ada", "labels": {"a": None}, "items": None}
    done = kconv.convert_document(shop, new, OrderV3, OrderV1, apart=True)
    assert done.value == {"customer": "ada", "item": None}
    assert done.kept == {"labels": {"a": None}}
    back = kconv.convert_document(shop, done.value, OrderV1, OrderV3, apart=True, kept=done.kept)
    assert (back.value, back.kept) == (new, None)
    without = kconv.convert_document(shop, done.value, OrderV1, OrderV3, apart=True)
    assert without.value == {"customer": "ada", "items": None}


def test_losses_are_named(shop: Pipeline) -> None:
    order = {"customer": "ada", "currency": "USD"}
    done = kconv.convert_document(shop, order, OrderV3, OrderV1)
    assert done.value == {"customer": "ada"}
    why = "an order without a price has no currency, and one without a currency is in EUR"
    assert [str(each) for each in done.losses] == [f'currency: "USD" would be lost ({why})']
    with pytest.raises(ConversionError, match='currency: "USD" would be lost'):
        kconv.convert_document(shop, order, OrderV3, OrderV1, strict=True)


def test_fields_may_be_called_as_those_of_an_envelope(every: Pipeline) -> None:
    document = {"kind": "small", "apiVersion": 7, "metadata": [1, None]}
    found = converted(every, "Keeperror", document, "v1", "v2")
    assert found == {
        "kind": "S",
        "apiVersion": 7,
        "metadata": [1, None],
        "note": "none",
        "level": 3,
    }
    back = converted(every, "Keeperror", found, "v2", "v1")
    assert back == {**document, "note": "none"}


NULLS = {
    "parts": [{"called": "a", "at": None, "tags": {"x": None}}],
    "first": None,
    "note": None,
    "ratio": None,
}


def test_nulls_are_values_where_they_are_kept(every: Pipeline) -> None:
    found = converted(every, "Keeperror", NULLS, "v1", "v2")
    assert found == {
        "parts": [{"name": "a", "count": 1, "at": None, "tags": {"x": None}}],
        "all": None,
        "note": None,
        "ratio": None,
        "level": 3,
    }
    back = converted(every, "Keeperror", found, "v2", "v1")
    parts = [{"called": "a", "count": 1, "at": None, "tags": {"x": None}}]
    assert back == {**NULLS, "parts": parts}


def test_a_null_element_keeps_its_place_and_has_to_be_valid_as_an_empty_one(
    every: Pipeline,
) -> None:
    document = {"parts": [{"called": "a", "count": 1}, None]}
    v1, v2 = spoke(every, "Keeperror", "v1"), spoke(every, "Keeperror", "v2")
    with pytest.raises(InvalidObject, match=r"parts\[1\].called: Required value"):
        every.load(document, spoke=v1, checks="fields")
    stored = every.load(document, spoke=v1, trusted=True)
    there = every.from_hub(every.to_hub(stored), v2)
    assert there.value["parts"] == [{"name": "a", "count": 1}, None]
    assert every.from_hub(every.to_hub(there), v1).value["parts"] == document["parts"]


def test_nulls_are_absent_where_the_kind_says_so(every: Pipeline) -> None:
    found = converted(every, "Absenterror", {**NULLS, "parts": []}, "v1", "v2")
    assert found == {"parts": [], "note": "none", "level": 3}


def test_unknown_fields_are_refused_at_every_depth_by_default(every: Pipeline) -> None:
    documents: list[Any] = [
        {"unknown": 1, "done": True},
        {"parts": [{"called": "a", "unknown": 1}]},
        {"unknown": None},
    ]
    for document in documents:
        for name in ("Keeperror", "Absenterror"):
            for trusted in (False, True):
                with pytest.raises(StrictDecodeError, match="unknown field"):
                    every.load(document, spoke=spoke(every, name, "v1"), trusted=trusted)
                data = json.dumps(document).encode()
                with pytest.raises(StrictDecodeError, match="unknown field"):
                    every.decode(data, spoke=spoke(every, name, "v1"), trusted=trusted)


def test_unknown_fields_are_taken_along_where_they_are_kept(every: Pipeline) -> None:
    document = {
        "parts": [{"called": "a", "count": 1, "x": [None]}],
        "first": {"name": "f", "count": 1, "y": {"z": None}},
        "x": {"deep": 1},
        "note": "n",
    }
    for name in ("Keepkeep", "Absentkeep"):
        found = converted(every, name, document, "v1", "v2")
        assert found == {
            "parts": [{"name": "a", "count": 1, "x": [None]}],
            "all": [{"name": "f", "count": 1, "y": {"z": None}}],
            "x": {"deep": 1},
            "note": "n",
            "level": 3,
        }
        assert converted(every, name, found, "v2", "v1") == document


def test_unknown_fields_are_dropped_where_the_kind_says_so(every: Pipeline) -> None:
    document = {"parts": [{"called": "a", "x": 1}], "x": 1}
    found = converted(every, "Keepdrop", document, "v1", "v2")
    assert found == {"parts": [{"name": "a", "count": 1}], "note": "none", "level": 3}


def test_an_unknown_field_that_another_version_declares_is_not_converted(every: Pipeline) -> None:
    data = b'{"port": 1}'
    v1, v2 = spoke(every, "Keepkeep", "v1"), spoke(every, "Keepkeep", "v2")
    with pytest.raises(ConversionError, match="port: is declared in the other version only"):
        every.convert(data, v2.group_version, spoke=v1)


def test_an_unknown_field_that_a_rule_leaves_behind_is_not_converted(every: Pipeline) -> None:
    v1, v2 = spoke(every, "Keepkeep", "v1"), spoke(every, "Keepkeep", "v2")
    data = b'{"all": [{"name": "a"}, {"name": "b", "x": 1}]}'
    with pytest.raises(ConversionError, match=r"all\[1\].x: is not declared, and no rule takes it"):
        every.convert(data, v1.group_version, spoke=v2)


def test_a_null_where_a_value_is_required_is_none(every: Pipeline) -> None:
    for name in ("Keeperror", "Absentdrop"):
        with pytest.raises(InvalidObject, match=r"parts\[0\].called: Required value"):
            every.load({"parts": [{"called": None}]}, spoke=spoke(every, name, "v1"))


def test_rules_see_nulls_and_may_make_them(shop: Pipeline) -> None:
    seen: list[Any] = []

    class V1(Document):
        a = String()

        class Meta:
            group, version, kind = "rules.example.com", "v1", "Thing"

    class V2(Document):
        b = String()
        c = Integer()

        class Meta:
            group, version, kind = "rules.example.com", "v2", "Thing"

    class Thing(DocumentHub):
        b = String()
        c = Integer()

        class Meta:
            group = "rules.example.com"

    def to_hub(old: dict[str, Any], hub: dict[str, Any]) -> None:
        seen.append(dict(old))
        hub["b"] = old.get("a")
        hub["undeclared"] = 1

    def to_spoke(hub: dict[str, Any], old: dict[str, Any]) -> None:
        if "b" in hub:
            old["a"] = hub["b"]

    scheme = Scheme()
    rule = kconv.Functions(
        spoke=("a",), hub=("b", "c"), to_hub=to_hub, to_spoke=to_spoke, lost={"c": "new"}
    )
    scheme.add(Thing, Edge(V1, rule), Edge(V2), storage="rules.example.com/v2")
    pipeline = Pipeline(scheme.freeze(), type(shop.engine)())
    for document, expected in (
        ({"a": None}, {"b": None}),
        ({}, {"b": None}),
        ({"a": "x"}, {"b": "x"}),
    ):
        assert kconv.convert_document(pipeline, document, V1, V2).value == expected
    assert {"a": None} in seen


def test_a_document_that_says_nothing_odd_is_the_engines_own_value() -> None:
    pipeline = pipelines(CompiledEngine, register_orders)
    v1 = pipeline.scheme.spoke_of_schema(OrderV1)
    assert not isinstance(pipeline.decode(b'{"customer":"null"}', spoke=v1).native, Loose)
    null = pipeline.decode(b'{"customer":"a","item":null}', spoke=v1)
    assert not isinstance(null.native, Loose)
    assert null.value == {"customer": "a", "item": None}
    v3 = pipeline.scheme.spoke_of_schema(OrderV3)
    element = pipeline.decode(b'{"customer":"a","labels":{"a":null}}', spoke=v3)
    assert isinstance(element.native, Loose)


def test_wrong_types_are_named_all_at_once(shop: Pipeline) -> None:
    with pytest.raises(DecodeError) as caught:
        kconv.convert_document(
            shop, {"customer": 1, "item": {"sku": None, "count": "x"}}, OrderV1, OrderV3
        )
    assert {each.path for each in caught.value.findings} >= {("customer",), ("item", "count")}


def test_the_bytes_do_not_tell_the_version(shop: Pipeline) -> None:
    with pytest.raises(DecodeError, match="--from GROUP/VERSION --kind KIND"):
        shop.decode(b'{"customer":"ada"}')


class Old(Document):
    when = Time()
    more = FreeForm()
    lists = List(List(Integer()))
    inner = Object(lambda: kinds.Part)

    class Meta:
        group, version, kind = "odd.example.com", "v1", "Odd"


class OddHub(DocumentHub):
    when = Time()
    more = FreeForm()
    lists = List(List(Integer()))
    inner = Object(lambda: kinds.Part)

    class Meta:
        group, kind = "odd.example.com", "Odd"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "document",
    [
        {"when": None},
        {"more": None},
        {"more": {"a": None}},
        {"lists": [[None, 1], None, []]},
        {"inner": {"name": "a", "count": 2, "tags": {"x": None}, "at": None}},
    ],
)
def test_every_null_comes_back_where_it_was(engine: Any, document: Any) -> None:
    scheme = Scheme()
    scheme.add(OddHub, Edge(Old), storage="odd.example.com/v1")
    pipeline = Pipeline(scheme.freeze(), engine())
    assert kconv.convert_document(pipeline, document, Old, Old).value == document
    data = json.dumps(document).encode()
    assert json.loads(kconv.convert_document(pipeline, data, Old, Old).encode()) == document
