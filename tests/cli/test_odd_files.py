"""Whatever has the name of a file: it is read, or a message says why not; nothing waits for it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.samples import CONVERTED, CRONJOB, Ended, Kconv
from kconv._codec.limits import FILE_LIMIT


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """Fail where a command waits, instead of waiting with it."""

    def late(number: int, frame: object) -> None:
        raise AssertionError("the command waits")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def unreadable(path: Path) -> None:
    path.symlink_to("/proc/self/mem")  # not even root reads its first page


def nowhere(path: Path) -> None:
    path.symlink_to("gone")


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def folder(path: Path) -> None:
    path.mkdir()


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(FILE_LIMIT + 1)


Make = Callable[[Path], None]

ODD: list[tuple[Make, str]] = [
    (pipe, "a named pipe, not a file; write into standard input instead"),
    (listening, "a socket, not a file"),
    (endless, "a device, not a file"),
    (unreadable, "Input/output error"),
    (nowhere, "a link to nowhere"),
    (loop, "Too many levels of symbolic links"),
    (huge, f"Request entity too large: limit is {FILE_LIMIT}"),
]

odd = pytest.mark.parametrize(("make", "said"), ODD, ids=[make.__name__ for make, _ in ODD])


def refused(ended: Ended, name: str, said: str) -> None:
    # Too large is what the file holds is, and so an answer about it.
    assert ended.code == (1 if "too large" in said else 2), ended.err
    assert ended.out == ""
    assert name in ended.err
    assert said in ended.err
    assert "Traceback" not in ended.err


@odd
@pytest.mark.parametrize("given", ["x.yaml", "."])
@pytest.mark.parametrize("more", [[], ["--in-place"], ["--dry-run"]])
def test_convert(
    kconv: Kconv, tmp_path: Path, make: Make, said: str, given: str, more: list[str]
) -> None:
    make(tmp_path / "x.yaml")
    refused(kconv("convert", "-f", given, *more), "x.yaml", said)


def test_others_in_the_folder_are_looked_at(kconv: Kconv, tmp_path: Path) -> None:
    pipe(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").write_text("kind: CronJob")
    (tmp_path / "c.yaml").write_text(CRONJOB)
    ended = kconv("convert", "-f", ".", "--in-place", "--strict-files")
    assert ended.code == 1
    assert "2 problems; nothing was written" in ended.err
    assert "a.yaml: a named pipe" in ended.err
    assert (tmp_path / "c.yaml").read_text() == CRONJOB


def test_a_folder_named_like_a_file(kconv: Kconv, tmp_path: Path) -> None:
    folder(tmp_path / "x.yaml")
    (tmp_path / "x.yaml/a.yaml").write_text(CRONJOB)
    assert kconv("convert", "-f", ".").out == kconv("convert", "-f", "x.yaml").out == CONVERTED


def test_a_file_that_vanishes_meanwhile(
    kconv: Kconv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the listing of the folder and the reading of the file."""
    (tmp_path / "x.yaml").write_text(CRONJOB)
    walk = os.walk

    def walk_and_remove(top: Path, **options: Any) -> Iterator[tuple[str, list[str], list[str]]]:
        yield from list(walk(top, **options))
        (tmp_path / "x.yaml").unlink()

    monkeypatch.setattr(os, "walk", walk_and_remove)
    refused(kconv("convert", "-f", "."), "x.yaml", "no such file")


