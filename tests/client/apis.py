"""One way to ask for objects, over HTTP and by both clients, so that tests can ask all alike."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

import httpx

import kconv
from kconv._client.core import PATCH_TYPES

T = TypeVar("T")
PUBLIC = [getattr(kconv, name) for name in kconv.__all__ if name != "KconvError"]
Doc = dict[str, Any]
GVK = kconv.GroupVersionKind


@dataclass
class Refused(Exception):
    """What a call was refused with: the same of all three."""

    reason: str
    message: str
    causes: list[tuple[str, str, str]]

    def fields(self) -> list[tuple[str, str]]:
        return sorted((field, reason) for field, reason, _ in self.causes)


class Loop:
    """An event loop in a thread, for what is asynchronous."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


class Api(Protocol):
    """The verbs, on documents."""

    def get(self, gvk: GVK, name: str, namespace: str) -> Doc: ...

    def listed(self, gvk: GVK, namespace: str, **query: str) -> Doc: ...

    def create(self, gvk: GVK, document: Doc, namespace: str, **options: str) -> Doc: ...

    def update(
        self, gvk: GVK, document: Doc, namespace: str, part: str = "", **options: str
    ) -> Doc: ...

    def patch(
        self, gvk: GVK, name: str, change: Any, kind: str, namespace: str, **options: str
    ) -> Doc: ...

    def delete(self, gvk: GVK, name: str, namespace: str, **options: str) -> Doc | None: ...

    def delete_collection(self, gvk: GVK, namespace: str, labels: str) -> list[str]: ...

    def watch(self, gvk: GVK, namespace: str, since: str, labels: str = "") -> list[Any]: ...


@contextmanager
def refusals() -> Iterator[None]:
    try:
        yield
    except kconv.KconvError as error:
        if type(error) not in PUBLIC:
            raise  # it must be caught by name
        causes = [(kconv.format_path(f.path), f.reason, f.message) for f in error.findings]
        raise Refused(error.reason, error.message, causes) from error


class Sync(Api):
    """By `kconv.Client`."""

    def __init__(self, client: kconv.Client) -> None:
        self.client = client

    def get(self, gvk: GVK, name: str, namespace: str) -> Doc:
        with refusals():
            return self.client.get(gvk, name, namespace=namespace)

    def listed(self, gvk: GVK, namespace: str, **query: str) -> Doc:
        with refusals():
            return as_list(self.client.list(gvk, namespace=namespace, **as_query(query)))

    def create(self, gvk: GVK, document: Doc, namespace: str, **options: str) -> Doc:
        with refusals():
            full = headed(gvk, document)
            return self.client.create(full, namespace=namespace, **as_options(options))

    def update(
        self, gvk: GVK, document: Doc, namespace: str, part: str = "", **options: str
    ) -> Doc:
        with refusals():
            return self.client.update(
                headed(gvk, document), namespace=namespace, subresource=part, **as_options(options)
            )

    def patch(
        self, gvk: GVK, name: str, change: Any, kind: str, namespace: str, **options: str
    ) -> Doc:
        with refusals():
            told = as_options(options)
            patch = cast("Any", self.client.patch)
            found: Doc = patch(gvk, name, change, type=kind, namespace=namespace, **told)
            return found

    def delete(self, gvk: GVK, name: str, namespace: str, **options: str) -> Doc | None:
        with refusals():
            return self.client.delete(gvk, name, namespace=namespace, **as_delete(options))

    def delete_collection(self, gvk: GVK, namespace: str, labels: str) -> list[str]:
        with refusals():
            gone = self.client.delete_collection(gvk, namespace=namespace, labels=labels)
            return [each["metadata"]["name"] for each in gone]

    def watch(self, gvk: GVK, namespace: str, since: str, labels: str = "") -> list[Any]:
        with refusals():
            watch = self.client.watch(
                gvk, namespace=namespace, resource_version=since, labels=labels, timeout=0.3
            )
            return [(each.type, each.object) for each in watch]


class Async(Api):
    """By `kconv.AsyncClient`."""

    def __init__(self, client: kconv.AsyncClient, loop: Loop) -> None:
        self.client = client
        self.run = loop.run

    def get(self, gvk: GVK, name: str, namespace: str) -> Doc:
        with refusals():
            return self.run(self.client.get(gvk, name, namespace=namespace))

    def listed(self, gvk: GVK, namespace: str, **query: str) -> Doc:
        with refusals():
            found = self.run(self.client.list(gvk, namespace=namespace, **as_query(query)))
            return as_list(found)

    def create(self, gvk: GVK, document: Doc, namespace: str, **options: str) -> Doc:
        with refusals():
            full = headed(gvk, document)
            return self.run(self.client.create(full, namespace=namespace, **as_options(options)))

    def update(
        self, gvk: GVK, document: Doc, namespace: str, part: str = "", **options: str
    ) -> Doc:
        with refusals():
            full, told = headed(gvk, document), as_options(options)
            return self.run(self.client.update(full, namespace=namespace, subresource=part, **told))

    def patch(
        self, gvk: GVK, name: str, change: Any, kind: str, namespace: str, **options: str
    ) -> Doc:
        with refusals():
            told = as_options(options)
            patch = cast("Any", self.client.patch)
            found: Doc = self.run(patch(gvk, name, change, type=kind, namespace=namespace, **told))
            return found

    def delete(self, gvk: GVK, name: str, namespace: str, **options: str) -> Doc | None:
        with refusals():
            told = as_delete(options)
            return self.run(self.client.delete(gvk, name, namespace=namespace, **told))

    def delete_collection(self, gvk: GVK, namespace: str, labels: str) -> list[str]:
        with refusals():
            gone = self.run(self.client.delete_collection(gvk, namespace=namespace, labels=labels))
            return [each["metadata"]["name"] for each in gone]

    def watch(self, gvk: GVK, namespace: str, since: str, labels: str = "") -> list[Any]:
        async def watch() -> list[Any]:
            watch = self.client.watch(
                gvk, namespace=namespace, resource_version=since, labels=labels, timeout=0.3
            )
            return [(each.type, each.object) async for each in watch]

        with refusals():
            return self.run(watch())


