"""A small API of two versions for tests of edges, scheme and pipeline."""

from typing import Any

from kconv._pipeline import Pipeline, PlainEngine
from kconv._resource import Hub, Resource
from kconv._schema import Type
from kconv._scheme import Scheme
from kconv.edges import Edge, Rule
from kconv.fields import Boolean, Int32, List, Map, Object, String


class Port(Type):
    name = String()
    port = Int32(required=True, minimum=1)


class OldPort(Type):
    label = String()
    port = Int32(required=True, minimum=1)


class SpecV1(Type):
    address = String()
    mode = String()
    owner = String()
    ports = List(Object(OldPort))
    size = Int32(minimum=0, load_default=3)


class SpecV2(Type):
    host = String()
    hostPort = String()
    modeName = String()
    owners = List(String())
    ports = List(Object(Port))
    size = Int32(minimum=0, load_default=3)
    strict = Boolean()
    extra = Map(String())


class WidgetV1(Resource):
    class Meta:
        group = "example.com"
        version = "v1"
        kind = "Widget"

    spec = Object(SpecV1, load_default=dict)


class WidgetV2(Resource):
    class Meta:
        group = "example.com"
        version = "v2"
        kind = "Widget"

    spec = Object(SpecV2, load_default=dict)


class Widget(Hub):
    class Meta:
        group = "example.com"

    spec = Object(SpecV2)


def scheme(*rules: Rule) -> Scheme:
    found = Scheme()
    found.add(Widget, Edge(WidgetV1, *rules), Edge(WidgetV2), storage="example.com/v2")
    return found


def pipeline(*rules: Rule) -> Pipeline:
    return Pipeline(scheme(*rules), PlainEngine())


def widget(version: str, spec: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": f"example.com/{version}",
        "kind": "Widget",
        "metadata": {"name": "w", **metadata},
        "spec": spec,
    }
