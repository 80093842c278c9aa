"""Writers, readers and watchers on servers that are disturbed, and the verdict on what they saw."""

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pressure.apis import GROUP, VERSIONS
from pressure.disturbances import Disturbance, Migrations
from pressure.history import History
from pressure.servers import Fleet
from pressure.verdict import explain, verdict
from pressure.watchers import Watcher
from pressure.writers import Reader, Worker, Writer

MINUTES = float(os.environ.get("KCONV_PRESSURE_MINUTES", "0"))
SEED = int(os.environ.get("KCONV_PRESSURE_SEED", "0")) or time.time_ns() % 1_000_000
LAST = "object-last"
LAST_SECONDS = 60.0
PATIENCE = 120.0
"""Seconds that watchers may take to see what was written, on a machine that has much to do."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many take part."""

    writers: int = 16
    watchers: int = 8
    readers: int = 2
    objects: int = 200
    pace: float = 0.1
    """Seconds between two writes of a writer; so many threads leave the servers no time else."""


def run(
    fleet: Fleet,
    history: History,
    disturbances: Sequence[Disturbance],
    seconds: float,
    crowd: Crowd | None = None,
    *,
    until: Callable[[], bool] = lambda: False,
) -> None:
    """Let all of them work, wait until the watchers have seen all, and judge.

    They work for so many seconds, or until ``until`` is true.
    """
    crowd = crowd or Crowd()
    print(f"seed {SEED}: KCONV_PRESSURE_SEED={SEED} repeats its choices")  # noqa: T201 - for who reruns it
    watchers = [Watcher(f"watcher-{at}", fleet, history, SEED) for at in range(crowd.watchers)]
    workers: list[Worker] = [
        Writer(f"writer-{at}", fleet, history, SEED, crowd.objects, crowd.pace)
        for at in range(crowd.writers)
    ]
    workers += [
        Reader(f"reader-{at}", fleet, history, SEED, crowd.objects) for at in range(crowd.readers)
    ]
    everybody: list[Worker | Disturbance] = [*watchers, *workers, *disturbances]
    try:
        for each in watchers:
            each.start()
        _until(fleet, history, lambda: all(each.watched.begin for each in watchers), "all begin")
        for thread in (*workers, *disturbances):
            thread.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until() and not history.findings:
            time.sleep(0.05)
        for disturbance in disturbances:
            disturbance.stop()
        for worker in workers:
            worker.stop()
        assert not fleet.failed, f"seed {SEED}: nothing is judged: {fleet.failed}"
        last = write_last(fleet, history)
        _until(
            fleet, history, lambda: all(each.watched.position >= last for each in watchers),
            f"each watcher sees {last}",
        )  # fmt: skip
        for each in watchers:
            each.stop()
    finally:
        for ending in (each.ending for each in everybody):
            ending.set()
    _list_everywhere(fleet, history)
    _verify(history, disturbances)
    findings = verdict(history)
    said = fleet.logs()
    assert not findings, f"seed {SEED}: {explain(history, findings)}\n{digest(said)}"
    assert "Traceback" not in said, f"seed {SEED}: {digest(said)}"
    print(summary(history, fleet, disturbances))  # noqa: T201 - what was done, for who reads the long form


def summary(history: History, fleet: Fleet, disturbances: Sequence[Disturbance]) -> str:
    """What was done, in numbers."""
    outcomes = [each.outcome for each in history.attempts]
    counts = {outcome: outcomes.count(outcome) for outcome in ("done", "refused", "unknown")}
    events = max(len(each.events) for each in history.watched)
    hops = sum(each.hops for each in history.watched)
    migrations = [each.slowest for each in disturbances if isinstance(each, Migrations)]
    return (
        f"writes {counts}, reads {len(history.reads)}, events {events}, hops {hops}, "
        f"slowest start {fleet.slowest:.1f} s, "
        f"slowest migration {max(migrations, default=0):.1f} s, "
        f"disturbances {[text for _, text in history.disturbances]}"
    )


def digest(log: str) -> str:
    """The different lines of a log without time and request, and its first tracebacks in full."""
    lines = [re.sub(r"^\S+Z | \[[0-9a-f-]+\]", "", line)[:400] for line in log.splitlines()]
    usual = [line for line in lines if "cannot reach the database" not in line]
    counts = Counter(line for line in usual if not line.startswith(" "))
    told = [f"{count} x {line}" for line, count in counts.most_common(40)]
    places = [at for at, line in enumerate(lines) if line.startswith("Traceback")]
    for at in places[:2]:
        told += lines[max(at - 2, 0) : at + 80]
    return "\n".join(told)


def write_last(fleet: Fleet, history: History) -> int:
    """Write an object of its own; its resourceVersion is the highest.

    Where nobody does it, what was asked last says why.
    """
    writer = Writer("last", fleet, history, SEED, 1)
    deadline = time.monotonic() + LAST_SECONDS
    while True:
        writer.create(f"{LAST}-{writer.count}")
        attempt = history.attempts[-1]
        if attempt.outcome == "done":
            writer.client.close()
            return attempt.revision
        if time.monotonic() > deadline:
            history.find(f"no write succeeds: {attempt.told}")
            asked = [each for each in fleet.up if each.url == attempt.url]
            why = "\n".join(each.explain_silence() for each in asked)
            findings = explain(history, history.findings)
            raise AssertionError(f"seed {SEED}: {findings}\n{why}\n{digest(fleet.logs())}")


def _list_everywhere(fleet: Fleet, history: History) -> None:
    """In the end, each server lists the same in every version."""
    reader = Reader("end", fleet, history, SEED, 1)
    for url in fleet.urls():
        for version in VERSIONS:
            if reader.list(url, version, history.told, history.now()) is None:
                history.find(f"{url} does not list {version.name} in the end")
    reader.client.close()


def _verify(history: History, disturbances: Sequence[Disturbance]) -> None:
    """A last migration finishes, and finds every row sound."""
    for each in disturbances:
        if isinstance(each, Migrations):
            last = each.kconv("migrate", "--to", f"{GROUP}=v1")
            if each.finish(last, "the last migration") is not None:
                each.finish(each.kconv("migrate", "verify"), "verify")


def _until(fleet: Fleet, history: History, condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition() and not fleet.failed:
        if time.monotonic() > deadline:
            history.find(f"it does not come about that {what}")
            return
        time.sleep(0.02)
