"""What a program can do with typed objects: make, read, change, compare, copy and write them."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from devices import (
    DeviceSpecV2,
    DeviceV1,
    DeviceV1Alpha1,
    DeviceV2,
    NamedSensor,
    Source,
    Zone,
    register,
)
from kconv import (
    Document,
    DocumentHub,
    Edge,
    KconvError,
    Pipeline,
    Scheme,
    Type,
    from_dict,
    to_dict,
)
from kconv._errors import DecodeError, InvalidObject, NotRegistered
from kconv.fields import FreeForm, Int32, List, Map, Object, String
from kconv.meta import ObjectMeta

CAMERA = DeviceV2(
    metadata=ObjectMeta(name="cam-1", labels={"floor": "2"}),
    spec=DeviceSpecV2(host="cam-1.example.com", source=Source(test="Bars")),
)


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    scheme = Scheme()
    register(scheme)
    return Pipeline(scheme)


def test_what_is_made_has_its_defaults_and_its_kind() -> None:
    assert (CAMERA.apiVersion, CAMERA.kind) == ("devices.example.com/v2", "Device")
    assert (CAMERA.spec.power, CAMERA.spec.pollInterval) == ("On", "30s")
    assert (CAMERA.spec.port, CAMERA.spec.zones, CAMERA.metadata.namespace) == (None, None, None)
    assert isinstance(CAMERA, DeviceV2)
    assert isinstance(CAMERA.spec, Type)
    others: list[Any] = [CAMERA, DeviceV2.instance()]
    assert not any(isinstance(each, DeviceV1) for each in others)
    assert DeviceV2().metadata == ObjectMeta()
    assert repr(CAMERA.spec.source) == "Source(test='Bars')"
    read = from_dict(DeviceV2, {"spec": {"host": "h"}, "metadata": {"name": "n"}})
    assert (read.spec.power, read.metadata.name, read.kind) == ("On", "n", "Device")
    assert Holder().inner == Renamed(x_y="z")
    assert Holder(many=[{}]).many == [Renamed()]


def test_dicts_in_the_place_of_objects_are_read() -> None:
    made = DeviceV2(
        metadata={"name": "cam-1", "labels": {"floor": "2"}},
        spec={"host": "h", "zones": [{"title": "door"}], "source": {"stream": {"url": "rtsp:x"}}},
    )
    assert made.spec.zones == [Zone(title="door")]
    assert made.spec.source is not None
    assert made.spec.source.stream is not None
    assert made.spec.source.stream.url == "rtsp:x"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DeviceSpecV2(hots="h"), "DeviceSpecV2 has no field hots; did you mean host?"),
        (lambda: Zone(name="z"), "Zone has no field name: title, top, left"),
        (lambda: Renamed(**{"from": 1}), "Renamed has no field from; did you mean from_?"),
    ],
)
def test_a_mistyped_field_cannot_be_made(make: Any, message: str) -> None:
    with pytest.raises(TypeError) as refused:
        make()
    assert str(refused.value) == message


def test_a_mistyped_field_cannot_be_set_or_read(pipeline: Pipeline) -> None:
    read = pipeline.objects.read(DeviceV2, pipeline.objects.written(CAMERA))
    for each in (copy.deepcopy(CAMERA), read):
        spec: Any = each.spec
        with pytest.raises(AttributeError):
            spec.prot = 3
        with pytest.raises(AttributeError):
            _ = spec.prot


def test_what_is_changed_is_written(pipeline: Pipeline) -> None:
    for at_first in (CAMERA, pipeline.objects.read(DeviceV2, pipeline.objects.written(CAMERA))):
        camera = copy.deepcopy(at_first)
        assert camera == at_first == CAMERA
        camera.spec.port = 554
        camera.spec.zones = [Zone(title="door")]
        camera.spec.zones.append(Zone(title="gate", top=3))
        camera.spec.source = None
        camera.metadata.labels = None
        assert camera != at_first
        written = json.loads(pipeline.objects.written(camera))
        assert written == to_dict(camera) == {
            "apiVersion": "devices.example.com/v2",
            "kind": "Device",
            "metadata": {"name": "cam-1"},
            "spec": {
                "host": "cam-1.example.com",
                "port": 554,
                "power": "On",
                "pollInterval": "30s",
                "zones": [{"title": "door"}, {"title": "gate", "top": 3}],
            },
        }  # fmt: skip


def test_copies_share_nothing_but_what_shallow_ones_do(pipeline: Pipeline) -> None:
    for camera in (CAMERA, pipeline.objects.read(DeviceV2, pipeline.objects.written(CAMERA))):
        assert pickle.loads(pickle.dumps(camera)) == camera
        deep, shallow = copy.deepcopy(camera), copy.copy(camera)
        assert deep == shallow == camera
        assert shallow.spec is camera.spec
        deep.spec.host = "other"
        shallow.metadata = ObjectMeta(name="other")
        assert camera == CAMERA
        with pytest.raises(TypeError, match="unhashable"):
            hash(camera)


def test_any_version_is_read_as_any_other(pipeline: Pipeline) -> None:
    old = b"""{"apiVersion": "devices.example.com/v1alpha1", "kind": "Device",
      "metadata": {"name": "a"}, "spec": {"address": "h:80", "pollSeconds": 90, "owner": "ann",
      "sensors": {"door": {"unit": "Lux"}}, "source": {"test": "Bars"}}}"""
    read = pipeline.objects.read(DeviceV2, old)
    assert isinstance(read, DeviceV2)
    assert (read.spec.host, read.spec.port, read.spec.pollInterval) == ("h", 80, "1m30s")
    assert read.spec.owners == ["ann"]
    assert read.spec.sensors == [NamedSensor(name="door", unit="Lux")]
    back = pipeline.objects.read(DeviceV1Alpha1, pipeline.objects.written(read))
    assert back == pipeline.objects.read(DeviceV1Alpha1, old)
    assert back.spec.sensors is not None
    assert back.spec.sensors["door"].unit == "Lux"


def test_the_version_of_bytes_is_their_own(pipeline: Pipeline) -> None:
    # It has every field that v2 needs, and would be read as that.
    v1: dict[str, Any] = {
        "apiVersion": "devices.example.com/v1",
        "kind": "Device",
        "spec": {"host": "h", "pollSeconds": 90, "source": {"test": "Bars"}},
    }
    read = pipeline.objects.read(DeviceV2, json.dumps(v1).encode())
    assert (read.apiVersion, read.spec.pollInterval) == ("devices.example.com/v2", "1m30s")
    for wrong in ({"kind": "Sensor"}, {"apiVersion": "devices.example.com/v3"}):
        with pytest.raises(NotRegistered):
            pipeline.objects.read(DeviceV2, json.dumps({**v1, **wrong}).encode())


def test_what_is_written_is_judged(pipeline: Pipeline) -> None:
    camera = copy.deepcopy(CAMERA)
    camera.spec.port = 10_000
    camera.spec.power = "on"
    with pytest.raises(InvalidObject) as refused:
        pipeline.objects.decoded(camera)
    assert {str(each.path[-1]) for each in refused.value.findings} == {"port", "power"}
    wrong: Any = camera.spec
    wrong.port = "554"
    with pytest.raises(DecodeError, match=r"spec\.port: .*must be an integer"):
        pipeline.objects.decoded(camera)
    camera.spec = DeviceSpecV2(host="h", source=Source(test="Bars"), pollInterval="90s")
    decoded = pipeline.objects.decoded(camera)
    assert decoded.value["spec"]["pollInterval"] == "1m30s"
    assert pipeline.objects.made(decoded).spec.pollInterval == "1m30s"


@pytest.mark.parametrize(
    ("spec", "finding"),
    [
        ({"host": "h!"}, 'spec.host: Invalid value: "h!": should match'),
        ({"port": 0}, "spec.port: Invalid value: 0: must be greater"),
        ({"power": "on"}, 'spec.power: Unsupported value: "on"'),
        ({"pollInterval": "1500ms"}, "spec.pollInterval: Invalid value: must be a whole multiple"),
        ({"source": {}}, "spec.source: Required value: must have exactly one of"),
        ({"source": {"test": "Bars", "stream": {"url": "u"}}}, "spec.source.test: Forbidden"),
        ({"sensors": [{"name": "a"}, {"name": "a"}]}, "spec.sensors[1]: Duplicate value"),
    ],
)
def test_what_is_read_is_judged(pipeline: Pipeline, spec: dict[str, Any], finding: str) -> None:
    sound = json.loads(pipeline.objects.written(CAMERA))
    data = json.dumps({**sound, "spec": {**sound["spec"], **spec}}).encode()
    # What was found once is not remembered as fine.
    for _ in range(2):
        with pytest.raises(InvalidObject) as refused:
            pipeline.objects.read(DeviceV2, data)
        assert any(str(each).startswith(finding) for each in refused.value.findings)
        assert pipeline.objects.read(DeviceV2, data, trusted=True).kind == "Device"


def test_what_is_no_object_of_a_version_is_refused(pipeline: Pipeline) -> None:
    stranger: Any = Zone(title="z")
    with pytest.raises(NotRegistered, match=r"devices\.Zone is no version"):
        pipeline.objects.written(stranger)
    nothing: Any = {"spec": {}}
    with pytest.raises(TypeError, match="is no typed object"):
        pipeline.objects.written(nothing)
    with pytest.raises(TypeError, match="is no typed object"):
        to_dict(nothing)


class Renamed(Type):
    from_ = Int32(data_key="from")
    x_y = String(data_key="x-y", load_default="z")
    any_ = FreeForm(data_key="any")
    fields_ = List(Map(Object(lambda: Renamed)), data_key="fields")


class Holder(Type):
    inner = Object(Renamed, load_default=dict)
    many = List(Object(Renamed))


class Order(Document):
    part = Object(Renamed)
    parts = List(Object(Renamed))
    note = String(load_default="none")
    count = Int32()

    class Meta:
        group, version, kind = "shop.example.com", "v1", "Order"


class OrderHub(DocumentHub):
    part = Object(Renamed)
    parts = List(Object(Renamed))
    note = String(load_default="none")
    count = Int32()

    class Meta:
        group, kind = "shop.example.com", "Order"
        unknown = "keep"


@pytest.fixture(scope="module")
def orders() -> Pipeline:
    scheme = Scheme()
    scheme.add(OrderHub, Edge(Order), storage="shop.example.com/v1")
    return Pipeline(scheme)


def test_fields_that_python_calls_otherwise(orders: Pipeline) -> None:
    data = b'{"part":{"from":1,"x-y":"a","any":{"k":[1]},"fields":[{"k":{"from":2}}]},"note":"n"}'
    read = orders.objects.read(Order, data)
    assert read.part is not None
    assert (read.part.from_, read.part.x_y, read.part.any_) == (1, "a", {"k": [1]})
    assert read.part.fields_ == [{"k": Renamed(from_=2)}]
    expected = json.loads(data)
    expected["part"]["fields"][0]["k"]["x-y"] = "z"
    assert json.loads(orders.objects.written(read)) == expected


def test_documents_keep_nulls_and_what_is_not_declared(orders: Pipeline) -> None:
    data: dict[str, Any] = {
        "part": {"from": None, "x-y": "a", "more": {"n": None}},
        "parts": [{"from": 1, "x-y": "z", "odd": 1}, {"from": 2, "x-y": "z"}],
        "note": "none",
        "count": None,
        "unknown": [1],
    }
    read = orders.objects.read(Order, json.dumps(data).encode())
    assert read.part is not None
    assert read.part.from_ is None
    assert json.loads(orders.objects.written(read)) == data
    assert orders.objects.read(Order, orders.objects.written(read)) == read
    for each in (read, copy.copy(read), copy.deepcopy(read), pickle.loads(pickle.dumps(read))):
        assert to_dict(each) == data
        # What is set takes the place of a null; what goes along goes with its own object.
        each.count = 3
        assert each.parts is not None
        each.parts = list(reversed(each.parts))
        parts = list(reversed(data["parts"]))
        assert to_dict(each) == {**data, "count": 3, "parts": parts}
    assert read != from_dict(Order, {**data, "unknown": [2]})


@pytest.mark.parametrize("data", [b"[]", b"{", b'{"count": "1"}', b'{"parts": [3]}'])
def test_what_does_not_decode_is_refused_as_ever(orders: Pipeline, data: bytes) -> None:
    with pytest.raises(KconvError) as expected:
        orders.decode(data, spoke=orders.objects.spoke(Order))
    with pytest.raises(type(expected.value)) as refused:
        orders.objects.read(Order, data)
    assert str(refused.value) == str(expected.value)
