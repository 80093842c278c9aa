"""Recursive types: equal ones are copied, others need Functions around them."""

from typing import Any

import pytest

from kconv._errors import SchemeError
from kconv._pipeline import PlainEngine
from kconv._resource import Hub, Resource
from kconv._schema import Type
from kconv._scheme import Scheme
from kconv.edges import Edge, Functions, MapValues, Rename, Rule
from kconv.edges._plan import compare
from kconv.fields import List, Map, Object, String


class OldTree(Type):
    old = String()
    kids = List(Object(lambda: OldTree))


class NewTree(Type):
    new = String()
    kids = List(Object(lambda: NewTree))


class AlikeTree(Type):
    new = String()
    kids = List(Object(lambda: AlikeTree))


def freeze(old: type[Type], new: type[Type], *rules: Rule) -> Scheme:
    """The frozen scheme of a kind whose ``tree`` is one type in v1 and another in the hub."""

    class Forest(Resource):
        tree = Object(old)

        class Meta:
            group = "example.com"
            version = "v1"

    class ForestHub(Hub):
        tree = Object(new)

        class Meta:
            group = "example.com"
            kind = "Forest"

    found = Scheme()
    found.add(ForestHub, Edge(Forest, *rules), storage="example.com/v1")
    return found.freeze()


def test_a_rule_does_not_reach_all_of_a_type_that_holds_itself() -> None:
    with pytest.raises(SchemeError) as caught:
        freeze(OldTree, NewTree, Rename("tree.old", "tree.new"))
    (finding,) = caught.value.findings
    assert finding.path == ("tree", "kids")
    assert "example.com/v1" in finding.message
    assert "tree.kids has another shape" in finding.message
    assert "a recursive type of another shape" in finding.message


def test_two_types_that_hold_each_other() -> None:
    class Left(Type):
        right = Map(Object(lambda: Right))

    class Right(Type):
        left = Object(Left)
        old = String()

    class Up(Type):
        right = Map(Object(lambda: Down))

    class Down(Type):
        left = Object(Up)

    with pytest.raises(SchemeError, match=r"tree\.right\[\*\]\.left has another shape"):
        freeze(Left, Up)


def test_functions_around_it_convert_it() -> None:
    def convert(source: dict[str, Any], target: dict[str, Any]) -> None:
        """Convert nothing."""

    rule = Functions(spoke=["tree"], hub=["tree"], to_hub=convert, to_spoke=convert)
    assert freeze(OldTree, NewTree, rule).frozen
    inner = ["tree.old", "tree.kids"], ["tree.new", "tree.kids"]
    rule = Functions(spoke=inner[0], hub=inner[1], to_hub=convert, to_spoke=convert)
    assert freeze(OldTree, NewTree, rule).frozen


def test_equal_ones_are_copied() -> None:
    assert compare(NewTree, AlikeTree).equal
    scheme = freeze(AlikeTree, NewTree)
    value = {"tree": {"kids": [{"new": "a", "kids": [{"new": "b"}]}]}}
    assert PlainEngine().to_hub(scheme.kinds[0].spokes[0], value) == value


def test_rules_within_it_get_their_paths_to_themselves() -> None:
    class Wood(Type):
        a = String()
        b = String()
        kids = List(Object(lambda: Wood))

    turned = [
        Rename("tree.kids[*].a", "tree.kids[*].b"),
        Rename("tree.kids[*].b", "tree.kids[*].a"),
    ]
    scheme = freeze(Wood, Wood, *turned)
    value = {"tree": {"a": "1", "kids": [{"a": "2", "kids": [{"a": "3"}]}]}}
    assert PlainEngine().to_hub(scheme.kinds[0].spokes[0], value) == {
        "tree": {"a": "1", "kids": [{"b": "2", "kids": [{"a": "3"}]}]}
    }


def test_a_rule_about_an_inner_value() -> None:
    mapped = MapValues("tree.kids[*].new", "tree.kids[*].new", {"x": "y"})
    scheme = freeze(AlikeTree, NewTree, mapped)
    value = {"tree": {"new": "x", "kids": [{"new": "x", "kids": [{"new": "x"}]}]}}
    assert PlainEngine().to_hub(scheme.kinds[0].spokes[0], value) == {
        "tree": {"new": "x", "kids": [{"new": "y", "kids": [{"new": "x"}]}]}
    }
