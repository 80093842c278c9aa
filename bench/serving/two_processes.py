"""What a second process of one server brings, on two processors."""

import os
from collections.abc import Iterator

from bench.figure import Figure
from bench.migration import NEW, Rows
from bench.part import LeftOut
from bench.serving.databases import database
from bench.serving.load import Load, Measured, in_turns, load
from bench.serving.processes import has_option, kconv
from bench.serving.requests import OBJECTS, PATH, names


def two_processes(name: str) -> Iterator[Figure]:
    """GET with two processes over one.

    What wrk takes of the processors is counted out where two processes have to share them with it;
    a single one leaves it a processor of its own.
    """
    if not has_option("--processes"):
        raise LeftOut("kconv serve has no --processes")
    asked = Load("GET", [f"{PATH.format(NEW)}/{each}" for each in names()])
    with (
        database(name, Rows(OBJECTS)) as url,
        kconv(url) as one,
        kconv(url, "--processes", "2") as two,
    ):
        single, double = in_turns(lambda: load(one.url, asked), lambda: load(two.url, asked))
    counted = double.rate * _share_left(double)
    figure = f"serve-processes-{name}"
    yield Figure(f"{figure}-two-over-one", counted / single.rate, "ratio", 1.4, least=True)
    yield Figure(f"{figure}-two-over-one-with-wrk", double.rate / single.rate, "ratio")


def _share_left(measured: Measured) -> float:
    """How much more the servers could do, had they what wrk takes of the processors."""
    processors = len(os.sched_getaffinity(0))
    return processors / (processors - min(measured.processors, processors - 1))
