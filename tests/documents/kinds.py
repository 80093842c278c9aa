"""Kinds of documents for tests: every policy, every rule, and fields called as an envelope's."""

from typing import Any

from kconv import (
    Document,
    DocumentHub,
    Edge,
    Functions,
    Lose,
    MapValues,
    Preserve,
    Rename,
    Scheme,
    Type,
    WhenAbsent,
    Wrap,
)
from kconv.fields import (
    Boolean,
    Double,
    FreeForm,
    Int32,
    IntOrString,
    List,
    Map,
    Object,
    Quantity,
    String,
    Time,
)

GROUP = "documents.example.com"


class Part(Type):
    name = String(required=True)
    count = Int32(load_default=1)
    at = Time()
    tags = Map(String())


class OldPart(Type):
    called = String(required=True)
    count = Int32(load_default=1)
    at = Time()
    tags = Map(String())


class _V1(Document):
    kind = String(enum=["small", "large"])
    apiVersion = Int32()
    metadata = FreeForm()
    parts = List(Object(OldPart))
    first = Object(Part)
    place = String()
    note = String(load_default="none")
    ratio = Double()
    done = Boolean()
    gone = String()


class _V2(Document):
    kind = String(enum=["S", "L"])
    apiVersion = Int32()
    metadata = FreeForm()
    parts = List(Object(Part))
    all = List(Object(Part))
    host = String(pattern="^[^:]*$")
    port = IntOrString()
    note = String(load_default="none")
    ratio = Double()
    done = Boolean()
    fresh = Quantity()
    deep = Object(lambda: Tree)
    level = Int32()
    doubled = Int32()


class Tree(Type):
    value = String()
    below = List(Object(lambda: Tree))


def port_to_hub(spoke: dict[str, Any], hub: dict[str, Any]) -> None:
    """``host:port``, unless the host has to be guessed."""
    if spoke.get("place") is not None:
        hub["host"] = spoke["place"].replace(":", "_")


def port_to_spoke(hub: dict[str, Any], spoke: dict[str, Any]) -> None:
    """What the rest of a place is."""
    if hub.get("host") is not None:
        spoke["place"] = hub["host"]


def make(name: str, **meta: Any) -> tuple[type[DocumentHub], list[Edge]]:
    """A hub with two versions, whose Meta says how documents are read."""
    versions = [
        type(
            f"{name}{version.upper()}",
            (base,),
            {"Meta": type("Meta", (), {"group": GROUP, "version": version, "kind": name})},
        )
        for version, base in (("v1", _V1), ("v2", _V2))
    ]
    fields = dict(_V2._declared_fields)
    hub: Any = type(
        name, (DocumentHub,), {**fields, "Meta": type("Meta", (), {"group": GROUP, **meta})}
    )
    functions = Functions(
        spoke=("place",),
        hub=("host",),
        to_hub=port_to_hub,
        to_spoke=port_to_spoke,
        lost={
            "spoke:place": "a host has no colons, and a null is as good as none",
            "host.(zero)": "a null is as good as none",
        },
    )
    rules = (
        MapValues("kind", "kind", {"small": "S", "large": "L"}),
        Rename("parts[*].called", "parts[*].name"),
        Wrap("first", "all"),
        functions,
        Preserve("port"),
        Preserve("fresh"),
        Preserve("deep"),
        Preserve("doubled"),
        WhenAbsent("level", 3, lost="v1 has one level"),
        Lose(spoke=("gone",), reason="nobody wants it back"),
    )
    return hub, [Edge(versions[0], *rules), Edge(versions[1])]


def register(scheme: Scheme) -> None:
    """Every policy of nulls and of unknown fields."""
    for null in ("keep", "absent"):
        for unknown in ("error", "keep", "drop"):
            name = f"{null}{unknown}".title()
            hub, edges = make(name, null=null, unknown=unknown, kept="_kept")
            scheme.add(hub, *edges, storage=f"{GROUP}/v2")
