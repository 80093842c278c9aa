"""The devices of examples/devices.py, declared by msgspec structs."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from kconv.fields import Duration, List, String
from kconv.fields import Int32 as Int32Field

INT32 = Meta(extra_json_schema={"format": "int32"})
HOST = r"^[a-z0-9][a-z0-9.-]*$"
Text = Annotated[str, Meta(min_length=1)]
Int32 = Annotated[int, INT32]
Distance = Annotated[int, Meta(ge=0), INT32]
Port = Annotated[int, Meta(ge=1, le=9999), INT32]
Seconds = Annotated[int, Int32Field(minimum=1, maximum=86_400)]
Serial = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,17})$")]
Interval = Annotated[
    str, Duration(multiple_of="1s", metadata={"examples": ["1m30s", "1s", "24h0m0s"]})
]
Unit = Literal["Celsius", "Lux", "Percent"]
BY_NAME = Meta(
    extra_json_schema={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
)


class Stream(Struct):
    url: Text


class Recording(Struct):
    path: Text


class Source(Struct):
    stream: Stream | None = None
    recording: Recording | UnsetType = UNSET
    test: Literal["Bars", "Noise"] | UnsetType | None = UNSET


class Sensor(Struct):
    unit: Unit | None = None
    threshold: Int32 | None = None


class NamedSensor(Struct):
    name: str
    unit: Unit | None = None
    threshold: Int32 | None = None


class LabelledZone(Struct):
    label: str | None = None
    top: Distance | None = None
    left: Distance | None = None


class Zone(Struct):
    title: str | None = None
    top: Distance | None = None
    left: Distance | None = None


class DeviceSpecV1Alpha1(Struct, rename="camel"):
    address: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]*(:[1-9][0-9]{0,3})?$")]
    serial: Annotated[int, Meta(ge=0, le=999_999_999_999_999_999)] | None = None
    owner: str | None = None
    mode: Literal["on", "off", "eco"] = "on"
    poll_seconds: Seconds = 30
    sensors: dict[str, Sensor] | None = None
    zones: list[LabelledZone] | None = None
    source: Source | None = None


class DeviceSpecV1Beta1(Struct, rename="camel"):
    host: Annotated[str, Meta(pattern=HOST)]
    port: Port | None = None
    serial: Serial | None = None
    owner: str | None = None
    mode: Literal["on", "off", "eco"] = "on"
    poll_seconds: Seconds = 30
    sensors: dict[str, Sensor] | None = None
    zones: list[LabelledZone] | None = None
    source: Source | None = None


class DeviceSpecV1(Struct):
    host: Annotated[str, Meta(pattern=HOST)]
    port: Port | None = None
    serial: Serial | None = None
    owners: list[str] | None = None
    power: Literal["On", "Off", "Standby"] = "On"
    poll: Seconds = field(default=30, name="pollSeconds")
    sensors: Annotated[list[NamedSensor], BY_NAME] | None = None
    zones: list[Zone] | None = None
    source: Source | None = None


class DeviceSpecV2(Struct):
    host: Annotated[str, String(pattern=HOST)]
    port: Port | None = None
    serial: Serial | None = None
    owners: Annotated[list[str] | None, List(String())] = None
    power: Literal["On", "Off", "Standby"] = "On"
    pollInterval: Interval = "30s"
    sensors: Annotated[list[NamedSensor], BY_NAME] | None = None
    zones: list[Zone] | None = None
    source: Source | None = None
    retention: Annotated[str, Duration()] | None = None


class DeviceV1Alpha1(Struct):
    spec: DeviceSpecV1Alpha1


class DeviceV1Beta1(Struct):
    spec: DeviceSpecV1Beta1


class DeviceV1(Struct):
    spec: DeviceSpecV1


class DeviceV2(Struct):
    spec: DeviceSpecV2
