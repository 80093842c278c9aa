"""What takes one name or several takes a text alone: it is not read as its letters."""

from __future__ import annotations

import pytest

from kconv import Document, Edge, Functions, Lose, Resource, Rule, Scheme, Type, defaults, hub_of
from kconv._paths import several
from kconv.fields import List, Object, String


def test_several() -> None:
    assert several("spec.tier") == ("spec.tier",)
    assert several(name for name in ("a", "b")) == ("a", "b")
    assert several(()) == ()


class Old(Document):
    class Meta:
        group, version, kind = "names.example.com", "v1", "Thing"

    mail = String()


class New(Document):
    class Meta:
        group, version, kind = "names.example.com", "v2", "Thing"

    notify = String()


def forward(old: dict[str, str], hub: dict[str, str]) -> None:
    if "mail" in old:
        hub["notify"] = old["mail"]


def backward(hub: dict[str, str], old: dict[str, str]) -> None:
    if "notify" in hub:
        old["mail"] = hub["notify"]


@pytest.mark.parametrize(
    "rules",
    [
        (Functions(spoke="mail", hub="notify", to_hub=forward, to_spoke=backward),),
        (Lose(spoke="mail", reason="nobody reads it"), Lose(hub="notify", reason="it is new")),
    ],
)
def test_rules(rules: tuple[Rule, ...]) -> None:
    scheme = Scheme()
    scheme.add(hub_of(New), Edge(New), Edge(Old, *rules), storage="names.example.com/v2")
    assert [len(kind.spokes) for kind in scheme.freeze().kinds] == [2]


class Part(Type):
    class Meta:
        one_of = "only"

    only = String()
    name = String(enum="fixed")


class Named(Resource):
    class Meta:
        group, version, kind = "names.example.com", "v1", "Named"
        short_names = "nm"
        categories = "all"
        subresources = "status"

    parts = List(Object(Part), list_type="map", map_keys="name")


def test_declarations() -> None:
    assert Named.opts.short_names == ("nm",)
    assert Named.opts.categories == ("all",)
    assert Named.opts.subresources == ("status",)
    parts = Named._declared_fields["parts"]
    assert isinstance(parts, List)
    assert parts.map_keys == ("name",)
    assert Part.opts.one_of == (("only",),)
    name = Part._declared_fields["name"]
    assert isinstance(name, String)
    assert name.enum == ("fixed",)


def test_decorators() -> None:
    @defaults(Part, when="only", lacking="name")
    def fill_in(part: dict[str, str]) -> None:
        part["name"] = "fixed"

    (added,) = [each for each in Part.defaulters if getattr(each, "function", None) is fill_in]
    assert (added.when, added.lacking) == (("only",), (("name",),))  # type: ignore[union-attr] # a Defaulter