def test_a_pipe_that_takes_the_place_of_a_file(
    kconv: Kconv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the file and its opening."""
    path = tmp_path / "x.yaml"
    path.write_text(CRONJOB)
    open_ = os.open

    def swap_and_open(name: str, flags: int, *args: int) -> int:
        if Path(name).name == path.name:
            path.unlink()
            os.mkfifo(path)
        return open_(name, flags, *args)

    monkeypatch.setattr(os, "open", swap_and_open)
    refused(kconv("convert", "-f", "x.yaml"), "x.yaml", "a named pipe")


@pytest.mark.parametrize("name", ["-", "/proc/self/limits"])
def test_a_stream_over_the_limit(kconv: Kconv, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What does not say beforehand how many bytes it has."""
    monkeypatch.setattr("kconv._files.manifests.FILE_LIMIT", 100)
    ended = kconv("convert", "-f", name, stdin=CRONJOB)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.endswith("Request entity too large: limit is 100\n")


def test_what_the_system_makes_up_is_read(kconv: Kconv, tmp_path: Path) -> None:
    """Files that say that they have no bytes, and have some."""
    (tmp_path / "x.yaml").symlink_to("/proc/self/limits")
    ended = kconv("convert", "-f", "x.yaml")
    assert ended.code == 1
    assert "x.yaml: " in ended.err
    assert "no objects" not in ended.err


@odd
@pytest.mark.parametrize(
    "arguments",
    [
        ["import", "openapi", "x.json", "--out", "out"],
        ["import", "openapi", "good.json", "--overlay", "x.json", "--out", "out"],
        ["import", "openapi", "good.json", "--out", "existing", "--definition", "x.v1.Crate"],
        ["check", "--lock", "lock", "--group", "batch"],
        ["check", "--against", "lock", "--group", "batch"],
        ["lock", "--group", "batch", "--out", "lock"],
        ["lock", "--group", "batch", "--out", "lock", "--check"],
    ],
    ids=" ".join,
)
def test_other_commands(
    kconv: Kconv, tmp_path: Path, make: Make, said: str, arguments: list[str]
) -> None:
    (tmp_path / "good.json").write_text(
        '{"x.v1.Crate": {"type": "object", "properties": {"size": {"type": "string"}}}}'
    )
    name = "x.json" if "x.json" in arguments else "x.yaml"
    place = tmp_path
    if "existing" in arguments:
        assert kconv(*arguments).code == 0
        modules = (tmp_path / "existing").rglob("*.py")
        (module,) = (path for path in modules if "class Crate" in path.read_text())
        module.unlink()
        place, name = module.parent, module.name
    elif arguments[0] != "import":
        place = tmp_path / "lock/batch"
        place.mkdir(parents=True)
    make(place / name)
    if make is huge:
        said = "Request entity too large"
    refused(kconv(*arguments), name, said)


@odd
def test_an_own_golden_file(kconv: Kconv, tmp_path: Path, make: Make, said: str) -> None:
    from kconv._errors import KconvError
    from kconv.testing._release import differing

    make(tmp_path / "batch.v1.Job.json")
    with pytest.raises(KconvError, match=said.replace("(", ".")):
        differing(tmp_path, {})


def in_bash(command: str, tmp_path: Path) -> Ended:
    ended = subprocess.run(
        ["bash", "-c", f'kconv() {{ {sys.executable} -m kconv "$@"; }}; {command}'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.parametrize(
    "command",
    [
        "kconv convert -f /dev/stdin < a.yaml",
        "cat a.yaml | kconv convert -f /dev/stdin",
        "cat a.yaml | kconv convert -f -",
        "cat a.yaml | kconv convert -f - -f /dev/stdin -f /dev/fd/0",
        "kconv convert -f <(cat a.yaml)",
        "kconv convert -f <(sleep 0.2; cat a.yaml)",
        "kconv convert -f /proc/self/fd/7 7< a.yaml",
        "kconv convert -f /dev/fd/7 7< <(cat a.yaml)",
        "mkfifo p; (cat a.yaml > p &) ; kconv convert -f - < p",
    ],
)
def test_what_the_process_was_given_open(tmp_path: Path, command: str) -> None:
    (tmp_path / "a.yaml").write_text(CRONJOB)
    assert in_bash(command, tmp_path) == Ended(0, CONVERTED, "")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("kconv convert -f - <&-", "standard input is closed"),
        ("kconv convert -f /dev/stdin <&-", "standard input is closed"),
        ("kconv convert -f /dev/fd/99", "/dev/fd/99"),
        ("kconv convert -f <(cat a.yaml) --in-place", "which is no file"),
        ("kconv convert -f /dev/stdin --in-place < a.yaml", "which is no file"),
        ("kconv import openapi <(echo '[]') --out out", "no OpenAPI definitions"),
    ],
)
def test_what_the_process_was_not_given(tmp_path: Path, command: str, said: str) -> None:
    (tmp_path / "a.yaml").write_text(CRONJOB)
    ended = in_bash(command, tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert (tmp_path / "a.yaml").read_text() == CRONJOB


@pytest.mark.parametrize("command", ["kconv convert -f - < /dev/zero", "kconv convert -f <(yes)"])
def test_a_stream_without_an_end(tmp_path: Path, command: str) -> None:
    ended = in_bash(command, tmp_path)
    assert (ended.code, ended.out) == (1, "")
    assert "Request entity too large" in ended.err
