"""Round trips of every shipped version through its hub, on objects made from the schemas."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from kconv.pipeline import Pipeline
from kconv.scheme import Spoke, load_scheme
from kconv.testing.strategies import documents
from kconv_schemas.autoscaling import kept

SCHEME = load_scheme()
SPOKES = [spoke for kind in SCHEME.kinds for spoke in kind.spokes]
CRON_JOBS = [spoke for spoke in SPOKES if str(spoke.kind.group_resource) == "cronjobs.batch"]
PIPELINE = Pipeline(SCHEME)

quick = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def is_one_to_one(spoke: Spoke) -> bool:
    return not (spoke.kind.options.group == "autoscaling" and spoke.options.version == "v1")


@pytest.mark.parametrize("spoke", SPOKES, ids=str)
def test_through_the_hub_and_back(spoke: Spoke) -> None:
    @quick
    @given(documents(spoke))
    def there_and_back(document: dict[str, Any]) -> None:
        first = PIPELINE.load(document, trusted=True)
        hub = PIPELINE.to_hub(first)
        second = PIPELINE.from_hub(hub, spoke)
        if is_one_to_one(spoke):
            assert PIPELINE.to_hub(second).value == hub.value
            assert second.value == first.value
        else:
            assert without_kept(second.value) == without_kept(first.value)
            settled = PIPELINE.to_hub(second)
            assert PIPELINE.to_hub(PIPELINE.from_hub(settled, spoke)).value == settled.value

    there_and_back()


def without_kept(value: dict[str, Any]) -> dict[str, Any]:
    """A v1 autoscaler without the annotations that Kubernetes writes, and its CPU target.

    A target that is not there comes back as the 80 % that its absence means.
    """
    annotations = value["metadata"].get("annotations", {})
    own = {name: text for name, text in annotations.items() if name not in kept.ALL}
    spec = {"targetCPUUtilizationPercentage": 80, **value["spec"]}
    return {**value, "metadata": {**value["metadata"], "annotations": own}, "spec": spec}


@pytest.mark.parametrize(
    "pair", list(permutations(CRON_JOBS, 2)), ids=lambda pair: f"{pair[0]}-{pair[1]}"
)
def test_every_pair_of_cron_jobs(pair: tuple[Spoke, Spoke]) -> None:
    one, other = pair

    @quick
    @given(documents(one))
    def there_and_back(document: dict[str, Any]) -> None:
        first = PIPELINE.load(document, trusted=True)
        there = PIPELINE.from_hub(PIPELINE.to_hub(first), other)
        assert there.value["kind"] == other.options.kind
        assert PIPELINE.from_hub(PIPELINE.to_hub(there), one).value == first.value

    there_and_back()


@pytest.mark.parametrize("spoke", SPOKES, ids=str)
def test_bytes_and_documents_agree(spoke: Spoke) -> None:
    @quick
    @given(documents(spoke))
    def the_same(document: dict[str, Any]) -> None:
        first = PIPELINE.load(document, trusted=True)
        again = PIPELINE.decode(PIPELINE.encode(first), trusted=True)
        assert again.value == first.value

    the_same()
