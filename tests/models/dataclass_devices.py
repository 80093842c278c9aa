"""The devices of examples/devices.py, declared by dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal, NewType

from annotated_types import Ge, Interval, MinLen

from kconv.fields import Duration, Int32, String

BY_NAME = {
    "json_schema_extra": {
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ("name",),
    }
}
Text = Annotated[str, MinLen(1)]
Distance = Annotated[int, Int32(minimum=0)]
Port = Annotated[int, Int32(minimum=1, maximum=9999)]
Host = Annotated[str, String(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
Serial = NewType("Serial", Annotated[str, String(pattern=r"^(0|[1-9][0-9]{0,17})$")])
PollInterval = Annotated[
    str, Duration(multiple_of="1s", metadata={"examples": ["1m30s", "1s", "24h0m0s"]})
]
Unit = Literal["Celsius", "Lux", "Percent"]


def seconds() -> int:
    found: int = field(
        default=30, metadata={"alias": "pollSeconds", "json_schema_extra": {"format": "int32"}}
    )
    return found


@dataclass
class Stream:
    url: Text


@dataclass
class Recording:
    path: Text


@dataclass
class Source:
    stream: Stream | None = None
    recording: Recording | None = None
    test: Literal["Bars", "Noise"] | None = None


@dataclass
class Sensor:
    unit: Unit | None = None
    threshold: Annotated[int, Int32()] | None = None


@dataclass
class NamedSensor:
    name: str
    unit: Unit | None = None
    threshold: Annotated[int, Int32()] | None = None


@dataclass
class LabelledZone:
    label: str | None = None
    top: Distance | None = None
    left: Distance | None = None


@dataclass
class Zone:
    title: str | None = None
    top: Distance | None = None
    left: Distance | None = None


@dataclass
class DeviceSpecV1Alpha1:
    address: Annotated[str, String(pattern=r"^[a-z0-9][a-z0-9.-]*(:[1-9][0-9]{0,3})?$")]
    serial: Annotated[int, Ge(0), Interval(le=999_999_999_999_999_999)] | None = None
    owner: str | None = None
    mode: Literal["on", "off", "eco"] = "on"
    poll: Annotated[int, Interval(ge=1, le=86_400)] = seconds()
    sensors: dict[str, Sensor] | None = None
    zones: list[LabelledZone] | None = None
    source: Source | None = None


@dataclass
class DeviceSpecV1Beta1:
    host: Host
    port: Port | None = None
    serial: Serial | None = None
    owner: str | None = None
    mode: Literal["on", "off", "eco"] = "on"
    poll: Annotated[int, Interval(ge=1, le=86_400)] = seconds()
    sensors: dict[str, Sensor] | None = None
    zones: list[LabelledZone] | None = None
    source: Source | None = None


@dataclass
class DeviceSpecV1:
    host: Host
    port: Port | None = None
    serial: Serial | None = None
    owners: list[str] | None = None
    power: Literal["On", "Off", "Standby"] = "On"
    poll: Annotated[int, Interval(ge=1, le=86_400)] = seconds()
    sensors: list[NamedSensor] | None = field(default=None, metadata=BY_NAME)
    zones: list[Zone] | None = None
    source: Source | None = None


@dataclass
class DeviceSpecV2:
    host: Host
    port: Port | None = None
    serial: Serial | None = None
    owners: list[str] | None = None
    power: Literal["On", "Off", "Standby"] = "On"
    pollInterval: PollInterval = "30s"
    sensors: list[NamedSensor] | None = field(default=None, metadata=BY_NAME)
    zones: list[Zone] | None = None
    source: Source | None = None
    retention: Annotated[str, Duration()] | None = None


@dataclass
class DeviceV1Alpha1:
    spec: DeviceSpecV1Alpha1


@dataclass
class DeviceV1Beta1:
    spec: DeviceSpecV1Beta1


@dataclass
class DeviceV1:
    spec: DeviceSpecV1


@dataclass
class DeviceV2:
    spec: DeviceSpecV2
