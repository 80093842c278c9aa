"""What `kconv serve` says to look at first: the user's own kinds, and versions that are off."""

from __future__ import annotations

import pytest

from kconv._cli.first_look import own_groups, versions_that_are_off, what_to_get
from kconv._scheme import Scheme, load_scheme
from kconv._serve import served_versions

OWN = "devices.example.com"


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    return load_scheme(("batch", ""), apis=("devices:register",)).without_documents()


def test_own_groups(scheme: Scheme) -> None:
    assert own_groups(scheme, ["devices:register"]) == [OWN]
    assert own_groups(scheme, ["devices.edges:register"]) == [OWN], "of the package around it"
    assert own_groups(scheme, ["kconv_schemas.batch:register"]) == ["batch"]
    assert own_groups(scheme, ["edges:register"]) == []
    assert own_groups(scheme, []) == []


def test_versions_that_are_off(scheme: Scheme) -> None:
    served = served_versions(scheme)
    assert [str(each) for each in versions_that_are_off(scheme, served, [OWN])] == [
        f"{OWN}/v1alpha1"
    ]
    assert versions_that_are_off(scheme, served, []) == []
    every = served_versions(scheme, f"{OWN}/v1alpha1=true")
    assert versions_that_are_off(scheme, every, [OWN]) == []


def test_what_to_get(scheme: Scheme) -> None:
    served = served_versions(scheme)
    assert what_to_get(scheme, served, [OWN]) == "devices -A"
    assert what_to_get(scheme, served, []) == "cronjobs -A"
    core = frozenset(each for each in served if not each.group)
    assert what_to_get(scheme, core, []).split()[0] in ("configmaps", "events", "namespaces")
    assert what_to_get(scheme, frozenset(), []) == "--raw /apis"
