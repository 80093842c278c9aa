"""Memory that was needed once goes back to the system, wherever it is in the heap."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest

from kconv._serve import free_memory
from kconv._serve.free_memory import FreeMemory, allocator_trim

MIB = 1024 * 1024

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or allocator_trim() is None, reason="the C library is not glibc"
)


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_it_goes_back_from_between_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_memory, "SECONDS", 0.01)
    pieces = [bytes(2000) for _ in range(40_000)]
    kept = pieces[::100]
    pieces.clear()
    before = resident()

    async def some_time() -> None:
        background = FreeMemory()
        background.start(asyncio.get_running_loop())
        deadline = time.monotonic() + 10
        while before - resident() < 40 * MIB:
            assert time.monotonic() < deadline, f"{resident()} bytes of {before}"
            await asyncio.sleep(0.01)
        background.stop()

    asyncio.run(some_time())
    assert len(kept) == 400
