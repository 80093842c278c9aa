"""Sets that come again: read once, as each schema has them, and few enough."""

from __future__ import annotations

import json

import pytest

from kconv._known_texts import LONGEST, MOST_BYTES
from kconv._managed.fields import Fields, parse, written
from kconv._managed.known_sets import Known, KnownSets
from kconv._managed.reshape import reconciled
from kconv._managed.shape import MapShape, Shape

RAW: Fields = {"f:spec": {".": {}, "f:a": {"f:b": {}}, "f:c": {}}}


def shape(*, atomic: bool) -> Shape:
    text = Shape("string")
    inner = MapShape({"b": text}, atomic=atomic)
    spec = MapShape({"a": Shape(map=inner), "c": text})
    return Shape(map=MapShape({"spec": Shape(map=spec)}))


def test_a_text_is_read_once() -> None:
    known = KnownSets()
    one, other = known.read(json.loads(json.dumps(RAW))), known.read(json.loads(json.dumps(RAW)))
    assert one is other
    assert isinstance(one, Known)
    assert one == parse(RAW)
    assert json.dumps(one.written) == json.dumps(written(parse(RAW))), "in order"


def test_each_schema_has_it_its_own_way() -> None:
    one = KnownSets().read(RAW)
    assert isinstance(one, Known)
    for atomic in (True, False, True):
        of = shape(atomic=atomic)
        assert one.reconciled(of) == reconciled(of, parse(RAW))
    assert one.reconciled(shape(atomic=True))["f:spec"]["f:a"] == {}
    same = shape(atomic=False)
    assert one.reconciled(same) is one.reconciled(same) is one


@pytest.mark.parametrize(
    "raw", [None, {"f:a": {"x:unknown": {}}}, {"k:{ \"name\": \"a\" }": {}}, {"f:a": {".": {}}}]
)  # fmt: skip
def test_what_is_spelled_otherwise_is_read_each_time(raw: object) -> None:
    known = KnownSets()
    for _ in range(2):
        found = known.read(raw)
        assert found == parse(raw)
        assert not isinstance(found, Known)


def test_what_makes_no_sense_is_refused_each_time() -> None:
    known = KnownSets()
    for _ in range(2):
        with pytest.raises(ValueError, match="missing colon"):
            known.read({"bad": {}})


def test_few_are_kept() -> None:
    known = KnownSets()
    long: Fields = {f"f:{number}": {} for number in range(LONGEST // 8)}
    assert known.read(long) is not known.read(dict(long))
    each: Fields = {f"f:{number}": {} for number in range(100)}
    for number in range(500):
        known.read({**each, f"f:of-{number}": {}})
        assert sum(map(len, known._known._found)) <= MOST_BYTES
    last = {**each, "f:of-499": {}}
    assert known.read(dict(last)) is known.read(dict(last))
