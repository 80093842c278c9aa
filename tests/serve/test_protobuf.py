"""Protobuf, read and written: golden bytes, round trips, and what is on record of messages."""

import json
import random
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kconv_schemas
from kconv import Scheme
from kconv._errors import DecodeError
from kconv._gvk import GroupVersionKind
from kconv._nesting import nests_deeper
from kconv._paths import DEPTH
from kconv._serve.protobuf import decode_object, encode_object, offered
from kconv._serve.protobuf.envelope import _MAGIC
from kconv._serve.protobuf.read import to_json
from kconv._serve.protobuf.table import (
    ALWAYS,
    ALWAYS_BUT_NOT_IN_JSON,
    Field,
    _listed,
    fields_of,
    holds,
    is_known,
    message_of,
)
from kconv._serve.protobuf.wire import delimited, fields, tag, varint
from kconv._serve.protobuf.write import of_json
from kconv.fields import Boolean, FreeForm, List, String
from kconv_schemas.core.v1.types import ConfigMap

# Fields of releases after 1.36, whose numbers are not in the record.
NEWER = {
    "bindMountOptions",
    "defaultUser",
    "evictionResponders",
    "healthStatus",
    "mode",
    "observedGeneration",
    "protocol",
    "scheduling",
    "user",
}
UNSTORED = {
    *("DeploymentRollback", "Eviction", "ImageReview", "TokenRequest", "TokenReview"),
    *("SelfSubjectReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview"),
    *("SubjectAccessReview", "LocalSubjectAccessReview"),
}


def missing(expected: Any, given: Any, path: str = "") -> list[str]:
    if isinstance(expected, dict) and isinstance(given, dict):
        found = []
        for key, value in expected.items():
            if key not in given:
                found.append(f"{path}.{key}")
            else:
                found += missing(value, given[key], f"{path}.{key}")
        return found + [f"{path}.{key} too much" for key in given.keys() - expected.keys()]
    if isinstance(expected, list) and isinstance(given, list) and len(expected) == len(given):
        pairs = enumerate(zip(expected, given, strict=True))
        return [each for at, (a, b) in pairs for each in missing(a, b, f"{path}[{at}]")]
    return [] if expected == given else [f"{path}: {expected!r} != {given!r}"]


def known_part(message: str, data: bytes) -> bytes:
    """A message without the fields that are not on record, at any depth."""
    kept = b""
    for number, wire, raw in fields(data):
        field = fields_of(message).get(number)
        if field is None:
            continue
        if isinstance(raw, int):
            kept += tag(number, wire) + varint(raw)
            continue
        if field.outer == "map" and is_known(field.kind):
            entry = {part: value for part, _, value in fields(raw)}
            key, value = entry[1], entry[2]
            assert isinstance(key, bytes)
            assert isinstance(value, bytes)
            raw = delimited(1, key) + delimited(2, known_part(field.kind, value))
        elif is_known(field.kind):
            raw = known_part(field.kind, raw)
        kept += delimited(number, raw)
    return kept


def test_golden_objects(reference: Path) -> None:
    """Every recorded object: read as its JSON says, and written byte for byte."""
    whole = 0
    for file in sorted((reference / "serialization").glob("*.pb")):
        expected = json.loads(file.with_suffix(".json").read_text())
        golden = file.read_bytes()
        if "kind" not in expected:
            continue  # a WatchEvent, which is sent without an envelope
        given = decode_object(golden)
        unlike = [each for each in missing(expected, given) if each.rpartition(".")[2] not in NEWER]
        assert unlike == [], file.name
        envelope = {number: raw for number, _, raw in fields(golden[len(_MAGIC) :])}
        raw = envelope[2]
        assert isinstance(raw, bytes)
        gvk = GroupVersionKind(*_split(expected["apiVersion"]), expected["kind"])
        message = message_of(gvk)
        on_record = known_part(message, raw)
        assert of_json(message, expected) == on_record, file.name
        if on_record == raw:
            assert encode_object(expected) == golden, file.name
            whole += 1
    assert whole > 25


def _split(api_version: str) -> tuple[str, str]:
    group, _, version = api_version.rpartition("/")
    return group, version


def test_the_table_is_what_is_on_record(reference: Path) -> None:
    tool = Path(__file__).parents[2] / "tools" / "write-protobuf"
    command = [sys.executable, str(tool), str(reference / "protobuf.json")]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    written = json.loads(run.stdout)
    assert {name: {n: kind for n, (_, kind) in each.items()} for name, each in written.items()} == {
        name: {number: each.kind for number, each in listed.items()}
        for name, listed in _listed().items()
    }


def names(message: str) -> set[str]:
    found = set()
    for field in fields_of(message).values():
        found |= {field.name} if field.name else names(field.kind)
    return found


