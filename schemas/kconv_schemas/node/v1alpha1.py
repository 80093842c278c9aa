"""node.k8s.io/v1alpha1, which is no longer served: what v1 has is within a spec."""

from __future__ import annotations

from kconv import Resource, Type
from kconv.fields import Object, String
from kconv_schemas.node.v1 import types as v1


class RuntimeClassSpec(Type):
    """RuntimeClassSpec of node/v1alpha1."""

    overhead = Object(v1.Overhead)
    runtimeHandler = String(required=True)
    scheduling = Object(v1.Scheduling)


class RuntimeClass(Resource):
    """The kind RuntimeClass of node/v1alpha1."""

    class Meta(v1.RuntimeClass.Meta):
        version = "v1alpha1"

    spec = Object(RuntimeClassSpec, required=True, load_default=dict)
