"""Numbers, times and texts of JSON: both engines read the same, written today or stored once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compile.local import V1, V2, engines, thing
from fixtures.long import LONG
from kconv import Pipeline
from kconv._errors import DecodeError, KconvError
from kconv._gvk import GroupVersion
from kconv._schema import Type
from kconv.fields import Int32, Int64, Integer, IntOrString, List, Map, MicroTime, Quantity, Time
from kconv.fields import String as Text


class Spec(Type):
    int32 = Int32()
    int64 = Int64()
    bounded = Integer(minimum=1, maximum=5)
    either = IntOrString()
    wide = IntOrString(format="int64")
    many = List(Int32())
    named = Map(Int64())
    eithers = List(IntOrString())
    quantity = Quantity()
    when = Time()
    exactly = MicroTime()
    times = List(Time())
    text = Text()


PLAIN, COMPILED = engines(Spec)

WHOLE = ["5", "-0", "0", "2147483648", "9223372036854775808", "100000000000000000000"]
POINTED = ["5.0", "1e3", "1E0", "-0.0", "0e1"]
BROKEN = ["1.5", "1e-1", "1e400", "true", "null", '"5"']
NUMBERS = WHOLE + POINTED + BROKEN
PLACES = {
    "int32": "%s",
    "int64": "%s",
    "bounded": "%s",
    "either": "%s",
    "wide": "%s",
    "many": "[1, %s]",
    "named": '{"a": %s}',
    "eithers": "[%s]",
    "quantity": "%s",
    "text": "%s",
}


def outcome(pipeline: Pipeline, data: bytes, to: GroupVersion, trusted: bool) -> Any:
    try:
        decoded = pipeline.decode(data, trusted=trusted)
        return pipeline.encode(decoded), pipeline.convert(data, to, trusted=trusted)
    except KconvError as error:
        return type(error), error.message


def of(field: str, text: str) -> bytes:
    return thing({field: "HERE"}).replace(b'"HERE"', text.encode())


def alike(data: bytes) -> None:
    for trusted in (False, True):
        for to in (V1, V2):
            expected = outcome(PLAIN, data, to, trusted)
            assert outcome(COMPILED, data, to, trusted) == expected, (data, trusted)


@pytest.mark.parametrize("field", PLACES)
@pytest.mark.parametrize("number", NUMBERS)
def test_numbers(field: str, number: str) -> None:
    alike(of(field, PLACES[field] % number))


@settings(deadline=None, max_examples=100 if LONG else 25)
@given(
    st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,3})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
)
def test_any_number(number: str) -> None:
    for field, place in PLACES.items():
        alike(of(field, place % number))


@settings(deadline=None)
@given(
    st.from_regex(
        r"(0001-01-01|[0-9]{4}-[01][0-9]-[0-3][0-9])T[0-2]?[0-9]:[0-6][0-9]:[0-6][0-9]"
        r"([.,][0-9]{1,10})?(Z|[+-][0-2][0-9]:[0-6][0-9])",
        fullmatch=True,
    )
    | st.sampled_from(["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"])
)
def test_times(text: str) -> None:
    for field, place in (("when", '"%s"'), ("exactly", '"%s"'), ("times", '["%s"]')):
        alike(of(field, place % text))


@pytest.mark.parametrize("number", POINTED)
@pytest.mark.parametrize("field", ["int32", "int64", "either", "many", "named", "eithers"])
def test_what_is_written_is_whole_and_what_is_stored_becomes_so(field: str, number: str) -> None:
    data = of(field, PLACES[field] % number)
    whole = of(field, PLACES[field] % int(float(number)))
    for pipeline in (PLAIN, COMPILED):
        with pytest.raises(DecodeError) as caught:
            pipeline.decode(data)
        assert caught.value.findings[0].path[:2] == ("spec", field)
        for to in (V1, V2):
            assert pipeline.convert(data, to, trusted=True) == pipeline.convert(whole, to)


@pytest.mark.parametrize("fraction", ["", ".5", ".1234567"])
def test_what_is_stored_gets_its_six_digits(fraction: str) -> None:
    data = of("exactly", f'"2024-01-02T03:04:05{fraction}Z"')
    for pipeline in (PLAIN, COMPILED):
        with pytest.raises(DecodeError, match="six digits"):
            pipeline.decode(data)
        found = json.loads(pipeline.convert(data, V2, trusted=True))["spec"]["exactly"]
        assert found == f"2024-01-02T03:04:05.{(fraction[1:] + '000000')[:6]}Z"


@pytest.mark.parametrize("zero", ["0001-01-01T00:00:00Z", "0001-01-01T01:00:00.000000+01:00"])
def test_the_zero_time_is_dropped(zero: str) -> None:
    for trusted in (False, True):
        fields = ["when", *(["exactly"] if "." in zero or trusted else [])]
        for field in fields:
            data = of(field, f'"{zero}"')
            for pipeline in (PLAIN, COMPILED):
                converted = json.loads(pipeline.convert(data, V2, trusted=trusted))
                assert converted["spec"] == {}


@pytest.mark.parametrize("text", [rb'"\ud800"', b'"\xff"', rb'"\udc00a\\u0041"', b'"\xe2\x82x"'])
def test_broken_texts(text: bytes) -> None:
    data = thing({"text": "HERE"}).replace(b'"HERE"', text)
    alike(data)
    assert "\ufffd" in json.loads(COMPILED.convert(data, V2))["spec"]["text"]
    repeated = data.replace(b'"text"', b'"text": "", "text"')
    for pipeline in (PLAIN, COMPILED):
        decoded = pipeline.decode(repeated, field_validation="Warn")
        assert decoded.warnings == ('duplicate field "spec.text"',)
