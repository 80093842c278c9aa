"""An object that is converted to the version it has goes to the hub and back, as in Kubernetes."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kconv import GroupVersion, Pipeline
from kconv._pipeline import PlainEngine, converts_to
from kconv._scheme import Spoke, load_scheme
from kconv.testing._strategies import documents

SCHEME = load_scheme()
PIPELINES = {"compiled": Pipeline(SCHEME), "plain": Pipeline(SCHEME, PlainEngine())}
SPOKES = [spoke for kind in SCHEME.kinds for spoke in kind.spokes]
KEPT = [f"autoscaling.alpha.kubernetes.io/{name}" for name in ("metrics", "behavior", "conditions")]


@pytest.mark.parametrize("spoke", SPOKES, ids=lambda spoke: str(spoke.gvk))
@settings(deadline=None, max_examples=10, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_goes_through_the_hub(spoke: Spoke, data: st.DataObject) -> None:
    document = data.draw(documents(spoke))
    texts = st.sampled_from(
        ["[]", "{}", "x", '[{"type":"Resource"}]', '[{"resource":{"name":"cpu"}}]']
    )
    kept = data.draw(st.dictionaries(st.sampled_from(KEPT), texts, max_size=2))
    metadata = document.setdefault("metadata", {})
    if kept:
        metadata["annotations"] = {**metadata.get("annotations", {}), **kept}
    text = json.dumps(document).encode()
    own = GroupVersion.parse(spoke.api_version)
    found = set()
    for pipeline in PIPELINES.values():
        decoded = pipeline.decode(text, spoke=spoke, trusted=True)
        back = pipeline.from_hub(pipeline.to_hub(decoded), spoke)
        expected = pipeline.encode(back)
        found |= {expected, pipeline.convert(text, own, trusted=True)}
        found.add(pipeline.encode(pipeline.convert_decoded(decoded, own)))
        found.add(pipeline.encode(converts_to(pipeline, decoded, spoke)[0]))
    assert len(found) == 1
