"""Servers stay members of their database while CRDs come, and are stored in other versions."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from crds.conftest import CRDS, Running, Start, definition

TEXT = {"type": "string"}
CRD = f"{CRDS}/moveds.example.com"


def store_in(server: Running, version: str) -> None:
    found: dict[str, Any] = server.made("GET", CRD)
    for each in found["spec"]["versions"]:
        each["storage"] = each["name"] == version
    server.made("PUT", CRD, found)


def test_what_crds_are_stored_in_is_no_reason_to_stop(
    start: Start, empty: Path, tmp_path: Path
) -> None:
    """Of a server that was up before the CRD, one that came later, and one that was forgotten."""
    file = Path(shutil.copy(empty, tmp_path / "kconv.db"))
    before = start(file)
    crd = definition("moveds", {"v1": {"a": TEXT}, "v2": {"a": TEXT}, "v3": {"a": TEXT}})
    before.made("POST", CRDS, crd)
    after = start(file)
    servers = [each.server._server.membership for each in (before, after)]
    for version in ("v2", "v3", "v1"):
        store_in(before, version)
        for each in servers:
            each.beat()
    store_in(after, "v2")
    for each in servers:
        before.server._server.store.unregister(each.registration.id)
        each.beat()
    registered = before.server._server.store.servers(60)
    assert {each.id for each in registered} == {each.registration.id for each in servers}
    for known in registered:
        assert known.reads("example.com", "moveds", "example.com/v2")
