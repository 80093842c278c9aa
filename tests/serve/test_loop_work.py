"""What is done in threads, so that the event loop has its turns."""

import asyncio
import threading
import time
from typing import Any, cast

import pytest

from kconv._serve.resource_request import LARGE_BODY, ResourceRequest
from kconv._verbs.loop_work import compute


@pytest.mark.parametrize(
    ("body", "content_type", "in_thread"),
    [
        (b"{}", "application/json", False),
        (b"x" * (LARGE_BODY + 1), "application/json", True),
        (b"a: &a [x]", "application/yaml", True),
        (b"", "application/yaml", False),
    ],
)
def test_bodies_that_may_take_long(body: bytes, content_type: str, in_thread: bool) -> None:
    nothing = cast("Any", None)
    call = ResourceRequest(
        nothing, nothing, nothing, query=nothing, body=body, content_type=content_type
    )
    thread = asyncio.run(call.work(threading.current_thread))
    assert (thread is not threading.current_thread()) == in_thread


def test_few_threads_compute_at_once() -> None:
    lock = threading.Lock()
    running = most = 0

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1

    async def many() -> None:
        await asyncio.gather(*(compute(work) for _ in range(20)))

    asyncio.run(many())
    assert most == 2
