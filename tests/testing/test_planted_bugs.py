"""Bugs in conversions of the devices of examples/: each is found, and named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import pytest

import devices
from kconv._errors import SchemeError
from kconv._scheme import Scheme
from kconv.edges import Functions
from kconv.edges._rule import Rule
from kconv.testing._failure import Broken
from testing.device_suite import run

SOURCE = Path(devices.__file__).read_text()
Value = dict[str, Any]
Convert = Callable[[Value, Value], None]

UNIT = 'Unit("spec.pollSeconds", "spec.pollInterval")'
SENSORS = 'MapToList("spec.sensors", "spec.sensors", key="name")'
MODE = 'MapValues("spec.mode", "spec.power", {"on": "On", "off": "Off", "eco": "Standby"})'
OWNER = 'Wrap("spec.owner", "spec.owners")'
SPLIT = 'Split("spec.address", ("spec.host", "spec.port"), separator=":")'


def moved(name: str, to: str, change: Callable[[Any], Any]) -> Convert:
    """A function that takes a field of the spec over, changed."""

    def convert(source: Value, target: Value) -> None:
        if name in source["spec"]:
            target["spec"][to] = change(source["spec"][name])

    return convert


def seconds(text: str) -> int:
    from kconv.fields import parse_duration

    return parse_duration(text) // 10**9


def poll(forth: Callable[[int], int], back: Callable[[int], int]) -> Rule:
    """Seconds to a duration and back, by functions of the number."""
    return Functions(
        spoke=["spec.pollSeconds"],
        hub=["spec.pollInterval"],
        to_hub=moved("pollSeconds", "pollInterval", lambda n: f"{forth(n)}s"),
        to_spoke=moved("pollInterval", "pollSeconds", lambda text: back(seconds(text))),
    )


def emptied(source: Value, target: Value) -> None:
    if "pollSeconds" in source["spec"]:
        target["spec"]["pollInterval"] = f"{source['spec'].pop('pollSeconds')}s"


MUTATING = Functions(
    spoke=["spec.pollSeconds"],
    hub=["spec.pollInterval"],
    to_hub=emptied,
    to_spoke=moved("pollInterval", "pollSeconds", seconds),
)
DROPPING = Functions(
    spoke=["spec.owner"],
    hub=["spec.owners"],
    to_hub=lambda source, target: None,
    to_spoke=moved("owners", "owner", lambda owners: owners[0] if owners else ""),
)
LAST = Functions(
    spoke=["spec.owner"],
    hub=["spec.owners"],
    to_hub=moved("owner", "owners", lambda owner: [owner]),
    to_spoke=moved("owners", "owner", lambda owners: owners[-1] if owners else ""),
)
CROSSED_ONE_WAY = Functions(
    spoke=["spec.mode"],
    hub=["spec.power"],
    to_hub=moved("mode", "power", {"on": "On", "off": "Off", "eco": "Standby"}.__getitem__),
    to_spoke=moved("power", "mode", {"On": "off", "Off": "on", "Standby": "eco"}.__getitem__),
)

BUGS: dict[str, tuple[str, str | Rule, str, str]] = {
    "dropped": (OWNER, DROPPING, "spec.owner", "functions(spec.owner <-> spec.owners)"),
    "the last instead of the first": (OWNER, LAST, "spec.owner", "functions(spec.owner"),
    "parts swapped": (
        SPLIT,
        'Split("spec.address", ("spec.port", "spec.host"), separator=":")',
        "spec.address",
        "split(spec.address <-> spec.port, spec.host)",
    ),
    "fields swapped both ways": (
        SENSORS,
        (f'{SENSORS}, Rename("spec.zones[*].top", "spec.zones[*].left"), '
        'Rename("spec.zones[*].left", "spec.zones[*].top")'),
        "spec.zones[0].top",
        "rename(spec.zones[*].top <-> spec.zones[*].left)",
    ),
    "wrong unit on one side": (
        UNIT, poll(lambda n: n, lambda n: n // 60), "spec.pollSeconds", "functions(spec.poll"
    ),
    "wrong unit on both sides": (
        UNIT, poll(lambda n: n * 60, lambda n: n // 60), "spec.pollInterval", "functions(spec.poll"
    ),
    "wrong factor": (
        UNIT,
        'Unit("spec.pollSeconds", "spec.pollInterval", 1000)',
        "spec.pollInterval",
        "unit(spec.pollSeconds <-> spec.pollInterval)",
    ),
    "mutated input": (UNIT, MUTATING, "spec.pollSeconds", "functions(spec.pollSeconds"),
    "off by one": (
        UNIT, poll(lambda n: n + 1, lambda n: n), "spec.pollSeconds", "functions(spec.poll"
    ),
    "off by one both ways": (
        UNIT, poll(lambda n: n + 1, lambda n: n - 1), "spec.poll", "functions(spec.poll"
    ),
    "enum crossed one way": (MODE, CROSSED_ONE_WAY, "spec.", "functions(spec.mode <-> spec.power)"),
    "enum crossed both ways": (
        MODE,
        MODE.replace('"Off"', '"-"').replace('"On"', '"Off"').replace('"-"', '"On"'),
        "spec.power",
        "map-values(spec.mode <-> spec.power)",
    ),
    "default on one side": (
        'enum=("on", "off", "eco"), load_default="on"',
        'enum=("on", "off", "eco")',
        "spec.mode",
        'WhenAbsent("spec.power", \'On\')',
    ),
}  # fmt: skip


def scheme_with(old: str, new: str | Rule) -> Scheme:
    """The devices with a bug in place of something in their module."""
    assert old in SOURCE
    names: dict[str, Any] = {"__name__": "devices_with_a_bug", "BUG": new}
    text = SOURCE.replace(old, new if isinstance(new, str) else "BUG")
    exec(compile(text, "devices_with_a_bug.py", "exec"), names)  # noqa: S102 - the example, changed
    scheme = Scheme()
    names["register"](scheme)
    return scheme.freeze()


@pytest.mark.parametrize("name", BUGS)
def test_found_and_named(name: str) -> None:
    old, new, path, rule = BUGS[name]
    began = process_time()
    with pytest.raises((Broken, SchemeError)) as caught:
        run(scheme_with(old, new))
    said = str(caught.value)
    assert path in said
    assert rule in said
    if isinstance(caught.value, Broken):
        assert "with the object" in said
        assert '"kind": "Device"' in said
    assert process_time() - began < 30


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    scheme = Scheme()
    devices.register(scheme)
    run(scheme.freeze())
