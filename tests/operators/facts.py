"""What a device is, and how each of its versions says it: by hand, and not by kconv's rules."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

from devices import GROUP

VERSIONS = ("v1beta1", "v1", "v2")
MODES = {"On": "on", "Off": "off", "Standby": "eco"}

Value = dict[str, Any]


@dataclass(frozen=True)
class Facts:
    """A device, whichever version it is written in."""

    number: int
    """Which write made it so; no two are alike."""
    owner: str
    power: str
    seconds: int
    sensors: tuple[tuple[str, int], ...]
    zones: tuple[tuple[str, int], ...]
    retention: str = ""
    """What v2 alone can say, and the others keep."""

    def spec(self, version: str) -> Value:
        """The spec in a version."""
        threshold = {name: {"unit": "Lux", "threshold": value} for name, value in self.sensors}
        title = "label" if version == "v1beta1" else "title"
        said: Value = {
            "host": f"h{self.number}.example.com",
            "port": 1 + self.number % 9999,
            "zones": [{title: name, "top": top} for name, top in self.zones],
            "source": {"stream": {"url": f"rtsp://h{self.number}"}},
        }
        if version == "v1beta1":
            said |= {"owner": self.owner, "mode": MODES[self.power], "sensors": threshold}
        else:
            named = [{"name": name, **each} for name, each in threshold.items()]
            said |= {"owners": [self.owner], "power": self.power, "sensors": named}
        if version == "v2":
            said["pollInterval"] = _duration(self.seconds)
            if self.retention:
                said["retention"] = self.retention
        else:
            said["pollSeconds"] = self.seconds
        return said


def _duration(seconds: int) -> str:
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    text = f"{hours}h" if hours else ""
    text += f"{minutes}m" if hours or minutes else ""
    return f"{text}{seconds % 60}s"


def comparable(spec: Value) -> Value:
    """A spec whose sensors, which are told apart by name, have an order."""
    found = {name: each for name, each in spec.items() if each not in ([], {}, None)}
    if isinstance(found.get("sensors"), list):
        found["sensors"] = sorted(found["sensors"], key=lambda each: str(each["name"]))
    return found


def says(value: Value, facts: Facts) -> bool:
    """Whether an object, in the version that it is in, is what it should be."""
    version = value["apiVersion"].rpartition("/")[2]
    return comparable(value["spec"]) == comparable(facts.spec(version))


def new(chance: random.Random, number: int, version: str) -> Facts:
    """A device that is written in a version."""
    return Facts(
        number,
        owner=chance.choice(["ann", "bob"]),
        power=chance.choice([*MODES]),
        seconds=chance.randrange(1, 80_000),
        sensors=tuple((f"s{at}", chance.randrange(9)) for at in range(1, chance.randrange(2, 5))),
        zones=tuple((f"z{at}", at) for at in range(chance.randrange(3))),
        retention=chance.choice(["", "24h0m0s", "1m30s"]) if version == "v2" else "",
    )


def changed(facts: Facts, chance: random.Random, number: int, version: str) -> Facts:
    """The device after another write: what the version cannot say stays."""
    made = new(chance, number, version)
    return made if version == "v2" else replace(made, retention=facts.retention)


def document(name: str, version: str, facts: Facts) -> Value:
    """The object as it is created."""
    head = {"apiVersion": f"{GROUP}/{version}", "kind": "Device", "metadata": {"name": name}}
    return {**head, "spec": facts.spec(version)}
