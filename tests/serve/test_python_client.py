"""The official Python client against the server."""

import queue
from collections.abc import Iterator
from typing import Any

import pytest

from serve.conftest import Running
from serve.samples import cronjob

kubernetes = pytest.importorskip("kubernetes")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def api(running: Running) -> Iterator[Any]:
    configuration = kubernetes.client.Configuration()
    configuration.host = running.url
    configuration.no_proxy = "127.0.0.1"
    with kubernetes.client.ApiClient(configuration) as client:
        yield client


def test_cronjobs(api: Any) -> None:
    batch = kubernetes.client.BatchV1Api(api)
    made = batch.create_namespaced_cron_job("default", cronjob("report"))
    assert made.spec.concurrency_policy == "Allow"
    listed = batch.list_namespaced_cron_job("default")
    assert [item.metadata.name for item in listed.items] == ["report"]
    patched = batch.patch_namespaced_cron_job("report", "default", {"spec": {"suspend": True}})
    assert patched.spec.suspend is True
    watch = kubernetes.watch.Watch()
    seen = [
        (event["type"], event["object"].metadata.name)
        for event in watch.stream(
            batch.list_namespaced_cron_job,
            "default",
            resource_version=listed.metadata.resource_version,
            timeout_seconds=1,
        )
    ]
    assert seen == [("MODIFIED", "report")]
    custom = kubernetes.client.CustomObjectsApi(api)
    older = custom.get_namespaced_custom_object("batch", "v1beta1", "default", "cronjobs", "report")
    assert older["spec"]["suspend"] is True
    batch.delete_namespaced_cron_job("report", "default")
    with pytest.raises(kubernetes.client.ApiException) as gone:
        batch.read_namespaced_cron_job("report", "default")
    assert gone.value.status == 404


def test_autoscalers_in_two_versions(api: Any) -> None:
    older = kubernetes.client.AutoscalingV1Api(api)
    newer = kubernetes.client.AutoscalingV2Api(api)
    body = {
        "metadata": {"name": "web"},
        "spec": {
            "maxReplicas": 3,
            "targetCPUUtilizationPercentage": 70,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        },
    }
    older.create_namespaced_horizontal_pod_autoscaler("default", body)
    found = newer.read_namespaced_horizontal_pod_autoscaler("web", "default")
    assert found.spec.metrics[0].resource.target.average_utilization == 70
    newer.delete_namespaced_horizontal_pod_autoscaler("web", "default")
    assert older.list_namespaced_horizontal_pod_autoscaler("default").items == []


def test_an_informer(api: Any) -> None:
    """Its cache has one version of what is written in another."""
    informer = pytest.importorskip("kubernetes.informer")
    batch = kubernetes.client.BatchV1Api(api)
    custom = kubernetes.client.CustomObjectsApi(api)
    batch.create_namespaced_cron_job("default", cronjob("before"))
    informed = informer.SharedInformer(batch.list_namespaced_cron_job, namespace="default")
    told: queue.Queue[tuple[str, str, bool]] = queue.Queue()
    for event in ("ADDED", "MODIFIED", "DELETED"):
        informed.add_event_handler(
            event,
            lambda each, event=event: told.put((event, each.metadata.name, each.spec.suspend)),
        )
    informed.start()
    try:
        assert told.get(timeout=30) == ("ADDED", "before", False)
        place = ("batch", "v1beta1", "default", "cronjobs", "before")
        custom.patch_namespaced_custom_object(*place, {"spec": {"suspend": True}})
        assert told.get(timeout=30) == ("MODIFIED", "before", True)
        assert [each.spec.suspend for each in informed.cache.list()] == [True]
        batch.delete_namespaced_cron_job("before", "default")
        assert told.get(timeout=30) == ("DELETED", "before", True)
        assert informed.cache.list() == []
    finally:
        informed.stop()
