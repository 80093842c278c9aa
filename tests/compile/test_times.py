"""Times are decoded as their fields decode them, remembered or not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import marshmallow
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import UNSET

from kconv._compile import Types, convert, decoder
from kconv._compile.fields import spellings
from kconv._compile.texts import CanonicalTexts
from kconv._schema import Type
from kconv.fields import Field, List, Map, MicroTime, Quantity, Time
from kconv.fields._base import is_missing, reading_stored
from kconv.fields._duration import _SURELY_CANONICAL, canonical_duration, format_duration
from kconv.fields._time import format_micro_time, format_time


class Moments(Type):
    when = Time()
    exactly = MicroTime()
    many = List(Time())
    named = Map(MicroTime())


STORED = Types(finish=True).struct(Moments)
WRITTEN = Types(rules=True, finish=True).struct(Moments)
DECODE = decoder(STORED)

TIMES = st.datetimes(timezones=st.just(UTC)).map(format_time)
MICRO_TIMES = st.datetimes(timezones=st.just(UTC)).map(format_micro_time)
NEARLY = st.from_regex(
    r"\A[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]"
    r"([.,][0-9]{1,10})?(Z|[+-][0-2][0-9]:[0-6][0-9])?\n?\Z"
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
@example("2024-12-31T23:59:59Z\n")
@example("2024-12-31T23:59:59.000001Z\n")
@example("0001-01-01T00:00:00Z")
@example("0001-01-01T01:00:00.000000+01:00")
@example("2024-12-31T23:59:59.5Z")
def test_as_the_field_decodes_it(value: Any) -> None:
    text = msgspec.json.encode(value).decode()
    for stored, struct in ((True, STORED), (False, WRITTEN)):
        decode = decoder(struct)
        for name, field in (("when", Time()), ("exactly", MicroTime())):
            for _ in ("seen for the first time", "remembered"):
                data = f'{{"{name}":{text}}}'.encode()
                with reading_stored(stored):
                    expected = decoded(field, value)
                if expected is None:
                    with pytest.raises(msgspec.ValidationError):
                        decode(data)
                    with pytest.raises(msgspec.ValidationError):
                        convert({name: value}, struct)
                else:
                    assert getattr(decode(data), name) == expected
                    assert getattr(convert({name: value}, struct), name) == expected


def decoded(field: Field, value: Any) -> Any:
    try:
        found = field.deserialize(value)
    except marshmallow.ValidationError:
        return None
    return UNSET if is_missing(found) else found


@given(st.from_regex(rf"\A{_SURELY_CANONICAL}\Z"), st.integers(0, 10**15))
@example("59m0s", 60)
@example("1h0m0s", 0)
def test_durations_that_look_canonical_are(text: str, seconds: int) -> None:
    assert canonical_duration(text) == text
    assert re.fullmatch(_SURELY_CANONICAL, format_duration(seconds % (999_999 * 3600) * 10**9))


class Needed(Type):
    when = Time(required=True)
    other = Time(load_default="2024-01-02T03:04:05Z")


@pytest.mark.parametrize("name", ["when", "other"])
def test_the_zero_time_of_a_field_that_cannot_be_absent_is_left_to_the_plain_path(
    name: str,
) -> None:
    text = {"when": "2024-01-02T03:04:05Z", name: "0001-01-01T00:00:00Z"}
    with pytest.raises(msgspec.ValidationError, match="equals absent"):
        convert(text, Types(rules=True, finish=True).struct(Needed))


def test_within_lists_and_maps() -> None:
    found: Any = DECODE(
        b'{"many":["2024-01-02T03:04:05+01:00"],"named":{"a":"2024-01-02T03:04:05Z"}}'
    )
    assert found.many == ["2024-01-02T02:04:05Z"]
    assert found.named == {"a": "2024-01-02T03:04:05.000000Z"}


class Counted(Time):
    """Counts what it decodes."""

    calls = 0

    def deserialize(self, *args: Any, **kwargs: Any) -> Any:
        Counted.calls += 1
        return super().deserialize(*args, **kwargs)


def test_what_is_decoded_is_remembered() -> None:
    times = CanonicalTexts(Counted().deserialize, "never")
    Counted.calls = 0
    for _ in range(3):
        assert times["2024-01-02T03:04:05+01:00"] == "2024-01-02T02:04:05Z"
    assert Counted.calls == 1


def test_what_is_remembered_is_bounded() -> None:
    times = CanonicalTexts(Time().deserialize, "never")
    for second in range(10_000):
        text = format_time(datetime.fromtimestamp(second, UTC))
        assert times[text] == text
        assert 0 < len(times) <= 4096


def test_what_is_no_time_is_not_remembered() -> None:
    times = CanonicalTexts(Time().deserialize, "never")
    with pytest.raises(ValueError, match="RFC 3339"):
        times["soon"]
    assert not times


class Text(str):
    """A text of a class that msgspec does not encode."""

    __slots__ = ()


def test_texts_of_other_classes_are_not_handed_to_others() -> None:
    text = "2031-01-02T03:04:05Z"
    given: Any = convert({"when": Text(text)}, STORED)
    found: Any = DECODE(f'{{"when":"{text}"}}'.encode())
    assert type(given.when) is type(found.when) is str


def test_quantities_spelled_at_length_are_not_kept() -> None:
    known = spellings(Quantity())
    assert known is not None
    for number in range(20):
        long = " " * 100_000 + f"{number}"
        assert known[long] == f"{number}"
        assert long not in known
    assert known["1000m"] == "1"
    assert "1000m" in known
