"""What a client adds to a conversion: `Client.get`, over `Pipeline.convert` of the same bytes.

The database is left out: in place of the store stands one that has the row in memory, so what is
measured is all that the client does besides reading it, from the bytes that are stored to an object
of the version that is asked for, which is the one stored or another one.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import kconv
from bench import samples
from bench.figure import Figure, best
from kconv._store import Key, Stored
from kconv_schemas import autoscaling, batch
from kconv_schemas.autoscaling import v1 as autoscaling_v1
from kconv_schemas.autoscaling import v2 as autoscaling_v2
from kconv_schemas.batch import v1 as batch_v1
from kconv_schemas.batch import v1beta1 as batch_v1beta1

BUDGET = 1.5
_OF_SERVERS = ("uid", "resourceVersion", "creationTimestamp")


class Case(NamedTuple):
    """An object as a client stores it, and the version that it is asked for in."""

    name: str
    given: dict[str, Any]
    version: Any
    budget: float | None = BUDGET


class AnswersFromMemory:
    """A store that has read its rows already."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self._rows: dict[Key, Stored] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def get(self, key: Key) -> Stored:
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = self._store.get(key)
        return found


def figures() -> Iterator[Figure]:
    """Reads of typed objects, and of documents."""
    sys.path.insert(0, "examples")
    import devices

    scheme = kconv.Scheme()
    for register in (batch.register, autoscaling.register, devices.register):
        register(scheme)
    pipeline = kconv.Pipeline(scheme)
    cases = [
        Case("device", samples.DEVICE, devices.DeviceV2),
        Case("device-v1alpha1", samples.DEVICE, devices.DeviceV1Alpha1),
        Case("cronjob", samples.CRON_JOB, batch_v1.CronJob),
        Case("cronjob-v1beta1", samples.CRON_JOB, batch_v1beta1.CronJob),
        # Nothing is promised: it is so small that what any call costs counts for as much.
        Case("hpa", samples.HPA, autoscaling_v1.HorizontalPodAutoscaler, None),
        Case("hpa-v2", samples.HPA, autoscaling_v2.HorizontalPodAutoscaler, None),
    ]
    with tempfile.TemporaryDirectory(prefix="kconv-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'kconv.db'}"
        with kconv.Client(scheme, url, pipeline=pipeline) as opened:
            for case in cases:
                given = json.loads(json.dumps(case.given))
                for name in _OF_SERVERS:
                    given["metadata"].pop(name, None)
                with suppress(kconv.AlreadyExists):
                    opened.create(given)
            store: Any = AnswersFromMemory(opened._core.objects.store)
            with kconv.Client(scheme, store, pipeline=pipeline) as client:
                for case in cases:
                    yield from _figures(client, store, case)


def _figures(client: kconv.Client, store: Any, case: Case) -> Iterator[Figure]:
    pipeline = client._core.pipeline
    spoke = pipeline.scheme.spoke_of_schema(case.version)
    resource = spoke.kind.group_resource
    name = case.given["metadata"]["name"]
    data = store.get(Key(resource.group, resource.resource, "default", name)).data
    to = spoke.group_version
    typed, document, converted = best(
        [
            lambda: client.get(case.version, name),
            lambda: client.get(spoke.gvk, name),
            lambda: pipeline.convert(data, to),
        ]
    )
    yield Figure(f"client-get-{case.name}", typed / converted, "x", case.budget)
    yield Figure(f"client-get-document-{case.name}", document / converted, "x")
