"""Recorded migrations of a Kubernetes: each exchange as it is here, or why it is left out.

``movers``, ``sickers`` and so on are one CRD under several names, whose objects were stored in
v1beta1 when v1 became the version to store. Kubernetes migrated them by its own
StorageVersionMigration; here ``kconv migrate --place cluster`` does, against kconv's own server.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crds.conftest import CRDS, Running, Start
from crds.recorded_hook import RecordedHook, refusing
from crds.test_migration import kubeconfig
from crds.test_recorded_definitions import gist
from crds.test_versions import crd_of, place, thing, until
from kconv._cluster import ClusterPlace, preflight, svm
from kconv._cluster.connection import Answer, Refused
from kconv._cluster.definition import read_definition
from kconv._pipeline import Pipeline
from kconv_migrations._migration import Outcome, Settings, migrate, plan

LISTED = 500
"""Kubernetes says 429, since its cache cannot be filled; a client would try for ever."""

OLD, NEW = "v1beta1", "v1"
BOTH = [OLD, NEW]
REPLAYED = frozenset({
    "svm-v1-not-served", "ok-etcd-before", "ok-crd-before", "ok-crd-after", "ok-etcd-after",
    "ok-object-after", "ok-etcd-after-second", "again-etcd-after-first", "again-etcd-after",
    "sick-etcd-before", "sick-crd-after", "sick-etcd-after", "sick-get-bad-v1",
    "late-etcd-before", "late-crd-before", "late-crd-after", "late-etcd-after",
    "late-crd-repaired", "late-etcd-repaired", "denied-remove-old-version-accepted",
    "denied-get-g1-after-removal", "denied-get-bad-after-removal", "denied-get-g3-after-removal",
    "denied-list-after-removal",
})  # fmt: skip
"""Beside the states of `STATES`."""

NO_SVM = "no StorageVersionMigrations are served here"
OF_SVM = "the migration that was asked for; what it said then is in its states"
LEFT_OUT = {
    r"svm-(?!v1-not-served).*": NO_SVM,
    r".*-(svm-create|first-create|second-create|third-create-queued|svm-no-controller)": OF_SVM,
    r".*-(svm-after|svm-repaired|table)": OF_SVM,
    r"(ok|sick)-webhook-calls": "what else asked the webhook, such as caches of Kubernetes",
    r"builtin-object-after|sick-(crd-before|get-bad-v1beta1|list-v1)": "it has no answer",
    r"denied-(client-patch|etcd-.*|crd-.*)": "there are no admission policies here",
}
"""Names, and why they are not replayed; reviews beside an exchange are those of its caches, too."""


def recorded(reference: Path, name: str) -> Any:
    (file,) = (reference / "migrate").glob(f"[0-9]*-{name}.json")
    return json.loads(file.read_text())


def body_of(reference: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = recorded(reference, name)["response"]["body"]
    return found


def status_of(reference: Path, name: str) -> int:
    found: int = recorded(reference, name)["response"]["status"]
    return found


STATES: dict[str, str | None] = {
    "ok-states": "",
    "ok-second-states": None,
    "builtin-states": "",
    "missing-states": "resource does not exist in discovery",
    "sick-states": "resource does not exist in GC",
    "late-states": None,
    "late-states-after-webhook-repaired": "",
    "denied-states": "bad may not be written",
    "again-first-states-quiet-resource": "",
    "again-second-states": "",
    "again-third-states": "",
}
"""What is said in the end of a migration that the cluster does: nothing while it goes on."""


class Cluster:
    """A cluster whose migration is in recorded states, one after another, and then stays so."""

    def __init__(self, crd: dict[str, Any], states: list[dict[str, Any]]) -> None:
        self.crd, self.states = crd, states
        self.svm: dict[str, Any] | None = None
        self.stored = states[0]["crd.storedVersions"] or BOTH

    def get(self, path: str) -> Answer:
        if path.startswith(CRDS):
            status = {**self.crd["status"], "storedVersions": self.stored}
            return Answer({**self.crd, "status": status}, "")
        if self.svm is None:
            raise Refused(404, "NotFound", "not found", {}, "")
        if not self.states:
            raise TimeoutError
        state = self.states.pop(0)
        self.stored = state["crd.storedVersions"] or self.stored
        return Answer({**self.svm, "status": state["svm.status"]}, "")

    def request(self, method: str, path: str, body: Any, **_: Any) -> Answer:
        if method == "POST":
            self.svm = body
        else:
            self.stored = body["status"]["storedVersions"]
        return Answer(self.svm, "")


@pytest.mark.parametrize(("name", "said"), STATES.items(), ids=STATES)
def test_what_the_cluster_says_of_its_own_migration(
    name: str, said: str | None, reference: Path
) -> None:
    """It is waited for until it has ended; what it took off the record is there again."""
    crd = body_of(reference, "ok-crd-before")
    cluster = Cluster(crd, recorded(reference, name)["polled_states"])
    before = [*cluster.stored]
    definition = read_definition(cluster.get(CRDS).body)
    drive: Callable[..., str] = svm.drive  # it needs no more of a connection
    if said is None:
        with pytest.raises(TimeoutError):
            drive(cluster, definition, sleep=lambda _: None)
    else:
        found = drive(cluster, definition, sleep=lambda _: None)
        assert said in found
        assert bool(said) == bool(found)
        assert cluster.stored == before
    left = [each["svm.status"]["conditions"] for each in cluster.states]
    assert all({"Succeeded"} < {each["type"] for each in conditions} for conditions in left)


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[RecordedHook]:
    made = RecordedHook(tmp_path)
    yield made
    made.stop()


class Scenario:
    """A CRD, and objects in the version that they are recorded to be stored in."""

    def __init__(self, name: str, server: Running, hook: RecordedHook, reference: Path) -> None:
        self.name, self.server, self.reference = name, server, reference
        before = recorded(reference, f"{name}-etcd-before")["etcd"]
        value = next(iter(before.values()))["value"]
        self.group, self.kind = value["apiVersion"].partition("/")[0], value["kind"]
        self.plural = next(iter(before)).split("/")[3]
        self.crd = f"{self.plural}.{self.group}"
        crd = body_of(reference, "ok-crd-before")
        crd["metadata"], crd["status"] = {"name": self.crd}, {}
        crd["spec"] |= {"group": self.group, "names": {"plural": self.plural, "kind": self.kind}}
        crd["spec"]["conversion"]["webhook"]["clientConfig"] = hook.client_config
        server.made("POST", CRDS, stored_in(OLD, crd))
        for each in before.values():
            metadata = {"name": each["value"]["metadata"]["name"]}
            server.made("POST", self.path(OLD), {**each["value"], "metadata": metadata})
        assert self.stored() == self.recorded("etcd-before")
        at = f"{CRDS}/{self.crd}"
        server.made("PUT", at, stored_in(NEW, server.made("GET", at)))

    def path(self, version: str, name: str = "") -> str:
        found = f"/apis/{self.group}/{version}/namespaces/mig/{self.plural}"
        return f"{found}/{name}" if name else found

    @property
    def versions(self) -> Any:
        """What the CRD says that objects are stored in."""
        return self.server.made("GET", f"{CRDS}/{self.crd}")["status"]["storedVersions"]

    def stored(self) -> dict[str, Any]:
        """What is stored of each object: its version, and its spec."""
        rows = self.server.server._server.store.list(self.group, self.plural).items
        values = {each.key.name: json.loads(each.data) for each in rows}
        return {name: of_object(each["apiVersion"], each) for name, each in values.items()}

    def recorded(self, name: str, *, of: str = "", default: bool = False) -> dict[str, Any]:
        """What was stored, in the form of `stored`, without what somebody wrote all the time.

        With the ``default`` of v1 where it is wanted, which is stored here by the first migration,
        and by Kubernetes when an object is written once more.
        """
        found = {}
        for key, each in recorded(self.reference, f"{of or self.name}-{name}")["etcd"].items():
            made = of_object(each["value"]["apiVersion"], each["value"])
            if default and made[0] == NEW:
                made = (NEW, {"mode": "auto", **made[1]})
            found[key.rpartition("/")[2]] = made
        found.pop("tick", None)
        return found


def stored_in(version: str, crd: dict[str, Any]) -> dict[str, Any]:
    for each in crd["spec"]["versions"]:
        each["storage"] = each["name"] == version
    return crd


def of_object(api_version: str, value: dict[str, Any]) -> tuple[str, Any]:
    return api_version.partition("/")[2], value["spec"]


@pytest.fixture
def scenario(start: Start, hook: RecordedHook, reference: Path) -> Callable[[str], Scenario]:
    return lambda name: Scenario(name, start(), hook, reference)


Migrate = Callable[[Scenario], Outcome]


@pytest.fixture
def migrated(empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Migrate:
    notes = shutil.copy(empty, tmp_path / "notes.db")
    monkeypatch.setattr(preflight, "SETTLE", 0.0)  # one API server, which knows of the change

    def run(scenario: Scenario) -> Outcome:
        config = tmp_path / "config"
        config.write_text(kubeconfig(scenario.server.url))
        monkeypatch.setenv("KUBECONFIG", str(config))
        monkeypatch.setattr(
            "kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(config)
        )
        opened = ClusterPlace.open("", f"sqlite:///{notes}")
        try:
            targets = plan(opened, [scenario.crd])
            (outcome,) = migrate(opened, Pipeline(opened.scheme), targets, Settings())
        finally:
            opened.close()
        return outcome

    return run


def versions_in(reference: Path, name: str) -> Any:
    return body_of(reference, name)["status"]["storedVersions"]


def test_all_well(scenario: Callable[[str], Scenario], migrated: Migrate, reference: Path) -> None:
    made = scenario("ok")
    assert made.versions == versions_in(reference, "ok-crd-before") == BOTH
    for after in ("ok-etcd-after", "again-etcd-after-first"), ("ok-etcd-after-second",):
        assert migrated(made).done
        assert made.versions == versions_in(reference, "ok-crd-after") == [NEW]
        for each in after:
            of, _, name = each.partition("-")
            assert made.stored() == made.recorded(name, of=of, default=True)
    assert made.stored() == made.recorded("etcd-after", of="again"), "what a second one makes there"
    got = made.server.made("GET", made.path(NEW, "g1"))
    assert got["spec"] == body_of(reference, "ok-object-after")["spec"]


def test_an_object_that_the_webhook_refuses_keeps_the_old_version_on_record(
    scenario: Callable[[str], Scenario], migrated: Migrate, hook: RecordedHook, reference: Path
) -> None:
    """Kubernetes has it pruned though it has rewritten nothing at all."""
    made = scenario("sick")
    answer = recorded(reference, "sick-get-bad-v1")["response"]
    hook.spoil = refusing("bad", answer["body"]["message"].rpartition(": ")[2])
    outcome = migrated(made)
    assert [str(each.key) for each in outcome.failures] == ["mig/bad"]
    assert versions_in(reference, "sick-crd-after") == [NEW]
    assert made.versions == BOTH
    assert made.recorded("etcd-after") == made.recorded("etcd-before")
    assert {name: each[0] for name, each in made.stored().items()} == {
        "bad": OLD, "g1": NEW, "g3": NEW,
    }  # fmt: skip
    got = made.server.ask("GET", made.path(NEW, "bad"))
    assert (got.status_code, got.json()) == (answer["status"], answer["body"])


def test_a_webhook_that_fails_for_a_while(
    scenario: Callable[[str], Scenario], migrated: Migrate, hook: RecordedHook, reference: Path
) -> None:
    made = scenario("late")
    assert made.versions == versions_in(reference, "late-crd-before")
    hook.spoil = refusing("bad", "not now")
    assert not migrated(made).done
    assert made.stored() == made.recorded("etcd-after", default=True)
    assert made.versions == versions_in(reference, "late-crd-after") == BOTH
    hook.spoil = None
    assert migrated(made).done
    assert made.stored() == made.recorded("etcd-repaired", default=True)
    assert made.versions == versions_in(reference, "late-crd-repaired") == [NEW]


def test_a_version_of_their_api_that_is_not_served(server: Running, reference: Path) -> None:
    answer = recorded(reference, "svm-v1-not-served")
    got = server.ask("GET", answer["request"]["path"])
    told = answer["response"]
    assert gist(got.status_code, got.json()) == gist(told["status"], told["body"])


def test_every_exchange_is_replayed_or_left_out_with_a_reason(reference: Path) -> None:
    files = [each.name for each in (reference / "migrate").glob("*.json")]
    names = {each[5:-5] for each in files if not each.endswith(".webhook.json")}
    left_out = {
        name for name in names for each in LEFT_OUT if re.fullmatch(each, name)
    }  # fmt: skip
    assert all(any(re.fullmatch(each, name) for name in names) for each in LEFT_OUT)
    replayed = {*STATES} | REPLAYED
    assert not replayed & left_out
    assert replayed | left_out == names


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
