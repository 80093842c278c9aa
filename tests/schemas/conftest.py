"""The shipped scheme, on the plain engine and on the default one."""

import pytest

from kconv._pipeline import Pipeline, PlainEngine
from kconv._scheme import Scheme, load_scheme


@pytest.fixture(scope="session")
def scheme() -> Scheme:
    return load_scheme()


@pytest.fixture(scope="session", params=["plain", "default"])
def pipeline(request: pytest.FixtureRequest, scheme: Scheme) -> Pipeline:
    return Pipeline(scheme, PlainEngine() if request.param == "plain" else None)
