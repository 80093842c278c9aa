"""What freeze refuses: each time by name of every path."""

from typing import Any

import pytest

from engine.sample import SpecV1, Widget, WidgetV1, WidgetV2, scheme
from engine.test_edges import rules
from kconv._errors import NotRegistered, SchemeError
from kconv._gvk import GroupVersion
from kconv._resource import Hub, Resource, SelectableField
from kconv._schema import Type
from kconv._scheme import Scheme, load_scheme
from kconv.edges import Edge, Functions, Lose, MapValues, Preserve, Rename, Split, Wrap
from kconv.fields import Int32, List, Object, String


def refused(found: Scheme) -> str:
    with pytest.raises(SchemeError) as caught:
        found.freeze()
    assert not found.frozen
    assert caught.value.findings
    return caught.value.message


def test_fields_without_a_counterpart_or_a_rule() -> None:
    message = refused(scheme())
    for path in ("address", "mode", "owner", "ports[*].label"):
        assert f"spec.{path} has no counterpart in hub Widget.example.com and no rule" in message
    for path in ("host", "hostPort", "modeName", "owners", "ports[*].name", "strict", "extra"):
        assert f"spec.{path} of hub Widget.example.com has no counterpart" in message
    assert "spec.size" not in message


def test_fields_of_another_shape() -> None:
    class Odd(SpecV1):
        size = String()  # type: ignore[assignment]  # another shape on purpose

    class OddWidget(Resource):
        class Meta:
            group = "example.com"
            version = "v1"
            kind = "Widget"

        spec = Object(Odd)

    found = Scheme()
    found.add(Widget, Edge(OddWidget, *rules()), Edge(WidgetV2), storage="example.com/v2")
    assert "spec.size has another shape" in refused(found)


def test_rules_that_apply_to_nothing() -> None:
    message = refused(scheme(*rules(), Rename("spec.gone", "spec.lost[*].x")))
    assert "applies to nothing: example.com/v1, Kind=Widget has no field spec.gone" in message
    assert "applies to nothing: hub Widget.example.com has no field spec.lost[*].x" in message


def test_a_missing_direction() -> None:
    half = Functions(spoke=["spec.mode"], hub=["spec.modeName"], to_hub=None, to_spoke=None)
    message = refused(scheme(*rules(mode=half)))
    assert "the direction to the hub is missing" in message
    assert "the direction to the spoke is missing" in message


@pytest.mark.parametrize(
    ("name", "rule", "problem"),
    [
        ("mode", MapValues("spec.mode", "spec.modeName", {"a": "x", "b": "x"}), "map to one"),
        ("mode", MapValues("spec.mode", "spec.modeName", {"a": "b", "b": "c"}), "different things"),
        ("ports", Rename("spec.ports[*].label", "spec.host"), "as many [*]"),
        ("extra", Lose(hub=("spec.extra",), reason=""), "say why"),
        ("owner", Wrap("spec.ports[*].label", "spec.owners"), "without [*]"),
        ("extra", Preserve("spec.ports[*].name"), "without [*]"),
        ("address", Split("spec.ports[*].label", ["spec.host"], separator=":"), "without [*]"),
    ],
)
def test_rules_that_are_wrong_in_themselves(name: str, rule: object, problem: str) -> None:
    assert problem in refused(scheme(*rules(**{name: rule})))  # type: ignore[arg-type]  # a rule


def test_a_second_hub_and_a_resource_claimed_twice() -> None:
    found = scheme(*rules())
    found.add(Widget, Edge(WidgetV2), storage="example.com/v2")
    message = refused(found)
    assert "widgets.example.com: has 2 hubs" in message
    assert "example.com/v2, Resource=widgets: the resource is claimed 2 times" in message


def test_a_resource_claimed_under_another_kind() -> None:
    class Gadget(Resource):
        class Meta:
            group = "example.com"
            version = "v2"
            plural = "widgets"

        spec = WidgetV2.instance().fields["spec"]

    class GadgetHub(Hub):
        class Meta:
            group = "example.com"
            kind = "Gadget"

        spec = WidgetV2.instance().fields["spec"]

    found = scheme(*rules())
    found.add(GadgetHub, Edge(Gadget), storage="example.com/v2")
    message = refused(found)
    assert "claimed 2 times" in message
    assert "Kind=Gadget" in message


