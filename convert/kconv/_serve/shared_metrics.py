"""The metrics of several processes, in the answer of whichever is asked.

Each process offers its own on a Unix socket in a folder that they share, and collects those of the
others. Every sample says which process it is of, so that Prometheus can add up or tell apart.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path

PATIENCE = 1.0
"""Seconds that another process has to answer; one that is hung is left out."""

_LIMIT = 16 * 1024 * 1024
_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?( .*)")


class SharedMetrics:
    """What one process offers to the others, and gets from them."""

    def __init__(self, folder: Path, number: int, own: Callable[[], bytes]) -> None:
        self._folder = folder
        self._number = number
        self._own = own
        self._server: asyncio.AbstractServer | None = None

    async def start(self) -> None:
        """Offer the metrics of this process."""
        path = self._path(self._number)
        # One that died has left its socket behind.
        path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._answer, path)

    def stop(self) -> None:
        """Offer them no more."""
        if self._server is not None:
            self._server.close()
            self._path(self._number).unlink(missing_ok=True)

    async def text(self) -> bytes:
        """The metrics of all processes."""
        numbers = sorted(int(path.stem) for path in self._folder.glob("*.sock"))
        texts = await asyncio.gather(*(self._of(number) for number in numbers))
        return merged(zip(numbers, texts, strict=True))

    async def _of(self, number: int) -> bytes:
        if number == self._number:
            return self._own()
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_unix_connection(
                    self._path(number), limit=_LIMIT
                )
                with contextlib.closing(writer):
                    return await reader.read()
        except (OSError, TimeoutError):
            return b""

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(self._own())
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.sock"


def merged(texts: Iterable[tuple[int, bytes]]) -> bytes:
    """Texts in Prometheus' format as one, each sample with the number of its process."""
    heads: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    for number, text in texts:
        family = ""
        for line in text.decode().splitlines():
            if line.startswith("# HELP "):
                family = line.split(" ", 3)[2]
                heads.setdefault(family, [line])
            elif line.startswith("# TYPE "):
                if len(heads[family]) == 1:
                    heads[family].append(line)
            elif found := _SAMPLE.fullmatch(line):
                name, labels, value = found.groups()
                given = f"{labels}," if labels else ""
                samples.setdefault(family, []).append(f'{name}{{{given}process="{number}"}}{value}')
    lines = [line for family, head in heads.items() for line in (*head, *samples.get(family, ()))]
    return ("\n".join(lines) + "\n").encode()
