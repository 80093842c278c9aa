"""The pipeline: bytes -> decode -> spoke -> hub -> spoke -> bytes."""

from kconv._pipeline.engine import Engine, PlainEngine
from kconv._pipeline.loss import Lost, converts_to, lost
from kconv._pipeline.pipeline import Pipeline, invalid_object
from kconv._pipeline.values import Decoded, FieldValidation, Format, HubObject, ref_of
from kconv._pipeline.view import View, value_at

__all__ = [
    "Decoded",
    "Engine",
    "FieldValidation",
    "Format",
    "HubObject",
    "Lost",
    "Pipeline",
    "PlainEngine",
    "View",
    "converts_to",
    "invalid_object",
    "lost",
    "ref_of",
    "value_at",
]
