"""What one test writes into an object of the samples, no other test sees."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from serve.samples import configmap, cronjob, template


def containers_in(value: Any) -> Iterator[Any]:
    """A value and all dicts and lists within it."""
    if isinstance(value, dict | list):
        yield value
        for each in value.values() if isinstance(value, dict) else value:
            yield from containers_in(each)


@pytest.mark.parametrize("make", [template, lambda: cronjob("one"), lambda: configmap("one")])
def test_each_sample_is_a_new_one(make: Callable[[], dict[str, Any]]) -> None:
    made = make()
    before = copy.deepcopy(made)
    for each in containers_in(made):
        each.clear()
    assert make() == before
