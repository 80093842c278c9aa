"""The run: rewriting, races, failures, resuming, proof."""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import ANY

import pytest

from kconv._errors import Conflict
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._pipeline.values import Checks
from kconv._scheme import Spoke
from kconv._store import Key, SqlStore
from kconv.place import Quarantined
from kconv_migrations._migration import Outcome, Progress, Reencoder, Settings, migrate, plan
from migrate.samples import NEW, OLD, encoded, everything, key, placed, rows, seed


def run(
    store: SqlStore,
    pipeline: Pipeline,
    *to: str,
    progress: Callable[[Progress], None] = lambda _: None,
    **settings: float,
) -> Outcome:
    targets = plan(placed(store), ["cronjobs.batch"], to)
    chosen = Settings(**settings)  # type: ignore[arg-type]  # the fields of Settings, by name
    (outcome,) = migrate(placed(store), pipeline, targets, chosen, progress)
    return outcome


def quarantine_order(entry: Quarantined) -> tuple[object, ...]:
    return entry.key[1], entry.section, entry.mark


def test_everything_is_rewritten_and_nothing_else_changes(
    store: SqlStore, pipeline: Pipeline
) -> None:
    stored = seed(store, pipeline, 25)
    gone = stored[3]
    store.delete(gone.key, expected=gone.resource_version, api_version=OLD, data=gone.data)
    before, head, log = everything(store), store.head(), store.changes(0)
    outcome = run(store, pipeline, "batch=v1", batch_size=7)
    assert (outcome.objects, outcome.written["changes"], outcome.raced) == (24, 26, 0)
    assert (outcome.dropped, outcome.kept, outcome.failures) == ([OLD], {}, [])
    assert outcome.done
    assert rows(store) == {NEW: (24, 26)}
    assert (everything(store), store.head()) == (before, head)
    after = store.changes(0)
    assert [(each.type, each.stored.resource_version, each.before) for each in after] == [
        (each.type, each.stored.resource_version, each.before) for each in log
    ]
    want = pipeline.convert(stored[0].data, GroupVersion.parse(NEW))
    assert store.get(stored[0].key).data == want
    assert {each.stored.api_version for each in after} == {NEW}


def test_second_run_finds_nothing(store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 3)
    run(store, pipeline, "batch=v1")
    again = run(store, pipeline, "batch=v1")
    assert (again.objects, again.written["changes"], again.dropped, again.done) == (0, 0, [], True)


def test_back_again(store: SqlStore, pipeline: Pipeline) -> None:
    stored = seed(store, pipeline, 3)
    run(store, pipeline, "batch=v1")
    run(store, pipeline, "batch=v2alpha1")
    run(store, pipeline, "batch=v1beta1")
    assert rows(store) == {OLD: (3, 3)}
    assert [each.data for each in store.list("batch", "cronjobs").items] == [
        each.data for each in stored
    ]


def test_interrupted_run_is_finished_by_the_next(store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 20)

    def interrupt(progress: Progress) -> None:
        if progress.done >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(store, pipeline, "batch=v1", batch_size=5, progress=interrupt)
    assert rows(store) == {NEW: (10, 0), OLD: (10, 20)}
    outcome = run(store, pipeline)
    assert (outcome.objects, outcome.written["changes"], outcome.done) == (10, 20, True)
    assert rows(store) == {NEW: (20, 20)}


