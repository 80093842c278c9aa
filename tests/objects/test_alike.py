"""Typed objects say what decoded values do, and are refused where those are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

import devices
from documents.kinds import register as register_documents
from fixtures.long import LONG
from kconv import Pipeline, Scheme, load_scheme, to_dict
from kconv._codec import json as json_codec
from kconv._errors import KconvError
from kconv._pipeline.values import Checks
from kconv._scheme import Spoke
from kconv.testing._explore import explore
from kconv.testing._full_objects import full
from kconv.testing._near_misses import nearly
from kconv.testing._strategies import documents

CHECKS: tuple[Checks, ...] = ("types", "fields", "all")


@pytest.fixture(scope="module")
def pipelines() -> list[Pipeline]:
    made = []
    for register in (devices.register, register_documents, None):
        scheme = load_scheme() if register is None else Scheme()
        if register is not None:
            register(scheme)
        made.append(Pipeline(scheme))
        made[-1].fallbacks.strict = True
    return made


def _spokes(pipelines: list[Pipeline]) -> Iterator[tuple[Pipeline, Spoke]]:
    for pipeline in pipelines:
        for kind in pipeline.scheme.kinds:
            for spoke in kind.spokes:
                yield pipeline, spoke


def _outcome(read: Any) -> Any:
    try:
        return read()
    except KconvError as error:
        return type(error).__name__, error.message


def _hold(pipeline: Pipeline, spoke: Spoke, value: dict[str, Any], checks: Checks) -> None:
    data = json_codec.encode(value)
    expected = _outcome(lambda: pipeline.decode(data, spoke=spoke, checks=checks).value)
    schema: Any = spoke.schema
    read = _outcome(lambda: pipeline.objects.read(schema, data, checks=checks))
    if isinstance(read, tuple):
        assert read == expected
        return
    assert isinstance(read, schema)
    assert to_dict(read) == expected
    # And back: what is written is judged as what was read.
    assert pipeline.objects.decoded(read, checks="types").value == expected


def _hold_all(pipeline: Pipeline, spoke: Spoke, value: dict[str, Any]) -> None:
    for checks in CHECKS:
        _hold(pipeline, spoke, value, checks)


def test_objects_of_every_version(pipelines: list[Pipeline]) -> None:
    for pipeline, spoke in _spokes(pipelines):
        for strategy in (documents(spoke), nearly(spoke)):
            explore(strategy, partial(_hold_all, pipeline, spoke), examples=8 if LONG else 3)


def test_full_objects_are_read_at_once(pipelines: list[Pipeline]) -> None:
    for pipeline, spoke in _spokes(pipelines):
        data = json_codec.encode(full(spoke))
        read = pipeline.objects._reader(spoke.schema, "types")
        assert to_dict(read(data)) == pipeline.decode(data, spoke=spoke, trusted=True).value
