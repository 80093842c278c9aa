"""What the demo tells, step by step; every claim is checked before it is printed."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

from kconv._cli.console import is_terminal
from kconv._cli.demo.client import Client, Watcher, Writer
from kconv._cli.demo.objects import (
    MEMORY,
    NAMESPACE,
    autoscaler,
    autoscaler_view,
    cronjob,
    cronjob_view,
)
from kconv._cli.demo.screen import Screen
from kconv._cli.demo.stage import Stage
from kconv._cli.stored_table import stored_table
from kconv._errors import KconvError
from kconv._scheme import load_scheme
from kconv._store import Key, Stored, StorePlace, open_store
from kconv_migrations._migration import status
from kconv_migrations._tables import upgrade

Value = dict[str, Any]

OLD, NEW = "batch/v1beta1", "batch/v1"
CRONJOBS = f"namespaces/{NAMESPACE}/cronjobs"
SCHEDULED = f"namespaces/{NAMESPACE}/scheduledjobs"
AUTOSCALERS = f"namespaces/{NAMESPACE}/horizontalpodautoscalers"
SHOWN = "report-017"
RATE = 500
"""Rows a second that the migration is held to, so that one can see it and others get in."""


class NotSo(KconvError):
    """A claim of the demo that did not hold."""


class Story:
    """The demo on a stage."""

    def __init__(self, stage: Stage, screen: Screen, objects: int) -> None:
        self.stage = stage
        self.screen = screen
        self.objects = objects
        self.checks = 0
        self.began = time.monotonic()

    def tell(self) -> None:
        """Play it all. Raises `NotSo` for the first claim that does not hold."""
        self.screen.title(
            "kconv demo", "every version of an API served at once, one of them stored"
        )
        self.set_up()
        client = Client(self.stage.url)
        try:
            self.create(client)
            self.read(client)
            self.autoscale(client)
            self.look_inside(OLD)
            self.migrate(client)
            self.look_inside(NEW)
        finally:
            client.close()
            self.stage.close()
        self.claim("no process and no file is left behind", not self.stage.folder.exists())
        seconds = time.monotonic() - self.began
        self.screen.end(f"{self.checks} checks held, in {seconds:.1f} s")

    def claim(self, text: str, so: bool, detail: object = "") -> None:
        """Print a claim that holds. Raises `NotSo` for one that does not."""
        if not so:
            raise NotSo(
                f"the demo claims: {text}; this does not hold" + (f": {detail}" if detail else "")
            )
        self.checks += 1
        self.screen.check(text)

    def set_up(self) -> None:
        """A database with tables that prefers the old version, and a server on it."""
        self.screen.step("A server on an empty database that stores CronJobs as batch/v1beta1")
        upgrade(self.stage.db)
        store = open_store(self.stage.db)
        store.prefer("batch", "cronjobs", OLD)
        store.close()
        self.stage.serve()
        self.screen.note(f"{self.stage.url}, SQLite in {self.stage.folder}")

    def create(self, client: Client) -> None:
        """Write objects through the old version."""
        self.screen.step(f"Create {self.objects} CronJobs through batch/v1beta1")
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        client.post("/api/v1/namespaces", namespace)
        began = time.monotonic()
        for number in range(self.objects):
            client.post(f"/apis/{OLD}/{CRONJOBS}", cronjob(number))
        seconds = time.monotonic() - began
        found = len(client.get(f"/apis/{NEW}/{CRONJOBS}")["items"])
        self.claim(
            f"{found} created in {seconds:.1f} s; batch/v1 lists them all", found == self.objects
        )

    def read(self, client: Client) -> None:
        """One object through each version, side by side."""
        self.screen.step("Read one of them through every version")
        paths = [
            f"/apis/{OLD}/{CRONJOBS}/{SHOWN}",
            f"/apis/{NEW}/{CRONJOBS}/{SHOWN}",
            f"/apis/batch/v2alpha1/{SCHEDULED}/{SHOWN}",
        ]
        read = [client.get(path) for path in paths]
        self.screen.side_by_side([(_title(value), cronjob_view(value)) for value in read])
        identities = {
            (value["metadata"]["uid"], value["metadata"]["resourceVersion"]) for value in read
        }
        kinds = [value["kind"] for value in read]
        self.claim(
            "one object, three versions, two names: the same uid and resourceVersion",
            len(identities) == 1 and kinds == ["CronJob", "CronJob", "ScheduledJob"],
        )

    def autoscale(self, client: Client) -> None:
        """A kind whose versions differ in shape; what the older one lacks is carried along."""
        self.screen.step("Versions of another shape: add a memory metric that autoscaling/v1 lacks")
        v1, v2 = (f"/apis/autoscaling/{version}/{AUTOSCALERS}" for version in ("v1", "v2"))
        client.post(v1, autoscaler())
        cpu = client.get(f"{v2}/web")["spec"]["metrics"]
        client.merge(f"{v2}/web", {"spec": {"metrics": [*cpu, MEMORY]}})
        old, new = client.get(f"{v1}/web"), client.get(f"{v2}/web")
        self.screen.side_by_side([(_title(value), autoscaler_view(value)) for value in (old, new)])
        percentage = old["spec"].get("targetCPUUtilizationPercentage")
        client.ask("PUT", f"{v1}/web", {**old, "spec": {**old["spec"], "maxReplicas": 12}})
        after = client.get(f"{v2}/web")["spec"]
        self.claim(
            "written back by a v1 client, nothing of v2 is lost",
            percentage == 80
            and after["maxReplicas"] == 12
            and _names(after) == _names(new["spec"]) == ["cpu", "memory"],
            after,
        )

    def look_inside(self, expected: str) -> None:
        """The rows in the database, counted and one of them raw."""
        if expected == OLD:
            self.screen.step("Look into the database: one row per object, in one version")
        else:
            self.screen.step("The proof, from the database")
        store = open_store(self.stage.db)
        try:
            place = StorePlace(store, load_scheme({"batch"}))
            found = [each for each in status(place) if each.name.endswith(".batch")]
            row: Stored = store.get(Key("batch", "cronjobs", NAMESPACE, SHOWN))
        finally:
            store.close()
        self.screen.table(*stored_table(found))
        self.screen.bytes(SHOWN, row.data)
        rows = {
            version.api_version: version.objects
            for each in found
            if each.name == "cronjobs.batch"
            for version in each.versions
        }
        marker = f'"apiVersion":"{expected}"'.encode()
        self.claim(
            f"all {self.objects} CronJobs are stored as {expected}, the only version on record",
            rows == {expected: self.objects} and marker in row.data,
            rows,
        )

    def migrate(self, client: Client) -> None:
        """Flip and rewrite, while somebody writes and somebody watches."""
        self.screen.step("Flip to batch/v1 and migrate, under a writer and a watcher")
        path = f"/apis/{NEW}/{CRONJOBS}"
        before = client.get(path)
        names = [item["metadata"]["name"] for item in before["items"]]
        watcher = Watcher(self.stage.url, path, before["metadata"]["resourceVersion"])
        writer = Writer(self.stage.url, [f"{path}/{name}" for name in names[::3]], pause=0.01)
        watcher.start()
        writer.start()
        try:
            began = time.monotonic()
            self.run_migrate(["migrate", "--to", "batch=v1", "--rate", str(RATE)])
            seconds = time.monotonic() - began
        finally:
            writer.stop()
        last = writer.versions[-1] if writer.versions else ""
        heard = watcher.wait_for(last)
        time.sleep(0.2)  # an event too many would come now
        watcher.close()
        after = client.get(path)
        self.judge(before["items"], after["items"], writer)
        self.claim(
            f"the watcher heard of those {len(writer.versions)} writes and of nothing else",
            heard and watcher.versions == writer.versions,
            f"{len(watcher.versions)} events",
        )
        self.screen.note(f"all that in {seconds:.1f} s, --rate holding it back so that it is seen")

    def run_migrate(self, arguments: Sequence[str]) -> None:
        """Run ``kconv migrate`` as an operator would; its bar is on standard error."""
        self.screen.command(f"kconv {' '.join(arguments)}")
        visible = is_terminal(sys.stdout) and is_terminal(sys.stderr)
        process = self.stage.kconv(arguments, stderr=None if visible else 2)
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            self.screen.note(line.strip())
        code = process.wait()
        proof = f"0 rows left in {OLD}; dropped from the record"
        self.claim(
            "kconv migrate ended with 0 and the proof",
            code == 0 and any(line.endswith(proof) for line in lines),
            f"exit code {code}",
        )

    def judge(self, before: Sequence[Value], after: Sequence[Value], writer: Writer) -> None:
        """Compare what clients saw before with what they see now."""
        self.claim(
            f"the writer made {len(writer.versions)} writes meanwhile, none was refused",
            writer.error is None and len(writer.versions) > 0,
            writer.error,
        )
        untouched = [item for item in before if item["metadata"]["name"] not in writer.latest]
        now = {item["metadata"]["name"]: item for item in after}
        same = [item for item in untouched if now.get(item["metadata"]["name"]) == item]
        self.claim(
            f"the {len(same)} CronJobs that nobody wrote to are the same to the last field, "
            "resourceVersion too",
            len(same) == len(untouched) and len(after) == len(before),
        )
        latest = {name: now[name]["metadata"]["resourceVersion"] for name in writer.latest}
        self.claim(
            f"the {len(latest)} others have the resourceVersion of their last write",
            latest == writer.latest,
        )


def _title(value: Value) -> tuple[str, str]:
    return value["apiVersion"], value["kind"]


def _names(spec: Value) -> list[str]:
    return sorted(metric["resource"]["name"] for metric in spec["metrics"])
