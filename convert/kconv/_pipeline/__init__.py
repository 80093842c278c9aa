"""The pipeline: bytes -> decode -> spoke -> hub -> spoke -> bytes."""

from kconv._pipeline.engine import Engine, NotSound, OneStep, ReadStep, WrittenStep, WrongTypes
from kconv._pipeline.fallback import EngineFault, Fallbacks
from kconv._pipeline.object_loss import Lost, converts_to, hub_differences, lost
from kconv._pipeline.pipeline import Pipeline
from kconv._pipeline.plain import PlainEngine
from kconv._pipeline.refusal import failed_on, invalid_object
from kconv._pipeline.values import Checks, Decoded, FieldValidation, Format, HubObject, ref_of

__all__ = [
    "Checks",
    "Decoded",
    "Engine",
    "EngineFault",
    "Fallbacks",
    "FieldValidation",
    "Format",
    "HubObject",
    "Lost",
    "NotSound",
    "OneStep",
    "Pipeline",
    "PlainEngine",
    "ReadStep",
    "WrittenStep",
    "WrongTypes",
    "converts_to",
    "failed_on",
    "hub_differences",
    "invalid_object",
    "lost",
    "ref_of",
]
