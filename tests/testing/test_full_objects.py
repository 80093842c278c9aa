"""Objects with every field set, and texts for patterns."""

from __future__ import annotations

import re
from typing import Any

import marshmallow
import pytest

from kconv._errors import SchemeError
from kconv._pipeline import Pipeline
from kconv._placeholders import text_for
from kconv._resource import Hub, Resource
from kconv._schema import Type
from kconv._scheme import Scheme, Spoke, load_scheme
from kconv.fields import Double, Integer, List, Object, String
from kconv.testing._explore import explore
from kconv.testing._full_objects import full
from kconv.testing._names import slug
from kconv.testing._strategies import documents

SHIPPED = load_scheme()
SPOKES = [spoke for kind in SHIPPED.kinds for spoke in kind.spokes]


def spoke_of(**fields: Any) -> Spoke:
    """A kind of one version whose spec has these fields."""
    from kconv.edges import Edge

    spec = type("Spec", (Type,), fields)
    meta = type("Meta", (), {"group": "example.com", "version": "v1", "kind": "Thing"})
    version = type("ThingV1", (Resource,), {"spec": Object(spec), "Meta": meta})
    hub_meta = type("Meta", (), {"group": "example.com"})
    hub = type("Thing", (Hub,), {"spec": Object(spec), "Meta": hub_meta})
    scheme = Scheme()
    scheme.add(hub, Edge(version), storage="example.com/v1")
    return scheme.freeze().kinds[0].spokes[0]


@pytest.mark.parametrize("spoke", SPOKES, ids=slug)
def test_every_field_is_set_and_sound(spoke: Spoke) -> None:
    document = full(spoke)
    assert set(document) == set(spoke.schema.instance().wire_fields())
    decoded = Pipeline(SHIPPED).load(document, checks="fields", field_validation="Strict")
    assert decoded.warnings == ()


def test_bounds_hold() -> None:
    spoke = spoke_of(
        few=Integer(minimum=3, maximum=3),
        share=Double(maximum=0.25),
        word=String(min_length=20),
        letters=String(max_length=2),
        code=String(pattern="^[A-Z]{2}-[0-9]+$"),
        three=List(String(), list_type="set", min_items=3),
    )
    spec = full(spoke)["spec"]
    assert spec["few"] == 3
    assert spec["share"] == 0.25
    assert (len(spec["word"]), len(spec["letters"])) == (20, 2)
    assert spec["code"] == "AA-0"
    assert len(set(spec["three"])) == 3


def test_a_type_within_itself_ends() -> None:
    class Tree(Type):
        name = String()
        children = List(Object(lambda: Tree))

    assert full(spoke_of(tree=Object(Tree)))["spec"]["tree"] == {"name": "nameValue"}


def even(value: int) -> bool:
    return value % 2 == 0


def test_examples_are_used() -> None:
    spoke = spoke_of(
        mail=marshmallow.fields.Email(metadata={"examples": ["a@example.com"]}),
        even=Integer(validate=even, metadata={"examples": [2, 4]}),
    )
    assert full(spoke)["spec"] == {"mail": "a@example.com", "even": 2}
    seen = set()
    explore(documents(spoke), lambda each: seen.add(each.get("spec", {}).get("even")), 100)
    assert seen & {2, 4}
    assert seen <= {None, 2, 4}


def test_a_field_that_nothing_is_known_of() -> None:
    spoke = spoke_of(mail=marshmallow.fields.Email())
    with pytest.raises(SchemeError, match=r'spec\.mail is a Email.*"examples"'):
        full(spoke)
    with pytest.raises(SchemeError, match="mail is a Email"):
        explore(documents(spoke), lambda each: None, 50)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[1-9][0-9]?x[1-9][0-9]?$",
        r"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$",
        r"^(\d+)\.(\D{2,})$",
        r"[^a-z:]+:\S+",
        r"^(?:foo|bar)(?!x)\w$",
        r"^(0|[1-9][0-9]*)(?:\.[^.])+?$",
    ],
)
def test_patterns_get_a_text(pattern: str) -> None:
    text = text_for(pattern)
    assert text is not None
    assert re.search(pattern, text)
    assert text_for(pattern) == text


def test_a_pattern_that_is_too_clever() -> None:
    assert text_for("(?<=a)b") is None
