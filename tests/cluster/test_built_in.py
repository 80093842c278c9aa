"""Resources that an API server has by itself: `kconv serve` is the cluster."""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crds.conftest import Running
from fixtures import prepared
from kconv import Pipeline
from kconv._cluster import ClusterPlace
from kconv._cluster.built_in import EARLIER, get_built_in
from kconv._cluster.connection import Connection
from kconv._cluster.preflight import check_rights
from kconv._errors import Conflict, Forbidden, UsageError
from kconv._scheme import load_scheme
from kconv._serve import Listen, build
from kconv._store import StorePlace, open_store
from kconv_migrations._executors.executor import InProcessExecutor
from kconv_migrations._migration import Outcome, Settings, migrate, plan, status, verify

NAME, OLD, NEW = "cronjobs.batch", "batch/v1beta1", "batch/v1"
JOBS = f"/apis/{NEW}/namespaces/default/cronjobs"


class Cluster:
    """A server of ``batch`` and ``core``; the store behind it is what is really stored."""

    def __init__(self, url: str) -> None:
        self.scheme = load_scheme({"batch", ""})
        self.store = open_store(url)
        self.server, bound = build(self.scheme, self.store, Listen(port=0))
        thread = threading.Thread(target=lambda: self.server.run(sockets=[bound]), daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not self.server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        host, port = bound.getsockname()[:2]
        self.running = Running(self.server, f"http://{host}:{port}", thread)

    def store_as(self, version: str) -> None:
        """Have it store CronJobs in a version, as another release of it does."""
        StorePlace(self.store, self.scheme).prefer([(NAME, version)], live=None)
        deadline = time.monotonic() + 10
        while True:
            found = get_built_in(Connection(), NAME)
            if found is not None and found.api_version(found.storage) == version:
                return
            assert time.monotonic() < deadline, "the server reads its record now and then"
            time.sleep(0.05)

    def create(self, name: str) -> None:
        pod = {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}]}
        template = {"spec": {"template": {"spec": pod}}}
        self.running.made("POST", JOBS, {
            "apiVersion": NEW, "kind": "CronJob", "metadata": {"name": name},
            "spec": {"schedule": "0 3 * * *", "jobTemplate": template},
        })  # fmt: skip

    def stored(self) -> list[str]:
        return [each.api_version for each in self.store.list("batch", "cronjobs").items]


@pytest.fixture
def cluster(
    _sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cluster]:
    """With five CronJobs that are stored in batch/v1beta1, though it stores batch/v1 now."""
    made = Cluster(f"sqlite:///{shutil.copy(_sqlite_template, tmp_path / 'cluster.db')}")
    named = {"cluster": {"server": made.running.url}, "name": "c"}
    context = {"context": {"cluster": "c", "user": "u"}, "name": "c"}
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "c", "clusters": [named],
        "contexts": [context], "users": [{"name": "u", "user": {}}],
    }  # fmt: skip
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(path))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(path))
    made.store_as(OLD)
    for at in range(5):
        made.create(f"job-{at}")
    made.store_as(NEW)
    yield made
    made.running.stop()
    made.store.close()


Open = Callable[..., ClusterPlace]


@pytest.fixture
def opened(_sqlite_template: Path, tmp_path: Path) -> Iterator[Open]:
    notes = shutil.copy(_sqlite_template, tmp_path / "notes.db")
    places: list[ClusterPlace] = []

    def open_(*names: str) -> ClusterPlace:
        places.append(ClusterPlace.open("", f"sqlite:///{notes}", names=names or (NAME,)))
        return places[-1]

    yield open_
    for each in places:
        each.close()


def run(place: ClusterPlace) -> Outcome:
    (outcome,) = migrate(place, Pipeline(place.scheme), plan(place, [NAME]), Settings(patience=0))
    return outcome


def shown(cluster: Cluster, version: str) -> list[Any]:
    items = cluster.running.made("GET", f"/apis/{version}/cronjobs")["items"]
    return [{**each, "metadata": {**each["metadata"], "resourceVersion": ""}} for each in items]


