"""Reviews, which a server answers about itself: who somebody is, and what they may do here."""

from kconv._serve.self_reviews.answers import review

__all__ = ["review"]
