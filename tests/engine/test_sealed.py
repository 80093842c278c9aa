"""What a frozen scheme holds is sealed: a rule added later would bind one engine of the two."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from compile.local import engines, scheme_of, thing
from kconv._errors import InvalidObject, SchemeError
from kconv._paths import Finding, invalid
from kconv._schema import (
    Type,
    defaults,
    derives,
    judged_by_value,
    omits_zero,
    validates,
    validates_update,
    zero_is_absent,
)
from kconv._seal import reopened
from kconv.fields import Integer, List, Map, Object, String
from kconv.meta import ObjectMeta


class Base(Type):
    size = Integer()


class Leaf(Base):
    name = String(load_default="x")


class Spec(Type):
    leaf = Object(Leaf)
    leaves = List(Map(Object(lambda: Later)))
    itself = Object(lambda: Spec)


class Later(Type):
    name = String(load_default="x")


class Apart(Leaf):
    """Is in no scheme."""


def never(*_: Any) -> Iterator[Finding]:
    yield invalid(("size",), 1, "is never right")


WAYS: dict[str, Callable[[type[Type]], object]] = {
    "validates": lambda cls: validates(cls)(never),
    "validates_update": lambda cls: validates_update(cls)(never),
    "defaults": lambda cls: defaults(cls)(lambda value: None),
    "derives": lambda cls: derives(cls, field="name")(lambda: "y"),
    "zero_is_absent": lambda cls: zero_is_absent(cls, "name"),
    "judged_by_value": judged_by_value,
    "omits_zero": lambda cls: omits_zero(cls, "name"),
}


@pytest.fixture(scope="module", autouse=True)
def _frozen() -> None:
    scheme_of(Spec)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("cls", [Leaf, Later])
def test_nothing_is_added_to_what_is_in_a_frozen_scheme(cls: type[Type], way: str) -> None:
    before = [list(getattr(cls, name)) for name in ("rules", "defaulters", "update_rules")]
    with pytest.raises(SchemeError, match=rf"{cls.__name__} is in a scheme that is frozen already"):
        WAYS[way](cls)
    assert before == [list(getattr(cls, n)) for n in ("rules", "defaulters", "update_rules")]
    assert cls.zero_is_absent == {}
    assert cls.omitted == []


@pytest.mark.parametrize("cls", [Spec, Base, ObjectMeta, Type])
def test_bases_and_what_all_kinds_share_are_sealed_too(cls: type[Type]) -> None:
    with pytest.raises(SchemeError, match=r"before Scheme\.freeze\(\)"):
        validates(cls)(never)


def test_types_apart_are_open() -> None:
    validates(Apart)(never)
    assert Apart.rules == [never]


def test_types_of_a_scheme_that_is_not_frozen_are_open() -> None:
    class Open(Type):
        name = String()

    validates(Open)(never)
    scheme_of(Open)
    with pytest.raises(SchemeError):
        validates(Open)(never)


def test_both_engines_hold_what_was_there_when_the_scheme_was_frozen() -> None:
    class Small(Type):
        size = Integer()

    @validates(Small)
    def small(value: Mapping[str, Any]) -> Iterator[Finding]:
        if value.get("size", 0) > 3:
            yield invalid(("size",), value["size"], "is too much")

    for pipeline in engines(Small):
        pipeline.decode(thing({"size": 3}))
        with pytest.raises(SchemeError):
            validates(Small)(never)
        pipeline.decode(thing({"size": 3}))
        with pytest.raises(InvalidObject, match="is too much"):
            pipeline.decode(thing({"size": 4}))


def test_a_test_may_add_for_a_while() -> None:
    with reopened(Leaf):
        validates(Leaf)(never)
        zero_is_absent(Leaf, "name")
        with pytest.raises(InvalidObject, match="is never right"):
            engines(Spec)[1].decode(thing({"leaf": {"size": 1}}))
    assert (Leaf.rules, Leaf.zero_is_absent) == ([], {})
    with pytest.raises(SchemeError):
        validates(Leaf)(never)
    engines(Spec)[1].decode(thing({"leaf": {"size": 1}}))


@pytest.mark.parametrize("group", ["batch", "autoscaling", "core"])
def test_groups_may_be_loaded_one_after_the_other(group: str) -> None:
    code = f"from kconv import load_scheme; load_scheme({{{group!r}}}); load_scheme()"
    subprocess.run([sys.executable, "-c", code], check=True)
