"""The client libraries of the Kubernetes project, and the same for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

import pytest

from serve.libraries import GROUP, NS, PATCHES, Events, Library, each_of


class Official(Library):
    """The dynamic client of kubernetes."""

    def open(self) -> None:
        kubernetes = pytest.importorskip("kubernetes")
        dynamic = pytest.importorskip("kubernetes.dynamic")
        configuration = kubernetes.client.Configuration(host=self.url)
        configuration.no_proxy = "127.0.0.1"
        self.api = kubernetes.client.ApiClient(configuration)
        self.dynamic = dynamic.DynamicClient(self.api, cache_file=str(self.folder / "official"))

    def close(self) -> None:
        self.api.close()

    def _of(self, version: str) -> Any:
        return self.dynamic.resources.get(api_version=f"{GROUP}/{version}", kind="Device")

    def get(self, version: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._of(version).get(name=name, namespace=NS).to_dict()
        return found

    def create(self, version: str, body: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = self._of(version).create(body=body, namespace=NS).to_dict()
        return made

    def replace(self, version: str, body: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = self._of(version).replace(body=body, namespace=NS).to_dict()
        return made

    def patch(self, version: str, name: str, how: str, patch: Any, **query: Any) -> dict[str, Any]:
        call: dict[str, Any] = {"body": patch, "name": name, "namespace": NS}
        if how == "apply":
            call |= {"field_manager": query["manager"], "force_conflicts": query.get("force")}
            changed = self._of(version).server_side_apply(**call)
        else:
            changed = self._of(version).patch(**call, content_type=PATCHES[how])
        return dict(changed.to_dict())

    def delete(self, version: str, name: str, uid: str | None = None) -> None:
        body = {"preconditions": {"uid": uid}} if uid else {}
        self._of(version).delete(name=name, namespace=NS, body=body)

    def names(self, version: str) -> list[str]:
        found: list[str] = []
        more: dict[str, Any] = {}
        while True:
            page = self._of(version).get(namespace=NS, limit=self.page, **more).to_dict()
            found += [each["metadata"]["name"] for each in page["items"]]
            if not page["metadata"].get("continue"):
                return found
            assert len(page["items"]) == self.page
            more = {"_continue": page["metadata"]["continue"]}

    def watch(self, version: str, since: str) -> Events:
        for event in self._of(version).watch(namespace=NS, resource_version=since, timeout=30):
            yield event["type"], event["raw_object"]

    def candidate(self, name: str) -> Any:
        kubernetes = pytest.importorskip("kubernetes")
        lock = pytest.importorskip("kubernetes.leaderelection.resourcelock.leaselock")
        config = pytest.importorskip("kubernetes.leaderelection.electionconfig")
        election = pytest.importorskip("kubernetes.leaderelection.leaderelection")
        held = lock.LeaseLock("official", NS, name)
        held.api_instance = kubernetes.client.CoordinationV1Api(self.api)
        leads = election.LeaderElection(config.Config(held, 30, 20, 2, lambda: None, None))
        return leads.try_acquire_or_renew


class Asyncio(Library):
    """The custom objects of kubernetes_asyncio."""

    def open(self) -> None:
        self.module = pytest.importorskip("kubernetes_asyncio")
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(self._open())

    async def _open(self) -> None:
        configuration = self.module.client.Configuration(host=self.url)
        self.api = self.module.client.ApiClient(configuration)
        self.objects = self.module.client.CustomObjectsApi(self.api)

    def close(self) -> None:
        self.loop.run_until_complete(self.api.close())
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    def _call(self, what: str, version: str, *arguments: Any, **more: Any) -> Any:
        call = getattr(self.objects, f"{what}_namespaced_custom_object")
        return self.loop.run_until_complete(call(GROUP, version, NS, "devices", *arguments, **more))

    def get(self, version: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._call("get", version, name)
        return found

    def create(self, version: str, body: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = self._call("create", version, body)
        return made

    def replace(self, version: str, body: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = self._call("replace", version, body["metadata"]["name"], body)
        return made

    def patch(self, version: str, name: str, how: str, patch: Any, **query: Any) -> dict[str, Any]:
        more: dict[str, Any] = {"_content_type": PATCHES[how]}
        if how == "apply":
            more |= {"field_manager": query["manager"], "force": query.get("force", False)}
        changed: dict[str, Any] | None = self._call("patch", version, name, patch, **more)
        # It gives nothing of an answer with 201, which is that of an apply that creates.
        return self.get(version, name) if changed is None else changed

    def delete(self, version: str, name: str, uid: str | None = None) -> None:
        client = self.module.client
        only = client.V1Preconditions(uid=uid) if uid else None
        self._call("delete", version, name, body=client.V1DeleteOptions(preconditions=only))

    def names(self, version: str) -> list[str]:
        found: list[str] = []
        more: dict[str, Any] = {}
        while True:
            page = self._call("list", version, limit=self.page, **more)
            found += [each["metadata"]["name"] for each in page["items"]]
            if not page["metadata"].get("continue"):
                return found
            assert len(page["items"]) == self.page
            more = {"_continue": page["metadata"]["continue"]}

    def watch(self, version: str, since: str) -> Events:
        yield from each_of(self.loop, self._events(version, since))

    async def _events(
        self, version: str, since: str
    ) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        call = self.objects.list_namespaced_custom_object
        where = (GROUP, version, NS, "devices")
        async with self.module.watch.Watch() as watching:
            async for event in watching.stream(
                call, *where, resource_version=since, timeout_seconds=30
            ):
                yield event["type"], event["object"]

    def candidate(self, name: str) -> Any:
        lock = pytest.importorskip("kubernetes_asyncio.leaderelection.resourcelock.leaselock")
        config = pytest.importorskip("kubernetes_asyncio.leaderelection.electionconfig")
        election = pytest.importorskip("kubernetes_asyncio.leaderelection.leaderelection")

        async def idle() -> None:
            """Does nothing with the lead."""

        held = lock.LeaseLock("asyncio", NS, name, self.api)
        leads = election.LeaderElection(config.Config(held, 30, 20, 2, idle, idle))

        def tries() -> bool:
            run: Coroutine[Any, Any, bool] = leads.try_acquire_or_renew()
            return bool(self.loop.run_until_complete(run))

        return tries
