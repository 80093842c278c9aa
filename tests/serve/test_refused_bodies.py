"""A body that is refused leaves nothing behind, without help from the garbage collector."""

import gc
import http.client
import json
import tracemalloc

import pytest

from serve.conftest import Running
from serve.samples import CONFIGMAPS, configmap

TIMES = 8
SIZE = 2_500_000


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({**configmap("large"), "data": {"text": "x" * SIZE}}, 422, id="a rule"),
        pytest.param({**configmap("large"), "data": {"text": [" " * SIZE]}}, 400, id="a type"),
        pytest.param({"kind": "Pod", "data": " " * SIZE}, 400, id="another kind"),
    ],
)
def test_memory_comes_back(running: Running, body: dict[str, object], status: int) -> None:
    content = json.dumps(body).encode()
    client = http.client.HTTPConnection(running.url.removeprefix("http://"), timeout=30)

    def ask() -> None:
        client.request("POST", CONFIGMAPS, content, {"Content-Type": "application/json"})
        answer = client.getresponse()
        said = answer.read()
        assert answer.status == status, said[:300]

    ask()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        ask()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(TIMES):
            ask()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
        client.close()
    # The server may still be busy with the last one.
    assert after - before < TIMES / 2 * SIZE
