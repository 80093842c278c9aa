"""What memory a server takes with many small objects."""

from collections.abc import Iterator

from bench.figure import Figure
from bench.migration import NEW, OLD, Rows
from bench.serving.databases import database
from bench.serving.processes import kconv
from bench.serving.requests import PATH

OBJECTS = 15_000
LISTS = 3
MIB = 1024 * 1024


def memory(name: str) -> Iterator[Figure]:
    """Resident memory after whole LISTs in both versions, and what it was before them."""
    with database(name, Rows(OBJECTS)) as url, kconv(url) as served:
        before = served.resident
        for _ in range(LISTS):
            for version in (NEW, OLD):
                served.ask("GET", PATH.format(version))
        after = served.resident
    yield Figure(f"serve-memory-{name}", after / MIB, "MiB", 200, before / MIB)
