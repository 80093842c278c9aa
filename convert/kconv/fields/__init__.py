"""Strict marshmallow fields of the Kubernetes API.

A field decodes a JSON value to the same value in its canonical spelling, so a loaded object is
JSON-shaped and its keys are the names in the YAML.
"""

from kconv.fields.base import Field
from kconv.fields.binary import Bytes
from kconv.fields.collection import List, Map
from kconv.fields.duration import Duration
from kconv.fields.intorstring import IntOrString
from kconv.fields.nested import FreeForm, Object
from kconv.fields.quantity import Quantity
from kconv.fields.scalar import Boolean, Double, Int32, Int64, Integer, String
from kconv.fields.time import MicroTime, Time

__all__ = [
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
    "String",
    "Time",
]
