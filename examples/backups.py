"""An API of one kind in two versions: where backups go, and what is in them.

Serve it with `PYTHONPATH=examples kconv serve --apis backups:register`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from kconv import (
    Column,
    Edge,
    Finding,
    Hub,
    MapValues,
    Preserve,
    Resource,
    Scheme,
    Split,
    Type,
    validates,
)
from kconv.fields import Integer, Object, String

GROUP = "backup.example.com"


class PlanSpecV1Beta1(Type):
    """The place is one string, `bucket:folder`."""

    place = String(required=True, pattern=r"^[a-z0-9.-]+(:.+)?$")
    mode = String(enum=("All", "Changed"), load_default="All")


class PlanV1Beta1(Resource):
    spec = Object(PlanSpecV1Beta1, required=True)

    class Meta:
        group = GROUP
        version = "v1beta1"
        kind = "Plan"
        short_names = ("bp",)


class PlanSpecV1(Type):
    """The place is two fields, modes have other names, and old backups go away."""

    bucket = String(required=True, pattern=r"^[a-z0-9.-]+$")
    folder = String(min_length=1, pattern=r"^.+$")
    mode = String(enum=("Full", "Incremental"), load_default="Full")
    keep = Integer(format="int32", minimum=1)


class PlanV1(Resource):
    spec = Object(PlanSpecV1, required=True)

    class Meta:
        group = GROUP
        version = "v1"
        kind = "Plan"
        short_names = ("bp",)
        printer_columns = (Column("Bucket", "spec.bucket"), Column("Mode", "spec.mode"))


class Plan(Hub):
    """The internal version: the newest one's shape."""

    spec = Object(PlanSpecV1)

    class Meta:
        group = GROUP


@validates(PlanSpecV1)
def folder_is_relative(spec: Mapping[str, Any]) -> Iterable[Finding]:
    folder = spec.get("folder", "")
    if folder.startswith("/"):
        message = f'Invalid value: "{folder}": must be relative to the bucket'
        yield Finding(("folder",), "FieldValueInvalid", message)


def register(scheme: Scheme) -> None:
    """Add the kind: a hub, and an edge from each version to it."""
    scheme.add(
        Plan,
        Edge(PlanV1),
        Edge(
            PlanV1Beta1,
            Split("spec.place", ("spec.bucket", "spec.folder"), separator=":"),
            MapValues("spec.mode", "spec.mode", {"All": "Full", "Changed": "Incremental"}),
            Preserve("spec.keep", annotation=f"{GROUP}/keep"),
        ),
        storage=f"{GROUP}/v1",
    )
