"""How often an object is decoded, converted and encoded on its way through the server."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from kconv._pipeline import Decoded, HubObject, Pipeline
from kconv._scheme import Scheme, Spoke
from kconv._serve import create_app, served_versions
from kconv._store import SqlStore
from serve.asgi import Reply, ask
from serve.samples import CRONJOBS, HPAS, MERGE, cronjob, template

PAGE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"
OLDER = CRONJOBS.replace("/v1/", "/v1beta1/")
JOBS = "/apis/batch/v1/namespaces/default/jobs"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


class Counting(Pipeline):
    """A pipeline that counts what is done to objects.

    Namespaces are left out: the server looks at them by itself every now and then.
    """

    def __init__(self, scheme: Scheme) -> None:
        super().__init__(scheme)
        self.counts: Counter[str] = Counter()

    def count(self, what: str, spoke: Spoke) -> None:
        if spoke.gvk.kind != "Namespace":
            self.counts[what] += 1

    def decode(self, *args: Any, **kwargs: Any) -> Decoded:
        decoded = super().decode(*args, **kwargs)
        self.count("decode", decoded.spoke)
        return decoded

    def load(self, *args: Any, **kwargs: Any) -> Decoded:
        decoded = super().load(*args, **kwargs)
        self.count("decode", decoded.spoke)
        return decoded

    def to_hub(self, decoded: Decoded) -> HubObject:
        self.count("to hub", decoded.spoke)
        return super().to_hub(decoded)

    def from_hub(self, hub: HubObject, spoke: Spoke) -> Decoded:
        self.count("from hub", spoke)
        return super().from_hub(hub, spoke)

    def encode(self, decoded: Decoded, *args: Any, **kwargs: Any) -> bytes:
        self.count("encode", decoded.spoke)
        return super().encode(decoded, *args, **kwargs)

    def dump(self, decoded: Decoded) -> dict[str, Any]:
        self.count("encode", decoded.spoke)
        return super().dump(decoded)


@pytest.fixture(scope="module")
def counting(scheme: Scheme) -> Counting:
    return Counting(scheme)


@pytest.fixture
def app(scheme: Scheme, store: SqlStore, counting: Counting) -> Starlette:
    served = served_versions(scheme, "api/all=true")
    return create_app(scheme, store, served=served, pipeline=counting)


class Client:
    """Asks the app, and counts what each request took."""

    def __init__(self, app: Starlette, counting: Counting, runner: asyncio.Runner) -> None:
        self.app, self.counting, self.runner = app, counting, runner

    def ask(self, method: str, target: str, body: Any = None, **headers: str) -> Reply:
        data = b"" if body is None else json.dumps(body).encode()
        self.counting.counts.clear()
        found = {name.replace("_", "-"): value for name, value in headers.items()}
        reply = self.runner.run(ask(self.app, method, target, data, found, patience=0.5))
        assert reply.status < 300, reply.body
        return reply

    def taken(self) -> tuple[int, int, int, int]:
        """How often something was decoded, converted to and from the hub, and encoded."""
        counts = self.counting.counts
        return counts["decode"], counts["to hub"], counts["from hub"], counts["encode"]

    def forget(self) -> None:
        """Empty the cache."""
        self.app.state.server.memory.forget()


@pytest.fixture
def client(app: Starlette, counting: Counting) -> Iterator[Client]:
    with asyncio.Runner() as runner:
        asked = Client(app, counting, runner)
        asked.ask("GET", "/api/v1/namespaces")
        yield asked
        runner.run(app.state.server.stop())


def walks(client: Client) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    """Every way that the page describes, with what it took; objects are stored as batch/v1."""
    one, older = f"{CRONJOBS}/one", f"{OLDER}/one"

    def walk(name: str, method: str, target: str, body: Any = None, **headers: str) -> Any:
        client.ask(method, target, body, **headers)
        return name, client.taken()

    yield walk("CREATE", "POST", CRONJOBS, cronjob("one"))
    yield walk("CREATE, another version", "POST", OLDER, cronjob("two"))
    yield walk("GET", "GET", one)
    yield walk("GET, another version", "GET", older)
    yield walk("GET, in memory", "GET", older)
    client.forget()
    yield walk("LIST of 2", "GET", CRONJOBS)
    yield walk("LIST of 2, another version", "GET", OLDER)
    yield walk("LIST of 2, in memory", "GET", OLDER)
    client.forget()
    yield walk("LIST, 1 of 2 selected", "GET", f"{OLDER}?fieldSelector=metadata.name%3Done")
    client.forget()
    yield walk("Table of 2", "GET", CRONJOBS, Accept=TABLE)
    yield walk("Table of 2, in memory", "GET", CRONJOBS, Accept=TABLE)
    body = {**cronjob("one", schedule="1 2 * * *")}
    yield walk("PUT", "PUT", one, body)
    yield walk("PUT, another version", "PUT", older, cronjob("one", schedule="2 2 * * *"))
    client.ask("GET", one)
    body = cronjob("one", schedule="2 2 * * *")
    yield walk("PUT that changes nothing", "PUT", one, body)
    client.forget()
    change: dict[str, Any] = {"spec": {"schedule": "3 2 * * *"}}
    yield walk("PATCH", "PATCH", one, change, Content_Type=MERGE)
    client.forget()
    # Before the watch, which may see it, and decodes what it sees.
    yield walk("DELETE", "DELETE", f"{CRONJOBS}/two")
    client.forget()
    change = {"spec": {"schedule": "4 2 * * *"}}
    yield walk("PATCH, another version", "PATCH", older, change, Content_Type=MERGE)
    version = int(json.loads(client.ask("GET", one).body)["metadata"]["resourceVersion"])
    client.forget()
    watch = f"{CRONJOBS}?watch=1&resourceVersion={version - 1}"
    yield walk("watch event", "GET", watch)
    client.ask("GET", one)
    yield walk("watch event, of what is in memory", "GET", watch)
    yield walk("watch event, for another watch", "GET", watch)


def said() -> dict[str, tuple[int, int, int, int]]:
    """The rows of the table in the page."""
    _, _, section = PAGE.read_text().partition("## Requests\n")
    section, _, _ = section.partition("\n## ")
    rows = re.findall(r"^\| ([^|]+?) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|", section, re.MULTILINE)
    return {name: (int(a), int(b), int(c), int(d)) for name, a, b, c, d in rows}


def test_walks_are_as_the_page_says(client: Client) -> None:
    found = dict(walks(client))
    assert found == said()


def test_rules_about_updates_need_both_states(client: Client) -> None:
    job = {"metadata": {"name": "one"}, "spec": {"template": template()}}
    made = json.loads(client.ask("POST", JOBS, job).body)
    made["spec"]["suspend"] = True
    client.ask("PUT", f"{JOBS}/one", made)
    # One more to decode and to encode: what a new job is given is judged with the rest of it.
    assert client.taken() == (3, 2, 2, 4)


def test_metadata_of_a_version_with_rules_is_that_of_the_hub(client: Client) -> None:
    spec = {
        "scaleTargetRef": {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"},
        "maxReplicas": 3,
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "memory",
                    "target": {"type": "Utilization", "averageUtilization": 5},
                },
            }
        ],
    }
    newer = HPAS.replace("/v1/", "/v2/")
    client.ask("POST", newer, {"metadata": {"name": "one"}, "spec": spec})
    plain = json.loads(client.ask("GET", f"{HPAS}/one").body)
    assert plain["metadata"]["annotations"], "it carries metrics that v1 cannot hold"
    table = json.loads(client.ask("GET", HPAS, Accept=TABLE).body)
    (row,) = table["rows"]
    assert "annotations" not in row["object"]["metadata"]
    assert row["object"]["metadata"]["uid"] == plain["metadata"]["uid"]
    again = json.loads(client.ask("GET", HPAS, Accept=TABLE).body)
    assert client.taken() == (0, 0, 0, 0)
    assert again["rows"][0]["object"] == row["object"]
