"""Every kind that is loaded on demand goes through its hub, and to each other version and back."""

import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from hypothesis import settings

from fixtures.long import LONG
from kconv import ConversionError, Pipeline, Scheme
from kconv._pipeline.compiled import CompiledEngine
from kconv._scheme import HubKind, Spoke
from kconv._scheme.ledger import Entry, ledger
from kconv.testing import _roundtrip as roundtrip
from kconv.testing._explore import explore
from kconv.testing._failure import Broken
from kconv.testing._full_objects import full
from kconv.testing._strategies import documents
from kconv_schemas.index import INDEX

EXAMPLES = 25 if LONG else 2
_SELECTOR = ("spec.selector: Required value", "metadata.labels", "spec.selector")
AS_KUBERNETES: dict[str, tuple[str, ...]] = {
    # Only one version has the default.
    "CertificateSigningRequest": ("spec.usages",),
    # A rule of the group refuses it there.
    "CustomResourceDefinition": ("spec.versions: Required value",),
    "Ingress": ("service.name: Required value",),  # a port without a service, once
    "IngressClass": ("spec.parameters.scope",),
    "MutatingAdmissionPolicyBinding": ("spec.paramRef.parameterNotFoundAction",),
    "NetworkPolicy": ("].protocol",),
    "ValidatingAdmissionPolicyBinding": ("spec.paramRef.parameterNotFoundAction",),
    # Former versions fill in labels and selector from the template when they are read, later ones
    # do not; what lacks both is refused by a rule of the group there, and by the field here.
    "DaemonSet": _SELECTOR,
    "Deployment": _SELECTOR,
    "ReplicaSet": _SELECTOR,
    "ResourceClaim": ("exactly.deviceClassName: Required value",),
    "ResourceClaimTemplate": ("exactly.deviceClassName: Required value",),
    "Scale": ("is no label selector",),
    "StatefulSet": _SELECTOR,
}
"""What conversions between versions leave to their readers, as Kubernetes' own do, by kind."""

PARTS = 8
"""The kinds are tried in so many tests, which can run at the same time."""


@pytest.fixture(scope="module")
def pipeline(scheme: Scheme) -> Pipeline:
    made = Pipeline(scheme.complete(), CompiledEngine())
    made.fallbacks.strict = True
    return made


@pytest.fixture(autouse=True)
def _same_examples() -> Iterator[None]:
    """The same few examples in every run; others in long ones."""
    before = settings.get_current_profile_name()
    settings.register_profile("same", settings.get_profile(before), derandomize=not LONG)
    settings.load_profile("same")
    yield
    settings.load_profile(before)


@pytest.mark.parametrize("part", range(PARTS))
def test_there_and_back(part: int, pipeline: Pipeline) -> None:
    on_demand = {kind for each in INDEX.values() for kinds in each.values() for kind in kinds}
    for kind in pipeline.scheme.kinds:
        if kind.options.kind in on_demand and _part_of(kind) == part:
            _try(kind, pipeline)


def _part_of(kind: HubKind) -> int:
    return zlib.crc32(str(kind.group_kind).encode()) % PARTS


def _try(kind: HubKind, pipeline: Pipeline) -> None:
    for spoke in kind.spokes:
        for check in (roundtrip.round_trip, _hub_round_trip):
            explore(documents(spoke), partial(check, pipeline, spoke), EXAMPLES)
            check(pipeline, spoke, full(spoke))
    for entry in ledger(kind):
        go = partial(_there_and_back, pipeline, entry)
        explore(documents(entry.source), go, EXAMPLES)
        go(full(entry.source))


def _hub_round_trip(pipeline: Pipeline, spoke: Spoke, document: dict[str, Any]) -> None:
    with suppress(ConversionError):  # a Scale whose selector is none
        roundtrip.hub_round_trip(pipeline, spoke, document)


def _there_and_back(pipeline: Pipeline, entry: Entry, document: dict[str, Any]) -> None:
    try:
        roundtrip.there_and_back(pipeline, entry.source, entry.target, document)
    except Broken as broken:
        if not any(
            text in str(broken) for text in AS_KUBERNETES.get(entry.source.options.kind, ())
        ):
            raise
