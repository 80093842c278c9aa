"""Strict marshmallow fields of the Kubernetes API.

A field decodes a JSON value to the same value in its canonical spelling, so a loaded object is
JSON-shaped and its keys are the names in the YAML. What a field is it says in its `Spec`; a field
of somebody's own that says it too works wherever these do.
"""

from kconv.fields._age import UNKNOWN, age, human_duration
from kconv.fields._base import Field, spec_of
from kconv.fields._binary import Bytes
from kconv.fields._collection import List, Map
from kconv.fields._duration import Duration, parse_duration
from kconv.fields._intorstring import IntOrString
from kconv.fields._nested import FreeForm, Object
from kconv.fields._quantity import Quantity, quantity_value
from kconv.fields._scalar import INT32, Boolean, Double, Int32, Int64, Integer, String
from kconv.fields._spec import Spec
from kconv.fields._time import MicroTime, Time, parse_time

__all__ = [
    "INT32",
    "UNKNOWN",
    "Boolean",
    "Bytes",
    "Double",
    "Duration",
    "Field",
    "FreeForm",
    "Int32",
    "Int64",
    "IntOrString",
    "Integer",
    "List",
    "Map",
    "MicroTime",
    "Object",
    "Quantity",
    "Spec",
    "String",
    "Time",
    "age",
    "human_duration",
    "parse_duration",
    "parse_time",
    "quantity_value",
    "spec_of",
]
