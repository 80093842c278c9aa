"""Devices in four versions, each converted by rules alone, by way of the next newer one.

What changed over the years: a text that became two fields, a number that became a text, one owner
that became several, modes that are spelled otherwise, seconds that became a duration, a map that
became a list by name, a field within a list that got another name, and a field that older versions
cannot hold. Exactly one source is set, in all of them.
"""

from kconv import (
    Cast,
    Column,
    Edge,
    Hub,
    MapToList,
    MapValues,
    Preserve,
    Rename,
    Resource,
    Scheme,
    Split,
    Type,
    Unit,
    Wrap,
)
from kconv.fields import Duration, Int32, Int64, List, Map, Object, String

GROUP = "devices.example.com"
HOST = r"^[a-z0-9][a-z0-9.-]*$"
SERIAL = r"^(0|[1-9][0-9]{0,17})$"


class Stream(Type):
    """A stream in the network."""

    url = String(required=True, min_length=1)


class Recording(Type):
    """A file on the device."""

    path = String(required=True, min_length=1)


class Source(Type):
    """Where pictures come from: exactly one of these."""

    class Meta:
        one_of = ("stream", "recording", "test")

    stream = Object(Stream)
    recording = Object(Recording)
    test = String(enum=("Bars", "Noise"))


class Sensor(Type):
    """What a sensor measures, and from when on it tells."""

    unit = String(enum=("Celsius", "Lux", "Percent"))
    threshold = Int32()


class NamedSensor(Type):
    """A sensor in a list."""

    name = String(required=True)
    unit = String(enum=("Celsius", "Lux", "Percent"))
    threshold = Int32()


class LabelledZone(Type):
    """A part of the picture, as versions before v1 call it."""

    label = String()
    top = Int32(minimum=0)
    left = Int32(minimum=0)


class Zone(Type):
    """A part of the picture."""

    title = String()
    top = Int32(minimum=0)
    left = Int32(minimum=0)


class DeviceSpecV1Alpha1(Type):
    """Address and serial number in the forms that they had first."""

    address = String(required=True, pattern=r"^[a-z0-9][a-z0-9.-]*(:[1-9][0-9]{0,3})?$")
    serial = Int64(minimum=0, maximum=999_999_999_999_999_999)
    owner = String()
    mode = String(enum=("on", "off", "eco"), load_default="on")
    pollSeconds = Int32(minimum=1, maximum=86_400, load_default=30)
    sensors = Map(Object(Sensor))
    zones = List(Object(LabelledZone))
    source = Object(Source)


class DeviceSpecV1Beta1(Type):
    """Host and port by themselves, and serial numbers that may be long."""

    host = String(required=True, pattern=HOST)
    port = Int32(minimum=1, maximum=9999)
    serial = String(pattern=SERIAL)
    owner = String()
    mode = String(enum=("on", "off", "eco"), load_default="on")
    pollSeconds = Int32(minimum=1, maximum=86_400, load_default=30)
    sensors = Map(Object(Sensor))
    zones = List(Object(LabelledZone))
    source = Object(Source)


class DeviceSpecV1(Type):
    """Several owners, power in words, and sensors in a list."""

    host = String(required=True, pattern=HOST)
    port = Int32(minimum=1, maximum=9999)
    serial = String(pattern=SERIAL)
    owners = List(String())
    power = String(enum=("On", "Off", "Standby"), load_default="On")
    pollSeconds = Int32(minimum=1, maximum=86_400, load_default=30)
    sensors = List(Object(NamedSensor), list_type="map", map_keys=("name",))
    zones = List(Object(Zone))
    source = Object(Source)


class DeviceSpecV2(Type):
    """Intervals as durations, and how long pictures are kept."""

    host = String(required=True, pattern=HOST)
    port = Int32(minimum=1, maximum=9999)
    serial = String(pattern=SERIAL)
    owners = List(String())
    power = String(enum=("On", "Off", "Standby"), load_default="On")
    pollInterval = Duration(
        multiple_of="1s", load_default="30s", metadata={"examples": ["1m30s", "1s", "24h0m0s"]}
    )
    sensors = List(Object(NamedSensor), list_type="map", map_keys=("name",))
    zones = List(Object(Zone))
    source = Object(Source)
    retention = Duration()


class DeviceV1Alpha1(Resource):
    """The first version."""

    spec = Object(DeviceSpecV1Alpha1, required=True)

    class Meta:
        group = GROUP
        version = "v1alpha1"
        kind = "Device"


class DeviceV1Beta1(Resource):
    """The second version."""

    spec = Object(DeviceSpecV1Beta1, required=True)

    class Meta:
        group = GROUP
        version = "v1beta1"
        kind = "Device"


class DeviceV1(Resource):
    """The first stable version."""

    spec = Object(DeviceSpecV1, required=True)

    class Meta:
        group = GROUP
        version = "v1"
        kind = "Device"
        printer_columns = (Column("Power", "spec.power"), Column("Host", "spec.host"))


class DeviceV2(Resource):
    """The newest version."""

    spec = Object(DeviceSpecV2, required=True)

    class Meta:
        group = GROUP
        version = "v2"
        kind = "Device"
        printer_columns = (Column("Power", "spec.power"), Column("Host", "spec.host"))


class Device(Hub):
    """What all versions are converted to and from: the shape of v2."""

    spec = Object(DeviceSpecV2)

    class Meta:
        group = GROUP


def register(scheme: Scheme) -> None:
    """Add the kind to a scheme: one edge to the hub, the others by way of the next version."""
    scheme.add(
        Device,
        Edge(DeviceV2),
        Edge(
            DeviceV1,
            Unit("spec.pollSeconds", "spec.pollInterval"),
            Preserve("spec.retention"),
        ),
        Edge(
            DeviceV1Beta1,
            Wrap("spec.owner", "spec.owners"),
            MapValues("spec.mode", "spec.power", {"on": "On", "off": "Off", "eco": "Standby"}),
            MapToList("spec.sensors", "spec.sensors", key="name"),
            Rename("spec.zones[*].label", "spec.zones[*].title"),
            via=DeviceV1,
        ),
        Edge(
            DeviceV1Alpha1,
            Split("spec.address", ("spec.host", "spec.port"), separator=":"),
            Cast("spec.serial", "spec.serial"),
            via=DeviceV1Beta1,
        ),
        storage=f"{GROUP}/v1",
    )
