"""Names that Python or schemas have taken."""

from __future__ import annotations

import keyword

import marshmallow
import pytest

from importer import samples
from kconv import fields
from kconv._errors import UsageError
from kconv._importer.names import (
    FIELD_CLASSES,
    SCHEMA_ATTRIBUTES,
    attribute_name,
    class_name,
    locate,
    words,
)
from kconv._schema import Type


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ("schedule", "schedule"),
        ("continue", "continue_"),
        ("from", "from_"),
        ("fields", "fields_"),
        ("load", "load_"),
        ("context", "context_"),
        ("String", "String_"),
        ("$ref", "ref_"),
        ("x-kubernetes-list-type", "x_kubernetes_list_type_"),
        ("3d", "field_3d_"),
        ("_id", "field_id_"),
        ("\N{LATIN SMALL LIGATURE FI}le", "le_"),
        ("\N{SNOWMAN}", "field_"),
    ],
)
def test_attribute_names(wire: str, expected: str) -> None:
    assert attribute_name(wire) == expected
    assert expected.isidentifier()


def test_nothing_that_a_schema_needs_is_a_field_name() -> None:
    needed = {name for name in {*dir(marshmallow.Schema), *dir(Type)} if not name.startswith("_")}
    assert needed <= SCHEMA_ATTRIBUTES
    assert all(attribute_name(name) != name for name in {*needed, *keyword.kwlist})


def test_field_classes_are_those_of_kconv_fields() -> None:
    every = [getattr(fields, name) for name in fields.__all__]
    base = marshmallow.fields.Field
    classes = {cls.__name__ for cls in every if isinstance(cls, type) and issubclass(cls, base)}
    assert classes - {"Field"} == FIELD_CLASSES


def test_wire_names_stay() -> None:
    document = samples.with_spec(**{"from": {"type": "string"}, "$ref": {"type": "string"}})
    assert samples.line(document, "from_") == 'String(data_key="from")'
    assert samples.line(document, "ref_") == 'String(data_key="$ref")'


def test_colliding_attributes() -> None:
    document = samples.with_spec(**{"a-b": {"type": "string"}, "a.b": {"type": "string"}})
    with pytest.raises(UsageError, match=r"CronTabSpec: a-b and a\.b would both be"):
        samples.files(document)


def test_colliding_classes() -> None:
    document = samples.with_spec(it=samples.ref(f"{samples.V1}.A-B"))
    document[f"{samples.V1}.CronTabSpec"]["properties"]["other"] = samples.ref(f"{samples.V1}.A_B")
    for name in ("A-B", "A_B"):
        document[f"{samples.V1}.{name}"] = {"type": "object"}
    with pytest.raises(UsageError, match=r"A_B and .*A-B|A-B and .*A_B"):
        samples.files(document)


@pytest.mark.parametrize(
    ("definition", "package", "api"),
    [
        ("io.k8s.api.batch.v1.CronJob", "apis.batch.v1.types", "batch/v1"),
        ("com.example.stable.v1beta1.CronTab", "apis.stable.v1beta1.types", "stable/v1beta1"),
        ("Pet", "apis.types", ""),
        ("io.k8s.apimachinery.pkg.apis.meta.v1.Status", "kconv.meta", "meta/v1"),
    ],
)
def test_packages(definition: str, package: str, api: str) -> None:
    mapping = {"io.k8s.apimachinery.pkg.apis.meta.v1": "kconv.meta"}
    place = locate(definition, "apis", mapping)
    assert (place.package, place.api) == (package, api)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("HTTPGetAction", "http get action"),
        ("CSIVolumeSource", "csi volume source"),
        ("PodSpec", "pod spec"),
        ("HostIP", "host ip"),
    ],
)
def test_words(name: str, expected: str) -> None:
    assert words(name) == expected.split()


def test_class_names_that_are_taken() -> None:
    assert class_name("Object") == "Object_"
    assert class_name("Resource") == "Resource_"
    assert class_name("Pod") == "Pod"
