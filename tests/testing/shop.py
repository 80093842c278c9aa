"""A user's API package: tests of the kit write it into a folder, right or with a fault."""

from typing import Any

from kconv import Edge, Functions, Hub, Lose, Resource, Scheme, Type
from kconv.fields import Boolean, Int32, Object, String


class SheetSpecV1(Type):
    size = String(required=True, pattern=r"^[1-9][0-9]?x[1-9][0-9]?$")
    colour = String()


class SheetV1(Resource):
    class Meta:
        group = "shop.example.com"
        version = "v1"
        kind = "Sheet"

    spec = Object(SheetSpecV1, required=True)


class SheetSpecV2(Type):
    width = Int32(required=True, minimum=1, maximum=99)
    height = Int32(required=True, minimum=1, maximum=99)
    colour = String()
    glossy = Boolean()


class SheetV2(Resource):
    class Meta:
        group = "shop.example.com"
        version = "v2"
        kind = "Sheet"

    spec = Object(SheetSpecV2, required=True)


class Sheet(Hub):
    class Meta:
        group = "shop.example.com"

    spec = Object(SheetSpecV2, required=True)


def to_hub(spoke: dict[str, Any], hub: dict[str, Any]) -> None:
    width, height = spoke["spec"]["size"].split("x")
    hub["spec"].update(width=int(width), height=int(height))


def to_spoke(hub: dict[str, Any], spoke: dict[str, Any]) -> None:
    width, height = hub["spec"]["width"], hub["spec"]["height"]
    spoke["spec"]["size"] = f"{width}x{height}"


def register(scheme: Scheme) -> None:
    size = Functions(
        spoke=("spec.size",), hub=("spec.width", "spec.height"), to_hub=to_hub, to_spoke=to_spoke
    )
    gloss = Lose(hub=("spec.glossy",), reason="v1 sheets are all matt")
    scheme.add(Sheet, Edge(SheetV1, size, gloss), Edge(SheetV2), storage="shop.example.com/v2")
