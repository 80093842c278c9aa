"""CustomResourceDefinitions from the kinds of a scheme: what ``kconv export crd`` does."""

from kconv._exporter.crd import Webhook, crd_of
from kconv._exporter.structural import structural

__all__ = ["Webhook", "crd_of", "structural"]
