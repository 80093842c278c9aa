"""Spans of rows: none is missed, none comes twice, whatever happens between the looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from kconv._errors import Unavailable
from kconv._gvk import GroupResource
from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from kconv._store import encoded as encoded_module
from kconv_migrations._executors.jobs import Job
from kconv_migrations._executors.spans import Answer, Span
from kconv_migrations._executors.workers import InProcess
from kconv_migrations._migration import Settings, migrate, plan
from kconv_migrations._migration.pages import Patient, spans_of, through
from migrate.samples import NEW, OLD, encoded, key, rows, seed

RESOURCE = GroupResource("batch", "cronjobs")
JOB = Job("rewrite", RESOURCE, NEW)


class Away:
    def ready(self) -> bool:
        return True

    def result(self) -> Answer:
        raise Unavailable("it is away")


def names(answers: Iterable[Answer]) -> list[str]:
    return [row.key.name for answer in answers for row in answer.rows(RESOURCE)]


@pytest.mark.parametrize("limit", [1, 4, 5, 19, 20, 21])
@pytest.mark.parametrize("where", ["objects", "changes"])
def test_every_row_comes_once(store: SqlStore, pipeline: Pipeline, limit: int, where: Any) -> None:
    made = [each.key.name for each in seed(store, pipeline, 20)]
    spans = list(spans_of(store, JOB, where, limit, NEW))
    assert len(spans) >= 20 // limit
    found = list(through(InProcess(store, pipeline), spans))
    assert names(found) == made
    assert max(len(each.places) for each in found) == min(limit, 20)


def test_versions_are_mixed(store: SqlStore, pipeline: Pipeline) -> None:
    seeded = seed(store, pipeline, 30)
    store.prefer("batch", "cronjobs", NEW)
    some = seeded[::3]
    store.rewrite([(each, NEW, encoded(pipeline, each.key.name, NEW)) for each in some])
    hands = InProcess(store, pipeline)
    for other_than, expected in (
        ("", seeded),
        (NEW, [each for each in seeded if each not in some]),
        (OLD, some),
    ):
        spans = spans_of(store, JOB, "objects", 4, other_than)
        assert names(through(hands, spans)) == [each.key.name for each in expected]


def test_rows_that_go_and_come_meanwhile(store: SqlStore, pipeline: Pipeline) -> None:
    seeded = seed(store, pipeline, 20)
    spans = list(spans_of(store, JOB, "objects", 5, NEW))
    # The last of a span and the first of the next one; a span may hold more than it did.
    for each in seeded[4:6]:
        store.delete(each.key, expected=each.resource_version, api_version=OLD, data=each.data)
    for name in ("cron-0011-a", "cron-0011-b"):
        store.create(key(name), uid=name, api_version=OLD, data=encoded(pipeline, name))
    expected = sorted({each.key.name for each in seeded} - {"cron-0004", "cron-0005"})
    expected = sorted([*expected, "cron-0011-a", "cron-0011-b"])
    assert names(through(InProcess(store, pipeline), spans)) == expected


def test_pages_of_a_span_are_bounded_by_bytes(
    store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [each.key.name for each in seed(store, pipeline, 40)]
    monkeypatch.setattr(encoded_module, "PAGE_BYTES", 1)
    answers = list(through(InProcess(store, pipeline), spans_of(store, JOB, "objects", 25, NEW)))
    assert names(answers) == made
    assert max(len(each.places) for each in answers) == 1


def test_what_failed_is_passed_over(store: SqlStore, pipeline: Pipeline) -> None:
    seeded = seed(store, pipeline, 10)
    skip = frozenset(
        ((each.key.namespace, each.key.name), each.resource_version) for each in seeded[2:4]
    )
    gone = frozenset({((seeded[5].key.namespace, seeded[5].key.name), 10**6)})
    span = Span(JOB, "objects", NEW, 100, skip=skip | gone)
    found = names(through(InProcess(store, pipeline), [span]))
    assert found == [each.key.name for each in seeded if each not in seeded[2:4]]


def test_a_row_that_failed_is_tried_once_in_a_run(store: SqlStore, pipeline: Pipeline) -> None:
    seeded = seed(store, pipeline, 12)
    bad = [seeded[3], seeded[8]]
    store.rewrite([(each, OLD, b"{") for each in bad])
    tried: list[str] = []
    came: list[bool] = []
    hands = InProcess(store, pipeline)
    original = hands.submit

    def noted(span: Span) -> Any:
        asked = original(span)
        tried.extend(names([asked.result()]) if span.where == "objects" else [])
        if len(tried) == 12 and not came:
            came.append(True)
            late = store.create(
                key("cron-0000-late"), uid="u", api_version=NEW, data=encoded(pipeline, "l", NEW)
            )
            store.rewrite([(late, OLD, encoded(pipeline, "cron-0000-late"))])
        return asked

    hands.submit = noted  # type: ignore[method-assign]
    targets = plan(store, pipeline.scheme, ["cronjobs.batch"], ["batch=v1"])
    (outcome,) = migrate(store, pipeline, targets, Settings(batch_size=3), hands=hands)
    assert sorted(tried) == sorted([*(each.key.name for each in seeded), "cron-0000-late"])
    assert [each.key for each in outcome.failures] == [each.key for each in bad]
    assert outcome.objects == 11
    assert rows(store)[OLD][0] == 2


def test_a_span_is_begun_anew_while_the_database_is_away(
    store: SqlStore, pipeline: Pipeline
) -> None:
    made = [each.key.name for each in seed(store, pipeline, 6)]
    hands = InProcess(store, pipeline)
    original, said = hands.submit, list[str]()
    away = iter([True, True, False, True])

    def failing(span: Span) -> Any:
        if next(away, False):
            return Away()
        return original(span)

    hands.submit = failing  # type: ignore[method-assign]
    ask: Callable[..., Answer] = Patient(store, 60, said.append).until_back
    assert names(through(hands, spans_of(store, JOB, "objects", 3, NEW), ask)) == made
    assert said == ["it is away", "it is away", "", "it is away", ""]
