"""Rules that join fields which do not go together: refused by freeze, by rule and version."""

import pytest

from kconv._errors import SchemeError
from kconv._resource import Hub, Resource
from kconv._schema import Type
from kconv._scheme import Scheme
from kconv.edges import Edge, MapValues, Rename, Rule, Split, WhenAbsent, Wrap
from kconv.fields import Field, Int32, Integer, List, Map, Object, Quantity, String


class Point(Type):
    x = Integer()
    y = Integer()


class Line(Type):
    x = Integer()


class Spot(Type):
    y = Integer()
    x = Integer()


class Tree(Type):
    kids = List(Object(lambda: Tree))


class Bush(Type):
    kids = List(Object(lambda: Bush))


class Boxed(Type):
    inner = Object(Line)


class BoxedPoint(Type):
    inner = Object(Point)


def frozen(old: dict[str, Field], new: dict[str, Field], *rules: Rule) -> Scheme:
    """The frozen scheme of a kind with these fields in v1 and those in the hub."""
    v1 = {**old, "Meta": type("Meta", (), {"group": "example.com", "version": "v1"})}
    hub = {**new, "Meta": type("Meta", (), {"group": "example.com", "kind": "Thing"})}
    found = Scheme()
    edge = Edge(type("Thing", (Resource,), v1), *rules)
    found.add(type("ThingHub", (Hub,), hub), edge, storage="example.com/v1")
    return found.freeze()


def refused(old: dict[str, Field], new: dict[str, Field], *rules: Rule) -> list[str]:
    """What freeze says about such a kind; each time with the version."""
    with pytest.raises(SchemeError) as caught:
        frozen(old, new, *rules)
    findings = caught.value.findings
    assert all(each.path and "example.com/v1, Kind=Thing: " in each.message for each in findings)
    return [each.message.split(": ", 1)[1] for each in findings]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (Object(Point), Object(Line), "y here only"),
        (Object(Line), Object(Point), "y there only"),
        (Object(Boxed), Object(BoxedPoint), "inner.y there only"),
        (List(Object(Line)), List(Object(Point)), "y there only"),
        (String(), Integer(), "string here, int64 there"),
        (Integer(), Int32(), "int64 here, int32 there"),
        (List(String()), List(Integer()), "string here, int64 there"),
        (Map(String()), List(String()), "map here, list there"),
    ],
)
def test_renames_of_fields_of_another_shape(old: Field, new: Field, problem: str) -> None:
    (message,) = refused({"old": old}, {"new": new}, Rename("old", "new"))
    assert message == (
        f"rename(old <-> new): the fields have different shapes ({problem}); use Functions"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Object(Point), Object(Spot)),
        (Object(Tree), Object(Bush)),
        (List(Map(Object(Point))), List(Map(Object(Spot)))),
        (String(enum=("a",)), String(max_length=3)),
    ],
)
def test_renames_of_fields_of_one_shape(old: Field, new: Field) -> None:
    assert frozen({"old": old}, {"new": new}, Rename("old", "new")).frozen


def test_renames_of_elements_themselves() -> None:
    rules = Rename("old[*]", "new[*]"), Rename("old", "new")
    message, *_ = refused({"old": List(String())}, {"new": List(String())}, *rules)
    assert "need a field behind the last [*]" in message


def test_splits_of_what_is_no_string() -> None:
    rule = Split("old", ("host", "port"), separator=":")
    host: dict[str, Field] = {"host": String()}
    (message,) = refused({"old": String()}, {**host, "port": Quantity()}, rule)
    assert message.endswith("port is no string but quantity; use Functions")
    (message,) = refused({"old": String()}, {**host, "port": Integer()}, rule)
    assert message.endswith("port is int64, and old takes any text; give that a pattern")
    (message,) = refused({"old": List(String())}, {**host, "port": String()}, rule)
    assert message.endswith("old is no string but list; use Functions")


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        (Object(Line), "the field of the hub is no list but object"),
        (List(String()), "another shape (object here, string there)"),
        (List(Object(Point)), "another shape (y there only)"),
    ],
)
def test_wraps_into_other_lists(new: Field, problem: str) -> None:
    (message,) = refused({"old": Object(Line)}, {"new": new}, Wrap("old", "new"))
    assert problem in message
    assert frozen({"old": Object(Line)}, {"new": List(Object(Line))}, Wrap("old", "new")).frozen


@pytest.mark.parametrize(
    ("new", "value", "problem"),
    [
        (String(), 5, "the field of the hub is string, and 5 is not"),
        (Object(Line), "x", 'the field of the hub is object, and "x" is not'),
        (Quantity(), "1.5Gi", 'the hub writes "1.5Gi" as "1536Mi"; write it so too'),
        (String(), None, "null is as good as absent"),
    ],
)
def test_values_that_the_hub_does_not_have(new: Field, value: object, problem: str) -> None:
    (message,) = refused({}, {"new": new}, WhenAbsent("new", value, lost="so it is"))
    assert problem in message


def test_values_that_the_hub_has() -> None:
    new: dict[str, Field] = {"size": Quantity(), "line": Object(Line)}
    size = WhenAbsent("size", "1536Mi", lost="so it is")
    assert frozen({}, new, size, WhenAbsent("line", {"x": 1}, lost="so it is")).frozen


def test_values_without_a_counterpart() -> None:
    old, new = String(enum=("A", "B", "C")), String(enum=("a", "B", "d"))
    rule = MapValues("old", "new", {"A": "a"})
    remedy = "map it to a value that it allows, or refuse it in Functions"
    assert refused({"old": old}, {"new": new}, rule) == [
        f'map-values(old <-> new): "C" becomes "C", which new does not allow; {remedy}',
        f'map-values(old <-> new): "d" becomes "d", which old does not allow; {remedy}',
    ]
    whole = MapValues("old", "new", {"A": "a", "C": "d"})
    assert frozen({"old": old}, {"new": new}, whole).frozen
    assert frozen({"old": String()}, {"new": new}, rule).frozen


def test_a_renamed_field_that_has_more_values_in_one_version() -> None:
    few, many = String(enum=("On", "Off")), String(enum=("On", "Off", "Auto"))
    remedy = 'allow "Auto"; say what becomes of it with MapValues, or refuse it in Functions'
    for old, new, path in ((few, many, "old"), (many, few, "new")):
        assert refused({"old": old}, {"new": new}, Rename("old", "new")) == [
            f"rename(old <-> new): {path} does not {remedy}"
        ]
    for other in (many, String()):
        assert frozen({"old": other}, {"new": many}, Rename("old", "new")).frozen


def test_values_that_are_no_strings() -> None:
    rule = MapValues("old", "new", {"A": "a"})
    (message,) = refused({"old": List(String())}, {"new": List(String())}, rule)
    assert "maps strings, and the fields are list and list" in message


def test_a_rule_that_applies_to_nothing_is_not_judged_further() -> None:
    messages = refused({"old": String()}, {"new": Integer()}, Rename("old", "other"))
    assert not any("different shapes" in message for message in messages)
