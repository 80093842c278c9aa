"""Conversion webhooks of CRDs: ConversionReviews, answered by the pipeline."""

from kconv._webhook.app import webhook
from kconv._webhook.conversion_server import ConversionServer
from kconv._webhook.manifests import manifests
from kconv._webhook.review import Outcome, answer_review
from kconv._webhook.server import WebhookServer, build

__all__ = [
    "ConversionServer",
    "Outcome",
    "WebhookServer",
    "answer_review",
    "build",
    "manifests",
    "webhook",
]
