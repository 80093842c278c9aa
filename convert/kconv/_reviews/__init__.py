"""Asking conversion webhooks, of any author, and judging answers as the API server does."""

from kconv._reviews.canary import (
    Change,
    Compare,
    Pair,
    Samples,
    by_value,
    name_of,
    samples,
    texts_lost,
    try_pairs,
)
from kconv._reviews.client import Answered, Ask, WebhookClient, review_of
from kconv._reviews.judge import ANSWER_LIMIT, Judgement, judge

__all__ = [
    "ANSWER_LIMIT",
    "Answered",
    "Ask",
    "Change",
    "Compare",
    "Judgement",
    "Pair",
    "Samples",
    "WebhookClient",
    "by_value",
    "judge",
    "name_of",
    "review_of",
    "samples",
    "texts_lost",
    "try_pairs",
]
