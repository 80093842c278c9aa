"""kubectl against an API of a user's own: all that works for shipped kinds works by declaration."""

import json
from collections.abc import Callable
from pathlib import Path

from fixtures.until import until
from kconv._scheme import load_scheme
from serve.conftest import Running
from serve.test_kubectl import Kubectl

GROUP = "devices.example.com"


def device(name: str, version: str = "v2", owner: str = "", **more: object) -> str:
    """A device; ``owner`` is a reference to another, in JSON."""
    metadata: dict[str, object] = {"name": name, "labels": {"set": "all"}}
    spec = {"host": "cam.example.com", "port": 80, **more}
    found = {"apiVersion": f"{GROUP}/{version}", "kind": "Device", "metadata": metadata}
    if owner:
        metadata["ownerReferences"] = [json.loads(owner)]
    return json.dumps({**found, "spec": spec})


def test_devices(kubectl: Path, serve: Callable[..., Running], tmp_path: Path) -> None:
    run = Kubectl(kubectl, serve(kinds=load_scheme([""], ["devices:register"])).url, tmp_path)
    two = device("two", sensors=[{"name": "heat", "unit": "Celsius"}])
    assert "created" in run("create", "-f", "-", stdin=device("one"))
    assert "created" in run("apply", "-f", "-", stdin=two)
    assert "unchanged" in run("apply", "-f", "-", stdin=two)
    assert "dry run" in run("create", "--dry-run=server", "-f", "-", stdin=device("three"))
    assert "already exists" in run("create", "-f", "-", stdin=device("one"), fails=True)
    # Reads, in each version.
    assert run("get", "devices", "-o", "name").split() == [
        f"device.{GROUP}/one",
        f"device.{GROUP}/two",
    ]
    assert "cam.example.com" in run("get", "devices")
    assert "set=all" in run("get", "devices", "--show-labels", "-l", "set=all")
    for version, path, expected in (
        ("v1alpha1", "{.spec.address}", "cam.example.com:80"),
        ("v1beta1", "{.spec.sensors.heat.unit}", "Celsius"),
        ("v1", "{.spec.pollSeconds}", "30"),
        ("v2", "{.spec.pollInterval}", "30s"),
    ):
        of_version = ("get", f"devices.{version}.{GROUP}", "two", "-o", f"jsonpath={path}")
        assert run(*of_version) == expected
    for form in ("yaml", "wide", "custom-columns=N:.metadata.name", "go-template={{.kind}}"):
        assert run("get", "device", "one", "-o", form)
    assert "Host:" in run("describe", "device", "one")
    assert "Device" in run("explain", "device", f"--api-version={GROUP}/v1")
    assert "pollSeconds" in run("explain", "device.spec", f"--api-version={GROUP}/v1")
    assert f"{GROUP}/v2" in run("api-resources", f"--api-group={GROUP}")
    assert f"{GROUP}/v1" in run("api-versions")
    assert "one" in run("get", "--raw", f"/apis/{GROUP}/v2/namespaces/default/devices/one")
    # Changes.
    assert "labeled" in run("label", "device", "one", "a=b")
    assert "annotated" in run("annotate", "device", "one", "note=x")
    off = '{"spec":{"power":"Off"}}'
    assert "patched" in run("patch", "device", "one", "--type=merge", "-p", off)
    same = '[{"op":"test","path":"/spec/power","value":"Off"}]'
    assert "patched (no change)" in run("patch", "device", "one", "--type=json", "-p", same)
    assert "condition met" in run("wait", "--for=jsonpath={.spec.power}=Off", "device/one")
    found = json.loads(run("get", "device", "one", "-o", "json"))
    found["spec"]["owners"] = ["me"]
    assert "replaced" in run("replace", "-f", "-", stdin=json.dumps(found))
    wrong = device("one", power="Loud")
    assert "Unsupported value" in run("apply", "-f", "-", stdin=wrong, fails=True)
    assert "unknown field" in run("apply", "-f", "-", stdin=device("one", no="x"), fails=True)
    taken = device("one", host="other.example.com")
    assert "conflict" in run("apply", "--server-side", "-f", "-", stdin=taken, fails=True)
    forced = ("apply", "--server-side", "--force-conflicts", "-f", "-")
    assert "serverside-applied" in run(*forced, stdin=taken)
    older = json.dumps({**json.loads(device("two", "v1")), "spec": {"host": "old.example.com"}})
    assert "serverside-applied" in run(*forced, "--field-manager=older", stdin=older)
    assert run("get", "device", "two", "-o", "jsonpath={.spec.host}") == "old.example.com"
    # Deletes, and what depends on what is deleted.
    for cascade, left in (("background", ""), ("foreground", ""), ("orphan", "of-")):
        name = f"owner-{cascade}"
        run("create", "-f", "-", stdin=device(name))
        uid = run("get", "device", name, "-o", "jsonpath={.metadata.uid}")
        owner = {
            "apiVersion": f"{GROUP}/v1",
            "kind": "Device",
            "name": name,
            "uid": uid,
            "blockOwnerDeletion": True,
        }
        run("create", "-f", "-", stdin=device(f"of-{name}", "v1beta1", json.dumps(owner)))
        assert "deleted" in run("delete", "device", name, f"--cascade={cascade}")
        expected = f"device.{GROUP}/of-{name}\n" if left else ""
        mine = ("get", "devices", "-o", "name", f"--field-selector=metadata.name=of-{name}")
        until(lambda mine=mine, expected=expected: run(*mine) == expected)  # type: ignore[misc]
    orphan = ("get", "device", "of-owner-orphan", "-o", "jsonpath={.metadata.ownerReferences}")
    assert run(*orphan) == ""
    assert "deleted" in run("delete", "devices", "--all")
    assert run("get", "devices", "-o", "name") == ""
