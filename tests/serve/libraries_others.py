"""kr8s and lightkube."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from serve.libraries import GROUP, NS, Events, Library, each_of


class Kr8s(Library):
    """The objects of kr8s, which have neither apply nor replace."""

    lacks = frozenset({"apply", "strategic", "replace", "preconditions", "lead"})
    page = 100

    def open(self) -> None:
        self.module = pytest.importorskip("kr8s")
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": self.url}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": NS}}],
            "current-context": "c",
            "users": [{"name": "u", "user": {}}],
        }
        (self.folder / "kr8s").write_text(json.dumps(config))
        self.kr8s = pytest.importorskip("kr8s.asyncio")
        self.objects = pytest.importorskip("kr8s.asyncio.objects")
        self.loop = asyncio.new_event_loop()
        self.run = self.loop.run_until_complete
        self.api = self.run(self.kr8s.api(kubeconfig=str(self.folder / "kr8s")))

    def close(self) -> None:
        # It has no way to close its connections.
        self.run(self.api._session.aclose())
        self.loop.close()

    def refused(self, error: Exception) -> int:
        if isinstance(error, self.module.NotFoundError):
            return 404
        response = getattr(error, "response", None)
        if response is None:
            raise error
        return int(response.status_code)

    def _of(self, version: str) -> Any:
        return self.objects.new_class(
            kind="Device", version=f"{GROUP}/{version}", namespaced=True, plural="devices"
        )

    def _one(self, version: str, name: str) -> Any:
        return self._of(version)({"metadata": {"name": name, "namespace": NS}}, api=self.api)

    def get(self, version: str, name: str) -> dict[str, Any]:
        found = self._one(version, name)
        self.run(found.refresh())
        return dict(found.to_dict())

    def create(self, version: str, body: dict[str, Any]) -> dict[str, Any]:
        made = self._of(version)(body, namespace=NS, api=self.api)
        self.run(made.create())
        return dict(made.to_dict())

    def patch(self, version: str, name: str, how: str, patch: Any, **query: Any) -> dict[str, Any]:
        changed = self._one(version, name)
        self.run(changed.patch(patch, type="json" if how == "json" else None))
        return dict(changed.to_dict())

    def delete(self, version: str, name: str, uid: str | None = None) -> None:
        self.run(self._one(version, name).delete())

    def names(self, version: str) -> list[str]:
        async def names() -> list[str]:
            listed = self._of(version).list(namespace=NS, api=self.api)
            return [each.name async for each in listed]

        return self.run(names())

    def watch(self, version: str, since: str) -> Events:
        events = self.api.watch(self._of(version), namespace=NS, since=since)
        yield from each_of(self.loop, ((kind, each.to_dict()) async for kind, each in events))


class Lightkube(Library):
    """The generic resources of lightkube."""

    lacks = frozenset({"preconditions", "lead"})

    def open(self) -> None:
        lightkube = pytest.importorskip("lightkube")
        self.generic = pytest.importorskip("lightkube.generic_resource")
        self.types = pytest.importorskip("lightkube.types")
        one = pytest.importorskip("lightkube.config.models")
        config = lightkube.KubeConfig.from_one(
            cluster=one.Cluster(server=self.url), user=one.User(), namespace=NS
        )
        self.client = lightkube.Client(config, namespace=NS, trust_env=False)

    def close(self) -> None:
        self.client.close()

    def refused(self, error: Exception) -> int:
        status = getattr(error, "status", None)
        if status is None:
            raise error
        return int(status.code)

    def _of(self, version: str) -> Any:
        return self.generic.create_namespaced_resource(GROUP, version, "Device", "devices")

    def get(self, version: str, name: str) -> dict[str, Any]:
        return dict(self.client.get(self._of(version), name).to_dict())

    def create(self, version: str, body: dict[str, Any]) -> dict[str, Any]:
        return dict(self.client.create(self._of(version)(body)).to_dict())

    def replace(self, version: str, body: dict[str, Any]) -> dict[str, Any]:
        return dict(self.client.replace(self._of(version)(body)).to_dict())

    def patch(self, version: str, name: str, how: str, patch: Any, **query: Any) -> dict[str, Any]:
        call: dict[str, Any] = {"patch_type": self.types.PatchType[how.upper()]}
        if how == "apply":
            call |= {"field_manager": query["manager"], "force": query.get("force", False)}
        return dict(self.client.patch(self._of(version), name, patch, **call).to_dict())

    def delete(self, version: str, name: str, uid: str | None = None) -> None:
        self.client.delete(self._of(version), name)

    def names(self, version: str) -> list[str]:
        found = self.client.list(self._of(version), chunk_size=self.page)
        return [each.metadata.name for each in found]

    def watch(self, version: str, since: str) -> Events:
        found = self.client.watch(self._of(version), resource_version=since, server_timeout=30)
        for kind, each in found:
            yield kind, each.to_dict()