def test_names_in_json(reference: Path) -> None:
    """Of each message, those of the published definition, inline ones included."""
    definitions = json.loads((reference / "definitions.json").read_text())
    compared = 0
    for full, definition in definitions.items():
        message = full.replace("io.k8s.api.", "").replace("io.k8s.apimachinery.pkg.apis.", "")
        message = message.replace("io.k8s.apiextensions-apiserver.pkg.apis.", "")
        message = message.replace("io.k8s.kube-aggregator.pkg.apis.", "")
        if is_known(message) and definition.get("properties"):
            published = set(definition["properties"]) - {"apiVersion", "kind"}
            assert names(message) - {"apiVersion", "kind"} == published, message
            compared += 1
    assert compared > 600


def test_which_zeros_json_leaves_out() -> None:
    """As the list of zeros has it, which is made apart from the table."""
    zeros = json.loads((Path(kconv_schemas.__file__).parent / "zeros.json").read_text())
    compared = 0
    for message, omitted in zeros.items():
        if not is_known(message):
            continue
        scalars = {
            field.name: field.presence
            for field in fields_of(message).values()
            if not field.outer and field.kind in ("string", "int32", "int64", "bool", "double")
        }
        for name, presence in scalars.items():
            if name in omitted:
                assert presence == ALWAYS_BUT_NOT_IN_JSON, (message, name)
                compared += 1
    assert compared > 400


def test_which_kinds_are_offered() -> None:
    """All that are shipped and stored, but those that Kubernetes has forgotten."""
    scheme = Scheme()
    for each in iter_modules(kconv_schemas.__path__):
        register = getattr(import_module(f"kconv_schemas.{each.name}"), "register", None)
        if register is not None:
            register(scheme)
    scheme.freeze()
    spokes = [spoke for kind in scheme.kinds for spoke in kind.spokes]
    without = {str(each.gvk) for each in spokes if not offered(each)}
    assert len(spokes) > 140
    assert {each for each in without if each.rpartition("=")[2] not in UNSTORED} == {
        f"batch/v2alpha1, Kind={kind}" for kind in ("CronJob", "Job", "ScheduledJob")
    }


@pytest.mark.parametrize(
    ("group", "kind", "message"),
    [
        ("", "Pod", "core.v1.Pod"),
        ("batch", "Job", "batch.v1.Job"),
        ("rbac.authorization.k8s.io", "Role", "rbac.v1.Role"),
        ("internal.apiserver.k8s.io", "StorageVersion", "apiserverinternal.v1.StorageVersion"),
        ("meta.k8s.io", "PartialObjectMetadata", "meta.v1.PartialObjectMetadata"),
        ("", "Status", "meta.v1.Status"),
        ("batch.example.com", "Job", ""),
        ("core", "Pod", ""),
        ("snapshot.storage.k8s.io", "VolumeSnapshot", ""),
    ],
)
def test_messages_of_groups(group: str, kind: str, message: str) -> None:
    assert message_of(GroupVersionKind(group, "v1", kind)) == message


