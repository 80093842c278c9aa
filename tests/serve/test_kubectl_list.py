"""What people do with kubectl, against an API of a user's own beside the shipped ones.

`kubectl.txt` is the list. `KCONV_KUBECTLS` names other versions of kubectl to run it with,
separated by colons; those that are older leave out what they do not know.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.transcript import Command, Thing, agrees, read
from kconv._scheme import load_scheme
from serve.conftest import Running

THINGS = read(Path(__file__).parent / "kubectl.txt")
NAMED = [Path(each) for each in os.environ.get("KCONV_KUBECTLS", "").split(":") if each]
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "device": (
        "/apis/devices.example.com/v2/namespaces/{ns}/devices",
        {"spec": {"host": "cam.example.com", "port": 80}},
    ),
    "config": ("/api/v1/namespaces/{ns}/configmaps", {"data": {"a": "1"}}),
}


class Typist:
    """Types the commands of one thing, in a namespace of its own."""

    def __init__(self, kubectl: Path, url: str, folder: Path, number: int) -> None:
        self.kubectl, self.url, self.ns = kubectl, url, f"thing-{number}"
        self.folder = folder / self.ns
        self.folder.mkdir()
        config = {
            "clusters": [{"name": "c", "cluster": {"server": url}}],
            "contexts": [
                {"name": "c", "context": {"cluster": "c", "user": "u", "namespace": self.ns}}
            ],
            "current-context": "c",
            "users": [{"name": "u", "user": {}}],
        }
        (self.folder / "config").write_text(json.dumps(config))
        self.uids: dict[str, str] = {}
        self.environment = {
            "HOME": str(folder),
            "KUBECONFIG": str(self.folder / "config"),
            "PATH": "/usr/bin:/bin",
            "KUBE_EDITOR": "",
        }

    def prepare(self, thing: Thing, http: httpx.Client) -> None:
        """Puts there what is there before."""
        made = http.post("/api/v1/namespaces", json={"metadata": {"name": self.ns}})
        assert made.status_code == 201, made.text
        for each in thing.before:
            kind, name, *more = each.split(" ", 2)
            place, body = KINDS[kind]
            changed = json.loads(self.filled(more[0])) if more else {}
            metadata = {"name": name, **changed.pop("metadata", {})}
            put = http.post(
                place.format(ns=self.ns), json={**body, **changed, "metadata": metadata}
            )
            assert put.status_code == 201, put.text
            self.uids[name] = put.json()["metadata"]["uid"]
        for name, text in thing.files.items():
            file = self.folder / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(self.filled(text))
            file.chmod(0o755)

    def filled(self, text: str) -> str:
        """A text with what is another in each run: {ns}, {url} and the {uid of NAME}."""
        for name, value in (("ns", self.ns), ("url", self.url), *self._of_uids()):
            text = text.replace(f"{{{name}}}", value)
        return text

    def _of_uids(self) -> list[tuple[str, str]]:
        return [(f"uid of {name}", uid) for name, uid in self.uids.items()]

    def start(self, command: Command) -> subprocess.Popen[str]:
        words = [self.filled(word) for word in command.words]
        environment = dict(self.environment)
        while "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            environment[name] = value
        process = subprocess.Popen(
            [str(self.kubectl), *words],
            cwd=self.folder, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin
        process.stdin.write(self.filled(command.stdin))
        process.stdin.close()
        process.stdin = None
        return process

    def type(self, command: Command) -> list[str]:
        """Types a command, and what is typed meanwhile; gives what was said otherwise."""
        process = self.start(command)
        told = Told(process)
        if command.goes_on:
            told.within(lambda: bool(told.out) or "watch=true" in told.err)
        wrong = [each for other in command.meanwhile for each in self.type(other)]
        if command.goes_on:
            told.within(lambda: agrees([self.filled(line) for line in command.out], told.out))
            process.terminate()
        told.join()
        out, err = ([self.filled(line) for line in lines] for lines in (command.out, command.err))
        same = command.goes_on or command.code == process.returncode
        if not (same and agrees(out, told.out) and agrees(err, told.err)):
            typed = "$ " + " ".join(command.words)
            wrong.append(f"{typed}\n? {process.returncode}\n{_marked('! ', told.err)}{told.out}")
        return wrong


def _marked(mark: str, text: str) -> str:
    return "".join(f"{mark}{line}\n" for line in text.splitlines())


class Told:
    """What a process has said so far."""

    PATIENCE = 30.0

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.out = self.err = ""
        self._process = process
        self._news = threading.Condition()
        self._readers = [
            threading.Thread(target=self._read, args=(name, stream), daemon=True)
            for name, stream in (("out", process.stdout), ("err", process.stderr))
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, name: str, stream: Any) -> None:
        for line in stream:
            with self._news:
                setattr(self, name, getattr(self, name) + line)
                self._news.notify_all()

    def within(self, so: Callable[[], bool]) -> bool:
        with self._news:
            return self._news.wait_for(
                lambda: so() or self._process.poll() is not None, self.PATIENCE
            )

    def join(self) -> None:
        try:
            self._process.wait(self.PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.err += "it did not end"
        for reader in self._readers:
            reader.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                stream.close()


def release(kubectl: Path) -> tuple[int, int]:
    """Which version it is."""
    said = subprocess.run(
        [kubectl, "version", "--client", "-o", "json"], capture_output=True, check=True
    )
    version = json.loads(said.stdout)["clientVersion"]
    return int(version["major"]), int(re.match(r"\d+", version["minor"])[0])  # type: ignore[index]


def faults(kubectl: Path, url: str, folder: Path) -> str:
    """What of the list a kubectl does otherwise, against the server at a URL."""
    version = release(kubectl)

    def do(number: int) -> str:
        thing = THINGS[number]
        if thing.since > version:
            return ""
        typist = Typist(kubectl, url, folder, number)
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as http:
            typist.prepare(thing, http)
        wrong = [each for command in thing.commands for each in typist.type(command)]
        return "\n".join([f"## {thing.title} (line {thing.line})", *wrong]) if wrong else ""

    with ThreadPoolExecutor(3) as pool:
        return "\n".join(each for each in pool.map(do, range(len(THINGS))) if each)


@pytest.mark.parametrize("program", NAMED or [None])
def test_the_list(
    program: Path | None,
    request: pytest.FixtureRequest,
    serve: Callable[..., Running],
    tmp_path: Path,
) -> None:
    more = ("kconv_schemas.coordination:register", "kconv_schemas.apps:register")
    kinds = load_scheme(
        ["", "batch", "autoscaling"], ["devices:register", "serve.fleets:register", *more]
    )
    running = serve("api/all=true,extensions/v1beta1=false", kinds=kinds)
    used = program or request.getfixturevalue("kubectl")

    assert not (wrong := faults(used, running.url, tmp_path)), f"{used}: {wrong}"
