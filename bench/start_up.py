"""What starting costs: compiling what is registered, and whole processes of conversions."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from bench import samples
from bench.figure import INSTALLED, Figure
from kconv._codec import yaml as yaml_codec
from kconv._pipeline.compiled import CompiledEngine
from kconv._scheme import load_scheme

PROCESSES = 20
MANY = 1000
MANY_PROCESSES = 5
_KCONV = str(Path(sys.executable).with_name("kconv"))


def figures() -> Iterator[Figure]:
    """Compile time of all groups, and ``kconv convert`` of a file over an empty Python."""
    yield Figure("compile-all-groups", _compile() * 1e3, "ms")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "cronjob.json")
        file.write_bytes(samples.compact(samples.CRON_JOB))
        kconv = [_KCONV, "convert", "-f", str(file)]
        took, floor = _processes(kconv, [sys.executable, "-c", "import json"])
        imported, _ = _processes(
            [sys.executable, "-c", "import kconv"], [sys.executable, "-c", "import json"]
        )
    yield Figure("kconv-convert-process", took / floor, "x", 6)
    yield Figure("import-kconv-process", imported / floor, "x")
    yield from _of_many_files()


def _of_many_files() -> Iterator[Figure]:
    """Converting a thousand files, over PyYAML's fastest loader reading them in one process."""
    with tempfile.TemporaryDirectory() as folder:
        _write_many(Path(folder))
        convert = [_KCONV, "convert", "-f", folder]
        took, edits, floor = _processes(
            [*convert, "-o", "json"],
            [*convert, "--diff"],
            [sys.executable, "-c", _READ, folder],
            rounds=MANY_PROCESSES,
        )
    yield Figure("convert-1000-files-process", took / floor, "x", 1.2)
    # Nothing is promised: it is twice as much parsing, and what is written is parsed again.
    yield Figure("convert-1000-files-edited-process", edits / floor, "x")


_READ = """
import pathlib, sys, yaml
for path in pathlib.Path(sys.argv[1]).iterdir():
    list(yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader))
"""


def _write_many(folder: Path) -> None:
    text = yaml_codec.encode(samples.CRON_JOB).decode()
    for number in range(MANY):
        named = text.replace("nightly-report", f"nightly-report-{number}")
        (folder / f"{number}.yaml").write_text(f"# {number}\n{named}")


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


def _processes(*commands: Sequence[str], rounds: int = PROCESSES) -> list[float]:
    seconds = [float("inf")] * len(commands)
    for _ in range(rounds):
        for index, command in enumerate(commands):
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=INSTALLED)
            seconds[index] = min(seconds[index], time.perf_counter() - start)
    return seconds
