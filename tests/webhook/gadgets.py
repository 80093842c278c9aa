"""A custom resource in three versions: the one whose reviews were recorded from Kubernetes."""

from __future__ import annotations

from typing import Any

from kconv import Edge, Functions, Hub, Lose, Rename, Resource, Scheme, Type, Wrap
from kconv.fields import FreeForm, Int64, IntOrString, List, Object, String

GROUP = "conv.kconv.dev"


class Item(Type):
    name = String(required=True)
    value = String()


class Dimensions(Type):
    width = Int64(minimum=0)
    height = Int64(minimum=0)


class Status(Type):
    phase = String()
    replicas = Int64()


class Common(Type):
    """What all versions have."""

    free = FreeForm(object_only=True)
    items = List(Object(Item), list_type="map", map_keys=("name",))
    note = String()
    port = IntOrString()
    replicas = Int64(maximum=100, load_default=1)
    tags = List(String(), list_type="set")


class SpecV1Alpha1(Common):
    color = String()
    size = String(pattern="^[0-9]+x[0-9]+$")


class SpecV1Beta1(Common):
    color = String()
    width = Int64(minimum=0)
    height = Int64(minimum=0)


class SpecV1(Common):
    colors = List(String(), max_items=5)
    dimensions = Object(Dimensions)
    mode = String(enum=("auto", "manual"))


class GadgetV1Alpha1(Resource):
    spec = Object(SpecV1Alpha1)
    status = Object(Status)

    class Meta:
        group, version, kind = GROUP, "v1alpha1", "Gadget"


class GadgetV1Beta1(Resource):
    spec = Object(SpecV1Beta1)
    status = Object(Status)

    class Meta:
        group, version, kind = GROUP, "v1beta1", "Gadget"


class GadgetV1(Resource):
    spec = Object(SpecV1)
    status = Object(Status)

    class Meta:
        group, version, kind = GROUP, "v1", "Gadget"


class Gadget(Hub):
    spec = Object(SpecV1)
    status = Object(Status)

    class Meta:
        group = GROUP


def parted(spoke: dict[str, Any], hub: dict[str, Any]) -> None:
    """``3x4`` as width and height."""
    size = (spoke.get("spec") or {}).get("size")
    if size:
        width, _, height = size.partition("x")
        hub.setdefault("spec", {})["dimensions"] = {"width": int(width), "height": int(height)}


def joined(hub: dict[str, Any], spoke: dict[str, Any]) -> None:
    """Width and height as ``3x4``; the one that is missing is 0."""
    found = (hub.get("spec") or {}).get("dimensions")
    if found:
        size = f"{found.get('width', 0)}x{found.get('height', 0)}"
        spoke.setdefault("spec", {})["size"] = size


REASON = "it has no field for it"


def register(scheme: Scheme) -> None:
    scheme.add(
        Gadget,
        Edge(
            GadgetV1Alpha1,
            Functions(
                spoke=["spec.size"], hub=["spec.dimensions"], to_hub=parted, to_spoke=joined,
                lost={"spec.dimensions.height": "0 stands for none"},
            ),
            Wrap("spec.color", "spec.colors"),
            Lose(hub=("spec.mode",), reason=REASON),
        ),
        Edge(
            GadgetV1Beta1,
            Rename("spec.width", "spec.dimensions.width"),
            Rename("spec.height", "spec.dimensions.height"),
            Wrap("spec.color", "spec.colors"),
            Lose(hub=("spec.mode",), reason=REASON),
        ),
        Edge(GadgetV1),
        storage=f"{GROUP}/v1beta1",
    )  # fmt: skip