def test_a_storage_version_without_a_schema() -> None:
    found = Scheme()
    found.add(Widget, Edge(WidgetV2), storage="example.com/v3")
    found.add(type("Nothing", (Hub,), {"Meta": type("Meta", (), {"group": "g"})}), storage="g/v1")
    message = refused(found)
    assert "is to be stored as example.com/v3, which it has no schema for" in message
    assert "Nothing.g: has a hub and no version" in message


def test_a_frozen_scheme_takes_no_more() -> None:
    found = scheme(*rules()).freeze()
    assert found.freeze() is found
    with pytest.raises(SchemeError, match="frozen"):
        found.add(Widget, Edge(WidgetV1), storage="example.com/v1")


def test_look_ups() -> None:
    found = scheme(*rules()).freeze()
    gv = GroupVersion("example.com", "v1")
    assert found.spoke(gv.kind("Widget")) is found.spoke_of_resource(gv.resource("widgets"))
    assert found.groups() == ["example.com"]
    assert found.versions("example.com") == ["v2", "v1"]
    assert found.kinds[0].storage_spoke.api_version == "example.com/v2"
    assert found.spokes(GroupVersion("example.com", "v9")) == []
    for missing in (gv.kind("Gadget"), GroupVersion("", "v1").kind("Widget")):
        with pytest.raises(NotRegistered):
            found.spoke(missing)
    with pytest.raises(NotRegistered):
        found.spoke_of_resource(gv.resource("gadgets"))


def test_the_shipped_groups() -> None:
    found = load_scheme()
    assert found.groups() == ["", "autoscaling", "batch", "events.k8s.io"]
    assert found.versions("batch") == ["v1", "v1beta1", "v2alpha1"]
    names = [s.options.plural for s in found.spokes(GroupVersion("batch", "v2alpha1"))]
    assert names == ["cronjobs", "jobs", "scheduledjobs"]
    scheduled = found.spoke(GroupVersion("batch", "v2alpha1").kind("ScheduledJob"))
    assert str(scheduled.kind.group_resource) == "cronjobs.batch"
    assert [s.storage for s in load_scheme(["batch"]).kinds] == [GroupVersion("batch", "v1")] * 2


class Broken(Type):
    deep: Any = List(Object(lambda: 3))  # type: ignore[arg-type, return-value]  # what is tested
    level = String(enum=("a", "b"), load_default="c")
    count = Int32(load_default=2**40)


def test_types_that_cannot_be_compiled_are_refused() -> None:
    class Wrong(Resource):
        spec = Object(Broken)

        class Meta:
            group = "example.com"
            version = "v1"

    class WrongHub(Hub):
        spec = Object(Broken)

        class Meta:
            group = "example.com"
            kind = "Wrong"

    scheme = Scheme()
    scheme.add(WrongHub, Edge(Wrong), storage="example.com/v1")
    with pytest.raises(SchemeError) as caught:
        scheme.freeze()
    message = str(caught.value)
    assert "spec.deep[*]: Object() takes a Type, not 3" in message
    assert 'spec.level: its default "c" is none of a, b' in message
    assert "spec.count: its default" in message


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ("spec.gone", "spec.gone does not exist: the hub has no field spec.gone"),
        (SelectableField("size", "spec.gone"), "size does not exist: the hub has no field"),
        ("spec", "spec holds no string, integer or boolean"),
        ("spec.ports", "spec.ports holds no string, integer or boolean"),
        ("metadata.name", "metadata.name is declared twice, or is selectable for every kind"),
    ],
)
def test_selectable_fields(declared: str | SelectableField, problem: str) -> None:
    class Chosen(Widget):
        class Meta:
            group = "example.com"
            kind = "Widget"
            selectable_fields = ("spec.size", declared)

    found = Scheme()
    found.add(Chosen, Edge(WidgetV1, *rules()), Edge(WidgetV2), storage="example.com/v2")
    message = refused(found)
    assert f"hub Widget.example.com: the selectable field {problem}" in message
    assert message.count("selectable") == 1 + problem.count("selectable")


def test_selectable_fields_of_a_version() -> None:
    class Chosen(WidgetV2):
        class Meta:
            group = "example.com"
            version = "v2"
            kind = "Widget"
            selectable_fields = ("spec.size",)

    found = Scheme()
    found.add(Widget, Edge(WidgetV1, *rules()), Edge(Chosen), storage="example.com/v2")
    assert "selectable fields are declared by the hub" in refused(found)
