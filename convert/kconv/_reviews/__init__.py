"""Asking conversion webhooks, of any author, and judging answers as the API server does."""

from kconv._reviews.canary import Pair, samples, try_pairs
from kconv._reviews.client import Answered, Ask, WebhookClient, review_of
from kconv._reviews.judge import ANSWER_LIMIT, Judgement, judge

__all__ = [
    "ANSWER_LIMIT",
    "Answered",
    "Ask",
    "Judgement",
    "Pair",
    "WebhookClient",
    "judge",
    "review_of",
    "samples",
    "try_pairs",
]
