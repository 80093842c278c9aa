"""CustomResourceDefinitions: what they say, and the kinds that are served because of them."""

from kconv._crds.catalog import Catalog
from kconv._crds.definition import FINALIZER, RESOURCE, V1, Definition
from kconv._crds.judging import declared_twice, unjudged_of
from kconv._crds.names import Taken, status_of
from kconv._crds.webhook import Services, Webhook, services_of

__all__ = [
    "FINALIZER",
    "RESOURCE",
    "V1",
    "Catalog",
    "Definition",
    "Services",
    "Taken",
    "Webhook",
    "declared_twice",
    "services_of",
    "status_of",
    "unjudged_of",
]
