"""What it costs to convert one object from bytes to bytes.

Each figure is a ratio to `orjson` reading and writing the same bytes with no types, checks,
defaults or versions. The bound is msgspec reading and writing the types of the version alone, and,
for what autoscaling/v1 keeps in annotations, reading or writing the texts and making the objects
that the texts or the other version hold.
"""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import msgspec
import orjson

from bench import samples
from bench.figure import Figure, Work, best
from kconv._compile import Types
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline, PlainEngine
from kconv._schema import Type
from kconv._scheme import Scheme, load_scheme
from kconv_schemas.autoscaling import kept

ENOUGH_SLOWER = 40
PLAIN_ROUNDS = 25


class Case(NamedTuple):
    """An object to be converted; ``trusted`` ones were checked when they were stored."""

    name: str
    data: bytes
    to: GroupVersion
    trusted: bool
    budget: float | None


def figures() -> Iterator[Figure]:
    """Conversions between versions, reads in the stored version, and what compiling gains."""
    scheme = load_scheme()
    pipeline, plain = Pipeline(scheme), Pipeline(scheme, PlainEngine())
    cases = list(_cases(scheme, pipeline))
    for case in cases:
        took, floor, least = best(
            [_converting(pipeline, case), _floor(case.data), _least(scheme, pipeline, case)]
        )
        yield Figure(case.name, took / floor, "x", case.budget, least / floor)
    for case in cases:
        if case.name.startswith("convert-"):
            took, slow, least = best(
                [
                    _converting(pipeline, case),
                    _converting(plain, case),
                    _least(scheme, pipeline, case),
                ],
                PLAIN_ROUNDS,
            )
            name = f"plain-over-compiled-{case.name.removeprefix('convert-')}"
            enough = None if case.budget is None else ENOUGH_SLOWER
            yield Figure(name, slow / took, "x", enough, slow / least, least=True)


def _cases(scheme: Scheme, pipeline: Pipeline) -> Iterator[Case]:
    v1 = GroupVersion("batch", "v1")
    hpa_v1, hpa_v2 = GroupVersion("autoscaling", "v1"), GroupVersion("autoscaling", "v2")
    small_hpa, cron_job = samples.compact(samples.HPA), samples.compact(samples.CRON_JOB)
    full_job, origin = samples.full(scheme, str(v1), "CronJob")
    full_old = full_job.replace(b'"batch/v1"', b'"batch/v1beta1"', 1)
    full_hpa, _ = samples.full(scheme, str(hpa_v2), "HorizontalPodAutoscaler")
    full_kept = pipeline.convert(full_hpa, hpa_v1, trusted=True)
    yield Case("convert-hpa-small-v1-to-v2", small_hpa, hpa_v2, False, 5.0)
    yield Case("convert-cronjob-typical-v1beta1-to-v1", cron_job, v1, False, 2.0)
    yield Case(f"convert-cronjob-full-{origin}-v1beta1-to-v1", full_old, v1, True, 2.0)
    deployment, _ = samples.full(scheme, "apps/v1beta1", "Deployment")
    apps = GroupVersion("apps", "v1")
    yield Case(f"convert-deployment-full-{origin}-v1beta1-to-v1", deployment, apps, True, 2.0)
    yield Case(f"convert-hpa-full-{origin}-v2-to-v1", full_hpa, hpa_v1, True, 2.0)
    # Nothing is promised: the figure measures the JSON within annotations.
    yield Case(f"convert-hpa-full-{origin}-v1-to-v2", full_kept, hpa_v2, True, None)
    stored = partial(pipeline.convert, trusted=False)
    for name, data, to in (
        ("cronjob-typical", stored(cron_job, v1), v1),
        (f"cronjob-full-{origin}", full_job, v1),
        ("hpa-small", stored(small_hpa, hpa_v2), hpa_v2),
        (f"hpa-full-{origin}", full_hpa, hpa_v2),
    ):
        yield Case(f"read-{name}", data, to, True, 1.6)


def _converting(pipeline: Pipeline, case: Case) -> Work:
    return lambda: pipeline.convert(case.data, case.to, trusted=case.trusted)


def _floor(data: bytes) -> Work:
    return lambda: orjson.dumps(orjson.loads(data))


def _least(scheme: Scheme, pipeline: Pipeline, case: Case) -> Work:
    types = Types()
    given = pipeline.decode(case.data, trusted=case.trusted).spoke.schema
    decode: Callable[[bytes], object] = msgspec.json.Decoder(types.struct(given)).decode
    encode = msgspec.json.Encoder().encode
    if not case.name.startswith("convert-hpa-full"):
        return lambda: encode(decode(case.data))
    old, new = case.data, pipeline.convert(case.data, case.to, trusted=case.trusted)
    if case.to.version == "v1":
        old, new = new, old
    annotations = json.loads(old)["metadata"]["annotations"]
    texts = [(annotations[name], _reader(types.struct(of), many)) for name, of, many in _KEPT]
    values = [read(text) for text, read in texts]
    v2: Any = msgspec.json.decode(
        new, type=types.struct(pipeline.decode(new, trusted=True).spoke.schema)
    )
    in_v2 = [v2.spec.metrics, v2.spec.behavior, v2.status.currentMetrics, v2.status.conditions]
    copies = [each.__copy__ for each in _objects(in_v2 if case.to.version == "v2" else values)]

    def reading() -> bytes:
        for text, read in texts:
            read(text)
        for copy in copies:
            copy()
        return encode(decode(case.data))

    def writing() -> bytes:
        for copy in copies:
            copy()
        for value in values:
            encode(value).decode()
        return encode(decode(case.data))

    return reading if case.to.version == "v2" else writing


def _objects(value: object) -> Iterator[Any]:
    """Every struct within a value, but those that both versions share."""
    if isinstance(value, list):
        for each in value:
            yield from _objects(each)
    elif isinstance(value, msgspec.Struct):
        yield value
        for name in value.__struct_fields__:
            if name != "matchExpressions":
                yield from _objects(getattr(value, name))


def _reader(struct: Any, many: bool) -> Callable[[str], object]:
    read: Callable[[str], object] = msgspec.json.Decoder(list[struct] if many else struct).decode
    return read


_KEPT: tuple[tuple[str, type[Type], bool], ...] = (
    (kept.METRICS, kept.Metric, True),
    (kept.CURRENT_METRICS, kept.CurrentMetric, True),
    (kept.CONDITIONS, kept.Condition, True),
    (kept.BEHAVIOR, kept.Behavior, False),
)
"""What the annotations of autoscaling/v1 hold: their names, types, and whether it is a list."""
