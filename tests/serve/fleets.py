"""A kind in two versions that declares the subresources scale and status, and conditions."""

from kconv import Column, Edge, Hub, Rename, Resource, ScalePaths, Scheme, Type
from kconv.fields import Int32, List, Object, String

GROUP = "fleets.example.com"


class Condition(Type):
    """Something that is so, or not."""

    type = String(required=True)
    status = String(required=True, enum=("True", "False", "Unknown"))


class SpecV1Beta1(Type):
    """How many ships there are to be, as it was called first."""

    count = Int32(minimum=0, load_default=1)


class Spec(Type):
    """How many ships there are to be."""

    replicas = Int32(minimum=0, load_default=1)


class Status(Type):
    """How many there are."""

    replicas = Int32()
    selector = String()
    conditions = List(Object(Condition), list_type="map", map_keys=("type",))


class FleetV1Beta1(Resource):
    """The first version."""

    class Meta:
        group = GROUP
        version = "v1beta1"
        kind = "Fleet"
        categories = ("all",)
        subresources = ("status", "scale")
        scale = ScalePaths("spec.count", "status.replicas", "status.selector")

    spec = Object(SpecV1Beta1)
    status = Object(Status)


class FleetV1(Resource):
    """The stable version."""

    class Meta:
        group = GROUP
        version = "v1"
        kind = "Fleet"
        short_names = ("fl",)
        categories = ("all",)
        subresources = ("status", "scale")
        scale = ScalePaths(label_selector="status.selector")
        printer_columns = (Column("Ships", "spec.replicas"),)

    spec = Object(Spec)
    status = Object(Status)


class Fleet(Hub):
    """The shape of v1."""

    class Meta:
        group = GROUP

    spec = Object(Spec)
    status = Object(Status)


def register(scheme: Scheme) -> None:
    """Add the kind to a scheme."""
    first = Edge(FleetV1Beta1, Rename("spec.count", "spec.replicas"))
    scheme.add(Fleet, Edge(FleetV1), first, storage=f"{GROUP}/v1")
