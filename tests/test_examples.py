"""The examples do what the pages say of them."""

import json
from typing import Any

import pytest

import backups
import device_client
import devices
from kconv import GroupVersion, Pipeline, Scheme
from kconv._errors import InvalidObject
from kconv.edges import Functions

V1 = GroupVersion(backups.GROUP, "v1")
V1BETA1 = GroupVersion(backups.GROUP, "v1beta1")


@pytest.fixture
def pipeline() -> Pipeline:
    """A pipeline that knows the example's API alone."""
    scheme = Scheme()
    backups.register(scheme)
    return Pipeline(scheme.freeze())


def plan(version: GroupVersion, **spec: Any) -> bytes:
    """The bytes of a plan."""
    document = {"apiVersion": str(version), "kind": "Plan", "metadata": {"name": "nightly"}}
    return json.dumps({**document, "spec": spec}).encode()


def test_old_to_new(pipeline: Pipeline) -> None:
    old = plan(V1BETA1, place="archive:db/main", mode="Changed")
    new = json.loads(pipeline.convert(old, V1))
    assert new["apiVersion"] == str(V1)
    assert new["spec"] == {"bucket": "archive", "folder": "db/main", "mode": "Incremental"}


def test_what_the_old_version_cannot_hold_comes_back(pipeline: Pipeline) -> None:
    new = plan(V1, bucket="archive", folder="db", mode="Full", keep=7)
    old = pipeline.convert(new, V1BETA1)
    assert json.loads(old)["spec"] == {"place": "archive:db", "mode": "All"}
    assert json.loads(pipeline.convert(old, V1))["spec"] == json.loads(new)["spec"]


def test_every_wrong_field_is_named(pipeline: Pipeline) -> None:
    with pytest.raises(InvalidObject) as caught:
        pipeline.decode(plan(V1, folder="/db", mode="Some", keep=0))
    message = str(caught.value)
    for path in ("spec.bucket", "spec.folder", "spec.mode", "spec.keep"):
        assert path in message


def test_devices_convert_by_rules_alone() -> None:
    scheme = Scheme()
    devices.register(scheme)
    (kind,) = scheme.freeze().kinds
    rules = [rule for spoke in kind.spokes for rule in spoke.rules]
    assert not any(isinstance(rule, Functions) for rule in rules)
    assert len({type(rule) for rule in rules}) == 8
    assert [spoke.via.gvk.version if spoke.via else "" for spoke in kind.spokes] == [
        "",
        "",
        "v1",
        "v1beta1",
    ]


def test_clients_of_devices(sqlite_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    device_client.main(sqlite_url)
    assert capsys.readouterr().out == ("1m0s\n{'cam-1': 'cam-1.example.com'}\ncam-1 Off\n")
