"""Fields: strict types, canonical spelling, null as absent, rules apart from decoding."""

from collections.abc import Iterator, Mapping
from typing import Any

import marshmallow
import pytest

from kconv._errors import InvalidObject
from kconv._paths import Finding, invalid
from kconv._schema import Type, decode, defaults, validates
from kconv.fields import (
    Boolean,
    Bytes,
    Double,
    Duration,
    FreeForm,
    Int32,
    Int64,
    IntOrString,
    List,
    Map,
    MicroTime,
    Object,
    Quantity,
    String,
    Time,
)  # fmt: skip
from kconv.fields._age import age, human_duration
from kconv.fields._base import reading_stored
from kconv.fields._quantity import canonical_quantity
from kconv.fields._time import parse_time


class Part(Type):
    name = String(required=True)
    amount = Int32(minimum=1, load_default=5)


class Whole(Type):
    boolean = Boolean()
    data = Bytes()
    double = Double()
    duration = Duration()
    free = FreeForm()
    int32 = Int32()
    int64 = Int64()
    either = IntOrString()
    labels = Map(String())
    micro = MicroTime()
    part = Object(Part)
    parts = List(Object(Part), list_type="map", map_keys=("name",))
    quantity = Quantity()
    filled = Object(Part, load_default=dict)
    words = List(String(), list_type="set")
    when = Time()
    word = String(enum=("a", "b"))
    class_ = String(data_key="class")


@defaults(Whole)
def word_from_class(value: dict[str, Any]) -> None:
    if "class" in value:
        value.setdefault("word", "a")


@validates(Whole)
def not_both(value: Mapping[str, Any]) -> Iterator[Finding]:
    if value.get("part") and value.get("parts"):
        yield invalid(("part",), "both", "one of the two")


def one(name: str, value: Any) -> Any:
    return decode(Whole, {name: value}).get(name)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("100m", "100m"), ("1000m", "1"), ("1500m", "1500m"), ("0.1", "100m"), ("1.5", "1500m"),
        ("1.5Gi", "1536Mi"), ("1024Mi", "1Gi"), ("2048Mi", "2Gi"), ("1000Ki", "1000Ki"),
        ("0.5Ki", "512"), ("1e3", "1e3"), ("1E3", "1E3"), ("1e4", "10e3"), ("12000", "12k"),
        ("1000000", "1M"), ("0", "0"), ("0Gi", "0"), ("-1.5", "-1500m"), ("+5", "+5"),
        ("0.0000000001", "1n"), ("9E20", "900e18"), ("1u", "1u"), ("12E", "12E"), ("1E12", "1E12"),
        (1, "1"), (0.5, "500m"), (".5", "500m"), ("1.", "1."), ("100Ei", "9223372036854775807"),
        ("0.125", "0.125"), ("1.500", "1.500"), ("1.000", "1"), ("0.25", "250m"), ("007", "007"),
        ("1000E", "1e21"), ("3000000000000000000000", "3e21"), ("+7Ki", "+7Ki"), ("+8Ki", "8Ki"),
        ("1Ei", "1Ei"), ("+1Pi", "1Pi"), ("0000.1Mi", "104857600m"), ("-0", "0"), ("+0m", "0"),
    ],
)  # fmt: skip
def test_quantities(text: Any, canonical: str) -> None:
    assert one("quantity", text) == canonical


@pytest.mark.parametrize(
    "text", ["", "x", "1KI", "1.5.1", "1 Gi", "--1", "1e", True, [], "1e1000000000000"]
)
def test_no_quantities(text: Any) -> None:
    with pytest.raises(InvalidObject):
        one("quantity", text)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("90m", "1h30m0s"), ("1500ms", "1.5s"), ("100us", "100µs"), ("0", "0s"), ("-1h", "-1h0m0s"),
        (".5s", "500ms"), ("1h1ns", "1h0m0.000000001s"), ("10s", "10s"),
    ],
)  # fmt: skip
def test_durations(text: str, canonical: str) -> None:
    assert one("duration", text) == canonical