KINDS = [
    ("batch/v1", "CronJob"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("v1", "Pod"),
    ("events.k8s.io/v1", "Event"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("certificates.k8s.io/v1", "CertificateSigningRequest"),
    ("networking.k8s.io/v1", "Ingress"),
]
_TEXTS = ["a", "", "ä€😀", "x" * 200]
_VALUES: dict[str, list[Any]] = {
    "string": _TEXTS,
    "int32": [0, 1, -1, 127, 128, 2**31 - 1, -(2**31)],
    "int64": [0, 2**63 - 1, -(2**63)],
    "bool": [True, False],
    "bytes": ["", "AP8=", "YWJj"],
    "double": [0.0, 1.5, -2.0],
    "quantity": ["0", "100m", "1Gi"],
    "intorstring": [0, 80, -1, "http", "50%"],
    "time": ["2026-01-02T03:04:05Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z"],
    "microtime": ["2026-01-02T03:04:05.000006Z", "1969-12-31T23:59:59.999999Z"],
    "duration": ["0s", "1h30m0s", "-1.5s"],
    "raw": [{}, {"a": [1, None, "b"]}, [], "text", 1, {"f:metadata": {".": {}}}],
    "texts": [[], ["a", "b"]],
    "schemaorlist": [{"type": "string"}, [{"type": "string"}, {}]],
    "schemaorbool": [True, False, {"type": "string"}],
    "schemaornames": [["a"], {"type": "string"}],
}


def made(message: str, pick: random.Random, depth: int = 0) -> dict[str, Any]:
    """A JSON-shaped object of a message, as the server would have it."""
    value: dict[str, Any] = {}
    for field in fields_of(message).values():
        by_value = field.presence == ALWAYS or not field.name
        if not by_value and (depth > 7 or pick.random() < 0.7):
            continue
        if not field.name:
            value |= made(field.kind, pick, depth + 1)
            continue
        if field.outer:
            keys = ["b", "a", "", "ä"][: pick.randint(1, 3)]
            elements = [element(field, pick, depth) for _ in keys]
            value[field.name] = (
                elements if field.outer == "list" else dict(zip(keys, elements, strict=True))
            )
        else:
            found = element(field, pick, depth)
            if found or field.presence != ALWAYS_BUT_NOT_IN_JSON:
                value[field.name] = found
    return value


def element(field: Field, pick: random.Random, depth: int) -> Any:
    values = _VALUES.get(field.kind)
    return made(field.kind, pick, depth + 1) if values is None else pick.choice(values)


@pytest.mark.parametrize(("api_version", "kind"), KINDS)
@settings(max_examples=8, deadline=None)
@given(pick=st.randoms(use_true_random=False))
def test_round_trip(api_version: str, kind: str, pick: random.Random) -> None:
    """What is written is read again as it was; and the bytes do not depend on the order of keys."""
    message = message_of(GroupVersionKind(*_split(api_version), kind))
    document = {"kind": kind, "apiVersion": api_version, **made(message, pick)}
    data = encode_object(document)
    assert decode_object(data) == document
    backwards = json.loads(json.dumps(document), object_pairs_hook=lambda each: dict(each[::-1]))
    assert encode_object(backwards) == data


def test_zeros_and_what_is_not_set() -> None:
    """What Go holds by value is written although it is zero; a pointer to a zero is not lost."""
    port = to_json("core.v1.ServicePort", of_json("core.v1.ServicePort", {"port": 80}))
    assert port == {"port": 80, "targetPort": 0}
    claim = {"storageClassName": "", "resources": {}}
    message = "core.v1.PersistentVolumeClaimSpec"
    assert to_json(message, of_json(message, claim)) == claim
    container = of_json("core.v1.Container", {"name": "a"})
    assert {number for number, _, _ in fields(container)} == {1, 2, 5, 8, 13, 14, 16, 17, 18, 20}
    assert to_json("core.v1.Container", container) == {"name": "a", "resources": {}}
    assert of_json("meta.v1.ObjectMeta", {"creationTimestamp": None}).endswith(b"\x38\x00\x42\x00")
    assert of_json("core.v1.PodSpec", {"containers": [], "unheardOf": 1}) == of_json(
        "core.v1.PodSpec", {}
    )


def test_how_messages_may_come() -> None:
    """Packed numbers, unknown fields and groups, fields twice, and messages in pieces."""
    spec = "batch.v1.PodFailurePolicyOnExitCodesRequirement"
    packed = delimited(3, varint(1) + varint(300) + varint(2**64 - 1))
    apart = b"".join(tag(3, 0) + varint(each) for each in (1, 300, 2**64 - 1))
    assert to_json(spec, packed) == to_json(spec, apart) == {"values": [1, 300, -1]}
    group = tag(900, 3) + tag(1, 0) + varint(7) + tag(901, 3) + tag(901, 4) + tag(900, 4)
    unknown = tag(902, 1) + bytes(8) + tag(903, 5) + bytes(4) + delimited(904, b"x")
    assert to_json(spec, group + packed + unknown) == {"values": [1, 300, -1]}
    twice = delimited(1, b"first") + delimited(1, b"last")
    assert to_json("meta.v1.ObjectMeta", twice) == {"name": "last"}
    labels = [delimited(11, delimited(1, key) + delimited(2, b"1")) for key in (b"a", b"b")]
    pieces = delimited(1, twice + labels[0]) + delimited(1, labels[1])
    assert to_json("core.v1.ConfigMap", pieces) == {
        "metadata": {"name": "last", "labels": {"a": "1", "b": "1"}}
    }
    # int32 -1 as other libraries write it, in five bytes
    job = tag(1, 0) + varint(2**32 - 1)
    assert to_json("autoscaling.v1.ScaleSpec", job) == {"replicas": -1}


CRD_VERSION = "apiextensions.k8s.io/v1"
NO_NUMBERS = (float("nan"), float("inf"), float("-inf"))
"""Doubles that JSON does not have."""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"k8s\x00\xff",
        b"k8s\x00\x0a\x05ab",
        b"k8s\x00\x0a\x02\x0a\x00\x12\x00",
        b"k8s\x00" + delimited(1, tag(1, 0) + b"\x01"),
        *(
            encode_object({"kind": "CustomResourceDefinition", "apiVersion": CRD_VERSION})
            + delimited(2, delimited(2, delimited(7, delimited(4, schema))))
            for schema in (
                delimited(1, tag(9, 1) + struct.pack("<d", number)) for number in NO_NUMBERS
            )
        ),
        *(
            b"k8s\x00"
            + delimited(1, delimited(1, b"v1") + delimited(2, b"ConfigMap"))
            + delimited(2, raw)
            for raw in (
                tag(1, 0) + b"\x01",  # metadata as a number
                delimited(1, tag(1, 1) + bytes(8)),  # a name of eight bytes
                delimited(1, delimited(7, b"1")),  # generation as a text
                delimited(1, delimited(8, tag(1, 0) + varint(2**62))),  # a time too late
                delimited(1, delimited(1, b"\xff")),  # no UTF-8
                tag(900, 3),  # a group without an end
                tag(900, 4),
                tag(0, 0) + b"\x01",
                tag(900, 7),
                b"\xff" * 11,
            )
        ),
    ],
)
def test_not_an_envelope(data: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_object(data)


def test_the_cost_is_linear() -> None:
    """Of lists, maps, messages in many pieces, and nesting; both ways."""

    def seconds(count: int) -> float:
        began = time.process_time()
        metadata = {"labels": {f"k{n}": "v" for n in range(count)}}
        document = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata}
        data = encode_object(document | {"data": metadata["labels"]})
        assert len(decode_object(data)["data"]) == count
        to_json("core.v1.ConfigMap", delimited(1, delimited(14, b"x")) * count)
        return time.process_time() - began

    seconds(100)
    few, many = min(seconds(1000) for _ in range(3)), seconds(16_000)
    assert many < 60 * few


