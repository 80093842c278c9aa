"""How often a row and a document are decoded, converted and encoded, as the page says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.test_one_notion_of_loss import CPU, autoscaler
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline, converts_to
from kconv._pipeline.compiled import CompiledEngine
from kconv._pipeline.engine import OneStep
from kconv._pipeline.reencode import Reencoder
from kconv._pipeline.values import Checks, Value
from kconv._scheme import Spoke, load_scheme
from kconv.place import Collection
from kconv_migrations._executors.row_processor import RowProcessor, Task

PAGE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"
CRON_JOB: dict[str, Any] = {
    "apiVersion": "batch/v1beta1",
    "kind": "CronJob",
    "metadata": {"name": "nightly", "namespace": "shop"},
    "spec": {
        "schedule": "30 2 * * *",
        "jobTemplate": {
            "spec": {
                "template": {
                    "spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "b"}]}
                }
            }
        },
    },
}


class CountingEngine(CompiledEngine):
    """An engine that counts what it does to objects; one step is one of each."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def sound(self, spoke: Spoke, source: bytes | Value, *, checks: Checks, closed: bool) -> Any:
        self.counts["decode"] += 1
        return super().sound(spoke, source, checks=checks, closed=closed)

    def decode(self, spoke: Spoke, raw: Value) -> Value:
        self.counts["decode"] += 1
        return super().decode(spoke, raw)

    def to_hub(self, spoke: Spoke, value: Any) -> Any:
        self.counts["to hub"] += 1
        return super().to_hub(spoke, value)

    def from_hub(self, spoke: Spoke, value: Any) -> Any:
        self.counts["from hub"] += 1
        return super().from_hub(spoke, value)

    def dump(self, spoke: Spoke, value: Any) -> Value:
        self.counts["encode"] += 1
        return super().dump(spoke, value)

    def encode(self, spoke: Spoke, value: Any) -> bytes:
        self.counts["encode"] += 1
        return super().encode(spoke, value)

    def one_step(self, spoke: Spoke, target: Spoke, checks: Checks) -> OneStep | None:
        step = super().one_step(spoke, target, checks)

        def counted(data: bytes) -> bytes | None:
            self.counts.update(["decode", "to hub", "from hub", "encode"])
            return step(data) if step is not None else None

        return counted


Walk = tuple[str, tuple[int, int, int, int]]


def walks() -> Iterator[Walk]:
    engine = CountingEngine()
    pipeline = Pipeline(load_scheme(), engine)

    def walk(name: str, work: Callable[[], object]) -> Walk:
        engine.counts.clear()
        assert work() is not None
        counts = engine.counts
        return name, (counts["decode"], counts["to hub"], counts["from hub"], counts["encode"])

    def stored(value: Value) -> tuple[Spoke, bytes]:
        decoded = pipeline.load(value, trusted=True)
        there = pipeline.from_hub(pipeline.to_hub(decoded), decoded.spoke)
        return decoded.spoke, pipeline.encode(there)

    v1 = GroupVersion("batch", "v1")
    old, data = stored(CRON_JOB)
    new = old.kind.spoke_for(v1)
    assert new is not None
    reencoder = Reencoder(pipeline)
    yield walk("row, migrated", lambda: reencoder.quickly(data, old, new))
    hpa, text = stored({**autoscaler(CPU), "apiVersion": "autoscaling/v1"})
    newer = hpa.kind.spoke_for(GroupVersion("autoscaling", "v2"))
    assert newer is not None
    yield walk("row, migrated by functions", lambda: reencoder.quickly(text, hpa, newer))
    processor = RowProcessor(pipeline, [Collection("cronjobs.batch", old.kind)])
    task = Task("verify", "cronjobs.batch", "batch/v1beta1")
    row = (old.api_version, data)
    yield walk("row, verified", lambda: processor.process(task, [row]))
    imaged = walk(
        "row, verified with its before-image", lambda: processor.process(task, [row], [row])
    )
    yield imaged

    def convert(value: Value, target: Spoke) -> bytes | Value:
        converted, losses = converts_to(pipeline, pipeline.load(value), target)
        assert losses == []
        return pipeline.dump(converted)

    yield walk("document", lambda: convert(CRON_JOB, new))
    yield walk("document, converted by functions", lambda: convert(_v1(), newer))
    yield walk("bytes to bytes", lambda: pipeline.convert(data, v1))


def _v1() -> Value:
    value = autoscaler()
    spec = {name: each for name, each in value["spec"].items() if name != "metrics"}
    return {**value, "apiVersion": "autoscaling/v1", "spec": spec}


def said() -> dict[str, tuple[int, int, int, int]]:
    _, _, section = PAGE.read_text().partition("## Rows and documents\n")
    section, _, _ = section.partition("\n## ")
    rows = re.findall(r"^\| ([^|]+?) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|", section, re.MULTILINE)
    return {name: (int(a), int(b), int(c), int(d)) for name, a, b, c, d in rows}


def test_walks_are_as_the_page_says() -> None:
    assert dict(walks()) == said()
