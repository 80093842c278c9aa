"""An API server with CRDs in memory, as far as a migration meets it, and with faults on request.

It stores each object in a version, shows it in others through a conversion, applies the defaults
of the version that it is stored in when it reads it, and writes it anew when a patch that changes
nothing finds it in another version than the CRD stores. It does no more than the tests need, and is
no reference: what a real one answers is in the recorded exchanges.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cluster.migrator import SVMS, Migrator

Value = dict[str, Any]
Convert = Callable[[Value, str], Value]
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Failed(Exception):
    """An answer that is no success; ``drop`` ends the connection instead."""

    def __init__(
        self, code: int, message: str = "", reason: str = "", *, drop: bool = False, **more: Any
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.reason, self.drop, self.more = (
            code,
            message,
            reason,
            drop,
            more,
        )


@dataclass
class Stored:
    version: str
    value: Value
    number: int


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: Value
    accept: str


Fault = Callable[[Request], None]


@dataclass
class ApiServer:
    """``convert`` is given an object and an apiVersion; it raises `Failed` as a webhook fails."""

    convert: Convert
    crds: dict[str, Value] = field(default_factory=dict)
    objects: dict[tuple[str, str, str], Stored] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    calls: list[Request] = field(default_factory=list)
    secrets: dict[str, Value] = field(default_factory=dict)
    compacted: bool = False
    number: int = 100
    delay: float = 0.0

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.migrator = Migrator(self)
        self.snapshots: dict[str, list[tuple[tuple[str, str, str], Stored]]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self) -> None:
                outer.answer(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def kubeconfig(self, path: Path, context: str = "test") -> Path:
        """A kubeconfig file with one context."""
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": context,
                    "clusters": [{"name": "c", "cluster": {"server": self.url}}],
                    "users": [{"name": "u", "user": {"token": "secret"}}],
                    "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
                }
            )
        )
        return path

    # What a test sets up, and how other clients write.

    def create(self, crd: str, version: str, value: Value) -> None:
        """Store an object in a version, as a client did when the CRD stored that."""
        with self.lock:
            self.number += 1
            value = deepcopy(value)
            metadata = value["metadata"]
            metadata |= {"uid": f"uid-{metadata['name']}-{self.number}", "generation": 1}
            key = crd, metadata["namespace"], metadata["name"]
            self.objects[key] = Stored(version, value, self.number)

    def delete(self, crd: str, namespace: str, name: str) -> None:
        with self.lock:
            self.number += 1
            del self.objects[crd, namespace, name]

    def change(self, crd: str, namespace: str, name: str, version: str, **spec: Any) -> None:
        """Change an object through a version, as a client does."""
        with self.lock:
            key = crd, namespace, name
            value = self.shown(key, self.objects[key], version)
            value["spec"] |= spec
            self.put(key, version, value)

    def flip(self, crd: str, version: str) -> None:
        """Have a CRD store another version, as who applies it does."""
        with self.lock:
            found = self.crds[crd]
            for each in found["spec"]["versions"]:
                each["storage"] = each["name"] == version
            found["metadata"]["generation"] += 1
            self.touch(found)
            if version not in found["status"]["storedVersions"]:
                found["status"]["storedVersions"].append(version)

    def touch(self, crd: Value) -> None:
        self.number += 1
        crd["metadata"]["resourceVersion"] = str(self.number)

    def sorted(self) -> list[tuple[tuple[str, str, str], Stored]]:
        return sorted(self.objects.items(), key=lambda each: (each[0][0], "/".join(each[0][1:])))

    def stored_versions(self, crd: str) -> list[str]:
        """The version that each object is really stored in."""
        return [each.version for key, each in self.sorted() if key[0] == crd]

    # Requests.

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        body = json.loads(handler.rfile.read(length)) if length else {}
        url = urlsplit(handler.path)
        accept = handler.headers.get("Accept", "")
        request = Request(handler.command, url.path, dict(parse_qsl(url.query)), body, accept)
        headers = {}
        try:
            for fault in self.faults:
                fault(request)
            if self.delay:
                time.sleep(self.delay)
            with self.lock:
                self.calls.append(request)
                code, value = 200, self.route(request)
        except Failed as error:
            if error.drop:
                handler.close_connection = True
                return
            code = error.code
            value = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
            value |= {"message": error.message, "code": code, **error.more}
            value |= {"reason": error.reason} if error.reason else {}
            if "retry" in error.more:
                headers["Retry-After"] = str(error.more["retry"])
        data = json.dumps(value).encode()
        handler.send_response(code)
        headers |= {"Content-Type": "application/json", "Content-Length": str(len(data))}
        for name, text in headers.items():
            handler.send_header(name, text)
        handler.end_headers()
        handler.wfile.write(data)

    def route(self, request: Request) -> Value:
        path = request.path
        if path == REVIEWS:
            asked = request.body["spec"]["resourceAttributes"]
            text = f"{asked['verb']} {asked['resource']}/{asked.get('subresource', '')}".strip("/")
            return {**request.body, "status": {"allowed": text not in self.denied}}
        if "/proxy/" in path:
            return self.proxied(request)
        if path.startswith("/api/v1/namespaces/") and "/secrets" in path:
            return self.secret(request, path.split("/secrets")[1].strip("/"))
        if path.startswith(SVMS):
            return self.migrator.route(request, path.removeprefix(SVMS).strip("/"))
        if path == CRDS:
            return {"items": deepcopy([*self.crds.values()]), "metadata": {}}
        if path.startswith(f"{CRDS}/"):
            return self.crd(request, path.removeprefix(f"{CRDS}/"))
        _, _, group, version, *rest = path.split("/")
        namespace = ""
        if rest[0] == "namespaces":
            namespace, rest = rest[1], rest[2:]
        crd = f"{rest[0]}.{group}"
        versions = self.crds[crd]["spec"]["versions"] if crd in self.crds else []
        if not any(each["name"] == version and each["served"] for each in versions):
            raise Failed(404, "the server could not find the requested resource", "NotFound")
        if len(rest) == 1:
            return self.list(request, crd, version)
        key = crd, namespace, rest[1]
        if key not in self.objects:
            raise Failed(404, f'{rest[0]}.{group} "{rest[1]}" not found', "NotFound")
        if request.method == "GET":
            return self.shown(key, self.objects[key], version)
        return self.write(request, key, version)

    def proxied(self, request: Request) -> Value:
        """What the service of the webhook answers; a test says it."""
        raise Failed(503, f"no endpoints available for service {request.path.split('/')[6]}")

    def secret(self, request: Request, name: str) -> Value:
        if request.method == "POST":
            name = request.body["metadata"]["name"]
            if name in self.secrets:
                raise Failed(409, f'secrets "{name}" already exists', "AlreadyExists")
            self.secrets[name] = deepcopy(request.body)
            self.touch(self.secrets[name])
        found = self.secrets.get(name)
        if found is None:
            raise Failed(404, f'secrets "{name}" not found', "NotFound")
        if request.method == "PATCH":
            if request.body["metadata"]["resourceVersion"] != found["metadata"]["resourceVersion"]:
                raise Failed(409, "the object has been modified", "Conflict")
            merge(found.setdefault("data", {}), request.body["data"])
            self.touch(found)
        return deepcopy(found)

    def crd(self, request: Request, name: str) -> Value:
        name, _, subresource = name.partition("/")
        found = self.crds.get(name)
        if found is None:
            raise Failed(404, f'customresourcedefinitions "{name}" not found', "NotFound")
        if request.method == "PATCH":
            expected = request.body["metadata"]["resourceVersion"]
            if expected != found["metadata"]["resourceVersion"]:
                raise Failed(409, "the object has been modified", "Conflict")
            if subresource:
                found["status"] |= request.body["status"]
            else:
                merge(found["spec"], request.body["spec"])
                found["metadata"]["generation"] += 1
            self.touch(found)
        return deepcopy(found)

    def list(self, request: Request, crd: str, version: str) -> Value:
        token, limit = request.query.get("continue"), int(request.query.get("limit", 0))
        if token is None:
            snapshot, start = [each for each in self.sorted() if each[0][0] == crd], 0
            token = f"{self.number}-{len(self.snapshots)}"
            self.snapshots[token] = [(key, deepcopy(each)) for key, each in snapshot]
        else:
            token, _, at = token.partition("@")
            start = int(at)
            if self.compacted:
                self.compacted = False
                # What is there now, from the same place on.
                last = self.snapshots[token][start - 1][0]
                rest = [each for each in self.sorted() if each[0][0] == crd]
                later = f"{token}-later"
                self.snapshots[later] = [e for e in rest if "/".join(e[0][1:]) > "/".join(last[1:])]
                raise Failed(
                    410,
                    "The provided continue parameter is too old",
                    "Expired",
                    metadata={"continue": f"{later}@0"},
                )
        whole = self.snapshots[token]
        page = whole[start : start + limit] if limit else whole[start:]
        items = [self.shown(key, each, version) for key, each in page]
        left = len(whole) - start - len(page)
        metadata: Value = {"resourceVersion": str(self.number)}
        if left > 0:
            metadata |= {"continue": f"{token}@{start + len(page)}", "remainingItemCount": left}
        if "PartialObjectMetadataList" in request.accept:
            items = [{"metadata": each["metadata"]} for each in items]
        return {"kind": "GadgetList", "metadata": metadata, "items": items}

    # Objects.

    def schema(self, crd: str, version: str) -> Value:
        versions = self.crds[crd]["spec"]["versions"]
        return next(e["schema"]["openAPIV3Schema"] for e in versions if e["name"] == version)

    def shown(self, key: tuple[str, str, str], stored: Stored, version: str) -> Value:
        """An object as it is shown in a version: what is read has the defaults of its own."""
        crd = key[0]
        group = self.crds[crd]["spec"]["group"]
        value: Value = deepcopy(stored.value)
        spec = self.schema(crd, stored.version)["properties"]["spec"]["properties"]
        for name, each in spec.items():
            if "default" in each:
                value["spec"].setdefault(name, each["default"])
        if stored.version != version:
            value = self.convert(value, f"{group}/{version}")
        value["apiVersion"] = f"{group}/{version}"
        value["metadata"] |= {"resourceVersion": str(stored.number)}
        return value

    def write(self, request: Request, key: tuple[str, str, str], version: str) -> Value:
        stored, number = self.objects[key], self.number
        value = self.shown(key, stored, version)
        expected = request.body["metadata"].get("resourceVersion", str(stored.number))
        if expected != str(stored.number):
            raise Failed(409, "the object has been modified", "Conflict")
        if request.method == "PATCH":
            assert set(request.body) == {"metadata"}, "a patch that changes nothing"
        else:
            value = request.body
        self.put(key, version, value)
        made = self.shown(key, self.objects[key], version)
        if request.query.get("dryRun") == "All":
            self.objects[key] = stored
            self.number = number
        return made

    def put(self, key: tuple[str, str, str], version: str, value: Value) -> None:
        crd = self.crds[key[0]]
        storage = next(each["name"] for each in crd["spec"]["versions"] if each["storage"])
        if version != storage:
            value = self.convert(value, f"{crd['spec']['group']}/{storage}")
        value = deepcopy(value)
        value["metadata"].pop("resourceVersion", None)
        value.pop("apiVersion", None)
        stored = self.objects[key]
        before = {name: each for name, each in stored.value.items() if name != "apiVersion"}
        if storage == stored.version and before == value:
            return
        self.number += 1
        changed = value.get("spec") != self.shown(key, stored, storage).get("spec")
        value["metadata"]["generation"] = stored.value["metadata"]["generation"] + changed
        value["apiVersion"] = f"{crd['spec']['group']}/{storage}"
        self.objects[key] = Stored(storage, value, self.number)


def merge(value: Value, patch: Value) -> None:
    """A merge patch."""
    for name, each in patch.items():
        if each is None:
            value.pop(name, None)
        elif isinstance(each, dict):
            value[name] = value[name] if isinstance(value.get(name), dict) else {}
            merge(value[name], each)
        else:
            value[name] = each
