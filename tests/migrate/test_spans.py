"""Spans of rows: none is missed, none comes twice, whatever happens between the looks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from kconv._errors import Unavailable
from kconv._pipeline import Pipeline
from kconv._store import SqlStore, scan
from kconv._store.place_rows import ObjectKey
from kconv.place import Quarantined
from kconv_migrations._executors.executor import InProcessExecutor, Retry, results
from kconv_migrations._executors.row_processor import Task
from kconv_migrations._executors.spans import Span, SpanResult
from kconv_migrations._migration import Settings, migrate, plan
from kconv_migrations._migration.retry import RetryingPlace
from kconv_migrations._migration.split import split_into_spans
from migrate.samples import NEW, OLD, encoded, key, placed, rows, seed

TASK = Task("rewrite", "cronjobs.batch", NEW)


class Away:
    def result(self) -> SpanResult:
        raise Unavailable("it is away")


def names(found: Iterable[SpanResult]) -> list[str]:
    return [str(row.key[1]) for result in found for row in result.rows()]


@pytest.mark.parametrize("limit", [1, 4, 5, 19, 20, 21])
@pytest.mark.parametrize("where", ["objects", "changes"])
def test_every_row_comes_once(store: SqlStore, pipeline: Pipeline, limit: int, where: Any) -> None:
    made = [each.key.name for each in seed(store, pipeline, 20)]
    spans = list(split_into_spans(placed(store), TASK, where, limit, NEW))
    assert len(spans) >= 20 // limit
    found = list(results(InProcessExecutor(placed(store), pipeline), spans))
    assert names(found) == made
    assert max(len(each.identities) for each in found) == min(limit, 20)


def test_versions_are_mixed(store: SqlStore, pipeline: Pipeline) -> None:
    seeded = seed(store, pipeline, 30)
    store.prefer("batch", "cronjobs", NEW)
    some = seeded[::3]
    store.rewrite([(each, NEW, encoded(pipeline, each.key.name, NEW)) for each in some])
    executor = InProcessExecutor(placed(store), pipeline)
    for other_than, expected in (
        ("", seeded),
        (NEW, [each for each in seeded if each not in some]),
        (OLD, some),
    ):
        spans = split_into_spans(placed(store), TASK, "objects", 4, other_than)
        assert names(results(executor, spans)) == [each.key.name for each in expected]


def test_rows_that_go_and_come_meanwhile(store: SqlStore, pipeline: Pipeline) -> None:
    seeded = seed(store, pipeline, 20)
    spans = list(split_into_spans(placed(store), TASK, "objects", 5, NEW))
    # The last of a span and the first of the next one; a span may hold more than it did.
    for each in seeded[4:6]:
        store.delete(each.key, expected=each.resource_version, api_version=OLD, data=each.data)
    for name in ("cron-0011-a", "cron-0011-b"):
        store.create(key(name), uid=name, api_version=OLD, data=encoded(pipeline, name))
    expected = sorted({each.key.name for each in seeded} - {"cron-0004", "cron-0005"})
    expected = sorted([*expected, "cron-0011-a", "cron-0011-b"])
    assert names(results(InProcessExecutor(placed(store), pipeline), spans)) == expected


def test_changes_that_come_during_a_pass_are_for_the_next(
    store: SqlStore, pipeline: Pipeline
) -> None:
    seed(store, pipeline, 5)
    head = store.head()
    spans = split_into_spans(placed(store), TASK, "changes", 2, NEW)
    found = [next(spans)]
    for number in range(5):
        name = f"late-{number}"
        store.create(key(name), uid=name, api_version=OLD, data=encoded(pipeline, name))
    found += spans
    assert [each.until and each.until[-1] for each in found] == [head - 3, head - 1, head]


def test_pages_of_a_span_are_bounded_by_bytes(
    store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [each.key.name for each in seed(store, pipeline, 40)]
    monkeypatch.setattr(scan, "PAGE_BYTES", 1)
    answers = list(
        results(
            InProcessExecutor(placed(store), pipeline),
            split_into_spans(placed(store), TASK, "objects", 25, NEW),
        )
    )
    assert names(answers) == made
    assert max(len(each.identities) for each in answers) == 1


def test_what_failed_is_passed_over(store: SqlStore, pipeline: Pipeline) -> None:
    seeded = seed(store, pipeline, 10)
    failed = [
        (ObjectKey(each.key.namespace, each.key.name), each.resource_version)
        for each in seeded[2:4]
    ]
    gone = (ObjectKey(seeded[5].key.namespace, seeded[5].key.name), 10**6)
    other = (ObjectKey(seeded[6].key.namespace, seeded[6].key.name), seeded[6].resource_version)
    placed(store).quarantine(
        [
            Quarantined(run, "cronjobs.batch", "objects", at, OLD, mark, "Why", "why")
            for run, (at, mark) in [*(("r", each) for each in [*failed, gone]), ("other", other)]
        ]
    )
    span = Span(TASK, "objects", NEW, 100, passing_over="r")
    found = names(results(InProcessExecutor(placed(store), pipeline), [span]))
    assert found == [each.key.name for each in seeded if each not in seeded[2:4]]


def test_a_row_that_failed_is_tried_once_in_a_run(store: SqlStore, pipeline: Pipeline) -> None:
    seeded = seed(store, pipeline, 12)
    bad = [seeded[3], seeded[8]]
    store.rewrite([(each, OLD, b"{") for each in bad])
    tried: list[str] = []
    came: list[bool] = []
    executor = InProcessExecutor(placed(store), pipeline)
    original = executor.submit

    def noted(span: Span) -> Any:
        asked = original(span)
        tried.extend(names([asked.result()]) if span.section == "objects" else [])
        if len(tried) == 12 and not came:
            came.append(True)
            late = store.create(
                key("cron-0000-late"), uid="u", api_version=NEW, data=encoded(pipeline, "l", NEW)
            )
            store.rewrite([(late, OLD, encoded(pipeline, "cron-0000-late"))])
        return asked

    executor.submit = noted  # type: ignore[method-assign]  # watched from here on
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    (outcome,) = migrate(
        placed(store), pipeline, targets, Settings(batch_size=3), executor=executor
    )
    assert sorted(tried) == sorted([*(each.key.name for each in seeded), "cron-0000-late"])
    assert [each.key for each in outcome.failures] == [
        (each.key.namespace, each.key.name) for each in bad
    ]
    assert outcome.objects == 11
    assert rows(store)[OLD][0] == 2


def test_a_span_is_begun_anew_while_the_database_is_away(
    store: SqlStore, pipeline: Pipeline
) -> None:
    made = [each.key.name for each in seed(store, pipeline, 6)]
    executor = InProcessExecutor(placed(store), pipeline)
    original, said = executor.submit, list[str]()
    away = iter([True, True, False, True])

    def failing(span: Span) -> Any:
        if next(away, False):
            return Away()
        return original(span)

    executor.submit = failing  # type: ignore[method-assign]  # watched from here on
    retry: Retry = RetryingPlace(placed(store), 60, said.append).retry
    assert (
        names(results(executor, split_into_spans(placed(store), TASK, "objects", 3, NEW), retry))
        == made
    )
    assert said == ["it is away", "it is away", "", "it is away", ""]
