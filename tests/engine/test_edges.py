"""Every rule, in both directions."""

from typing import Any

import pytest

from engine.sample import pipeline, widget
from kconv._errors import ConversionError, SchemeError
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv.edges import (
    Functions,
    Lose,
    MapValues,
    Preserve,
    Rename,
    Rule,
    Split,
    WhenAbsent,
    Wrap,
)  # fmt: skip
from kconv.edges._steps import get, parse_steps, put

KEPT = "example.com/kept"


def rules(**others: Rule) -> list[Rule]:
    """Rules for all that differs between the versions; others replace those of their name."""
    found: dict[str, Rule] = {
        "address": Split("spec.address", ["spec.host", "spec.hostPort"], separator=":"),
        "mode": MapValues("spec.mode", "spec.modeName", {"Quick": "Fast", "Safe": "Careful"}),
        "owner": Wrap("spec.owner", "spec.owners", annotation=KEPT),
        "ports": Rename("spec.ports[*].label", "spec.ports[*].name"),
        "strict": WhenAbsent("spec.strict", False, lost="v1 is never strict"),
        "extra": Preserve("spec.extra", annotation="example.com/extra"),
    }
    return list({**found, **others}.values())


@pytest.fixture(scope="module")
def widgets() -> Pipeline:
    return pipeline(*rules())


def convert(widgets: Pipeline, value: dict[str, Any], to: str) -> dict[str, Any]:
    decoded = widgets.load(value)
    return widgets.dump(widgets.convert_decoded(decoded, GroupVersion("example.com", to)))


V1 = {
    "address": "h:80:x",
    "mode": "Quick",
    "owner": "a",
    "ports": [{"label": "p", "port": 1}, {"port": 2}],
    "size": 0,
}
V2 = {
    "host": "h",
    "hostPort": "80:x",
    "modeName": "Fast",
    "owners": ["a"],
    "ports": [{"name": "p", "port": 1}, {"port": 2}],
    "size": 0,
    "strict": False,
}


def test_to_the_newer_version(widgets: Pipeline) -> None:
    assert convert(widgets, widget("v1", V1), "v2") == widget("v2", V2)


def test_to_the_older_version(widgets: Pipeline) -> None:
    assert convert(widgets, widget("v2", V2), "v1") == widget("v1", V1)


def test_what_the_older_version_cannot_hold_is_kept(widgets: Pipeline) -> None:
    spec = {**V2, "owners": ["a", "b", "c"], "extra": {"k": "v"}}
    old = convert(widgets, widget("v2", spec, annotations={"own": "1"}), "v1")
    assert set(old["metadata"]["annotations"]) == {"own", KEPT, "example.com/extra"}
    assert old["spec"] == V1
    assert convert(widgets, old, "v2") == widget("v2", spec, annotations={"own": "1"})


@pytest.mark.parametrize("text", ["", "{", "[1", "5", "[]", "[" * 100_000])
def test_malformed_annotations_are_dropped(text: str, widgets: Pipeline) -> None:
    value = widget("v1", V1, annotations={KEPT: text, "example.com/extra": text})
    new = convert(widgets, value, "v2")
    assert new["metadata"] == {"name": "w"}
    assert new["spec"]["owners"] == ["a"]


def test_absent_fields_stay_absent(widgets: Pipeline) -> None:
    assert convert(widgets, widget("v1", {}), "v2")["spec"] == {"size": 3, "strict": False}
    assert convert(widgets, widget("v2", {}), "v1")["spec"] == {"size": 3}
    assert convert(widgets, widget("v2", {"hostPort": "1"}), "v1")["spec"]["address"] == ":1"
    assert convert(widgets, widget("v2", {"host": "h"}), "v1")["spec"]["address"] == "h"


def test_an_acknowledged_loss() -> None:
    lossy = pipeline(*rules(extra=Lose(hub=("spec.extra",), reason="nobody reads it")))
    old = convert(lossy, widget("v2", {"extra": {"a": "b"}}), "v1")
    assert old == widget("v1", {"size": 3})


def test_functions() -> None:
    def to_hub(spoke: dict[str, Any], hub: dict[str, Any]) -> None:
        put(hub, ("spec", "modeName"), get(spoke, ("spec", "mode")).upper())

    def to_spoke(hub: dict[str, Any], spoke: dict[str, Any]) -> None:
        put(spoke, ("spec", "mode"), get(hub, ("spec", "modeName")).lower())

    mode = Functions(spoke=["spec.mode"], hub=["spec.modeName"], to_hub=to_hub, to_spoke=to_spoke)
    widgets = pipeline(*rules(mode=mode))
    assert convert(widgets, widget("v1", {"mode": "x"}), "v2")["spec"]["modeName"] == "X"
    assert convert(widgets, widget("v2", {"modeName": "X"}), "v1")["spec"]["mode"] == "x"
    with pytest.raises(ConversionError, match=r"v1 Widget w: the rule functions") as at:
        convert(widgets, widget("v1", {}), "v2")
    assert at.value.about is not None
    assert at.value.about.name == "w"


@pytest.mark.parametrize("text", ["", "a..b", "a[0]", "a[*", "[*]", "a.b[*]c"])
def test_bad_paths(text: str) -> None:
    with pytest.raises(SchemeError):
        parse_steps(text)


def test_values_are_not_shared_or_changed(widgets: Pipeline) -> None:
    first = widgets.load(widget("v2", {**V2, "owners": ["a", "b"]}, annotations={"own": "1"}))
    before = repr(first.value)
    hub = widgets.to_hub(first)
    hub_before = repr(hub.value)
    for spoke in hub.kind.spokes:
        widgets.to_hub(widgets.from_hub(hub, spoke))
    assert repr(hub.value) == hub_before
    assert repr(first.value) == before


def test_split_refuses_what_it_could_not_split_again() -> None:
    rule = Split("place", ("host", "port"), separator=":")
    with pytest.raises(ConversionError, match='host: "a:b" holds ":"'):
        rule.to_spoke({"host": "a:b", "port": "1"}, {})
    spoke: dict[str, object] = {}
    rule.to_spoke({"host": "a", "port": "1:2"}, spoke)
    assert spoke == {"place": "a:1:2"}