def test_objects_are_stored_anew_and_the_notes_say_so(cluster: Cluster, opened: Open) -> None:
    before = [shown(cluster, each) for each in (OLD, NEW)]
    cluster.create("new")
    assert sorted(cluster.stored()) == [NEW] + [OLD] * 5
    place = opened()
    (found,) = status(place)
    assert {each.api_version: each.objects for each in found.versions} == {NEW: 0, OLD: 6}
    outcome = run(place)
    assert (outcome.objects, outcome.failures, outcome.dropped) == (6, [], [OLD])
    assert cluster.stored() == [NEW] * 6
    assert [[each for each in shown(cluster, version) if each["metadata"]["name"] != "new"]
            for version in (OLD, NEW)] == before  # fmt: skip
    # From then on it is on record, named or not.
    again = ClusterPlace.open("", str(place.books.database.url), names=["none.batch"])
    assert again.names == {NAME}
    (after,) = status(again)
    assert [(each.api_version, each.objects) for each in after.versions] == [(NEW, 6)]
    assert plan(again) == []
    (verified,) = verify(again, InProcessExecutor(again, Pipeline(again.scheme)), [NAME])
    assert (verified.objects, verified.compared, verified.failures) == (6, 6, [])
    again.close()
    # Another release of the server stores another version: there is something to do again.
    cluster.store_as(OLD)
    back = opened()
    assert [each.api_version for each in plan(back)] == [OLD]
    assert run(back).dropped == [NEW]
    assert cluster.stored() == [OLD] * 6


def test_what_may_be_done_is_asked_beforehand(cluster: Cluster) -> None:
    found = get_built_in(Connection(), NAME)
    assert found is not None
    check_rights(Connection(), [found])
    needed = {"group": "", "resource": "pods", "verb": "patch"}
    with pytest.raises(Forbidden, match=r"does not allow to: patch pods$"):
        check_rights(Connection(), [found], [needed])


def test_what_it_stores_changes_under_a_run(cluster: Cluster, opened: Open) -> None:
    place = opened()
    targets = plan(place, [NAME])
    with pytest.raises(Conflict, match="stored otherwise than before"):
        for _ in migrate(
            place, Pipeline(place.scheme), targets, Settings(patience=0),
            begun=lambda: cluster.store_as(OLD),
        ):  # fmt: skip
            pass
    (found,) = status(opened())
    assert found.preferred == OLD
    assert NEW in [each.api_version for each in found.versions], "nothing is proved"


def test_resources_of_one_version_and_none(cluster: Cluster, opened: Open) -> None:
    cluster.running.made("POST", "/api/v1/namespaces/default/configmaps", {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"b": "c"},
    })  # fmt: skip
    place = opened("configmaps")
    targets = plan(place, ["configmaps"])
    (outcome,) = migrate(place, Pipeline(place.scheme), targets, Settings(patience=0))
    assert (outcome.objects, outcome.failures, outcome.dropped) == (1, [], [EARLIER])
    assert get_built_in(Connection(), "gadgets.example.com") is None
    with pytest.raises(UsageError, match=r"gadgets\.example\.com"):
        plan(opened("gadgets.example.com"), ["gadgets.example.com"])


def test_as_a_command(cluster: Cluster, tmp_path: Path) -> None:
    notes = f"sqlite:///{tmp_path / 'kconv.db'}"
    options = ["--place", "cluster", "--db", notes]
    command = [sys.executable, "-m", "kconv", "migrate"]
    for arguments, said in (
        (["plan", NAME], f"{NAME}: {NEW}"), ([NAME], "5"), (["status"], NAME), (["verify"], "5"),
    ):  # fmt: skip
        found = prepared.run(
            [*command, *arguments, *options], capture_output=True, text=True, timeout=60
        )
        assert found.returncode == 0, (arguments, found.stdout, found.stderr)
        assert said in found.stdout, (arguments, found.stdout)
    assert cluster.stored() == [NEW] * 5
