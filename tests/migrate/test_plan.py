"""What a command line makes of resources, groups and versions."""

import pytest

from kconv._errors import KconvError, NotRegistered, UsageError
from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from kconv_migrations._migration import plan, preferred_targets
from migrate.samples import placed


def planned(
    store: SqlStore, pipeline: Pipeline, *names: str, to: tuple[str, ...] = ()
) -> list[tuple[str, str, str]]:
    targets = plan(placed(store), names, to)
    return [(each.name, each.before, each.api_version) for each in targets]


@pytest.fixture
def recorded(store: SqlStore, pipeline: Pipeline) -> SqlStore:
    """A store whose record is as a server leaves it."""
    store.ensure(
        (kind.group_resource.group, kind.group_resource.resource, str(kind.storage))
        for kind in pipeline.scheme.kinds
    )
    return store


def test_resources_without_the_version_keep_theirs(recorded: SqlStore, pipeline: Pipeline) -> None:
    assert planned(recorded, pipeline, to=("batch=v1beta1",)) == [
        ("cronjobs.batch", "batch/v1", "batch/v1beta1")
    ]


def test_group_goes_to_a_version(recorded: SqlStore, pipeline: Pipeline) -> None:
    assert planned(recorded, pipeline, to=("batch=v2alpha1", "core=v1", "autoscaling=v1")) == [
        ("configmaps", "v1", "v1"),
        ("events", "v1", "v1"),
        ("namespaces", "v1", "v1"),
        ("secrets", "v1", "v1"),
        ("horizontalpodautoscalers.autoscaling", "autoscaling/v2", "autoscaling/v1"),
        ("cronjobs.batch", "batch/v1", "batch/v2alpha1"),
        ("jobs.batch", "batch/v1", "batch/v2alpha1"),
    ]


def test_named_resources_only(recorded: SqlStore, pipeline: Pipeline) -> None:
    assert planned(recorded, pipeline, "jobs.batch", to=("batch=v2alpha1",)) == [
        ("jobs.batch", "batch/v1", "batch/v2alpha1")
    ]
    assert planned(recorded, pipeline, "configmaps") == [("configmaps", "v1", "v1")]


def test_without_a_version_what_is_unsettled(recorded: SqlStore, pipeline: Pipeline) -> None:
    assert planned(recorded, pipeline) == []
    recorded.prefer("batch", "cronjobs", "batch/v1beta1")
    assert planned(recorded, pipeline) == [("cronjobs.batch", "batch/v1beta1", "batch/v1beta1")]


def test_resource_that_is_not_on_record_yet(store: SqlStore, pipeline: Pipeline) -> None:
    assert planned(store, pipeline, "jobs.batch", to=("batch=v1",)) == [
        ("jobs.batch", "", "batch/v1")
    ]


@pytest.mark.parametrize(
    ("names", "to", "said"),
    [
        ((), ("nope=v1",), 'no group "nope": there are core, autoscaling, batch'),
        ((), ("batch=v9",), "batch has no version v9: it has v1, v1beta1, v2alpha1"),
        ((), ("batch",), '"batch" is not GROUP=VERSION'),
        ((), ("batch=",), "is not GROUP=VERSION"),
        ((), ("batch=batch/v1",), "is not GROUP=VERSION"),
        ((), ("batch=v1", "batch=v1beta1"), "batch cannot go to v1 and v1beta1"),
        (("nope.batch",), (), 'no resource "nope.batch": there are configmaps'),
        (("jobs.batch",), ("batch=v1beta1",), "jobs.batch has no version batch/v1beta1: it has"),
        (("configmaps", "jobs.batch"), ("batch=v1",), "--to says nothing about configmaps"),
    ],
)
def test_refused(
    recorded: SqlStore,
    pipeline: Pipeline,
    names: tuple[str, ...],
    to: tuple[str, ...],
    said: str,
) -> None:
    with pytest.raises(UsageError) as caught:
        planned(recorded, pipeline, *names, to=to)
    assert said in caught.value.message


def test_versions_that_no_api_has(store: SqlStore, pipeline: Pipeline) -> None:
    store.prefer("batch", "cronjobs", "batch/v3")
    assert planned(store, pipeline) == []
    store.prefer("batch", "cronjobs", "batch/v4")
    with pytest.raises(NotRegistered, match=r"stores cronjobs\.batch as batch/v4"):
        planned(store, pipeline)
    with pytest.raises(KconvError):
        planned(store, pipeline, "cronjobs.batch")


def test_some_groups_of_many(recorded: SqlStore, pipeline: Pipeline) -> None:
    recorded.prefer("batch", "cronjobs", "batch/v1beta1")
    recorded.prefer("autoscaling", "horizontalpodautoscalers", "autoscaling/v1")

    def of(*groups: str, to: tuple[str, ...] = (), names: tuple[str, ...] = ()) -> list[str]:
        return [each.name for each in plan(placed(recorded), names, to, groups)]

    both = ["horizontalpodautoscalers.autoscaling", "cronjobs.batch"]
    assert of() == of("batch", "autoscaling") == both
    assert of("batch") == ["cronjobs.batch"]
    assert of("core") == []
    assert of("core", to=("core=v1",)) == ["configmaps", "events", "namespaces", "secrets"]
    with pytest.raises(UsageError, match='no group "nope": there are autoscaling, batch, core'):
        of("nope")
    with pytest.raises(UsageError, match=r'no resource "cronjobs\.batch"'):
        of("core", names=("cronjobs.batch",))
    standing = [each.name for each in preferred_targets(placed(recorded), (), ("autoscaling",))]
    assert standing == ["horizontalpodautoscalers.autoscaling"]
