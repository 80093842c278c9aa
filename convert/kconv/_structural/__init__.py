"""Kinds whose versions are structural schemas, known only while a server runs: custom resources."""

from kconv._structural.checking import check, nulls
from kconv._structural.defaulting import only_defaults, with_defaults
from kconv._structural.engine import converted, has_rules_of, is_structural
from kconv._structural.engines import Engines
from kconv._structural.errors import Unconverted
from kconv._structural.full_objects import Full, full_objects
from kconv._structural.kinds import (
    Conversion,
    StructuralKind,
    StructuralResource,
    Version,
    is_renamed,
    schema_of,
    structural_kind,
    waits,
)
from kconv._structural.pruning import pruned
from kconv._structural.rules import rule_problems, unjudged
from kconv._structural.schemas import Schema

__all__ = [
    "Conversion",
    "Engines",
    "Full",
    "Schema",
    "StructuralKind",
    "StructuralResource",
    "Unconverted",
    "Version",
    "check",
    "converted",
    "full_objects",
    "has_rules_of",
    "is_renamed",
    "is_structural",
    "nulls",
    "only_defaults",
    "pruned",
    "rule_problems",
    "schema_of",
    "structural_kind",
    "unjudged",
    "waits",
    "with_defaults",
]
