"""An operator's kind moves to another stored version while everybody writes, and anybody dies."""

from __future__ import annotations

import base64
import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import httpx
import pytest

from devices import GROUP, register
from fixtures.long import LONG
from kconv import Scheme
from kconv._exporter import crd_of
from operators.facts import VERSIONS, Value
from operators.processes import Cluster
from operators.writers import Asking, Reader, Writer, path, surely

ROUNDS, WRITERS, OBJECTS = (20, 3, 8) if LONG else (1, 2, 4)
SETTLE = 0.3
ENDS = 300.0 if LONG else 120.0
"""Seconds for a run to end well, which is killed or stopped meanwhile: one alone has taken 26."""
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CRD = f"{CRDS}/devices.{GROUP}"
NOTE = "devices.example.com/power"
HANDLED = "v2"
"""The version that the operator watches: it stays in the CRD."""


def definition(cluster: Cluster, storage: str) -> Value:
    """The CRD with three of the versions that there are."""
    scheme = Scheme()
    register(scheme)
    (kind,) = scheme.freeze().kinds
    crd, _ = crd_of(kind)
    crd["spec"]["versions"] = [
        {**each, "storage": each["name"] == storage}
        for each in crd["spec"]["versions"]
        if each["name"] in VERSIONS
    ]
    bundle = base64.b64encode(cluster.certificate.read_bytes()).decode()
    crd["spec"]["conversion"] = {
        "strategy": "Webhook",
        "webhook": {
            "conversionReviewVersions": ["v1"],
            "clientConfig": {"url": cluster.hook, "caBundle": bundle},
        },
    }
    return crd


