"""Fields whose declaration freeze refuses: names, bounds, list types and constant defaults."""

from enum import StrEnum
from typing import Any

import pytest

from engine.test_misfits import frozen, refused
from kconv._schema import Type
from kconv.fields import (
    Boolean,
    Double,
    Duration,
    Field,
    Int32,
    Integer,
    List,
    Map,
    Object,
    Quantity,
    String,
    Time,
)


class Port(Type):
    name = String(load_default="x")


class Shade(StrEnum):
    DARK = "dark"


class Lenient(String):
    """Decodes what it likes."""


def problems(field: Field) -> list[str]:
    """What freeze says about the field of a type, without the path, which comes first each time."""
    holder = Object(type("Holder", (Type,), {"field": field}))
    found = refused({"at": holder}, {"at": holder})
    assert all(message.startswith("at.") for message in found)
    return [message.split(": ", 1)[1] for message in found]


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        (String(load_default=5), "its default 5 does not decode: Invalid value: 5: must be a str"),  # type: ignore[call-overload]  # wrong on purpose
        (Quantity(load_default="1 apple"), 'its default "1 apple" does not decode'),
        (Time(load_default="now"), 'its default "now" does not decode'),
        (Boolean(load_default=0), "its default 0 does not decode"),  # type: ignore[call-overload]  # wrong on purpose
        (List(String(), load_default=[1]), "[0]: Invalid value: 1: must be a string"),
        (Object(Port, load_default={"name": 1}), "name: Invalid value: 1: must be a string"),
        (String(load_default=None), "its default is null"),  # type: ignore[call-overload]  # wrong on purpose
        (Quantity(load_default="1.5Gi"), 'its default "1.5Gi" must be written "1536Mi"'),
        (Quantity(load_default=1), 'its default 1 must be written "1"'),  # type: ignore[call-overload]  # wrong on purpose
        (Duration(load_default="60s"), 'its default "60s" must be written "1m0s"'),
        (Integer(load_default=1.0), "its default 1.0 does not decode"),  # type: ignore[call-overload]  # wrong on purpose
        (Map(Quantity(), load_default={"a": "1.5Gi"}), 'must be written {"a":"1536Mi"}'),
        (String(load_default=Shade.DARK), "is no plain str"),
        (Integer(minimum=5, load_default=1), "Invalid value: 1: must be greater than or equal"),
        (Int32(load_default=2**40), "its default 1099511627776 does not decode"),
        (String(enum=("a",), load_default="b"), 'its default "b" is none of a'),
        (String(pattern="^a$", load_default="b"), "should match '^a$'"),
        (String(max_length=1, load_default="bb"), "may not be more than 1 bytes"),
        (List(String(), min_items=1, load_default=[]), "must have at least 1 items"),
    ],
)
def test_defaults(field: Field, problem: str) -> None:
    (found,) = problems(field)
    assert problem in found


@pytest.mark.parametrize(
    "field",
    [
        String(load_default=""),
        String(required=True, load_default=""),
        Quantity(load_default="0"),
        Double(load_default=1),
        Object(Port, load_default={}),
        List(Object(Port), load_default=[{}]),
        Lenient(load_default=5),  # type: ignore[call-overload]  # wrong on purpose
        String(load_default=lambda: "x"),
        Integer(minimum=-(2**63), maximum=2**63 - 1),
        Int32(maximum=2**40),
        List(Object(Port), list_type="map", map_keys=("name",)),
        List(String(), list_type="set", min_items=1, max_items=1),
    ],
)
def test_declarations_that_hold(field: Field) -> None:
    assert frozen({"field": field}, {"field": field}).frozen


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        (Integer(minimum=2, maximum=1), "its minimum 2 is greater than its maximum 1"),
        (Double(minimum=2, maximum=1.5), "its minimum 2 is greater than its maximum 1.5"),
        (Integer(minimum=2**64), "its minimum 18446744073709551616 does not fit in 64 bits"),
        (Integer(minimum=1.5), "its minimum 1.5 is no whole number"),  # type: ignore[call-overload]  # wrong on purpose
        (Integer(maximum="5"), "its maximum '5' is no whole number"),  # type: ignore[call-overload]  # wrong on purpose
        (Integer(maximum=True), "its maximum True is no whole number"),
        (Double(minimum=float("nan")), "its minimum nan is no number"),
        (Double(maximum="5"), "its maximum '5' is no number"),  # type: ignore[call-overload]  # wrong on purpose
        (Int32(minimum=2**31), "its bounds leave no number of format int32"),
        (String(min_length=2, max_length=1), "its min_length 2 is greater than its max_length 1"),
        (String(max_length=-1), "its max_length -1 is no whole number from 0"),
        (List(String(), max_items=-1), "its max_items -1 is no whole number from 0"),
        (List(String(), min_items=2, max_items=1), "its min_items 2 is greater than"),
        (String(enum=(Shade.DARK,)), "its enum has <Shade.DARK: 'dark'>, which is no plain str"),
        (Map(List(String(max_length=-1))), "its max_length -1"),
        (List(Object(Port), list_type="map"), 'its list_type "map" needs map_keys'),
        (
            List(Object(Port), list_type="map", map_keys=("name", "port")),
            "its map_keys have port, which Port does not have",
        ),
        (List(String(), list_type="map", map_keys=("name",)), "is for lists of objects"),
        (List(String(), list_type="bag"), "its list_type 'bag' is none of"),  # type: ignore[call-overload]  # wrong on purpose
        (Integer(format="int16"), "its format 'int16' is none of int32, int64"),  # type: ignore[call-overload]  # wrong on purpose
    ],
)
def test_bounds_and_list_types(field: Field, problem: str) -> None:
    (found,) = problems(field)
    assert problem in found


def test_bounds_that_are_no_numbers_besides_a_default() -> None:
    (found,) = problems(Integer(minimum="a", load_default=1))  # type: ignore[call-overload]  # wrong on purpose
    assert found == "its minimum 'a' is no whole number"


def test_an_object_that_holds_itself_by_default() -> None:
    class Endless(Type):
        inner: Any = Object(lambda: Endless, load_default={})

    found = refused({"field": Object(Endless)}, {"field": Object(Endless)})
    assert found == ["field.inner: its default is infinitely recursive; leave load_default out"]


@pytest.mark.parametrize("name", ["a.b", 'a"b', "a\\b", "a\nb", "\x00"])
@pytest.mark.parametrize("given", ["data_key", "attribute"])
def test_names(name: str, given: str) -> None:
    names: dict[str, Any] = {given: name}
    (message,) = problems(String(**names))
    assert "has a dot, a quote, a backslash or a control character" in message


@pytest.mark.parametrize("given", ["data_key", "attribute"])
def test_empty_names(given: str) -> None:
    names: dict[str, Any] = {given: ""}
    (message,) = problems(String(**names))
    assert "its name is empty" in message


def test_names_that_read_well() -> None:
    fields: dict[str, Field] = {"a": String(data_key="$ref"), "b": String(data_key="x-it's")}
    assert frozen(fields, fields).frozen
