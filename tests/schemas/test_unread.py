"""What rules are said not to read, they do not: see `kconv.judged_by_value`."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.long import LONG
from kconv._errors import InvalidObject
from kconv._pipeline import Pipeline
from kconv._schema import Type
from kconv.fields import spec_of
from kconv.fields._spec import AnyField
from kconv.testing._strategies import values
from kconv_schemas.core.v1.types import PodSpec
from schemas.test_validation import CRON_JOB

TEXTS = st.sampled_from(["x", " ", "A B:latest@", "/..", "é", "$(HOME)", "k/k/k", "1"])


def with_others(value: Any, schema: type[Type], draw: Any) -> Any:
    """A value whose texts that no rule of pods reads are others, but for those that are empty."""
    made = {}
    for name, field in schema.instance().wire_fields().items():
        if name in value:
            unread = name in PodSpec.unread.get(schema, ()) and value[name]
            made[name] = draw(TEXTS) if unread else _with_others(value[name], field, draw)
    return made


def _with_others(value: Any, field: AnyField, draw: Any) -> Any:
    spec = spec_of(field)
    if isinstance(value, list) and spec.element is not None:
        return [_with_others(each, spec.element, draw) for each in value]
    if isinstance(value, dict) and spec.structure == "object" and spec.object_type is not None:
        return with_others(value, spec.object_type, draw)
    return value


def findings(pipeline: Pipeline, pod: dict[str, Any]) -> list[tuple[Any, str]]:
    template = {"spec": {"template": {"spec": pod}}}
    spec: Any = {"schedule": "@daily", "jobTemplate": template}
    try:
        pipeline.load({**CRON_JOB, "spec": spec})
    except InvalidObject as error:
        return [(each.path, each.reason) for each in error.findings]
    return []


@settings(max_examples=600 if LONG else 20, suppress_health_check=list(HealthCheck), deadline=None)
@given(values(PodSpec, deepest=4), st.data())
def test_rules_of_pods(pipeline: Pipeline, pod: dict[str, Any], data: st.DataObject) -> None:
    other = with_others(pod, PodSpec, data.draw)
    assert findings(pipeline, other) == findings(pipeline, pod)


@pytest.mark.parametrize(
    ("part", "found"),
    [
        pytest.param({"image": "b"}, [], id="another text"),
        pytest.param({"image": ""}, ["image"], id="an empty text"),
        pytest.param({"name": "B"}, ["name"], id="a text that rules read"),
        pytest.param({"image": 'b"\\'}, [], id="escapes"),
        pytest.param({"env": [{"name": "A", "value": "b"}]}, [], id="one more"),
        pytest.param({"env": [{"name": "=", "value": "A"}]}, ["name"], id="a name beside it"),
    ],
)
def test_pods_that_differ_in_more(
    pipeline: Pipeline, part: dict[str, Any], found: list[str]
) -> None:
    """Whatever is known of one that is sound."""
    sound = {"name": "c", "image": "a", "env": [{"name": "A", "value": "a"}]}
    pod = {"restartPolicy": "Never", "containers": [sound]}
    assert findings(pipeline, pod) == []
    changed = {**pod, "containers": [{**sound, **part}]}
    assert [path[-1] for path, _ in findings(pipeline, changed)] == found
