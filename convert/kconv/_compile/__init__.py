"""From marshmallow schemas and conversion plans to msgspec types and generated functions.

What is compiled says yes or gives up (`Refused`). Then the plain engine answers, so that there is
one source of truth for values and errors.
"""

from kconv._compile.check import checker
from kconv._compile.convert import by_struct, compile_conversion, shallow
from kconv._compile.fields import Deep, Refused, is_compiled
from kconv._compile.finish import finisher
from kconv._compile.nulls import without_nulls
from kconv._compile.plain import is_wholly_plain, may_hold_nulls, plain_fields
from kconv._compile.struct import OBJECTS, Form, Struct
from kconv._compile.structural import LOOSE, structural
from kconv._compile.texts import convert, decoder
from kconv._compile.types import Types, nests_endlessly, types_below
from kconv._compile.zeros import canonical_source, canonical_struct

__all__ = [
    "LOOSE",
    "OBJECTS",
    "Deep",
    "Form",
    "Refused",
    "Struct",
    "Types",
    "by_struct",
    "canonical_source",
    "canonical_struct",
    "checker",
    "compile_conversion",
    "convert",
    "decoder",
    "finisher",
    "is_compiled",
    "is_wholly_plain",
    "may_hold_nulls",
    "nests_endlessly",
    "plain_fields",
    "shallow",
    "structural",
    "types_below",
    "without_nulls",
]
