"""A place with something of everything in it, and the page of it as a client sees it."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from kconv._pipeline import Pipeline
from kconv._serve import Tokens
from kconv._store import Key, Server, SqlStore
from kconv._ui import Pages
from kconv_migrations._migration import migrate, plan
from migrate.samples import NAMESPACE, NEW, OLD, encoded, placed, seed

HOSTILE = "<script>alert(1)</script>"
"""What must never come out as it went in."""

OPTION = "--db 'the <database>'"
"""What is given to each command that a page names."""

TOKEN = "a-token"
BASE = "http://127.0.0.1"


def fill(store: SqlStore, pipeline: Pipeline, count: int = 12) -> None:
    """Store objects of several kinds, hostile and broken ones among them; nothing is migrated."""
    seed(store, pipeline, count)
    broken = json.loads(encoded(pipeline, "broken"))
    broken["spec"]["schedule"] = 7
    broken["spec"]["jobTemplate"]["spec"]["parallelism"] = HOSTILE
    put(store, "batch", "cronjobs", "broken", OLD, broken)
    for group, resource, version in (
        ("autoscaling", "horizontalpodautoscalers", "autoscaling/v2"),
        ("", "secrets", "v1"),
        ("", "configmaps", "v1"),
    ):
        store.prefer(group, resource, version)
    metadata: dict[str, Any] = {"name": "web", "namespace": NAMESPACE}
    metrics = [
        {
            "type": "Resource",
            "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": 70}},
        }
        for name in ("cpu", "memory")
    ]
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "maxReplicas": 12,
        "metrics": metrics,
    }
    scaler = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
    put(
        store,
        "autoscaling",
        "horizontalpodautoscalers",
        "web",
        "autoscaling/v2",
        scaler | {"metadata": metadata, "spec": spec},
    )
    secret = {"apiVersion": "v1", "kind": "Secret", "type": "Opaque"}
    put(
        store, "", "secrets", "db", "v1",
        secret | {"metadata": metadata | {"name": "db"}, "data": {"password": "aHVudGVyMg=="}},
    )  # fmt: skip
    put(
        store, "", "configmaps", HOSTILE, "v1",
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata | {"name": HOSTILE},
         "data": {"index.html": HOSTILE, HOSTILE: "x"}},
    )  # fmt: skip
    decodes = (
        ("batch", "cronjobs", OLD),
        ("batch", "cronjobs", NEW),
        ("autoscaling", "horizontalpodautoscalers", "autoscaling/v2"),
        ("", "secrets", "v1"),
        ("", "configmaps", "v1"),
    )
    store.register(Server("a", HOSTILE, "host", 1, decodes))
    store.count_requests({("batch", "v1beta1", "cronjobs", f"kubectl {HOSTILE}"): 3})


def put(
    store: SqlStore, group: str, resource: str, name: str, version: str, document: Mapping[str, Any]
) -> None:
    at = Key(group, resource, NAMESPACE, name)
    data = json.dumps(document).encode()
    store.create(at, uid=f"uid-{name[:9]}", api_version=version, data=data)


def migrated(store: SqlStore, pipeline: Pipeline) -> str:
    """Migrate the CronJobs, of which one cannot be; returns the run's id."""
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    (outcome,) = migrate(placed(store), pipeline, targets)
    assert len(outcome.failures) == 2, "the object, and its entry in the log"
    return outcome.run


def typed(command: str) -> str:
    """A command with what names the store that pages are of."""
    return f"{command} {OPTION}" if command.startswith("kconv ") else command


@dataclass
class Site:
    """The page of a store, and who looks at it."""

    store: SqlStore
    pages: Pages
    run: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, store: SqlStore, pipeline: Pipeline, run: str = "", *, tokens: bool = True
    ) -> "Site":
        """A page whose visitors have a token, if any is needed."""
        users = Tokens({TOKEN: f"admin {HOSTILE}"}) if tokens else None
        pages = Pages(placed(store), pipeline, tokens=users, about=HOSTILE, typed=typed)
        headers = {"authorization": f"Bearer {TOKEN}"} if tokens else {}
        return cls(store, pages, run, headers)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request; ``headers`` stand in for those that let the visitor in."""
        headers = options.pop("headers", self.headers)

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.pages, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
                return await client.request(method, path, headers=headers, **options)

        return asyncio.run(ask())

    def get(self, path: str, **query: str) -> str:
        """The HTML of a page below ``/ui/``, which has to be there."""
        answer = self.ask("GET", f"/ui/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, **form: str) -> httpx.Response:
        """Send a form of a page below ``/ui/``."""
        return self.ask("POST", f"/ui/{path}", data=form or {"-": ""})


def object_key(name: str) -> str:
    return json.dumps([NAMESPACE, name])


BROKEN = {"resource": "cronjobs.batch", "in": "objects", "key": object_key("broken")}
SCALER = {"resource": "horizontalpodautoscalers.autoscaling", "key": object_key("web")}
SECRET = {"resource": "secrets", "key": object_key("db")}
CONFIG = {"resource": "configmaps", "key": object_key(HOSTILE)}
CRON = {"resource": "cronjobs.batch", "key": object_key("cron-0001")}


def every_page(run: str) -> dict[str, dict[str, str]]:
    """Every page that can be got, by its path, with its query; ``#`` and on tells them apart."""
    return {
        "": {},
        "kinds/cronjobs.batch": {},
        "kinds/horizontalpodautoscalers.autoscaling": {},
        "objects": {},
        "objects#configmaps": {"resource": "configmaps"},
        "object#scaler": SCALER,
        "object#cron": CRON,
        "object#secret": SECRET,
        "object#config": CONFIG,
        "object#broken": {"resource": "cronjobs.batch", "key": BROKEN["key"]},
        "migrations": {},
        f"runs/{run}": {},
        f"runs/{run}/undo": {},
        "plan": {},
        "plan#batch": {"batch": "v1", "references": "yes"},
        "quarantine": {},
        "quarantined": BROKEN,
        "removal": {},
        "verify": {},
        "verify/start": {},
        "login": {},
    }
