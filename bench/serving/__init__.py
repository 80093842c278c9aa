"""What serving costs, each figure over the least that could do the same, in the same run.

The load is wrk's, with 16 connections unless a figure says otherwise.
"""

from functools import partial

from bench.part import Part
from bench.serving.databases import NAMES, close
from bench.serving.growth import growth
from bench.serving.memory import memory
from bench.serving.requests import create, get, list_, patch
from bench.serving.two_processes import two_processes
from bench.serving.watchers import watchers

__all__ = ["PARTS", "close"]

_BOTH = {
    "serve-get": get,
    "serve-list": list_,
    "serve-create": create,
    "serve-patch": patch,
    "serve-watchers": watchers,
    "serve-memory": memory,
}

PARTS = [
    *(
        Part(f"{what}-{name}", partial(figures, name))
        for name in NAMES
        for what, figures in _BOTH.items()
    ),
    Part("serve-growth-sqlite", partial(growth, "sqlite")),
    Part("serve-processes-postgresql", partial(two_processes, "postgresql")),
]
