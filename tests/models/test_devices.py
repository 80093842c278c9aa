"""Devices that models of other libraries declare are those that kconv's own types declare."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

import devices
import kconv
from kconv import (
    Cast,
    Column,
    Edge,
    MapToList,
    MapValues,
    Pipeline,
    Preserve,
    Rename,
    Scheme,
    Split,
    Wrap,
)
from kconv import Unit as UnitRule
from kconv._check.lock.build import locks_of
from kconv._check.lock.folder import texts_of
from kconv._gvk import GroupVersion
from kconv.testing import full
from models import dataclass_devices, pydantic_devices, struct_devices

LIBRARIES = pytest.mark.parametrize(
    "models",
    [pydantic_devices, struct_devices, dataclass_devices],
    ids=lambda each: each.__name__.split(".")[-1],
)


def declared() -> Scheme:
    scheme = Scheme()
    devices.register(scheme)
    return scheme.freeze()


def of_models(models: Any) -> Scheme:
    one_of = {models.Source: ("stream", "recording", "test")}
    columns = (Column("Power", "spec.power"), Column("Host", "spec.host"))

    def version(model: type, name: str, **meta: Any) -> type[kconv.Resource]:
        meta.update(group=devices.GROUP, version=name, kind="Device", one_of=one_of)
        made: type[kconv.Resource] = kconv.spoke(model, **meta)
        return made

    alpha = version(models.DeviceV1Alpha1, "v1alpha1")
    beta = version(models.DeviceV1Beta1, "v1beta1")
    v1 = version(models.DeviceV1, "v1", printer_columns=columns)
    v2 = version(models.DeviceV2, "v2", printer_columns=columns)
    scheme = Scheme()
    scheme.add(
        kconv.hub_of(v2),
        Edge(v2),
        Edge(v1, UnitRule("spec.pollSeconds", "spec.pollInterval"), Preserve("spec.retention")),
        Edge(
            beta,
            Wrap("spec.owner", "spec.owners"),
            MapValues("spec.mode", "spec.power", {"on": "On", "off": "Off", "eco": "Standby"}),
            MapToList("spec.sensors", "spec.sensors", key="name"),
            Rename("spec.zones[*].label", "spec.zones[*].title"),
            via=v1,
        ),
        Edge(
            alpha,
            Split("spec.address", ("spec.host", "spec.port"), separator=":"),
            Cast("spec.serial", "spec.serial"),
            via=beta,
        ),
        storage=f"{devices.GROUP}/v1",
    )
    return scheme.freeze()


@LIBRARIES
def test_the_lock_files_are_the_same(models: Any) -> None:
    assert texts_of(locks_of(of_models(models))) == texts_of(locks_of(declared()))


@LIBRARIES
def test_they_convert_alike(models: Any) -> None:
    own, theirs = Pipeline(declared()), Pipeline(of_models(models))
    for kind in own.scheme.kinds:
        for spoke in kind.spokes:
            data = json.dumps(full(spoke)).encode()
            for target in kind.spokes:
                expected = own.convert(data, target.group_version)
                assert theirs.convert(data, target.group_version) == expected
            bad = json.dumps({**full(spoke), "spec": {"host": 1, "mode": "x"}}).encode()
            with pytest.raises(kconv.KconvError) as right:
                own.decode(bad)
            with pytest.raises(type(right.value)) as found:
                theirs.decode(bad)
            assert str(found.value) == str(right.value)


def test_typed_objects_have_the_names_of_the_model() -> None:
    scheme = of_models(pydantic_devices)
    pipeline = Pipeline(scheme)
    spoke = scheme.spoke(GroupVersion(devices.GROUP, "v2").kind("Device"))
    data = json.dumps(
        {
            "apiVersion": "devices.example.com/v2",
            "kind": "Device",
            "spec": {"host": "h", "source": {"test": "Bars"}, "pollInterval": "90s"},
        }
    ).encode()
    read: Any = pipeline.objects.read(spoke.schema, data)
    assert read.spec.poll_interval == "1m30s"
    assert kconv.to_dict(read)["spec"]["pollInterval"] == "1m30s"
    assert (
        pydantic_devices.DeviceV2.model_validate(kconv.to_dict(read)).spec.poll_interval == "1m30s"
    )


def test_pydantic_need_not_be_there() -> None:
    program = """
import sys
sys.modules["pydantic"] = None
from dataclasses import dataclass
import kconv
@dataclass
class Thing:
    name: str
print(list(kconv.spoke(Thing, group="g.example.com", version="v1").instance().wire_fields()))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ended.stdout == "['apiVersion', 'kind', 'metadata', 'name']\n", ended.stderr
