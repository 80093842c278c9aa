"""StorageVersionMigration as Kubernetes 1.36 does it, as was recorded: it prunes in any case."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cluster.api_server import ApiServer, Request

Value = dict[str, Any]
SVMS = "/apis/storagemigration.k8s.io/v1beta1/storageversionmigrations"


class Migrator:
    """A migration is done between two looks at it; ``is_on`` says whether anybody does them."""

    def __init__(self, server: ApiServer) -> None:
        self.server = server
        self.migrations: dict[str, Value] = {}
        self.is_served = self.is_on = True
        self.begun: list[str] = []

    def route(self, request: Request, name: str) -> Value:
        from cluster.api_server import Failed

        if not self.is_served:
            raise Failed(404, "the server could not find the requested resource", "NotFound")
        if request.method == "POST":
            name = request.body["metadata"]["name"]
            if name in self.migrations:
                raise Failed(409, "already exists", "AlreadyExists")
            self.migrations[name] = {**deepcopy(request.body), "status": {}}
            self.begun.append(name)
        elif not name:
            return {"items": deepcopy([*self.migrations.values()])}
        if name not in self.migrations:
            raise Failed(404, f'storageversionmigrations "{name}" not found', "NotFound")
        if request.method == "DELETE":
            return self.migrations.pop(name)
        found = deepcopy(self.migrations[name])
        if request.method == "GET" and self.is_on and not found["status"]:
            self.migrate(name)
        return found

    def migrate(self, name: str) -> None:
        """Rewrite what can be, and take what is not stored any more off the record."""
        from cluster.api_server import Failed

        resource = self.migrations[name]["spec"]["resource"]
        crd = f"{resource['resource']}.{resource['group']}"
        definition = self.server.crds[crd]
        storage = next(e["name"] for e in definition["spec"]["versions"] if e["storage"])
        condition = {"type": "Succeeded", "status": "True", "message": ""}
        for key, stored in self.server.sorted():
            if key[0] != crd:
                continue
            try:
                value = self.server.shown(key, stored, storage)
                self.server.put(key, storage, value)
            except Failed as error:
                condition = {"type": "Failed", "status": "True", "message": str(error)}
        definition["status"]["storedVersions"] = [storage]
        self.server.touch(definition)
        running = {"type": "Running", "status": "False"}
        self.migrations[name]["status"] = {"conditions": [running, condition]}