def test_row_that_a_writer_changed_meanwhile_is_left_to_it(
    store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = seed(store, pipeline, 5)
    newer = encoded(pipeline, "cron-0002", NEW, suspend=True)
    rewrite = store.rewrite
    done: list[int] = []

    def late(items: object, **named: object) -> int:
        if not done:
            done.append(1)
            expected = stored[2].resource_version
            store.update(stored[2].key, expected=expected, api_version=NEW, data=newer)
        return rewrite(items, **named)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(store, "rewrite", late)
    outcome = run(store, pipeline, "batch=v1")
    assert (outcome.objects, outcome.raced, outcome.done) == (4, 1, True)
    (recorded,) = store.runs()
    assert recorded.raced == 1
    assert store.get(stored[2].key).data == newer
    assert rows(store) == {NEW: (5, 6)}


def test_races_are_counted_over_all_collections_of_a_run(
    store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(store, pipeline, 3)
    before, after = "autoscaling/v1", "autoscaling/v2"
    store.prefer("autoscaling", "horizontalpodautoscalers", before)
    data = json.dumps(
        {
            "apiVersion": before,
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "web", "namespace": "reports", "uid": "uid-web"},
            "spec": {"maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "web"}},
        }
    ).encode()
    at = Key("autoscaling", "horizontalpodautoscalers", "reports", "web")
    store.create(at, uid="uid-web", api_version=before, data=data)
    rewrite, calls = store.rewrite, Counter[str]()

    def faster(items: Sequence[Any], **named: Any) -> int:
        """As if a writer had been faster, in the first page of each resource."""
        group = items[0][0].key.group
        calls[group] += 1
        return rewrite(items[1:] if calls[group] == 1 else items, **named)

    monkeypatch.setattr(store, "rewrite", faster)
    shown: list[tuple[str, int]] = []
    names = ["cronjobs.batch", "horizontalpodautoscalers.autoscaling"]
    targets = plan(placed(store), names, ["batch=v1", f"autoscaling={after.partition('/')[2]}"])
    outcomes = list(
        migrate(
            placed(store), pipeline, targets, Settings(),
            lambda progress: shown.append((progress.target.name, progress.raced)),
        )
    )  # fmt: skip
    assert [(each.raced, each.done) for each in outcomes] == [(1, True), (1, True)]
    assert {(name, 1) for name in names} <= set(shown), "each by itself, on the terminal"
    (recorded,) = store.runs()
    assert (recorded.raced, recorded.state) == (2, "done")


def test_writer_that_has_not_seen_the_flip(store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 10)
    late = encoded(pipeline, "cron-0000")
    written: list[int] = []

    def stale(progress: Progress) -> None:
        if progress.done and len(written) < 3:
            current = store.get(key("cron-0000"))
            new = store.update(
                current.key, expected=current.resource_version, api_version=OLD, data=late
            )
            written.append(new.resource_version)

    outcome = run(store, pipeline, "batch=v1", batch_size=4, progress=stale)
    assert len(written) == 3
    assert outcome.done
    assert rows(store) == {NEW: (10, 13)}
    assert store.get(key("cron-0000")).resource_version == written[-1]


def test_writer_that_never_sees_it(store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 3)
    late = encoded(pipeline, "cron-0000")

    def stale(progress: Progress) -> None:
        if progress.done:
            current = store.get(key("cron-0000"))
            store.update(current.key, expected=current.resource_version, api_version=OLD, data=late)

    # It writes after each page, so some row is always left when a version is to be dropped.
    outcome = run(store, pipeline, "batch=v1", progress=stale, patience=0.0)
    assert not outcome.done
    assert outcome.failures == []
    assert outcome.kept[OLD] > 0
    assert rows(store)[OLD] != (0, 0)


def test_rows_that_cannot_be_converted_stay(store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 4)
    bad = {
        "broken": b'{"kind": "CronJob", "apiVer',
        "unknown": encoded(pipeline, "unknown").replace(b'"schedule"', b'"from":1,"schedule"'),
        "foreign": encoded(pipeline, "foreign").replace(b'"CronJob"', b'"Banana"'),
        "typed": encoded(pipeline, "typed").replace(b'"suspend":false', b'"suspend":"no"'),
    }
    for name, data in bad.items():
        store.create(key(name), uid=name, api_version=OLD, data=data)
    dry = run(store, pipeline, "batch=v1", dry_run=True)
    assert (dry.objects, dry.written["changes"], len(dry.failures)) == (4, 4, 8)
    outcome = run(store, pipeline, "batch=v1", batch_size=2)
    assert (outcome.objects, outcome.written["changes"]) == (4, 4)
    assert (outcome.done, outcome.dropped, outcome.kept) == (False, [], {OLD: 8})
    assert rows(store) == {NEW: (4, 4), OLD: (4, 4)}
    assert {each.key[1] for each in outcome.failures} == set(bad)
    assert [each.section for each in outcome.failures] == ["objects"] * 4 + ["changes"] * 4
    by_name = {each.key[1]: each for each in outcome.failures}
    assert 'unknown field "spec.from"' in by_name["unknown"].message
    assert placed(store).quarantined("cronjobs.batch") == [
        replace(each, since=ANY) for each in sorted(outcome.failures, key=quarantine_order)
    ]
    for name, data in bad.items():
        assert store.get(key(name)).data == data


def test_what_the_new_version_cannot_hold_is_refused(
    store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = seed(store, pipeline, 1)
    encode = pipeline.engine.encode

    def forgetful(spoke: Spoke, value: object) -> bytes:
        data = encode(spoke, value)
        if spoke.api_version != NEW:
            return data
        return data.replace(b'"schedule":"30 2 * * *"', b'"schedule":"0 0 * * *"')

    monkeypatch.setattr(pipeline.engine, "encode", forgetful)
    outcome = run(store, pipeline, "batch=v1")
    (failure, _) = outcome.failures
    assert "cannot hold all of it" in failure.message
    assert failure.findings == (
        ("spec.schedule", "FieldValueInvalid", '"30 2 * * *" would become "0 0 * * *"'),
    )
    assert outcome.lost == {"spec.schedule": 2}
    assert store.get(stored[0].key) == stored[0]


def test_dry_run_writes_nothing(store: SqlStore, pipeline: Pipeline) -> None:
    stored = seed(store, pipeline, 5)
    outcome = run(store, pipeline, "batch=v1", dry_run=True)
    assert (outcome.objects, outcome.written["changes"], outcome.dropped) == (5, 5, [])
    assert outcome.done
    assert rows(store) == {OLD: (5, 5)}
    assert store.storage_version("batch", "cronjobs") == OLD
    assert store.list("batch", "cronjobs").items == stored


def test_flip_by_somebody_else_ends_the_run(store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 5)

    def flip(progress: Progress) -> None:
        if progress.done == 0:
            store.prefer("batch", "cronjobs", "batch/v2alpha1")

    with pytest.raises(Conflict, match="flipped to batch/v2alpha1 by somebody else"):
        run(store, pipeline, "batch=v1", progress=flip)
    assert run(store, pipeline).done
    assert list(rows(store)) == ["batch/v2alpha1"]


def test_rate_is_held(store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 10)
    outcome = run(store, pipeline, "batch=v1", batch_size=2, rate=40)
    assert outcome.seconds >= 20 / 40


def test_rate_is_held_all_along(
    store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fewer rows than a batch too; and a run that was held up does not catch up at once."""
    seed(store, pipeline, 60)
    clock = [0.0]
    pages: list[tuple[float, int]] = []

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    def tell(progress: Progress) -> None:
        if progress.done > sum(rows for _, rows in pages):
            pages.append((clock[0], progress.done - sum(rows for _, rows in pages)))
            if len(pages) == 2:
                clock[0] += 100  # as if the database had been away

    faked = SimpleNamespace(monotonic=lambda: clock[0], sleep=sleep)
    monkeypatch.setattr("kconv_migrations._migration.rate_limit.time", faked)
    assert run(store, pipeline, "batch=v1", rate=9.5, progress=tell).done
    assert sum(rows for _, rows in pages) == 120
    for first, _ in pages:
        assert sum(rows for at, rows in pages if first <= at < first + 3) <= 4 * 10


def test_rehearsal_does_not_count_what_it_slept(
    store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(store, pipeline, 10)
    slept: list[float] = []
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + sum(slept), sleep=slept.append)
    for module in ("rate_limit", "run"):
        monkeypatch.setattr(f"kconv_migrations._migration.{module}.time", clock)
    began = time.monotonic()
    outcome = run(store, pipeline, "batch=v1", dry_run=True, rate=0.01)
    took = time.monotonic() - began
    # 20 rows, at one in a hundred seconds, but for what the machine took.
    assert sum(slept) >= 2000 - took - 1
    assert 0 <= outcome.seconds <= took


@pytest.mark.parametrize("rate", [1e-12, 1e-320])
def test_rate_of_next_to_nothing(
    store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, rate: float
) -> None:
    seed(store, pipeline, 2)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise KeyboardInterrupt

    faked = SimpleNamespace(monotonic=time.monotonic, sleep=sleep)
    monkeypatch.setattr("kconv_migrations._migration.rate_limit.time", faked)
    with pytest.raises(KeyboardInterrupt):
        run(store, pipeline, "batch=v1", rate=rate)
    assert max(slept) < 3600
    assert rows(store) == {NEW: (1, 0), OLD: (1, 2)}


@pytest.mark.parametrize(
    ("rate", "page"), [(0, 50), (0.1, 1), (1.5, 2), (49.5, 50), (100, 50), (float("inf"), 50)]
)
def test_page_is_no_more_than_a_second_of_the_rate(rate: float, page: int) -> None:
    assert Settings(batch_size=50, rate=rate).page == page


@pytest.mark.parametrize("checks", ["fields", "all"])
@pytest.mark.parametrize(("old", "new"), [(OLD, NEW), (NEW, OLD)])
def test_sound_rows_take_the_quick_way(
    pipeline: Pipeline, checks: Checks, old: str, new: str
) -> None:
    """Were they looked at again by the thorough one, the run would take twice as long."""
    (kind,) = (each for each in pipeline.scheme.kinds if each.group_resource.resource == "cronjobs")
    spoke, target = (kind.spoke_for(GroupVersion.parse(each)) for each in (old, new))
    assert spoke is not None
    assert target is not None
    reencoder = Reencoder(pipeline, checks=checks)
    data = encoded(pipeline, "n", old)
    assert reencoder.quickly(data, spoke, target) == encoded(pipeline, "n", new)
