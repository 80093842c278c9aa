"""How deep documents nest, whatever it is that nests: the same bound in both engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import marshmallow
import pytest

from compile.local import V1, V2, engines, outcome, thing
from kconv._codec import DEPTH
from kconv._errors import TooLarge
from kconv._nesting import nests_deeper
from kconv._schema import Type
from kconv.edges import Lose
from kconv.fields import FreeForm, List, Map, Object, String


def of(**declared: Any) -> type[Type]:
    return type("Spec", (Type,), declared)


def same(value: Any) -> Any:
    return value


class Own(FreeForm):
    """Decodes in a way of its own, so that it is not compiled."""


FIELDS: dict[str, tuple[type[Type], Callable[[Any], Any]]] = {
    "free-form": (of(a=FreeForm()), lambda v: {"a": v}),
    "objects only": (of(a=FreeForm(object_only=True)), lambda v: {"a": v}),
    "elements": (of(a=List(FreeForm())), lambda v: {"a": [None, v]}),
    "values of elements": (of(a=Map(List(FreeForm()))), lambda v: {"a": {"k": [v]}}),
    "in an object": (of(b=Object(of(a=FreeForm()))), lambda v: {"b": {"a": v}}),
    "in objects of a list": (of(b=List(Object(of(a=FreeForm())))), lambda v: {"b": [{"a": v}]}),
    "of its own": (of(a=Own()), lambda v: {"a": v}),
    "processed": (of(a=FreeForm(post_load=[same])), lambda v: {"a": v}),
    "of another library": (of(a=marshmallow.fields.Raw()), lambda v: {"a": v}),
}


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"leaf": None}
    for _ in range(levels - 1):
        value = {"sub": value}
    return value


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("rules", [False, True])
def test_documents_nest_no_deeper(name: str, rules: bool) -> None:
    spec, at = FIELDS[name]
    more = type("More", (spec,), {"more": String()})
    lose = Lose(hub=("spec.more",), reason="v1 has nothing like it")
    plain, compiled = engines(spec, more, lose) if rules else engines(spec)
    around = next(n for n in range(10) if not nests_deeper({"spec": at({})}, n)) + 1
    for levels in (1, 150, 151, *range(DEPTH - around - 2, DEPTH + 2)):
        value = at(nested(levels))
        fits = not nests_deeper({"spec": value}, DEPTH)
        for to in (V1, V2):
            found = outcome(compiled, thing(value), to)
            assert found == outcome(plain, thing(value), to), levels
            assert isinstance(found[0], bytes) if fits else found[0] is TooLarge
    assert not nests_deeper({"spec": at(nested(DEPTH - around - 2))}, DEPTH)
    assert nests_deeper({"spec": at(nested(DEPTH + 1))}, DEPTH)
