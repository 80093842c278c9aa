"""One way through: what is refused, all of it at once, and what comes out."""

from typing import Any

import pytest

from engine.sample import pipeline, widget
from engine.test_edges import rules
from kconv._codec import json
from kconv._errors import (
    DecodeError,
    InvalidObject,
    NotRegistered,
    StrictDecodeError,
    TooLarge,
    UsageError,
)  # fmt: skip
from kconv._gvk import GroupVersion
from kconv._paths import format_path
from kconv._pipeline import Pipeline
from kconv._pipeline.compiled import CompiledEngine


@pytest.fixture(scope="module")
def widgets() -> Pipeline:
    return pipeline(*rules())


V1 = GroupVersion("example.com", "v1")


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", DecodeError),
        (b"[]", DecodeError),
        (b"null", DecodeError),
        (b"{}", DecodeError),
        (b'{"kind": "Widget"}', DecodeError),
        (b'{"apiVersion": "a/b/c", "kind": "Widget"}', DecodeError),
        (b'{"apiVersion": 1, "kind": "Widget"}', DecodeError),
        (b'{"apiVersion": "example.com/v9", "kind": "Widget"}', NotRegistered),
        (b'{"apiVersion": "example.com/v1", "kind": "Gadget"}', NotRegistered),
        (b'{"apiVersion": "example.com/v1", "kind": "Widget", "spec": []}', DecodeError),
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, TooLarge),
        (b" " * (3 * 2**20) + b"{}", TooLarge),
    ],
)
def test_refused(data: bytes, error: type[Exception], widgets: Pipeline) -> None:
    with pytest.raises(error):
        widgets.decode(data)


def test_a_kind_that_has_gone_is_not_found_by_what_is_remembered(widgets: Pipeline) -> None:
    scheme = widgets.scheme.changeable()
    changed = Pipeline(scheme, CompiledEngine())
    data = json.encode(widget("v1", {}))
    changed.decode(data)
    scheme.remove(scheme.kinds[0].group_resource)
    for each in (b"[]", data):
        with pytest.raises((DecodeError, NotRegistered)) as caught:
            changed.decode(each)
    assert caught.type is NotRegistered


def test_the_expected_version(widgets: Pipeline) -> None:
    v1 = widgets.scheme.spoke(V1.kind("Widget"))
    assert widgets.decode(b"{}", spoke=v1).value["kind"] == "Widget"
    for said in ({"kind": "Gadget"}, {"apiVersion": "example.com/v2"}):
        with pytest.raises(DecodeError, match="does not match the expected"):
            widgets.load(said, spoke=v1)


def test_everything_that_is_wrong_at_once(widgets: Pipeline) -> None:
    spec = {"size": "1", "mode": 5, "ports": [{"port": 0}, {"port": "x"}, {}]}
    with pytest.raises(DecodeError) as caught:
        widgets.load(widget("v1", spec))
    found = {format_path(each.path) for each in caught.value.findings}
    assert found == {"spec.size", "spec.mode"} | {f"spec.ports[{n}].port" for n in range(3)}
    spec = {"size": -1, "ports": [{"port": 0}, {}]}
    with pytest.raises(InvalidObject) as invalid:
        widgets.load(widget("v1", spec))
    assert len(invalid.value.findings) == 3
    assert invalid.value.message.startswith('Widget.example.com "w" is invalid: [spec.')
    assert str(invalid.value.about) == "example.com/v1 Widget w"


def test_trusted_objects_are_not_judged_again(widgets: Pipeline) -> None:
    value = widget("v1", {"size": -1, "ports": [{}]})
    assert widgets.load(value, trusted=True).value["spec"]["size"] == -1
    with pytest.raises(DecodeError):
        widgets.load(widget("v1", {"size": "x"}), trusted=True)


def test_unknown_and_duplicate_fields(widgets: Pipeline) -> None:
    data = (
        b'{"apiVersion": "example.com/v1", "kind": "Widget", "x": 1, "metadata": {"name": "w"},'
        b' "spec": {"size": 1, "size": 2, "ports": [{"port": 1, "y": {}}]}}'
    )
    assert widgets.decode(data).warnings == ()
    warned = widgets.decode(data, field_validation="Warn")
    expected = (
        'unknown field "x"',
        'unknown field "spec.ports[0].y"',
        'duplicate field "spec.size"',
    )
    assert warned.warnings == expected
    assert b'"x"' not in widgets.encode(warned)
    with pytest.raises(StrictDecodeError, match="strict decoding error: unknown field"):
        widgets.decode(data, field_validation="Strict")


def test_yaml_and_json_are_the_same(widgets: Pipeline) -> None:
    value = widget("v1", {"size": 2, "mode": "yes"})
    from_json = widgets.decode(json.encode(value))
    text = widgets.encode(from_json, "yaml")
    assert widgets.decode(text, format="yaml").value == from_json.value
    with pytest.raises(DecodeError, match="one YAML document"):
        widgets.decode(text + b"---\n" + text, format="yaml")


def test_order_of_what_is_written(widgets: Pipeline) -> None:
    value = {"spec": {"size": 1}, "metadata": {"name": "w"}, "kind": "Widget"}
    data = widgets.encode(widgets.load({**value, "apiVersion": "example.com/v1"}))
    assert data == (
        b'{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"size":1}}'
    )


def test_a_version_that_the_kind_does_not_have(widgets: Pipeline) -> None:
    data = json.encode(widget("v1", {}))
    with pytest.raises(UsageError, match="has no version example"):
        widgets.convert(data, GroupVersion("example.com", "v3"))


def test_the_input_is_never_changed(widgets: Pipeline) -> None:
    value: dict[str, Any] = widget("v2", {"owners": ["a", "b"], "extra": {"a": "b"}})
    before = repr(value)
    decoded = widgets.load(value)
    widgets.convert_decoded(decoded, V1)
    widgets.dump(decoded)
    assert repr(value) == before
