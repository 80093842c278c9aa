"""Fields that two rules write, and fields that functions are said to keep or lose: freeze."""

from typing import Any

import pytest

from engine.sample import Widget, scheme
from engine.test_edges import rules
from engine.test_misfits import frozen, refused
from kconv._errors import SchemeError
from kconv._schema import Type
from kconv.edges import Functions, Lose, MapValues, Preserve, Rename, Split, WhenAbsent
from kconv.fields import Field, FreeForm, Map, Object, String


class Pair(Type):
    a = String()
    b = String()


def strings(*names: str) -> dict[str, Field]:
    return {name: String() for name in names}


def convert(source: dict[str, Any], target: dict[str, Any]) -> None:
    """Convert nothing."""


def test_a_field_of_the_hub_that_two_rules_write() -> None:
    (message,) = refused(strings("c", "d"), strings("e"), Rename("c", "e"), Rename("d", "e"))
    assert message == (
        "the hub's e is written by both rename(c <-> e) and rename(d <-> e); "
        "leave it to one rule, such as one Functions"
    )


def test_a_field_of_the_spoke_that_two_rules_write() -> None:
    renames = Rename("c", "e"), MapValues("c", "f", {"x": "y"})
    (message,) = refused(strings("c"), strings("e", "f"), *renames)
    assert message.startswith("the spoke's c is written by both rename(c <-> e) and map-values")


def test_functions_leave_no_field_to_others() -> None:
    both = Functions(spoke=["c"], hub=["e"], to_hub=convert, to_spoke=convert)
    (message,) = refused(strings("c", "d"), strings("e"), both, Rename("d", "e"))
    assert "the hub's e is written by both functions" in message
    twice = Functions(spoke=["c", "c"], hub=["e"], to_hub=convert, to_spoke=convert)
    assert frozen(strings("c"), strings("e"), twice).frozen


def test_a_part_that_is_split_off_twice() -> None:
    (message,) = refused(strings("c"), strings("e"), Split("c", ("e", "e"), separator=":"))
    assert "the hub's e is written twice by split" in message


def test_a_field_within_another_that_a_rule_writes() -> None:
    old: dict[str, Field] = {"p": Object(Pair), "a": String()}
    renames = Rename("p", "q"), Rename("a", "q.a")
    (message,) = refused(old, {"q": Object(Pair)}, *renames)
    assert "the hub's q.a is written by both" in message
    (message,) = refused(old, {"q": Object(Pair)}, *reversed(renames))
    assert "q.a is written by both rename(a <-> q.a) and rename(p <-> q)" in message


def test_rules_that_get_along() -> None:
    fill = WhenAbsent("e", "x", lost="so it is")
    assert frozen({}, strings("e"), Preserve("e"), fill).frozen
    assert frozen(strings("c"), strings("e"), Rename("c", "e"), fill).frozen
    folded = Functions(spoke=["c"], hub=["e"], to_hub=convert, to_spoke=convert)
    assert frozen(strings("c"), strings("e"), folded, Lose(spoke=("c",), reason="so")).frozen
    outer = Functions(hub=["q"], to_hub=convert, to_spoke=convert)
    assert frozen(strings("a"), {"q": Object(Pair)}, outer, Rename("a", "q.a")).frozen


def functions(**declared: Any) -> Functions:
    return Functions(
        spoke=["spec.mode"], hub=["spec.modeName"], to_hub=convert, to_spoke=convert, **declared
    )


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ({"kept": {"spec.mode": "a"}}, "kept= says spec.mode, and hub Widget.example.com has no"),
        ({"lost": {"spec.mode": "a"}}, "lost= says spec.mode, and hub Widget.example.com has no"),
        ({"lost": {"spoke:spec.host": "a"}}, "says spoke:spec.host, and the spoke has no field"),
        ({"lost": {"spec.ports.name": "a"}}, "has no field spec.ports.name"),
        ({"lost": {"spec.gone.(zero)": "a"}}, "has no field spec.gone"),
        ({"kept": {"spec..x": "a"}}, 'kept= "spec..x" is not a field path'),
    ],
)
def test_what_functions_keep_or_lose_exists(declared: dict[str, Any], problem: str) -> None:
    with pytest.raises(SchemeError) as caught:
        scheme(*rules(mode=functions(**declared))).freeze()
    (finding,) = caught.value.findings
    assert finding.message.startswith("example.com/v1, Kind=Widget: functions(")
    assert problem in finding.message
    assert Widget.__name__ in str(finding)


def test_what_functions_may_keep_or_lose() -> None:
    lost = ("spoke:spec.mode", "spec.ports[*].name", "spec.extra.key", "spec.ports.(order)")
    declared = functions(kept={"spec.extra": "a"}, lost=dict.fromkeys(lost, "why"))
    assert scheme(*rules(mode=declared)).freeze().frozen
    free: dict[str, Field] = {"free": FreeForm(), "maps": Map(Object(Pair))}
    inside = Functions(
        to_hub=convert, to_spoke=convert, lost={"free.x.y": "why", "maps[*].a": "why"}
    )
    assert frozen(free, free, inside).frozen
