"""What a client is told after a migration that pruned though an object was left behind.

As recorded of Kubernetes ("denied"): the old version may go from the CRD then, and the object that
is stored in it can neither be read nor listed with.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from crds.conftest import CRDS, Running
from crds.test_versions import crd_of, place, thing, until

LISTED = 500
"""Kubernetes says 429, since its cache cannot be filled; a client would try for ever."""


def status_of(reference: Path, name: str) -> int:
    (file,) = (reference / "migrate").glob(f"*-denied-{name}.json")
    found: int = json.loads(file.read_text())["response"]["status"]
    return found


def test_an_object_that_is_left_in_a_version_which_is_gone(
    server: Running, reference: Path
) -> None:
    crd = f"{CRDS}/deniers.example.com"
    server.made("POST", CRDS, crd_of("deniers"))
    for name in ("bad", "g1", "g3"):
        made = thing("Denier", "v1beta1", name, same="s")
        server.made("POST", place("deniers", "v1beta1"), made)
    found = server.made("GET", crd)
    for each in found["spec"]["versions"]:
        each["storage"] = each["name"] == "v1"
    server.made("PUT", crd, found)
    assert server.made("GET", crd)["status"]["storedVersions"] == ["v1beta1", "v1"]
    for name in ("g1", "g3"):
        metadata = server.made("GET", place("deniers", "v1", name))["metadata"]
        change = {"metadata": {"resourceVersion": metadata["resourceVersion"]}}
        server.patch(place("deniers", "v1", name), change)
    server.patch(f"{crd}/status", {"status": {"storedVersions": ["v1"]}})
    found = server.made("GET", crd)
    found["spec"]["versions"] = [e for e in found["spec"]["versions"] if e["name"] == "v1"]
    removed = server.ask("PUT", crd, found)
    assert removed.status_code == status_of(reference, "remove-old-version-accepted")

    def asked(name: str) -> Any:
        return server.ask("GET", place("deniers", "v1", name))

    until(lambda: asked("bad").status_code != 200)
    for name in ("g1", "bad", "g3"):
        assert asked(name).status_code == status_of(reference, f"get-{name}-after-removal"), name
    assert "v1beta1" in asked("bad").json()["message"]
    listed = server.ask("GET", place("deniers"))
    assert status_of(reference, "list-after-removal") == 429
    assert listed.status_code == LISTED
    assert "bad" in listed.json()["message"]
