"""Times are decoded as their fields decode them, remembered or not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import marshmallow
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kconv.compile import Types, convert, decoder
from kconv.compile.times import Times
from kconv.fields import Field, List, Map, MicroTime, Time
from kconv.fields.time import format_micro_time, format_time
from kconv.schema import Type


class Moments(Type):
    when = Time()
    exactly = MicroTime()
    many = List(Time())
    named = Map(MicroTime())


STRUCT = Types(finish=True).struct(Moments)
DECODE = decoder(STRUCT)

TIMES = st.datetimes(timezones=st.just(UTC)).map(format_time)
MICRO_TIMES = st.datetimes(timezones=st.just(UTC)).map(format_micro_time)
NEARLY = st.from_regex(
    r"\A\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d([.,]\d{1,10})?(Z|[+-]\d\d:\d\d)?\n?\Z"
)
OTHERS: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.just([]) | st.just({}) | st.text(max_size=3)
)


@given(TIMES | MICRO_TIMES | NEARLY | OTHERS)
@example("2024-02-29T00:00:00Z")
@example("2023-02-29T00:00:00Z")
@example("0000-01-01T00:00:00Z")
@example("2024-12-31T23:59:60Z")
@example("2024-12-31T23:59:59.5+14:00")
@example("٢٠٢٤-12-31T23:59:59Z")
def test_as_the_field_decodes_it(value: Any) -> None:
    text = msgspec.json.encode(value).decode()
    for name, field in (("when", Time()), ("exactly", MicroTime())):
        for _ in ("seen for the first time", "remembered"):
            data = f'{{"{name}":{text}}}'.encode()
            expected = decoded(field, value)
            if expected is None:
                with pytest.raises(msgspec.ValidationError):
                    DECODE(data)
                with pytest.raises(msgspec.ValidationError):
                    convert({name: value}, STRUCT)
            else:
                assert getattr(DECODE(data), name) == expected
                assert getattr(convert({name: value}, STRUCT), name) == expected


def decoded(field: Field, value: Any) -> str | None:
    try:
        return field.deserialize(value) if value is not None else None
    except marshmallow.ValidationError:
        return None


def test_within_lists_and_maps() -> None:
    found: Any = DECODE(
        b'{"many":["2024-01-02T03:04:05+01:00"],"named":{"a":"2024-01-02T03:04:05Z"}}'
    )
    assert found.many == ["2024-01-02T02:04:05Z"]
    assert found.named == {"a": "2024-01-02T03:04:05.000000Z"}


def test_what_is_remembered_is_bounded() -> None:
    times = Times(Time(), "never")
    for second in range(10_000):
        text = format_time(datetime.fromtimestamp(second, UTC))
        assert times[text] == text
        assert len(times) <= 4096


def test_what_is_no_time_is_not_remembered() -> None:
    times = Times(Time(), "never")
    with pytest.raises(ValueError, match="RFC 3339"):
        times["soon"]
    assert not times
