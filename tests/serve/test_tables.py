"""Ages and cells of tables."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from kconv._resource import Column, Hub, Resource
from kconv._scheme import Scheme
from kconv._serve.tables import FAILED, _cell, at_path, columns_of
from kconv.edges import Edge
from kconv.fields._age import age, human_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (187, "3m7s"),
        (600, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 60, "3h1m"),
        (8 * 3600, "8h"),
        (47 * 3600, "47h"),
        (48 * 3600, "2d"),
        (49 * 3600, "2d1h"),
        (8 * 86400, "8d"),
        (2 * 365 * 86400, "2y"),
        ((2 * 365 + 3) * 86400, "2y3d"),
        (9 * 365 * 86400, "9y"),
    ],
)
def test_human_duration(seconds: int, text: str) -> None:
    assert human_duration(seconds) == text


def test_age() -> None:
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert age("2026-01-02T03:04:00Z", when) == "5s"
    assert age("2026-01-02T03:05:00Z", when) == "<invalid>"
    assert age(None, when) == "<unknown>"
    assert age("yesterday", when) == "<unknown>"


def test_path() -> None:
    value = {"spec": {"items": [{"name": "a"}]}}
    assert at_path(value, "spec.items[0].name") == "a"
    assert at_path(value, ".spec.items[1].name") is None
    assert at_path(value, "spec.items.name") is None


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        ((), ["Name", "Age"]),
        ((Column("Power", "spec.power"),), ["Name", "Power"]),
        ((Column("Power", "spec.power"), Column("NAME", "metadata.name")), ["Power", "NAME"]),
    ],
)
def test_a_table_says_the_names(declared: tuple[Column, ...], shown: list[str]) -> None:
    class Lamp(Resource):
        class Meta:
            group, version, printer_columns = "example.com", "v1", declared

    class LampHub(Hub):
        class Meta:
            group, kind = "example.com", "Lamp"

    scheme = Scheme()
    scheme.add(LampHub, Edge(Lamp), storage="example.com/v1")
    (kind,) = scheme.freeze().kinds
    assert [column.name for column in columns_of(kind.spokes[0])] == shown


class Unhashable:
    """Can be called, and kept in no set."""

    __hash__ = None  # type: ignore[assignment] # as of a class with __eq__

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def __call__(self, document: Mapping[str, Any]) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("é", "é"),
        (2**70, 2**70),
        (None, None),
        (["a"], ["a"]),
        ("\ud800", FAILED),
        (object(), FAILED),
        (ValueError("no"), FAILED),
    ],
)
def test_what_a_function_answers_goes_no_further_than_its_cell(
    answer: object, shown: object
) -> None:
    column = Column("Odd", Unhashable(answer))
    for _ in range(2):
        assert _cell(column, {"kind": "Odd"}, datetime.now(UTC)) == shown
