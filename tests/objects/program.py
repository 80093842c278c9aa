"""A program that works with typed objects, which type checkers have nothing to say against."""

from __future__ import annotations

import kconv
from devices import DeviceSpecV2, DeviceV1Alpha1, DeviceV2, NamedSensor, Source, Zone, register
from kconv.meta import ObjectMeta
from kconv_schemas.batch.v1.types import CronJob


def of_shops_own(scheme: kconv.Scheme) -> kconv.Pipeline:
    register(scheme)
    return kconv.Pipeline(scheme)


def make() -> DeviceV2:
    camera = DeviceV2(metadata=ObjectMeta(name="cam-1"), spec=DeviceSpecV2(host="h"))
    camera.spec.pollInterval = "1m30s"
    camera.spec.source = Source(test="Bars")
    camera.spec.zones = [Zone(title="door")]
    camera.metadata.labels = {"floor": "2"}
    return camera


def read(pipeline: kconv.Pipeline, data: bytes) -> tuple[str, int, list[str]]:
    camera = pipeline.objects.read(DeviceV2, data)
    interval: str = camera.spec.pollInterval
    titles = [zone.title or "" for zone in camera.spec.zones or []]
    sensors: dict[str, NamedSensor] = {each.name: each for each in camera.spec.sensors or []}
    if camera.spec.source is not None and camera.spec.source.stream is not None:
        titles.append(camera.spec.source.stream.url)
    old = pipeline.objects.read(DeviceV1Alpha1, data)
    seconds: int = old.spec.pollSeconds + len(sensors)
    return (
        interval + camera.metadata.labels["floor"] if camera.metadata.labels else "",
        seconds,
        titles,
    )


def jobs(pipeline: kconv.Pipeline, data: bytes) -> list[str]:
    job = pipeline.objects.read(CronJob, data)
    pod = job.spec.jobTemplate.spec.template.spec
    names: list[str] = [each.name for each in pod.containers]
    assert job.kind == "CronJob"
    return [job.spec.schedule, *names]
