"""Edges: how a version converts to and from its hub.

Fields of the same name and shape convert by themselves; everything else is a rule, which is data
and has a reverse.
"""

from kconv.edges.absent import WhenAbsent
from kconv.edges.edge import Edge
from kconv.edges.functions import Functions
from kconv.edges.lose import Lose
from kconv.edges.loss import Loss
from kconv.edges.mapvalues import MapValues
from kconv.edges.preserve import Preserve
from kconv.edges.rename import Rename
from kconv.edges.rule import Rule
from kconv.edges.split import Split
from kconv.edges.steps import MISSING, get, put
from kconv.edges.wrap import Wrap

__all__ = [
    "MISSING",
    "Edge",
    "Functions",
    "Lose",
    "Loss",
    "MapValues",
    "Preserve",
    "Rename",
    "Rule",
    "Split",
    "WhenAbsent",
    "Wrap",
    "get",
    "put",
]
