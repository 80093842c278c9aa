"""apiextensions.k8s.io/v1beta1, which Kubernetes 1.22 removed: what versions share said once."""

from __future__ import annotations

from kconv import Deprecation, Resource, Type
from kconv.fields import Boolean, Int32, List, Object, String
from kconv_schemas.apiextensions.v1 import types as v1


class CustomResourceColumnDefinition(Type):
    """CustomResourceColumnDefinition of apiextensions/v1beta1."""

    JSONPath = String(required=True)
    description = String()
    format = String()
    name = String(required=True)
    priority = Int32()
    type = String(required=True)


class CustomResourceConversion(Type):
    """CustomResourceConversion of apiextensions/v1beta1."""

    conversionReviewVersions = List(String())
    strategy = String(required=True)
    webhookClientConfig = Object(v1.WebhookClientConfig)


class CustomResourceDefinitionVersion(Type):
    """CustomResourceDefinitionVersion of apiextensions/v1beta1."""

    additionalPrinterColumns = List(Object(CustomResourceColumnDefinition))
    deprecated = Boolean()
    deprecationWarning = String()
    name = String(required=True)
    schema = Object(v1.CustomResourceValidation)
    selectableFields = List(Object(v1.SelectableField))
    served = Boolean(required=True)
    storage = Boolean(required=True)
    subresources = Object(v1.CustomResourceSubresources)


class CustomResourceDefinitionSpec(Type):
    """CustomResourceDefinitionSpec of apiextensions/v1beta1."""

    additionalPrinterColumns = List(Object(CustomResourceColumnDefinition))
    conversion = Object(CustomResourceConversion)
    group = String(required=True)
    names = Object(v1.CustomResourceDefinitionNames, required=True)
    preserveUnknownFields = Boolean(load_default=True)
    scope = String(load_default="Namespaced")
    selectableFields = List(Object(v1.SelectableField))
    subresources = Object(v1.CustomResourceSubresources)
    validation = Object(v1.CustomResourceValidation)
    version = String()
    versions = List(Object(CustomResourceDefinitionVersion))


class CustomResourceDefinition(Resource):
    """The kind CustomResourceDefinition of apiextensions/v1beta1."""

    class Meta(v1.CustomResourceDefinition.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.16",
            removed_in="1.22",
            replacement="apiextensions.k8s.io/v1 CustomResourceDefinition",
        )

    spec = Object(CustomResourceDefinitionSpec, required=True)
    status = Object(v1.CustomResourceDefinitionStatus)
