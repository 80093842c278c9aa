"""``kconv migrate --place cluster`` moves what is stored here, as in any cluster."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crds.conftest import CRDS, Start
from crds.hook import Hook
from kconv._cluster import ClusterPlace, preflight
from kconv._pipeline import Pipeline
from kconv_migrations._migration import Settings, migrate, plan

GROUP = "conv.kconv.dev"
CRD = f"{CRDS}/gadgets.{GROUP}"


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Hook]:
    made = Hook(tmp_path)
    yield made
    made.stop()


def kubeconfig(url: str) -> str:
    named = {"cluster": {"server": url}, "name": "c"}
    context = {"context": {"cluster": "c", "user": "u"}, "name": "c"}
    return json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "c", "clusters": [named],
        "contexts": [context], "users": [{"name": "u", "user": {}}],
    })  # fmt: skip


def test_objects_move_to_the_version_that_the_crd_stores(
    start: Start, hook: Hook, empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start()
    server.made("POST", CRDS, hook.definition("v1beta1"))
    for at in range(5):
        body: dict[str, Any] = {
            "apiVersion": f"{GROUP}/v1beta1", "kind": "Gadget", "metadata": {"name": f"g-{at}"},
            "spec": {"width": at, "height": 2, "color": "red"},
        }  # fmt: skip
        server.made("POST", f"/apis/{GROUP}/v1beta1/namespaces/n/gadgets", body)
    found = server.made("GET", CRD)
    for each in found["spec"]["versions"]:
        each["storage"] = each["name"] == "v1"
    server.made("PUT", CRD, found)
    assert server.made("GET", CRD)["status"]["storedVersions"] == ["v1beta1", "v1"]
    before = server.made("GET", f"/apis/{GROUP}/v1/namespaces/n/gadgets")["items"]

    (tmp_path / "config").write_text(kubeconfig(server.url))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    monkeypatch.setattr(
        "kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "config")
    )
    # There is one API server, which knows of the change.
    monkeypatch.setattr(preflight, "SETTLE", 0.0)
    notes = shutil.copy(empty, tmp_path / "notes.db")
    place = ClusterPlace.open("", f"sqlite:///{notes}")
    try:
        targets = plan(place, [f"gadgets.{GROUP}"])
        (outcome,) = migrate(place, Pipeline(place.scheme), targets, Settings())
    finally:
        place.close()
    assert (outcome.objects, outcome.failures, outcome.done) == (5, [], True)
    assert server.made("GET", CRD)["status"]["storedVersions"] == ["v1"]
    store = server.server._server.store
    assert {each.api_version for each in store.list(GROUP, "gadgets").items} == {f"{GROUP}/v1"}
    after = server.made("GET", f"/apis/{GROUP}/v1/namespaces/n/gadgets")["items"]
    assert [each["spec"] for each in after] == [each["spec"] for each in before]
    hook.reviews.clear()
    server.made("GET", f"/apis/{GROUP}/v1/namespaces/n/gadgets")
    assert hook.reviews == []