@pytest.mark.parametrize(
    "level",
    [
        lambda inner: {"type": "array", "items": inner},
        lambda inner: {"type": "object", "properties": {"a": inner}},
        lambda inner: {"not": inner},
        lambda inner: {"allOf": [inner]},
        lambda inner: {"additionalProperties": inner},
    ],
)
def test_as_deep_as_json(level: Callable[[Any], Any]) -> None:
    """What JSON may nest, messages may too, within the depth of calls that Python has."""
    schema: dict[str, Any] = {"type": "string"}
    while not nests_deeper(schema, DEPTH - 2):
        schema = level(schema)
    message = "apiextensions.v1.JSONSchemaProps"
    assert to_json(message, of_json(message, schema)) == schema


def test_what_an_entry_lacks_is_zero() -> None:
    """Protobuf may leave out the key and the value of an entry of a map."""
    entry = delimited(1, delimited(1, b"cpu"))
    assert to_json("core.v1.ResourceRequirements", entry) == {"limits": {"cpu": "0"}}
    assert to_json("core.v1.ConfigMap", delimited(2, b"")) == {"data": {"": ""}}
    assert to_json("core.v1.Secret", delimited(2, delimited(1, b"a"))) == {"data": {"a": ""}}


def test_fractions_of_seconds() -> None:
    """Those of a Time are left out, as by Kubernetes; a MicroTime has six digits."""
    moment = tag(1, 0) + varint(5) + tag(2, 0) + varint(2_000_000_123)
    meta = to_json("meta.v1.ObjectMeta", delimited(8, moment))
    assert meta == {"creationTimestamp": "1970-01-01T00:00:05Z"}
    micro = to_json("coordination.v1.LeaseSpec", delimited(3, moment))
    assert micro == {"acquireTime": "1970-01-01T00:00:07.000000Z"}


def test_whole_numbers_larger_than_doubles() -> None:
    for number in (10**400, -(10**400)):
        written = of_json("apiextensions.v1.JSONSchemaProps", {"maximum": number})
        expected = struct.pack("<d", float("inf") if number > 0 else float("-inf"))
        assert tag(9, 1) + expected in written


def test_doubles_are_those_of_c() -> None:
    message = "apiextensions.v1.JSONSchemaProps"
    assert tag(9, 1) + struct.pack("<d", 2.5) in of_json(message, {"maximum": 2.5})


def test_types_that_have_more_than_the_message() -> None:
    """They are not offered, so that nothing is lost without a word."""

    class More(ConfigMap):
        more = String()

    class OtherShape(ConfigMap):
        data = List(String())  # type: ignore[assignment]  # what no message fits

    class ManyForOne(ConfigMap):
        immutable = List(Boolean())  # type: ignore[assignment]  # what no message fits

    class Anything(ConfigMap):
        metadata = FreeForm()

    assert holds("core.v1.ConfigMap", ConfigMap)
    assert not holds("core.v1.ConfigMap", ManyForOne)
    assert not holds("core.v1.ConfigMap", Anything)
    assert not holds("core.v1.ConfigMap", More)
    assert not holds("core.v1.ConfigMap", OtherShape)
