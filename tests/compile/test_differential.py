"""The compiled engine gives the answers of the plain one: acceptance, value, bytes, errors."""

from __future__ import annotations

import copy
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kconv.codec import json as json_codec
from kconv.errors import KconvError
from kconv.pipeline import Pipeline, PlainEngine
from kconv.pipeline.compiled import CompiledEngine
from kconv.scheme import Spoke, load_scheme
from kconv.testing.mutations import nearly
from kconv.testing.strategies import documents

SCHEME = load_scheme()
PLAIN = Pipeline(SCHEME, PlainEngine())
COMPILED = Pipeline(SCHEME, CompiledEngine())
SPOKES = [spoke for kind in SCHEME.kinds for spoke in kind.spokes]

EXAMPLES = int(os.environ.get("KCONV_EXAMPLES", "25"))
"""How many objects each kind is tried with; set it higher for a longer look."""

relaxed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def outcome(pipeline: Pipeline, data: bytes, **options: Any) -> Any:
    """What comes of decoding: the value and the bytes, or the error and all that it names."""
    try:
        decoded = pipeline.decode(data, **options)
    except KconvError as error:
        return type(error), error.message, [(f.path, f.reason) for f in error.findings]
    return decoded.spoke.gvk, decoded.value, decoded.warnings, pipeline.encode(decoded)


def conversions(pipeline: Pipeline, data: bytes) -> list[bytes]:
    decoded = pipeline.decode(data, trusted=True)
    kind = decoded.spoke.kind
    return [
        pipeline.encode(pipeline.from_hub(pipeline.to_hub(decoded), spoke)) for spoke in kind.spokes
    ] + [pipeline.convert(data, spoke.group_version, trusted=True) for spoke in kind.spokes]


@pytest.mark.parametrize("spoke", SPOKES, ids=str)
@relaxed
@given(data=st.data())
def test_decodes_the_same(spoke: Spoke, data: st.DataObject) -> None:
    document = data.draw(nearly(spoke))
    before = copy.deepcopy(document)
    raw = json_codec.encode(document)
    options = {
        "checks": data.draw(st.sampled_from(["types", "fields", "all"])),
        "field_validation": data.draw(st.sampled_from(["Ignore", "Strict", "Warn"])),
    }
    assert outcome(COMPILED, raw, **options) == outcome(PLAIN, raw, **options)
    try:
        loaded = COMPILED.load(document)
    except KconvError:
        pass
    else:
        assert loaded.value == PLAIN.load(document).value
    assert document == before


@pytest.mark.parametrize("spoke", SPOKES, ids=str)
@relaxed
@given(data=st.data())
def test_converts_the_same(spoke: Spoke, data: st.DataObject) -> None:
    raw = json_codec.encode(data.draw(documents(spoke)))
    assert conversions(COMPILED, raw) == conversions(PLAIN, raw)
