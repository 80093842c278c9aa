"""What single requests cost, over a bare ASGI app that sends the same bytes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from bench.bare_driver import Bare
from bench.figure import Figure
from bench.migration import CRON_JOB, NEW, OLD, Rows
from bench.serving.databases import database
from bench.serving.load import CONNECTIONS, Load, Measured, in_turns, load, one_client
from bench.serving.processes import Served, bare, kconv, least_patch

OBJECTS = 500
PATH = "/apis/{}/namespaces/default/cronjobs"
MERGE = "application/merge-patch+json"


class Budget(NamedTuple):
    """The least that a rate may be of the bare app's."""

    sqlite: float
    postgresql: float


GET_OTHER = Budget(0.45, 0.35)
GET_STORED = Budget(0.5, 0.4)
LIST = Budget(0.1, 0.1)
CREATE = Budget(0.1, 0.1)
PATCH = Budget(0.3, 0.3)


def get(name: str) -> Iterator[Figure]:
    """GET of an object as another version than the stored one, and in that."""
    with on(name) as served:
        for what, version, budget in (("other", NEW, GET_OTHER), ("stored", OLD, GET_STORED)):
            asked = Load("GET", [f"{PATH.format(version)}/{each}" for each in names()])
            figure = f"serve-get-{name}-{what}-version"
            yield from compared(figure, served, asked, getattr(budget, name))


def list_(name: str) -> Iterator[Figure]:
    """LIST of 500 objects as another version."""
    with on(name) as served:
        asked = Load("GET", [PATH.format(NEW)])
        yield from compared(f"serve-list-{name}", served, asked, getattr(LIST, name))


def create(name: str) -> Iterator[Figure]:
    """CREATE, each time with a new name: of the same spec, and of one of its own."""
    with on(name) as served:
        one_make = manifest()
        of_its_own = one_make.replace("report:1.7.2", "report:NAME")
        assert of_its_own != one_make
        for what, body in ((name, one_make), (f"{name}-own-spec", of_its_own)):
            asked = Load("POST", [PATH.format(NEW)], [body])
            yield from compared(f"serve-create-{what}", served, asked, getattr(CREATE, name))


def patch(name: str) -> Iterator[Figure]:
    """PATCH of one object by one client in Python, one after the other.

    The client's own time is part of both sides; without it, by wrk, there is a figure of its own.
    Most of the rest is waiting for the disk, which the bare app does not do: one figure is over one
    that would do the driver's transaction for each request, too, on the same disk in the same run.
    And two are what the least that could answer a PATCH makes of the bound.
    """
    rows = Rows(OBJECTS)
    with (
        database(name, rows) as url,
        database(name, rows) as other,
        database(name, rows) as third,
        kconv(url) as served,
        least_patch(third, names()[0]) as least_app,
    ):
        bodies = [json.dumps({"spec": {"schedule": f"{at} 2 * * *"}}) for at in range(60)]
        asked = Load("PATCH", [f"{PATH.format(NEW)}/{names()[0]}"], bodies, MERGE)
        with bare({"PATCH": served.ask("PATCH", asked.paths[0], bodies[0].encode(), MERGE)}) as app:
            driver = Bare(other, rows)
            ours, theirs, transactions, little, ours_by_wrk, theirs_by_wrk = (
                each.rate
                for each in in_turns(
                    lambda: one_client(served.url, asked),
                    lambda: one_client(app.url, asked),
                    lambda: Measured(driver.rate(1), 0.0, 0.0),
                    lambda: one_client(least_app.url, asked),
                    lambda: load(served.url, asked, 1),
                    lambda: load(app.url, asked, 1),
                )
            )
            driver.connection.close()
    budget = getattr(PATCH, name)
    figure = f"serve-patch-{name}-serial"
    yield Figure(f"{figure}-over-bare-app", ours / theirs, "ratio", budget, least=True)
    yield Figure(figure, ours, "requests/s", None, theirs)
    least = 1 / (1 / theirs + 1 / transactions)
    yield Figure(f"{figure}-over-bare-app-that-writes", ours / least, "ratio")
    yield Figure(f"{figure}-that-writes", ours, "requests/s", None, least)
    yield Figure(f"{figure}-over-least-patch", ours / little, "ratio")
    yield Figure(f"{figure}-of-least-patch-over-bare-app", little / theirs, "ratio")
    yield Figure(f"{figure}-by-wrk-over-bare-app", ours_by_wrk / theirs_by_wrk, "ratio")


@contextmanager
def on(name: str) -> Iterator[Served]:
    """A server on a database with objects in the old version."""
    with database(name, Rows(OBJECTS)) as url, kconv(url) as served:
        yield served


def names() -> list[str]:
    """The objects that are stored."""
    return [f"cron-{number:06}" for number in range(OBJECTS)]


def manifest(**labels: str) -> str:
    """A CronJob of `NEW` called ``NAME``."""
    document: dict[str, Any] = json.loads(json.dumps(CRON_JOB))
    document["apiVersion"] = NEW
    document["metadata"] = {"name": "NAME", "labels": document["metadata"]["labels"] | labels}
    return json.dumps(document)


def compared(
    figure: str, served: Served, asked: Load, budget: float, connections: int = CONNECTIONS
) -> Iterator[Figure]:
    """The rate over that of a bare app with the same bytes, and the rate."""
    body = asked.bodies[0].replace("NAME", figure).encode() if asked.bodies else None
    answer = served.ask(asked.method, asked.paths[0], body, asked.kind)
    with bare({asked.method: answer}) as least:
        ours, theirs = in_turns(
            lambda: load(served.url, asked, connections),
            lambda: load(least.url, asked, connections),
        )
    yield Figure(f"{figure}-over-bare-app", ours.rate / theirs.rate, "ratio", budget, least=True)
    yield Figure(figure, ours.rate, "requests/s", None, theirs.rate)
