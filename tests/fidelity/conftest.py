"""Both engines over the shipped groups."""

from collections.abc import Callable

import pytest

from kconv import GroupVersion, Pipeline, Scheme, load_scheme
from kconv._errors import NotRegistered
from kconv._pipeline import PlainEngine

IsRegistered = Callable[[str, str], bool]


@pytest.fixture(scope="session")
def scheme() -> Scheme:
    return load_scheme()


@pytest.fixture(scope="session", params=["compiled", "plain"])
def pipeline(request: pytest.FixtureRequest, scheme: Scheme) -> Pipeline:
    return Pipeline(scheme, PlainEngine() if request.param == "plain" else None)


@pytest.fixture(scope="session")
def is_registered(scheme: Scheme) -> IsRegistered:
    def found(api_version: str, kind: str) -> bool:
        try:
            scheme.spoke(GroupVersion.parse(api_version).kind(kind))
        except NotRegistered:
            return False
        return True

    return found
