"""An API of three versions, whose field for the same text has another name in each."""

from dataclasses import dataclass

from fleet.apis import OldSpec, Spec
from kconv._resource import Hub, Resource
from kconv._schema import Type
from kconv._scheme import Scheme
from kconv.edges import Edge, Rename
from kconv.fields import Int64, Object, String

GROUP = "pressure.example.com"


class OldestSpec(Type):
    to = String()
    count = Int64()


class NoteV1alpha1(Resource):
    class Meta:
        group = GROUP
        version = "v1alpha1"
        kind = "Note"

    spec = Object(OldestSpec, load_default=dict)


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


class Report(Hub):
    class Meta:
        group = GROUP
        kind = "Report"

    spec = Object(Spec)


def register(scheme: Scheme) -> None:
    scheme.add(
        Report,
        Edge(NoteV1alpha1, Rename("spec.to", "spec.destination")),
        Edge(ReportV1beta1, Rename("spec.target", "spec.destination")),
        Edge(ReportV1),
        storage=f"{GROUP}/v1beta1",
    )


@dataclass(frozen=True, slots=True)
class Version:
    """A version as clients see it; ``field`` of the spec holds the text."""

    name: str
    kind: str
    plural: str
    field: str

    @property
    def api_version(self) -> str:
        return f"{GROUP}/{self.name}"

    def path(self, name: str = "", namespace: str = "default") -> str:
        path = f"/apis/{GROUP}/{self.name}/namespaces/{namespace}/{self.plural}"
        return f"{path}/{name}" if name else path


VERSIONS = (
    Version("v1alpha1", "Note", "notes", "to"),
    Version("v1beta1", "Report", "reports", "target"),
    Version("v1", "Report", "reports", "destination"),
)
