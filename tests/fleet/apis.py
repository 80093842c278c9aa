"""Two releases of one API: the first has v1beta1 only, the second v1 too, of another shape."""

from kconv._resource import Hub, Resource
from kconv._schema import Type
from kconv._scheme import Scheme
from kconv.edges import Edge, Rename
from kconv.fields import Int64, Object, String

GROUP = "fleet.example.com"
RESOURCE = "reports"
OLD, NEW = f"{GROUP}/v1beta1", f"{GROUP}/v1"


class OldSpec(Type):
    target = String()
    count = Int64()


class Spec(Type):
    destination = String()
    count = Int64()


class ReportV1beta1(Resource):
    class Meta:
        group = GROUP
        version = "v1beta1"
        kind = "Report"

    spec = Object(OldSpec, load_default=dict)


class ReportV1(Resource):
    class Meta:
        group = GROUP
        version = "v1"
        kind = "Report"

    spec = Object(Spec, load_default=dict)


class FirstReport(Hub):
    class Meta:
        group = GROUP
        kind = "Report"

    spec = Object(OldSpec)


class Report(Hub):
    class Meta:
        group = GROUP
        kind = "Report"

    spec = Object(Spec)


def first(scheme: Scheme) -> None:
    """The first release."""
    scheme.add(FirstReport, Edge(ReportV1beta1), storage=OLD)


def second(scheme: Scheme) -> None:
    """The second release."""
    renamed = Rename("spec.target", "spec.destination")
    scheme.add(Report, Edge(ReportV1beta1, renamed), Edge(ReportV1), storage=NEW)