@pytest.mark.parametrize("text", ["", "1", "1d", "h", "s1", 5, "1h-5m"])
def test_no_durations(text: Any) -> None:
    with pytest.raises(InvalidObject):
        one("duration", text)


def test_times() -> None:
    text = "2026-01-02T03:04:05.678901+02:00"
    assert one("when", text) == "2026-01-02T01:04:05Z"
    assert one("micro", text) == "2026-01-02T01:04:05.678901Z"
    bad = (
        "2026-01-02",
        "2026-13-01T00:00:00Z",
        "2026-01-02T03:04:05",
        "0001-01-01T00:00:00+23:00",
        5,
    )
    for each in bad:
        with pytest.raises(InvalidObject):
            one("when", each)


MICROSECONDS = [("", False), (".5", False), (".123456789", False), (".123456", True)]


@pytest.mark.parametrize(("fraction", "taken"), MICROSECONDS)
def test_a_micro_time_has_six_digits(fraction: str, taken: bool) -> None:
    text = f"2026-01-02T03:04:05{fraction}Z"
    if taken:
        assert one("micro", text) == text
    else:
        with pytest.raises(InvalidObject, match="six digits"):
            one("micro", text)
        with reading_stored():
            assert one("micro", text).startswith("2026-01-02T03:04:05.")


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("2026-01-02T3:04:05Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05,5Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05.12345678901234567890Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05+24:60", "2026-01-01T02:04:05Z"),
        ("2026-01-02T03:04:05-24:00", "2026-01-03T03:04:05Z"),
        ("0001-01-01T00:00:01Z", "0001-01-01T00:00:01Z"),
    ],
)
def test_times_are_read_as_by_go(text: str, decoded: str) -> None:
    assert one("when", text) == decoded


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00.000000Z",
        "0001-01-01T01:00:00.000000+01:00",
    ],
)
def test_the_zero_time_equals_absent(text: str) -> None:
    assert "when" not in decode(Whole, {"when": text})
    if "." in text:
        assert "micro" not in decode(Whole, {"micro": text})
    assert List(Time()).deserialize([text, None]) == [None, None]


@pytest.mark.parametrize("value", [5.0, 1e3, -0.0, 1.5])
@pytest.mark.parametrize("name", ["int32", "int64", "either"])
def test_integers_are_written_without_a_point(name: str, value: float) -> None:
    with pytest.raises(InvalidObject):
        one(name, value)
    with reading_stored():
        if value == 1.5:
            with pytest.raises(InvalidObject):
                one(name, value)
        else:
            assert one(name, value) == value
            assert type(one(name, value)) is int


