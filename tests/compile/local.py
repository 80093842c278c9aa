"""Kinds made on the spot, and what both engines make of objects of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from kconv import fields
from kconv._errors import KconvError
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline, PlainEngine
from kconv._pipeline.compiled import CompiledEngine
from kconv._resource import Hub, Resource
from kconv._schema import Type
from kconv._scheme import Scheme
from kconv.edges import Edge
from kconv.edges._rule import Rule

V1, V2 = (GroupVersion("local.example.com", version) for version in ("v1", "v2"))


def scheme_of(old: type[Type], new: type[Type] | None = None, *rules: Rule) -> Scheme:
    """A scheme of a kind with a ``spec`` of a type; of another one in v2 and the hub, if given."""
    latest = new or old

    class ThingV1(Resource):
        class Meta:
            group, version, kind = "local.example.com", "v1", "Thing"

        spec = fields.Object(old)

    class ThingV2(Resource):
        class Meta:
            group, version, kind = "local.example.com", "v2", "Thing"

        spec = fields.Object(latest)

    class Thing(Hub):
        class Meta:
            group, kind = "local.example.com", "Thing"

        spec = fields.Object(latest)

    scheme = Scheme()
    scheme.add(Thing, Edge(ThingV1, *rules), Edge(ThingV2), storage=str(V1))
    return scheme.freeze()


def engines(*of: Any) -> tuple[Pipeline, Pipeline]:
    """The plain and the compiled pipeline of `scheme_of`."""
    scheme = scheme_of(*of)
    return Pipeline(scheme, PlainEngine()), Pipeline(scheme, CompiledEngine())


def thing(spec: object, version: GroupVersion = V1) -> bytes:
    """The bytes of an object."""
    value = {"apiVersion": str(version), "kind": "Thing", "metadata": {"name": "a"}, "spec": spec}
    return json.dumps(value).encode()


def outcome(pipeline: Pipeline, data: bytes, to: GroupVersion = V1) -> tuple[Any, ...]:
    """What comes of decoding an object, and of each way to convert it: bytes, or what is wrong.

    Each is asked for by itself: converting has ways of its own, which decode as they go.
    """
    return (
        *_answer(lambda: pipeline.encode(pipeline.decode(data))),
        *_answer(lambda: pipeline.convert(data, to)),
        *_answer(lambda: pipeline.convert(data, to, trusted=True)),
    )


def _answer(ask: Callable[[], bytes]) -> tuple[Any, ...]:
    try:
        return (ask(),)
    except KconvError as error:
        return type(error), error.message, list(map(str, error.findings))
