"""Letting go of what an error holds, once it has been answered."""

from __future__ import annotations

import traceback


def release(error: BaseException) -> None:
    """Empty the frames that an error came through, and those of what led to it.

    An error that comes from a thread is in a circle with the future that brought it, so that the
    body of its request would stay in memory until the garbage collector comes by.
    """
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        found = pending.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        traceback.clear_frames(found.__traceback__)
        pending += [found.__cause__, found.__context__]