class Story:
    """The cluster, those who use it, and what has to be true of it."""

    def __init__(self, cluster: Cluster, seed: int) -> None:
        self.cluster = cluster
        self.chance = random.Random(seed)
        self.http = httpx.Client(base_url=cluster.url, trust_env=False, timeout=40)
        self.writers = [Writer(cluster.url, seed + at + 1, OBJECTS) for at in range(WRITERS)]
        self.readers = [Reader(cluster.url, seed + 100, self.writers)]
        self.storage = VERSIONS[0]
        self.crd = definition(cluster, self.storage)
        self.kills: list[str] = []

    @property
    def everybody(self) -> list[Asking]:
        return [*self.writers, *self.readers]

    def begin(self) -> None:
        """Start everything."""
        self.cluster.server.start()
        self.cluster.server.wait_ready()
        self._write_crd("POST", CRDS, self.crd)
        self.cluster.operator.start()
        self.cluster.operator.wait_ready()
        for each in self.everybody:
            each.start()

    def _write_crd(self, method: str, at: str, body: Value) -> Value:
        answer = self.http.request(method, at, json=body)
        assert answer.status_code < 300, answer.text
        found: Value = answer.json()
        return found

    def change_versions(self, versions: list[Value]) -> None:
        """Write the versions of the CRD, whoever else writes it."""

        def write() -> bool | None:
            found = self.http.get(CRD).json()
            found["spec"]["versions"] = versions
            answer = self.http.put(CRD, json=found)
            assert answer.status_code in (200, 409), answer.text
            return True if answer.status_code == 200 else None

        surely(write)

    def round(self, target: str) -> None:
        """Flip, kill, finish, and take the old version out of the CRD for a while."""
        old, self.storage = self.storage, target
        all_of_them = [
            {**each, "storage": each["name"] == target} for each in self.crd["spec"]["versions"]
        ]
        self.change_versions(all_of_them)
        assert self._record() == [old, target]
        victims = [self.cluster.run, self.cluster.operator, self.cluster.server]
        self.chance.shuffle(victims)
        for victim in victims:
            if self.cluster.run.ended is not None or not self.kills:
                self.cluster.run.start()
            time.sleep(self.chance.uniform(0.1, 1.5))
            victim.kill()
            self.kills.append(victim.name)
            self._check_record()
            if victim is not self.cluster.run:
                time.sleep(self.chance.uniform(0.0, 0.3))
                victim.start()
                victim.wait_ready()
            for each in self.everybody:
                each.check()
        self._finish(old)
        with self.quiet():
            self.judge({target})
            assert self._record() == [target]
            if old == HANDLED:
                return
            self.change_versions([each for each in all_of_them if each["name"] != old])
        with self.quiet():
            self.judge({target}, [each for each in VERSIONS if each != old])
            assert self.http.get(path(old)).status_code == 404
            if not LONG:
                return
            self.change_versions(all_of_them)

    def _check_record(self) -> None:
        """No version that an object is in may be off the record, at any moment."""

        def stored() -> set[str] | None:
            try:
                found = self.http.get(CRD)
            except httpx.HTTPError:
                return None
            return {*found.json()["status"]["storedVersions"]} if found.is_success else None

        if self.kills[-1] != "server":
            before = self.stored_in()
            assert before <= surely(stored) | {self.storage}

    def _finish(self, old: str) -> None:
        """Runs until one ends well: the last may have been killed, or be stopped by what was."""
        run = self.cluster.run
        deadline = time.monotonic() + ENDS
        while True:
            # One that could not reach the server for long has given up.
            self.cluster.operator.wait_ready()
            if run.ended is None:
                time.sleep(0.05)
            elif run.ended == 0 and old not in self._record():
                return
            else:
                run.start()
            assert time.monotonic() < deadline, run.log.read_text()[-4000:]

    def _record(self) -> list[str]:
        found: list[str] = self.http.get(CRD).json()["status"]["storedVersions"]
        return found

    def quiet(self) -> ExitStack:
        """While nobody asks anything."""
        held = ExitStack()
        for each in self.everybody:
            held.enter_context(each.act)
        return held

    def stored_in(self) -> set[str]:
        """The versions that objects are stored in, as the database has it."""
        file = self.cluster.database.removeprefix("sqlite:///")
        with closing(sqlite3.connect(file, timeout=30)) as opened:
            rows = opened.execute(
                "SELECT DISTINCT api_version FROM kconv_objects WHERE resource = 'devices'"
            ).fetchall()
        return {str(each).rpartition("/")[2] for (each,) in rows}

    def judge(self, stored: set[str], versions: list[str] | tuple[str, ...] = VERSIONS) -> None:
        """Nothing that was acknowledged is lost, doubled or converted wrongly."""
        for asking in self.everybody:
            asking.check()
        self.cluster.operator.wait_ready()
        owners = {name: writer for writer in self.writers for name in writer.known}
        for name, writer in owners.items():
            surely(partial(writer.look, writer.known[name], versions[0]))
        there = {name for name, writer in owners.items() if writer.known[name].may_be != [None]}
        assert there, "there is something to lose"
        for version in versions:
            items = surely(partial(self._listed, version))
            names = [str(each["metadata"]["name"]) for each in items]
            assert sorted(names) == sorted(there)
            for name, item in zip(names, items, strict=True):
                head = {"apiVersion": f"{GROUP}/{version}", "kind": "Device"}
                owners[name].judge(owners[name].known[name], {**item, **head})
        assert self.stored_in() == stored

    def _listed(self, version: str) -> list[Value] | None:
        answer = self.http.get(path(version))
        found: list[Value] | None = answer.json()["items"] if answer.is_success else None
        return found

    def handled(self) -> None:
        """The operator has seen every object that there is."""

        def noted() -> list[Value] | None:
            items = surely(partial(self._listed, HANDLED))
            notes = [each["metadata"].get("annotations", {}).get(NOTE) for each in items]
            return items if all(notes) else None

        surely(noted)

    def end(self) -> None:
        """Stop everybody, and see that they did something."""
        for each in self.everybody:
            each.stop()
        assert all(each.done for each in self.everybody)
        self.handled()
        self.judge({self.storage}, [each["name"] for each in self._versions()])
        assert self.cluster.operator.end() == 0, self.cluster.operator.said()

    def _versions(self) -> list[Value]:
        found: list[Value] = self.http.get(CRD).json()["spec"]["versions"]
        return found


@pytest.fixture
def story(tmp_path: Path, _sqlite_template: Path) -> Iterator[Story]:
    notes = shutil.copy(_sqlite_template, tmp_path / "notes.db")
    cluster = Cluster(tmp_path, f"sqlite:///{notes}", SETTLE)
    made = Story(cluster, seed=17)
    yield made
    cluster.close()
    for each in made.everybody:
        each.close()
    made.http.close()


def test_a_version_is_removed_under_writers_whoever_dies(story: Story) -> None:
    """`kconv serve`, an operator that converts, and migrations, killed at random moments."""
    story.begin()
    time.sleep(0.5)
    for number in range(ROUNDS):
        story.round(VERSIONS[(number + 1) % len(VERSIONS)])
    story.end()
    assert {*story.kills} == {"run", "operator", "server"}
