"""The devices of examples/devices.py, declared by pydantic models."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, PositiveInt

from kconv.fields import Duration

HOST = r"^[a-z0-9][a-z0-9.-]*$"
SERIAL = r"^(0|[1-9][0-9]{0,17})$"
INT32: dict[str, Any] = {"format": "int32"}
BY_NAME: dict[str, Any] = {
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
}
Text = Annotated[str, Field(min_length=1)]
Int32 = Annotated[int, Field(json_schema_extra=INT32)]
Distance = Annotated[int, Field(ge=0, json_schema_extra=INT32)]
Port = Annotated[PositiveInt, Field(le=9999, json_schema_extra=INT32)]
Seconds = Annotated[int, Field(gt=0, lt=86_401, json_schema_extra=INT32)]
Serial = Annotated[str, Field(pattern=SERIAL)]
Interval = Annotated[
    str, Duration(multiple_of="1s", metadata={"examples": ["1m30s", "1s", "24h0m0s"]})
]


class Unit(StrEnum):
    CELSIUS = "Celsius"
    LUX = "Lux"
    PERCENT = "Percent"


class Power(StrEnum):
    ON = "On"
    OFF = "Off"
    STANDBY = "Standby"


class Stream(BaseModel):
    url: Text


class Recording(BaseModel):
    path: Text


class Source(BaseModel):
    stream: Stream | None = None
    recording: Recording | None = None
    test: Literal["Bars", "Noise"] | None = None


class Sensor(BaseModel):
    unit: Unit | None = None
    threshold: Int32 | None = None


class NamedSensor(BaseModel):
    name: str
    unit: Unit | None = None
    threshold: Int32 | None = None


class LabelledZone(BaseModel):
    label: str | None = None
    top: Distance | None = None
    left: Distance | None = None


class Zone(BaseModel):
    title: str | None = None
    top: Distance | None = None
    left: Distance | None = None


class DeviceSpecV1Alpha1(BaseModel):
    address: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*(:[1-9][0-9]{0,3})?$")]
    serial: Annotated[int, Field(ge=0, le=999_999_999_999_999_999)] | None = None
    owner: str | None = None
    mode: Literal["on", "off", "eco"] = "on"
    poll: Seconds = Field(30, alias="pollSeconds")
    sensors: dict[str, Sensor] | None = None
    zones: list[LabelledZone] | None = None
    source: Source | None = None


class DeviceSpecV1Beta1(BaseModel):
    host: str = Field(pattern=HOST)
    port: Port | None = None
    serial: Serial | None = None
    owner: str | None = None
    mode: Literal["on", "off", "eco"] = "on"
    poll: Seconds = Field(30, alias="pollSeconds")
    sensors: dict[str, Sensor] | None = None
    zones: list[LabelledZone] | None = None
    source: Source | None = None


class DeviceSpecV1(BaseModel):
    host: str = Field(pattern=HOST)
    port: Port | None = None
    serial: Serial | None = None
    owners: list[str] | None = None
    power: Power = Power.ON
    poll: Seconds = Field(30, alias="pollSeconds")
    sensors: list[NamedSensor] | None = Field(None, json_schema_extra=BY_NAME)
    zones: list[Zone] | None = None
    source: Source | None = None


class DeviceSpecV2(BaseModel):
    host: str = Field(pattern=HOST)
    port: Port | None = None
    serial: Serial | None = None
    owners: list[str] | None = None
    power: Power = Power.ON
    poll_interval: Interval = Field("30s", alias="pollInterval")
    sensors: list[NamedSensor] | None = Field(None, json_schema_extra=BY_NAME)
    zones: list[Zone] | None = None
    source: Source | None = None
    retention: Annotated[str, Duration()] | None = None


class DeviceV1Alpha1(BaseModel):
    spec: DeviceSpecV1Alpha1


class DeviceV1Beta1(BaseModel):
    spec: DeviceSpecV1Beta1


class DeviceV1(BaseModel):
    spec: DeviceSpecV1


class DeviceV2(BaseModel):
    apiVersion: Literal["devices.example.com/v2"]
    kind: Literal["Device"]
    metadata: dict[str, Any]
    spec: DeviceSpecV2
