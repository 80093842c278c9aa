"""Whether writes stay as fast when the database grows."""

import json
from collections.abc import Iterator

from bench.figure import Figure
from bench.migration import NEW, Rows
from bench.serving.databases import database
from bench.serving.load import Load, in_turns, load
from bench.serving.processes import kconv
from bench.serving.requests import MERGE, PATH, manifest, names

MANY = 300_000
FEW = 500
WRITERS = 8


def growth(name: str) -> Iterator[Figure]:
    """Writes a second by eight writers among many objects, over those among few."""
    paths = [f"{PATH.format(NEW)}/{each}" for each in names()]
    bodies = [json.dumps({"spec": {"schedule": f"{at} 2 * * *"}}) for at in range(59)]
    loads = {
        "create": Load("POST", [PATH.format(NEW)], [manifest()]),
        "patch": Load("PATCH", paths, bodies, MERGE),
    }
    with (
        database(name, Rows(FEW)) as empty,
        database(name, Rows(MANY)) as full,
        kconv(empty) as first,
        kconv(full) as second,
    ):
        for what, asked in loads.items():
            among_few, among_many = in_turns(
                lambda asked=asked: load(first.url, asked, WRITERS),  # type: ignore[misc]  # bound now
                lambda asked=asked: load(second.url, asked, WRITERS),  # type: ignore[misc]  # bound now
            )
            figure = f"serve-growth-{name}-{what}"
            ratio = among_many.rate / among_few.rate
            yield Figure(f"{figure}-over-few", ratio, "ratio", 0.9, least=True)
            yield Figure(figure, among_many.rate, "writes/s", None, among_few.rate)