class Http(Api):
    """By requests to an app of the same database."""

    def __init__(self, client: httpx.AsyncClient, loop: Loop, scheme: kconv.Scheme) -> None:
        self.client = client
        self.run = loop.run
        self.scheme = scheme

    def _ask(self, method: str, gvk: GVK, namespace: str, name: str, **request: Any) -> Any:
        spoke = self.scheme.spoke(gvk)
        base = f"/apis/{gvk.api_version}" if gvk.group else f"/api/{gvk.version}"
        within = f"/namespaces/{namespace}" if spoke.options.namespaced else ""
        path = f"{base}{within}/{spoke.options.plural}" + (f"/{name}" if name else "")
        response = self.run(self.client.request(method, path, **request))
        if response.status_code < 300:
            return response.text if "watch" in request.get("params", {}) else response.json()
        raise refused(response.json())

    def get(self, gvk: GVK, name: str, namespace: str) -> Doc:
        found: Doc = self._ask("GET", gvk, namespace, name)
        return found

    def listed(self, gvk: GVK, namespace: str, **query: str) -> Doc:
        found: Doc = self._ask("GET", gvk, namespace, "", params=query)
        for each in found["items"]:
            each.update(apiVersion=gvk.api_version, kind=gvk.kind)
        return {"metadata": found["metadata"], "items": found["items"]}

    def create(self, gvk: GVK, document: Doc, namespace: str, **options: str) -> Doc:
        params = {"fieldValidation": "Strict", **options}
        found: Doc = self._ask("POST", gvk, namespace, "", json=document, params=params)
        return found

    def update(
        self, gvk: GVK, document: Doc, namespace: str, part: str = "", **options: str
    ) -> Doc:
        params = {"fieldValidation": "Strict", **options}
        name = document["metadata"]["name"] + (f"/{part}" if part else "")
        found: Doc = self._ask("PUT", gvk, namespace, name, json=document, params=params)
        return found

    def patch(
        self, gvk: GVK, name: str, change: Any, kind: str, namespace: str, **options: str
    ) -> Doc:
        params = {"fieldValidation": "Strict", **options}
        headers = {"Content-Type": PATCH_TYPES[kind]}
        found: Doc = self._ask(
            "PATCH", gvk, namespace, name, json=change, params=params, headers=headers
        )
        return found

    def delete(self, gvk: GVK, name: str, namespace: str, **options: str) -> Doc | None:
        dry = {"dryRun": options.pop("dryRun")} if "dryRun" in options else {}
        body = {"preconditions": options} if options else {}
        found: Doc = self._ask("DELETE", gvk, namespace, name, json=body, params=dry)
        return None if found["kind"] == "Status" else found

    def delete_collection(self, gvk: GVK, namespace: str, labels: str) -> list[str]:
        found = self._ask("DELETE", gvk, namespace, "", params={"labelSelector": labels})
        return [each["metadata"]["name"] for each in found["items"]]

    def watch(self, gvk: GVK, namespace: str, since: str, labels: str = "") -> list[Any]:
        params = {"watch": "true", "timeoutSeconds": "1", "labelSelector": labels}
        if since:
            params["resourceVersion"] = since
        text = self._ask("GET", gvk, namespace, "", params=params)
        events = [json.loads(line) for line in text.splitlines()]
        if events and events[-1]["type"] == "ERROR":
            raise refused(events[-1]["object"])
        return [(each["type"], each["object"]) for each in events]


def refused(status: Doc) -> Refused:
    causes = (status.get("details") or {}).get("causes") or []
    found = [(each.get("field", ""), each["reason"], each["message"]) for each in causes]
    return Refused(status.get("reason", ""), status["message"], found)


def headed(gvk: GVK, document: Doc) -> Doc:
    return {"apiVersion": gvk.api_version, "kind": gvk.kind, **document}


def as_list(found: kconv.ObjectList[Doc]) -> Doc:
    metadata: Doc = {"resourceVersion": found.resource_version}
    if found.continue_:
        metadata["continue"] = found.continue_
        if found.remaining:
            metadata["remainingItemCount"] = found.remaining
    return {"metadata": metadata, "items": list(found)}


def as_query(query: dict[str, str]) -> dict[str, Any]:
    names = {"labelSelector": "labels", "fieldSelector": "fields", "continue": "continue_"}
    given: dict[str, Any] = {names.get(name, name): text for name, text in query.items()}
    if "limit" in given:
        given["limit"] = int(given["limit"])
    return given


def as_options(options: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"dry_run": options.get("dryRun") == "All"}
    if "fieldValidation" in options:
        found["field_validation"] = options["fieldValidation"]
    return found


def as_delete(options: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"dry_run": options.get("dryRun") == "All"}
    for name, ours in (("uid", "uid"), ("resourceVersion", "resource_version")):
        if name in options:
            found[ours] = options[name]
    return found


def without(document: Doc, *names: str) -> Doc:
    """A document without what two servers would set differently."""
    metadata = {k: v for k, v in document["metadata"].items() if k not in names}
    return {**document, "metadata": metadata}


__all__: Sequence[str] = ("GVK", "Api", "Async", "Doc", "Http", "Loop", "Refused", "Sync")
