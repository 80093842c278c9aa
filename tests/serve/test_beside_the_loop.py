"""What takes time in proportion to a body, or to an answer, is done beside the event loop."""

import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from kconv._codec import yaml as yaml_codec
from kconv._serve import request_body, responses
from kconv._serve.protobuf import MEDIA_TYPE, encode_object
from serve.conftest import Running

MAPS = "/api/v1/namespaces/default/configmaps"
MANY = {f"k{n}": "v" for n in range(8_000)}
LARGE = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": MANY}
OPTIONS = {"apiVersion": "v1", "kind": "DeleteOptions", "dryRun": ["All"] * 2_000}


class Threads:
    """Which threads have called a function."""

    def __init__(self, patch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
        self.found: list[threading.Thread] = []
        original: Callable[..., Any] = getattr(owner, name)

        def noted(*given: Any, **named: Any) -> Any:
            self.found.append(threading.current_thread())
            return original(*given, **named)

        patch.setattr(owner, name, noted)

    def taken(self) -> set[threading.Thread]:
        """Those since the last time."""
        found, self.found = set(self.found), []
        return found


def test_bodies_and_answers(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    loop: threading.Thread = running.join.__self__  # type: ignore[attr-defined]  # a bound method
    read = Threads(monkeypatch, request_body, "decode_object")
    written = Threads(monkeypatch, responses, "encode_object")
    yaml = Threads(monkeypatch, yaml_codec, "decode_all_with_duplicates")
    sent = {"Content-Type": MEDIA_TYPE}
    with running.client() as client:

        def answered(method: str, path: str, body: Any, **headers: str) -> httpx.Response:
            found = client.request(method, path, content=body, headers={**sent, **headers})
            assert found.status_code < 300, found.text
            return found

        body = encode_object(LARGE)
        assert len(body) > 64 * 1024
        answered("POST", MAPS, body)
        answered("PUT", f"{MAPS}/a", body)
        for path in (f"{MAPS}/a", MAPS):
            answered("DELETE", path, encode_object(OPTIONS))
        threads = read.taken()
        assert threads
        assert loop not in threads
        for path in (f"{MAPS}/a", MAPS):
            client.get(path, headers={"Accept": MEDIA_TYPE})
        threads = written.taken()
        assert threads
        assert loop not in threads
        configuration = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}
        answered(
            "PATCH",
            f"{MAPS}/b?fieldManager=a",
            "# YAML\n" + json.dumps(configuration),
            **{"Content-Type": "application/apply-patch+yaml"},
        )
        threads = yaml.taken()
        assert threads
        assert loop not in threads
        small = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
        answered("POST", MAPS, encode_object(small), Accept=MEDIA_TYPE)
        assert read.taken() | written.taken() == {loop}
