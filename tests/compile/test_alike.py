"""What the compiler leaves to the plain engine, one way or another: both engines say the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import marshmallow
import pytest

from compile.local import V1, V2, engines, outcome, thing
from kconv import fields
from kconv._codec import DEPTH
from kconv._compile import is_wholly_plain, nests_endlessly, plain_fields
from kconv._compile.plain import plain_reasons
from kconv._errors import TooLarge
from kconv._paths import Finding, invalid
from kconv._schema import Type, defaults, validates, zero_is_absent
from kconv.edges import Functions, Rename
from kconv.fields import (
    Boolean,
    Double,
    Duration,
    FreeForm,
    Int32,
    Integer,
    IntOrString,
    List,
    Map,
    Object,
    Quantity,
    String,
)


class Upper(String):
    """Decodes in a way of its own."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return super()._deserialize(value, *args, **kwargs).upper()


class Comma(fields.Field):
    """A list that is written as one text."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[str]:
        return str(value).split(",")

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return ",".join(value)


class Inner(Type):
    size = Quantity(load_default="1")
    name = String(required=True)


def of(**declared: Any) -> type[Type]:
    return type("Spec", (Type,), declared)


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        (of(a=Double(minimum=0, maximum=1)), [0, 0.5, 1, 1.5, -1, "x", None]),
        (of(a=List(Double(minimum=0))), [[1], [1, -1], None]),
        (of(a=FreeForm()), [None, {}, {"b": None}]),
        (of(a=FreeForm(required=True)), [None, {"b": 1}]),
        (of(a=FreeForm(load_default=dict)), [None, {"b": 1}]),
        (of(a=FreeForm(object_only=True)), [None, {"b": 1}, 1]),
        (of(a=List(FreeForm())), [[None], [1]]),
        (of(a=Upper()), [None, "x", 1]),
        (of(a=String(pre_load=[str.strip])), [None, " x "]),
        (of(a=Upper(load_default="q")), [None, "x"]),
        (of(a=String(post_load=[str.upper], load_default="q")), [None, "x"]),
        (of(a=Duration(load_default="1m30s")), [None, "90s"]),
        (of(a=List(Quantity(), load_default=["1"])), [None, ["1000m"]]),
        (of(a=Object(Inner, load_default=lambda: {"name": "x"})), [None, {"name": "y"}, {}]),
        (of(a=List(Object(Inner), load_default=[{"name": "x"}])), [None, [{"name": "y"}]]),
        (of(a=String(enum=("x", "y"), load_default=lambda: "z")), [None, "x", "z"]),
        (of(a=Comma()), [None, "x,y"]),
        (of(a=List(Comma())), [["x,y", "z"]]),
        (of(a=marshmallow.fields.DateTime()), [None, "2024-01-02T03:04:05", "x"]),
        (of(a=marshmallow.fields.Decimal(as_string=True)), ["1.50", "x"]),
        (of(a=marshmallow.fields.Str(required=True)), [None, "x"]),
        (of(a=String(load_only=True)), ["x"]),
        (of(a=String(dump_only=True)), ["x"]),
        (of(**{"x²": Int32(), "a": String(), "größe": String()}), ["x"]),
    ],
)
def test_fields(spec: type[Type], values: list[Any]) -> None:
    plain, compiled = engines(spec)
    for data in (thing({}), *(thing({"a": value}) for value in values)):
        for to in (V1, V2):
            assert outcome(compiled, data, to) == outcome(plain, data, to), data


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (FreeForm(), {"b": None, "c": [None, {"d": None}]}),
        (FreeForm(object_only=True), {"b": None}),
        (List(FreeForm()), [None, {"b": None}]),
        (Map(FreeForm()), {"k": None, "l": {"b": None}}),
    ],
)
def test_nulls_of_free_form_values_stay_where_others_are_left_out(
    field: fields.Field, value: object
) -> None:
    plain, compiled = engines(of(a=field, more=String()))
    data = thing({"a": value, "more": None})
    assert outcome(compiled, data) == outcome(plain, data)
    assert compiled.decode(data).value["spec"] == {"a": value}


def test_names_that_python_takes_for_the_same() -> None:
    plain, compiled = engines(of(a=Quantity(data_key="\ufb01eld"), field=Quantity()))
    data = thing({"\ufb01eld": "1000m", "field": "2000m"})
    assert outcome(compiled, data) == outcome(plain, data)


@pytest.mark.parametrize(
    ("field", "zero"),
    [
        (Boolean(load_default=True), False),
        (Double(load_default=1.5), 0),
        (List(String(), load_default=["x"]), []),
        (Map(String(), load_default={"x": "y"}), {}),
        (IntOrString(load_default="x"), 0),
        (String(load_default="x"), ""),
        (Int32(load_default=3), 0),
    ],
)
def test_zero_that_means_absence(field: fields.Field, zero: object) -> None:
    spec = of(a=field)
    zero_is_absent(spec, "a")
    plain, compiled = engines(spec)
    for data in (thing({"a": zero}), thing({})):
        assert outcome(compiled, data) == outcome(plain, data)
    assert compiled.decode(thing({"a": zero})).value["spec"]["a"] == field.load_default


class Hooked(Type):
    a = String()

    @marshmallow.validates_schema
    def never_x(self, value: Any, **kwargs: Any) -> None:
        if value.get("a") == "x":
            raise marshmallow.ValidationError("never", "a")


class Dumped(Type):
    a = String()

    @marshmallow.post_dump
    def louder(self, value: Any, **kwargs: Any) -> Any:
        return {**value, "a": value.get("a", "").upper()}


@pytest.mark.parametrize("spec", [Hooked, Dumped, of(a=Object(Dumped)), of(a=Map(Object(Hooked)))])
def test_hooks_of_marshmallow(spec: type[Type]) -> None:
    assert is_wholly_plain(spec)
    plain, compiled = engines(spec)
    for value in ("x", "y", {"a": "x"}, {"a": "y"}, {"b": {"a": "x"}}, {"b": {"a": "y"}}):
        data = thing({"a": value})
        for to in (V1, V2):
            assert outcome(compiled, data, to) == outcome(plain, data, to)


def test_what_takes_the_plain_path_as_a_whole_is_named() -> None:
    spec = of(a=Object(Dumped), b=Comma(), c=String(load_only=True), d=String())
    assert plain_fields(spec) == ["a", "b", "c"]
    assert not is_wholly_plain(of(a=Upper(), d=String()))
    assert plain_reasons(spec) == {
        "a": "Dumped has hooks of marshmallow: louder",
        "b": "Comma writes other values than it reads",
        "c": "String writes other values than it reads",
    }
    spec = of(a=Upper(), b=List(Upper()), c=String(pre_load=[str.strip]), d=String())
    assert plain_reasons(spec) == {
        "a": "Upper has no make_spec of its own",
        "b": "Upper has no make_spec of its own",
        "c": "String has pre_load or post_load",
    }


def test_another_versions_defaults_are_not_filled_in_by_converting() -> None:
    new = of(a=String(), more=String(load_default="x"), part=Object(Inner, load_default=dict))
    rule = Functions(
        hub=("spec.more", "spec.part"), to_hub=nothing, to_spoke=nothing, lost=dict.fromkeys(
            ("spec.more", "spec.part"), "v1 has nothing like it"
        ),
    )  # fmt: skip
    plain, compiled = engines(of(a=String()), new, rule)
    data = thing({"a": "1"})
    assert outcome(compiled, data, V2) == outcome(plain, data, V2)
    assert json.loads(compiled.convert(data, V2))["spec"] == {"a": "1"}


class Resources(Type):
    memory = String()
    cpu = String()


class LessResources(Type):
    memory = String()


@pytest.mark.parametrize(
    "spec", [{"cpu": "1"}, {"resources": {"memory": "2"}}, {}, {"cpu": "1", "resources": {}}]
)
def test_a_field_that_moves_into_an_object(spec: dict[str, Any]) -> None:
    old = of(cpu=String(), resources=Object(LessResources))
    plain, compiled = engines(
        old, of(resources=Object(Resources)), Rename("spec.cpu", "spec.resources.cpu")
    )
    there = plain.convert(thing(spec), V2)
    assert compiled.convert(thing(spec), V2) == there
    assert compiled.convert(there, V1) == plain.convert(there, V1)
    made = json.loads(there)["spec"].get("resources", {})
    assert made.get("cpu") == spec.get("cpu")


def copy_values(given: Any, made: Any) -> None:
    made["spec"] = {"a": "".join(given["spec"].values())}


def annotate(given: Any, made: Any) -> None:
    made["metadata"]["annotations"]["q"] = "w"


def nothing(given: Any, made: Any) -> None:
    """Says nothing."""


def test_functions_that_use_all_of_a_mapping() -> None:
    rule = Functions(spoke=("spec",), hub=("spec",), to_hub=copy_values, to_spoke=nothing)
    spec = of(a=String())
    plain, compiled = engines(spec, None, rule)
    assert outcome(compiled, thing({"a": "x"}), V2) == outcome(plain, thing({"a": "x"}), V2)


def test_functions_that_write_annotations_change_no_source() -> None:
    rule = Functions(to_hub=annotate, to_spoke=nothing)
    _, compiled = engines(of(a=String()), None, rule)
    value = json.loads(thing({"a": "x"}))
    value["metadata"]["annotations"] = {"mine": "1"}
    decoded = compiled.decode(json.dumps(value).encode())
    made = compiled.convert_decoded(decoded, V2)
    assert made.value["metadata"]["annotations"] == {"mine": "1", "q": "w"}
    assert decoded.value["metadata"]["annotations"] == {"mine": "1"}


def test_rules_may_use_objects_as_mappings_or_not() -> None:
    class Part(Type):
        a = String()
        b = Integer()

    class Spec(Type):
        part = Object(Part)

    @defaults(Spec, when=("part",))
    def more(value: dict[str, Any]) -> None:
        part = value["part"]
        part.update(a="x")
        assert isinstance(part, Mapping)

    @validates(Spec)
    def few(value: Mapping[str, Any]) -> Any:
        if len(value["part"]) > 1 and 3 in value["part"].values():
            yield invalid(("part",), 3, "is too much")
        if json.dumps(value["part"]) == "{}":
            yield Finding(("part",), "FieldValueInvalid", "never")

    plain, compiled = engines(Spec)
    for part in ({"b": 1}, {"b": 3}, {}):
        data = thing({"part": part})
        assert outcome(compiled, data) == outcome(plain, data)


def test_what_nests_too_deep_to_be_followed() -> None:
    class Tree(Type):
        sub = Object(lambda: Tree)
        leaf = String()

    value: dict[str, Any] = {"leaf": "x"}
    for _ in range(180):
        value = {"sub": value}
    plain, _ = engines(Tree)
    with pytest.raises(TooLarge, match="nests too deep"):
        plain.decode(thing(value))


@pytest.mark.parametrize("depth", [20, 196, 197, 198, 199, 300])
def test_types_that_hold_themselves_nest_no_deeper_than_documents(depth: int) -> None:
    class Tree(Type):
        sub = Object(lambda: Tree)

    assert nests_endlessly(Tree)
    assert not nests_endlessly(Inner)
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"sub": value}
    _, compiled = engines(Tree)
    fits = depth + 2 <= DEPTH
    for to in (V1, V2):
        found = outcome(compiled, thing(value), to)
        assert isinstance(found[0], bytes) if fits else found[0] is TooLarge
