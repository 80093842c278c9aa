"""Edges: how a version converts to and from its hub.

Fields of the same name and shape convert by themselves; everything else is a rule, which is data
and has a reverse.
"""

from kconv.edges._absent import WhenAbsent
from kconv.edges._cast import Cast
from kconv.edges._declared_loss import Loss
from kconv.edges._edge import Edge
from kconv.edges._functions import Functions
from kconv.edges._keyed import ListToMap, MapToList
from kconv.edges._lose import Lose
from kconv.edges._mapvalues import MapValues
from kconv.edges._preserve import Preserve
from kconv.edges._rename import Rename
from kconv.edges._rule import Rule
from kconv.edges._split import Split
from kconv.edges._steps import MISSING, get, put
from kconv.edges._unit import Unit
from kconv.edges._wrap import Wrap

__all__ = [
    "MISSING",
    "Cast",
    "Edge",
    "Functions",
    "ListToMap",
    "Lose",
    "Loss",
    "MapToList",
    "MapValues",
    "Preserve",
    "Rename",
    "Rule",
    "Split",
    "Unit",
    "WhenAbsent",
    "Wrap",
    "get",
    "put",
]
