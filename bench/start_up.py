"""What starting costs: compiling what is registered, and the whole process of one conversion."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from bench import samples
from bench.figure import INSTALLED, Figure
from kconv._pipeline.compiled import CompiledEngine
from kconv._scheme import load_scheme

PROCESSES = 20
_KCONV = str(Path(sys.executable).with_name("kconv"))


def figures() -> Iterator[Figure]:
    """Compile time of all groups, and ``kconv convert`` of a file over an empty Python."""
    yield Figure("compile-all-groups", _compile() * 1e3, "ms")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "cronjob.json")
        file.write_bytes(samples.compact(samples.CRON_JOB))
        kconv = [_KCONV, "convert", "-f", str(file)]
        took, floor = _processes(kconv, [sys.executable, "-c", "import json"])
    yield Figure("kconv-convert-process", took / floor, "x", 10)


def _compile() -> float:
    scheme = load_scheme()
    start = time.perf_counter()
    engine = CompiledEngine()
    for kind in scheme.kinds:
        for spoke in kind.spokes:
            compiled = engine.compiled(spoke)
            for trusted, closed in product((False, True), repeat=2):
                compiled.decoder(trusted=trusted, closed=closed)
            compiled.check("all")
            compiled.check("fields")
            for target in kind.spokes:
                engine.one_step(spoke, target, "types")
    return time.perf_counter() - start


def _processes(*commands: Sequence[str]) -> list[float]:
    seconds = [float("inf")] * len(commands)
    for _ in range(PROCESSES):
        for index, command in enumerate(commands):
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=INSTALLED)
            seconds[index] = min(seconds[index], time.perf_counter() - start)
    return seconds