def test_ages() -> None:
    when = parse_time("2026-01-02T00:00:00Z")
    assert age("2026-01-01T23:59:00Z", when) == "60s"
    assert age(None) == age("x") == "<unknown>"
    assert age("2027-01-01T00:00:00Z", when) == "<invalid>"
    seconds = (119, 120, 187, 601, 10801, 7 * 3600 + 60, 30000, 200000, 86400 * 8, 86400 * 800)
    assert [human_duration(each) for each in seconds] == [
        "119s", "2m", "3m7s", "10m", "3h", "7h1m", "8h", "2d7h", "8d", "2y70d",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("boolean", [True, False], [0, "true", []]),
        ("data", ["", "YQ==", "YQ=\n="], ["YQ", "*", 5]),
        ("double", [1, 1.5], ["1", True]),
        ("int32", [0, -(2**31), 2**31 - 1], [2**31, "1", True, 1.5, 1.0]),
        ("int64", [2**63 - 1], [2**63, "1"]),
        ("either", [1, "http"], [True, 1.5, 1.0, 2**31, []]),
        ("labels", [{}, {"a": "b"}], [[], {"a": 1}, "x"]),
        ("part", [{"name": "x"}], [[], "x"]),
        ("words", [[], ["a"]], [{}, "a", [1]]),
        ("class", ["x"], [1]),
    ],
)
def test_types_are_strict(name: str, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        one(name, value)
    for value in bad:
        with pytest.raises(InvalidObject) as caught:
            one(name, value)
        assert caught.value.findings[0].path[0] == name


def test_null_is_absent() -> None:
    assert decode(Whole, dict.fromkeys(Whole.instance().wire_fields())) == decode(Whole, {})
    assert decode(Whole, {}) == {"filled": {"amount": 5}}
    assert decode(Whole, {"words": [None], "free": {"a": None}}) == {
        "filled": {"amount": 5},
        "words": [""],
        "free": {"a": None},
    }


def test_all_wrong_types_at_once() -> None:
    with pytest.raises(InvalidObject) as caught:
        decode(Whole, {"int32": "1", "parts": [{"name": 1}, {"amount": "x"}], "labels": {"a/b": 5}})
    assert [str(each) for each in caught.value.findings] == [
        'int32: Invalid value: "1": must be an integer',
        "labels[a/b]: Invalid value: 5: must be a string",
        "parts[0].name: Invalid value: 1: must be a string",
        'parts[1].amount: Invalid value: "x": must be an integer',
    ]


def test_all_broken_rules_at_once() -> None:
    value = decode(
        Whole,
        {
            "part": {"amount": 0},
            "parts": [{"name": "x"}, {"name": "x"}],
            "word": "c",
            "words": ["a"] * 2,
        },
    )
    found = [str(each) for each in Whole.instance().check(value)]
    assert found == [
        "part.name: Required value",
        "part.amount: Invalid value: 0: must be greater than or equal to 1",
        'part: Invalid value: "both": one of the two',
        'parts[1]: Duplicate value: {"name":"x"}',
        "filled.name: Required value",
        'words[1]: Duplicate value: "a"',
        'word: Unsupported value: "c": supported values: "a", "b"',
    ]


def test_computed_defaults() -> None:
    value = decode(Whole, {"class": "x"})
    assert value["word"] == "a"
    assert value["class"] == "x"


def test_a_schema_that_shows_less_knows_less() -> None:
    class Pair(Type):
        one = String()
        two = String()

    assert list(Pair.instance().wire_fields()) == ["one", "two"]

    class Holder(marshmallow.Schema):
        pair = marshmallow.fields.Nested(Pair.instance(), only=("one",))

    shown: Any = Holder().fields["pair"]
    for schema in (shown.schema, Pair(only=("one",))):
        assert list(schema.wire_fields()) == ["one"]
        assert list(schema.unknown_fields({"one": "1", "two": "2"})) == [("two",)]
    assert list(Pair.instance().wire_fields()) == ["one", "two"]


def test_unknown_fields_at_every_depth() -> None:
    raw = {
        "x": 1,
        "part": {"y": 1},
        "parts": [{}, {"z": 1}],
        "free": {"any": 1},
        "labels": {"l": ""},
    }
    paths = list(Whole.instance().unknown_fields(raw))
    assert paths == [("x",), ("part", "y"), ("parts", 1, "z")]


def test_end_of_a_pattern_is_the_end() -> None:
    field = String(pattern="^[a-z]+$")
    assert not list(field.check("abc", ()))
    assert list(field.check("abc\n", ()))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("9" * 100_000, "9" * 100_000),
        ("9" * 100_000 + "Ki", str(2**63 - 1)),
        ("-" + "9" * 5_000 + "Ki", str(-(2**63 - 1))),
        ("1" + "0" * 99 + "e-99", "1"),
        ("0" * 500 + "5", "5"),
        ("1." + "0" * 70, "1"),
        ("0." + "0" * 500 + "1", "1n"),
        ("1e999999999", "1e999999999"),
        ("-1e-999999999", "-1e-9"),
    ],
    ids=lambda value: value[:12],
)
def test_quantities_of_many_digits(text: str, canonical: str) -> None:
    assert canonical_quantity(text) == canonical
